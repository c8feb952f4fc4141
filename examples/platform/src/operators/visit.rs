use axum::{extract::FromRequestParts, http::request::Parts};

use super::Operator;
use crate::{
    problem::Problem,
    web::{Brand, CsrfToken, Frame, NavItem, Notice},
};

/// A page that an operator asks for.
#[derive(Clone, Debug)]
pub(crate) struct OperatorVisit {
    pub(crate) operator: Operator,
    csrf: CsrfToken,
    notice: Option<Notice>,
    path: String,
}

const NAV: [(&str, &str); 5] =
    [("/", "Overview"), ("/tenants", "Tenants"), ("/analytics", "Analytics"), ("/fleet", "Fleet"), ("/audit", "Audit")];

impl<S: Sync> FromRequestParts<S> for OperatorVisit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, state).await?;
        let csrf = parts.extensions.get().cloned().ok_or_else(Problem::failure)?;
        let notice = Notice::of(parts.uri.query());
        Ok(Self { operator, csrf, notice, path: parts.uri.path().to_owned() })
    }
}

impl OperatorVisit {
    /// Returns what stands around the page.
    pub(crate) fn frame(&self, title: &str) -> Frame {
        let current = |href: &str| match href {
            "/" => self.path == "/",
            href => self.path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        Frame {
            title: title.to_owned(),
            brand: Brand::platform("Nadia operators"),
            nav: NAV.iter().map(|(href, label)| NavItem { href, label, current: current(href) }).collect(),
            person: Some(self.operator.email.as_str().to_owned()),
            own: Vec::new(),
            csrf: self.csrf.as_str().to_owned(),
            notice: self.notice,
        }
    }
}
