//! What the API's document promises, held against every answer that a suite gets.

use std::{collections::BTreeMap, sync::OnceLock};

use jsonschema::Validator;
use nadia_platform::ApiDocument;
use serde_json::{Map, Value, json};

use crate::Answer;

/// What one of the documents says.
struct Promise(Vec<Operation>);

struct Operation {
    method: String,
    path: String,
    /// The parameters of the query, and whether each is required.
    query: BTreeMap<String, bool>,
    takes: Option<Body>,
    /// By the status; none for an answer without a body.
    gives: BTreeMap<String, Option<Body>>,
}

struct Body {
    media_type: String,
    /// None for bytes.
    schema: Option<Validator>,
}

/// A request that was answered.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<String>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Asked {
    /// Checks that the document of the host has the operation, and that the answer, and the body if it was accepted, are as
    /// it says.
    ///
    /// # Panics
    /// If they aren't.
    pub(crate) fn check(&self, answer: &Answer) {
        if !self.path.starts_with("/api/") {
            return;
        }
        let (method, path) = (if self.method == "HEAD" { "GET" } else { &*self.method }, &*self.path);
        let promise = Promise::of_host(&self.host);
        let operation = promise.0.iter().find(|known| known.method == method && known.is_at(path));
        let Some(operation) = operation else {
            assert!(answer.status >= 400, "the document has no {method} {path}: {answer:?}");
            // Whatever is refused without an operation is refused as by any.
            return promise.0[0].check_answer(self, answer);
        };
        if answer.status < 300 {
            operation.check_request(self);
        }
        operation.check_answer(self, answer);
    }
}

impl Operation {
    fn is_at(&self, path: &str) -> bool {
        let (mut known, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (known.next(), given.next()) {
                (None, None) => return true,
                (Some(known), Some(given)) if known == given || (known.starts_with('{') && !given.is_empty()) => {}
                _ => return false,
            }
        }
    }

    fn check_request(&self, asked: &Asked) {
        let what = format!("{} {}", self.method, self.path);
        for name in &asked.query {
            assert!(
                self.query.contains_key(name),
                "{what} took the parameter {name:?}, which the document doesn't have"
            );
        }
        for (name, _) in self.query.iter().filter(|(_, is_required)| **is_required) {
            assert!(asked.query.contains(name), "{what} did without {name:?}, which the document requires");
        }
        // An empty object says nothing.
        let sent = asked.body.as_deref().filter(|body| !body.is_empty() && *body != b"{}");
        match (&self.takes, sent) {
            (Some(Body { schema: Some(schema), .. }), sent) => {
                let body = serde_json::from_slice(sent.unwrap_or(b"{}"));
                let body: Value = body.unwrap_or_else(|error| panic!("{what} took a body that is no JSON: {error}"));
                conform(schema, &body, &format!("what {what} took"));
            }
            (Some(_), _) | (None, None) => {}
            (None, Some(_)) => panic!("{what} took a body, and the document has none"),
        }
    }

    fn check_answer(&self, asked: &Asked, answer: &Answer) {
        let what = format!("{} {} answered {}", asked.method, self.path, answer.status);
        let given = self.gives.get(&answer.status.to_string());
        let refused = || self.gives.get("default").filter(|_| answer.status >= 400);
        let Some(given) = given.or_else(refused) else { panic!("{what}, which the document doesn't have: {answer:?}") };
        if asked.method == "HEAD" {
            return;
        }
        let Some(body) = given else {
            return assert_eq!(answer.body, "", "{what} with a body, and the document has none");
        };
        let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
        let is_it = body.media_type == "*/*" || body.media_type == media_type;
        assert!(is_it, "{what} with {media_type:?} instead of {:?}: {answer:?}", body.media_type);
        if let Some(schema) = &body.schema {
            conform(schema, &answer.json(), &what);
        }
    }
}

#[track_caller]
fn conform(schema: &Validator, value: &Value, what: &str) {
    let errors: Vec<_> = schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}, which is not as the document says: {errors:#?} in {value:#}");
}

impl Promise {
    fn of_host(host: &str) -> &'static Self {
        static CLINICS: OnceLock<Promise> = OnceLock::new();
        static OPERATORS: OnceLock<Promise> = OnceLock::new();
        if host.to_ascii_lowercase().starts_with("admin.") {
            OPERATORS.get_or_init(|| Self::read(ApiDocument::Operators))
        } else {
            CLINICS.get_or_init(|| Self::read(ApiDocument::Clinics))
        }
    }

    fn read(document: ApiDocument) -> Self {
        let document: Value = serde_json::from_str(document.text()).expect("the document is JSON");
        let components = closed(&document["components"]["schemas"]);
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().expect("the document has paths") {
            for (method, operation) in item.as_object().expect("a path has operations") {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let responses = operation["responses"].as_object().expect("an operation has responses");
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    query: parameters
                        .filter(|parameter| parameter["in"] == "query")
                        .filter_map(|parameter| {
                            Some((parameter["name"].as_str()?.to_owned(), parameter["required"] == true))
                        })
                        .collect(),
                    takes: Body::read(&operation["requestBody"], &components),
                    gives: responses
                        .iter()
                        .map(|(status, response)| (status.clone(), Body::read(response, &components)))
                        .collect(),
                });
            }
        }
        Self(operations)
    }
}

impl Body {
    fn read(described: &Value, components: &Value) -> Option<Self> {
        let (media_type, content) = described["content"].as_object()?.iter().next()?;
        let schema = content.get("schema").map(|schema| {
            let mut schema = schema.clone();
            close(&mut schema);
            schema["components"] = components.clone();
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            options.build(&schema).expect("a schema of the document is one")
        });
        Some(Self { media_type: media_type.clone(), schema })
    }
}

/// Makes of schemas, which let clients meet members that are not described, such that don't: a suite is to fail on one.
///
/// As a part of another schema, which has more members, each stands under `open` as well.
fn closed(schemas: &Value) -> Value {
    let (mut closed, mut open) = (Map::new(), Map::new());
    for (name, schema) in schemas.as_object().expect("the document has schemas") {
        let (mut whole, mut part) = (schema.clone(), schema.clone());
        close(&mut whole);
        close_members(&mut part);
        closed.insert(name.clone(), whole);
        open.insert(name.clone(), part);
    }
    json!({"schemas": closed, "open": open})
}

fn close(schema: &mut Value) {
    close_members(schema);
    if let Some(keywords) = schema.as_object_mut()
        && (keywords.contains_key("allOf") || keywords.contains_key("properties"))
    {
        keywords.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
    }
}

fn close_members(schema: &mut Value) {
    for (keyword, value) in schema.as_object_mut().into_iter().flatten() {
        match keyword.as_str() {
            "properties" => value.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(close),
            "items" => close(value),
            "oneOf" | "anyOf" => value.as_array_mut().into_iter().flatten().for_each(close),
            "allOf" => {
                for part in value.as_array_mut().into_iter().flatten() {
                    if let Some(Value::String(target)) = part.get_mut("$ref") {
                        *target = target.replace("/schemas/", "/open/");
                    }
                    close_members(part);
                }
            }
            _ => {}
        }
    }
}
