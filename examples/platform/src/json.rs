//! Reads a JSON object member by member and collects everything that is wrong with it.

use std::{error::Error, fmt};

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use http_body_util::{BodyExt, LengthLimitError};
use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem};

/// The most bytes a request's body may have.
const BODY_LIMIT: usize = 128 * 1024;
/// The most bytes that are taken off the wire before a body is refused as too large.
///
/// Most clients send the whole body before they read the answer; cut short, they report a broken connection
/// instead of the refusal.
pub(crate) const UPLOAD_LIMIT: usize = 32 * 1024 * 1024;

/// The members of a request's body that were not read yet, and the mistakes found so far.
pub(crate) struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
    /// Whether they are a form's, which has texts only.
    is_form: bool,
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What people sent, passwords and patients among it, stays out of logs.
        f.debug_set().entries(self.members.keys()).finish()
    }
}

/// What a member says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Member<T> {
    /// It is not there, or is reported as wrong.
    Absent,
    /// It is `null`.
    Null,
    /// It has a value.
    Value(T),
}

impl Fields {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// 415 when it isn't declared as JSON, 413 when it is too large, 400 when it isn't JSON, 422 when it
    /// is no object.
    pub(crate) async fn read(request: Request) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media_type_unsupported",
                "the body is not declared as JSON",
                "send the header `content-type: application/json`",
            ));
        }
        let body = read_body(request).await?;
        Self::parse(&body)
    }

    /// Takes members that are texts, as forms send them; an empty one is `null`.
    pub(crate) fn from_texts<'t>(texts: impl Iterator<Item = (&'t str, &'t str)>) -> Self {
        // Browsers end each line of a text by two characters; kept so, a form would change what nobody touched.
        let value = |text: &str| if text.is_empty() { Value::Null } else { Value::String(text.replace("\r\n", "\n")) };
        Self {
            members: texts.map(|(name, text)| (name.to_owned(), value(text))).collect(),
            errors: Vec::new(),
            is_form: true,
        }
    }

    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members, errors: Vec::new(), is_form: false }),
            Ok(_) => Err(Problem::invalid(vec![FieldError {
                pointer: String::new(),
                code: "wrong_type",
                detail: "the body is JSON, but no object".to_owned(),
                fix: "send an object: {\"name\": value, …}".to_owned(),
            }])),
            Err(error) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "json_malformed",
                format!("the body is no JSON at line {}, column {}", error.line(), error.column()),
                "send one JSON object in UTF-8; check quotes, commas and brackets near that place",
            )),
        }
    }

    /// Reports a mistake in member `name`.
    pub(crate) fn refuse(&mut self, name: &str, code: &'static str, detail: impl Into<String>, fix: impl Into<String>) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        self.errors.push(FieldError { pointer, code, detail: detail.into(), fix: fix.into() });
    }

    /// Tells whether a page's form sent them: its times name no zone.
    pub(crate) const fn is_form(&self) -> bool {
        self.is_form
    }

    /// Takes a text; reports it when it is of another type.
    pub(crate) fn text(&mut self, name: &str) -> Member<String> {
        match self.members.remove(name) {
            None => Member::Absent,
            Some(Value::Null) => Member::Null,
            Some(Value::String(text)) => Member::Value(text),
            Some(other) => {
                self.wrong_type(name, "a text", &other);
                Member::Absent
            }
        }
    }

    /// Tells whether a member is there and wasn't read yet; an empty field of a form is not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !(self.is_form && value.is_null()))
    }

    /// Takes a member if it is `null`; tells whether it was.
    pub(crate) fn null(&mut self, name: &str) -> bool {
        let is_null = self.members.get(name).is_some_and(Value::is_null);
        if is_null {
            self.members.remove(name);
        }
        is_null
    }

    /// Takes a whole number; reports it when it is of another type.
    pub(crate) fn integer(&mut self, name: &str) -> Option<i64> {
        let value = self.members.remove(name)?;
        let number = match &value {
            Value::Null if self.is_form => return None,
            Value::String(text) if self.is_form => text.trim().parse().ok(),
            value => value.as_i64(),
        };
        if number.is_none() {
            self.wrong_type(name, "a whole number", &value);
        }
        number
    }

    /// Takes a truth value that must be there; reports it otherwise.
    pub(crate) fn required_boolean(&mut self, name: &str) -> Option<bool> {
        match self.members.remove(name) {
            Some(Value::Bool(value)) => return Some(value),
            None => {
                self.refuse(name, "required", "this member is missing", format!("add \"{name}\" with true or false"))
            }
            Some(other) => self.wrong_type(name, "a boolean", &other),
        }
        None
    }

    /// Takes a text that must be there; reports it otherwise.
    pub(crate) fn required_text(&mut self, name: &str) -> Option<String> {
        let known = self.errors.len();
        match self.text(name) {
            Member::Value(text) => Some(text),
            // A wrong type was reported already.
            Member::Absent if self.errors.len() > known => None,
            Member::Absent | Member::Null => {
                self.refuse(name, "required", "this member is missing", format!("add \"{name}\" with a text"));
                None
            }
        }
    }

    /// Ends the reading and returns what was read, which is there if no mistake was reported.
    ///
    /// # Errors
    /// 422 with every mistake reported; a member that nobody read is one.
    pub(crate) fn finish<T>(mut self, read: Option<T>) -> Result<T, Problem> {
        let unread: Vec<String> = self.members.keys().take(10).cloned().collect();
        for name in unread {
            self.refuse(
                &name.chars().take(100).collect::<String>(),
                "member_unknown",
                "this member can't be set here",
                "leave it out, or check its spelling",
            );
        }
        if !self.errors.is_empty() {
            return Err(Problem::invalid(self.errors));
        }
        read.ok_or_else(|| {
            tracing::error!("a body without a mistake was read as nothing");
            Problem::failure()
        })
    }

    fn wrong_type(&mut self, name: &str, wanted: &str, found: &Value) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.refuse(
            name,
            "wrong_type",
            format!("this member is {found}, but must be {wanted}"),
            format!("send {wanted}"),
        );
    }
}

/// Reads a body of up to [`BODY_LIMIT`] bytes; of a larger one it throws the rest away.
pub(crate) async fn read_body(request: Request) -> Result<Vec<u8>, Problem> {
    read_body_of(request, BODY_LIMIT).await
}

/// Reads a body of up to `limit` bytes, for a route that takes more than the others.
pub(crate) async fn read_body_of(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if request.headers().contains_key(header::EXPECT) && length.is_some_and(|length: u64| length > limit as u64) {
        // This client asked before sending.
        return Err(too_large(limit));
    }
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    let mut is_too_large = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
            while let Some(error) = cause {
                if error.is::<LengthLimitError>() {
                    return too_large(limit);
                }
                cause = error.source();
            }
            unreadable_body()
        })?;
        let Some(data) = frame.data_ref() else { continue };
        is_too_large |= bytes.len() + data.len() > limit;
        if !is_too_large {
            bytes.extend_from_slice(data);
        }
    }
    if is_too_large { Err(too_large(limit)) } else { Ok(bytes) }
}

/// Refuses a body beyond [`BODY_LIMIT`].
pub(crate) fn too_large_body() -> Problem {
    too_large(BODY_LIMIT)
}

/// Refuses a body beyond `limit` bytes.
pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("the body has more than {limit} bytes"),
        format!("send at most {limit} bytes"),
    )
}

fn unreadable_body() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "body_unreadable",
        "the body ended before it was complete",
        "send the whole body; check content-length and transfer-encoding",
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).expect("an object")
    }

    #[test]
    fn reads_what_is_there() {
        let mut fields = fields(r#"{"a":"x","b":null,"c":3}"#);
        assert_eq!(fields.required_text("a").as_deref(), Some("x"));
        assert_eq!(fields.text("b"), Member::Null);
        assert_eq!(fields.integer("c"), Some(3));
        assert_eq!(fields.text("d"), Member::Absent);
        assert_eq!(fields.finish(Some(1)).ok(), Some(1));
    }

    #[test]
    fn a_single_mistake_lends_its_code_to_the_problem() {
        let mut fields = fields(r#"{"a":1}"#);
        let read = fields.required_text("a");
        assert_eq!(read, None);
        assert_eq!(fields.finish(read).expect_err("a number").code(), "wrong_type");
    }

    #[test]
    fn collects_every_mistake() {
        let mut fields = fields(r#"{"a":1,"z":true}"#);
        fields.required_text("a");
        fields.required_text("b");
        assert_eq!(fields.finish(Some(())).expect_err("three mistakes").code(), "validation_failed");
    }

    #[test]
    fn what_is_not_there_without_a_mistake_is_a_failure() {
        assert_eq!(fields("{}").finish(None::<()>).expect_err("nothing").code(), "internal");
    }

    #[test]
    fn tells_syntax_from_type() {
        assert_eq!(Fields::parse(b"{\"a\":").expect_err("cut").code(), "json_malformed");
        assert_eq!(Fields::parse(b"[1]").expect_err("array").code(), "wrong_type");
    }
}
