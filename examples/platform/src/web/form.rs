use std::{collections::BTreeMap, fmt};

use axum::{
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};

use crate::{
    json::{Fields, read_body},
    problem::Problem,
    web::frame::CsrfToken,
};

/// The member that holds the token which the page was given.
const CSRF: &str = "csrf";

/// A form that a page sent: its members, for [`Fields`] to read as it reads those of JSON.
///
/// The only way to a page's form. On a page of somebody who is logged in, it is refused without that log-in's token.
pub(crate) struct PageForm {
    values: BTreeMap<String, String>,
}

impl fmt::Debug for PageForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What people sent, passwords among it, stays out of logs.
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl<S: Sync> FromRequest<S> for PageForm {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let token = request.extensions().get::<CsrfToken>().cloned();
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(malformed());
        }
        let body = read_body(request).await?;
        Self::parse(&body, token.as_ref())
    }
}

impl PageForm {
    fn parse(body: &[u8], token: Option<&CsrfToken>) -> Result<Self, Problem> {
        let mut values = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if values.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(malformed());
            }
        }
        let sent = values.remove(CSRF);
        check_token(token, sent.as_deref())?;
        Ok(Self { values })
    }

    /// Returns the members for reading; an empty one is `null`, as a browser has no other way to say so.
    pub(crate) fn fields(&self) -> Fields {
        Fields::from_texts(self.values.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// Returns a member as it was sent.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns what was sent, but passwords, for the page to show again.
    pub(crate) fn state(&self) -> FormState {
        let values = self.values.iter().filter(|(name, _)| !is_secret(name));
        FormState {
            values: values.map(|(name, value)| (name.clone(), value.clone())).collect(),
            ..FormState::default()
        }
    }

    /// Returns what the page shows again when the form was refused: all that was sent but passwords, and what is wrong.
    pub(crate) fn refused(&self, problem: &Problem) -> FormState {
        FormState { values: self.state().values, ..FormState::of(problem) }
    }
}

/// What a form shows: values, and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub(crate) struct FormState {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
    pub(crate) message: Option<String>,
}

impl FormState {
    /// Says what is wrong, of a form whose values are not shown again.
    pub(crate) fn of(problem: &Problem) -> Self {
        let errors = problem.errors().iter().map(|error| {
            let member = error.pointer.trim_start_matches('/').to_owned();
            (member, format!("{}; {}", error.detail, error.fix))
        });
        let errors: BTreeMap<String, String> = errors.collect();
        let message = match errors.is_empty() {
            true => format!("{}; {}", problem.detail(), problem.fix()),
            false => "some fields need another look".to_owned(),
        };
        Self { values: BTreeMap::new(), errors, message: Some(message) }
    }

    /// Fills a member in.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Tells whether a member has this value.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    pub(crate) fn error(&self, name: &str) -> Option<&str> {
        self.errors.get(name).map(String::as_str)
    }
}

fn is_secret(name: &str) -> bool {
    name.contains("password")
}

/// Refuses a form of somebody who is logged in that lacks that log-in's token.
pub(super) fn check_token(token: Option<&CsrfToken>, sent: Option<&str>) -> Result<(), Problem> {
    let wrong = token.is_some_and(|token| !sent.is_some_and(|sent| token.is(sent)));
    if wrong { Err(stale()) } else { Ok(()) }
}

pub(super) fn malformed() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "form_malformed",
        "this is no form of this page",
        "open the page again and send its form",
    )
}

fn stale() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "form_stale",
        "the form was made for another log-in; nothing of it was kept",
        "go back, reload the page and send the form again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_needs_the_token_of_its_log_in() {
        let token = CsrfToken::of("a session's secret");
        let sent = |body: String| PageForm::parse(body.as_bytes(), Some(&token)).map_err(|problem| problem.code());
        assert!(sent(format!("a=1&csrf={}", token.as_str())).is_ok());
        assert_eq!(sent("a=1".to_owned()).unwrap_err(), "form_stale");
        assert_eq!(sent(format!("csrf={}", CsrfToken::of("another").as_str())).unwrap_err(), "form_stale");
        assert_eq!(sent(format!("a=1&a=2&csrf={}", token.as_str())).unwrap_err(), "form_malformed");
    }

    #[test]
    fn what_is_shown_again_holds_no_password() {
        let form = PageForm::parse(b"email=x&password=secret&new_password=secret", None).unwrap();
        assert!(!format!("{form:?} {:?}", form.fields()).contains("secret"));
        let state = form.refused(&Problem::not_found());
        assert_eq!(state.value("email"), "x");
        assert!(!format!("{state:?}").contains("secret"));
    }
}
