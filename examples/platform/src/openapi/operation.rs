use axum::http::Method;
use utoipa::{
    ToSchema,
    openapi::{Ref, RefOr, schema::Schema},
};

use super::parameter::Parameter;

/// Named schemas that a document is to have.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What the API's document says of one route, beside what the table of routes says of it.
pub(crate) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: Option<&'static str>,
    /// Of the query and the headers; those of the path are in the path.
    pub(super) parameters: &'static [&'static [Parameter]],
    pub(super) takes: Option<Content>,
    pub(super) gives: [Option<Answer>; 2],
}

/// What a body is: of a schema, or bytes.
#[derive(Clone, Copy)]
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) describe: Option<fn(&mut Schemas) -> RefOr<Schema>>,
}

/// What a request that is not refused gets.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content: Option<Content>,
}

/// Describes a `GET`; the summary is one sentence in third person without a full stop.
pub(crate) const fn get(path: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::GET, path, summary)
}

/// Describes a `POST`.
pub(crate) const fn post(path: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::POST, path, summary)
}

/// Describes a `PUT`.
pub(crate) const fn put(path: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::PUT, path, summary)
}

/// Describes a `PATCH`.
pub(crate) const fn patch(path: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::PATCH, path, summary)
}

/// Describes a `DELETE`.
pub(crate) const fn delete(path: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::DELETE, path, summary)
}

impl Operation {
    const fn new(method: Method, path: &'static str, summary: &'static str) -> Self {
        Self { method, path, summary, about: None, parameters: &[], takes: None, gives: [None; 2] }
    }

    /// Says more than the summary.
    pub(crate) const fn about(mut self, text: &'static str) -> Self {
        self.about = Some(text);
        self
    }

    /// Lists what the query and the headers may say.
    pub(crate) const fn with(mut self, parameters: &'static [&'static [Parameter]]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Takes a JSON object with the members of `T`.
    pub(crate) const fn takes<T: ToSchema>(mut self) -> Self {
        self.takes = Some(Content::json::<T>());
        self
    }

    /// Takes bytes.
    pub(crate) const fn takes_bytes(mut self) -> Self {
        self.takes = Some(Content { media_type: "*/*", describe: None });
        self
    }

    /// Answers with a JSON document.
    pub(crate) const fn gives<T: ToSchema>(self, status: u16) -> Self {
        self.answers(status, Some(Content::json::<T>()))
    }

    /// Answers with bytes.
    pub(crate) const fn gives_bytes(self, status: u16, media_type: &'static str) -> Self {
        self.answers(status, Some(Content { media_type, describe: None }))
    }

    /// Answers without a body.
    pub(crate) const fn gives_nothing(self, status: u16) -> Self {
        self.answers(status, None)
    }

    const fn answers(mut self, status: u16, content: Option<Content>) -> Self {
        let next = if self.gives[0].is_none() { 0 } else { 1 };
        self.gives[next] = Some(Answer { status, content });
        self
    }
}

impl Content {
    const fn json<T: ToSchema>() -> Self {
        Self { media_type: "application/json", describe: Some(reference::<T>) }
    }
}

/// Adds the schema of `T`, and those it is made of, and refers to it.
pub(super) fn reference<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    T::schemas(schemas);
    let name = name::<T>();
    schemas.push((name.clone(), T::schema()));
    Ref::from_schema_name(name).into()
}

/// Names a schema; one of a generic type has the name of what it is of as well.
fn name<T: ToSchema>() -> String {
    let inner = std::any::type_name::<T>().split_once('<').map(|(_, inner)| inner.trim_end_matches('>'));
    let of_type = inner.filter(|inner| !inner.starts_with('\''));
    match of_type.and_then(|inner| inner.rsplit("::").next()) {
        Some(inner) => format!("{}{inner}", T::name()),
        None => T::name().into_owned(),
    }
}
