use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use utoipa::openapi::{
    ComponentsBuilder, Content as MediaType, ContentBuilder, HttpMethod, InfoBuilder, Object, OpenApi, OpenApiBuilder,
    Paths, PathsBuilder, RefOr, Required, Response, ResponseBuilder,
    path::{self, OperationBuilder},
    request_body::RequestBodyBuilder,
    schema::{AdditionalProperties, Schema},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

use super::{
    ApiDocument,
    operation::{Answer, Content, Operation, Schemas, reference},
    parameter,
};
use crate::{
    people::{Permission, Role},
    problem::{Document, QuotaProblem},
    routes::{Access, HostKind, Row, TABLES},
};

const TOKEN: &str = "access_token";
const KEY: &str = "api_key";

/// Puts a document together from the table of routes and what the modules say of theirs.
pub(super) fn document(of: ApiDocument) -> OpenApi {
    let mut schemas = Components::default();
    let mut paths = Paths::new();
    for (row, operation) in described(of) {
        let known = paths.paths.get(row.1).and_then(|item| operation_of(item, &row.0));
        let mut tags = known.and_then(|known| known.tags.clone()).unwrap_or_default();
        tags.push(tag(row.2).to_owned());
        let operation = describe(row, operation, &mut schemas).tags(Some(tags)).build();
        paths.add_path_operation(row.1, vec![http_method(&row.0)], operation);
    }
    let info = InfoBuilder::new().title(of.title()).version(env!("CARGO_PKG_VERSION")).description(Some(of.about()));
    let mut components = ComponentsBuilder::new();
    for (name, schema) in schemas.named() {
        components = components.schema(name, schema);
    }
    for (name, scheme) in security_schemes(of) {
        components = components.security_scheme(name, scheme);
    }
    let tags = of.tags().iter().map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build());
    OpenApiBuilder::new()
        .info(info.build())
        .paths(PathsBuilder::from(paths))
        .components(Some(components.build()))
        .tags(Some(tags))
        .build()
}

/// Returns the routes that a document is of, each with what its module says of it.
fn described(of: ApiDocument) -> impl Iterator<Item = (&'static Row, &'static Operation)> {
    TABLES.iter().flat_map(move |(rows, operations)| {
        rows.iter().filter(move |row| ApiDocument::of(row) == Some(of)).filter_map(|row| {
            let operation = operations.iter().find(|operation| operation.method == row.0 && operation.path == row.1);
            operation.map(|operation| (row, operation))
        })
    })
}

fn describe(row: &Row, said: &Operation, schemas: &mut Components) -> OperationBuilder {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(row)))
        .summary(Some(said.summary))
        .description(about(row.3, said.about));
    for parameter in parameter::of_path(row.1) {
        operation = operation.parameter(parameter);
    }
    for parameter in said.parameters.iter().copied().flatten() {
        operation = operation.parameter(parameter.to_openapi());
    }
    if let Some(content) = said.takes {
        let body = RequestBodyBuilder::new().required(Some(Required::True));
        let body = body.content(content.media_type, media_type(content, &mut schemas.taken));
        operation = operation.request_body(Some(body.build()));
    }
    for answer in said.gives.iter().flatten() {
        operation = operation.response(answer.status.to_string(), response(*answer, &mut schemas.given));
    }
    if row.2 == HostKind::Tenant {
        let moved = ResponseBuilder::new().description("The clinic has another host by now; `Location` says which");
        operation = operation.response("308", moved.build());
    }
    if matches!(row.3, Access::Member(_)) {
        let of_quota = reference::<QuotaProblem>(&mut schemas.problems);
        operation = operation.response("429", refused("There were too many requests", of_quota));
    }
    let problem = reference::<Document<'_>>(&mut schemas.problems);
    let operation = operation.response("default", refused("The request is refused, or fails", problem));
    operation.securities(Some(securities(row.3)))
}

fn refused(about: &str, schema: RefOr<Schema>) -> Response {
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(about).content("application/problem+json", content).build()
}

fn response(answer: Answer, schemas: &mut Schemas) -> Response {
    let phrase = StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let response = ResponseBuilder::new().description(phrase.unwrap_or_default());
    match answer.content {
        Some(content) => response.content(content.media_type, media_type(content, schemas)).build(),
        None => response.build(),
    }
}

fn media_type(content: Content, schemas: &mut Schemas) -> MediaType {
    ContentBuilder::new().schema(content.describe.map(|describe| describe(schemas))).build()
}

/// Says who may, after what the module says.
fn about(access: Access, said: Option<&str>) -> Option<String> {
    let who = match access {
        Access::Member(permission) => Some(who_may(permission)),
        _ => None,
    };
    let texts: Vec<String> = said.map(str::to_owned).into_iter().chain(who).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

fn who_may(permission: Permission) -> String {
    let roles: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(permission)).map(Role::as_str).collect();
    format!("Needs the permission `{}`, which these roles have: {}.", permission.as_str(), roles.join(", "))
}

fn securities(access: Access) -> Vec<SecurityRequirement> {
    let one = |name: &str| SecurityRequirement::new(name, [""; 0]);
    match access {
        Access::Member(permission) if permission.is_for_keys() => vec![one(TOKEN), one(KEY)],
        Access::Member(_) | Access::Operator => vec![one(TOKEN)],
        _ => Vec::new(),
    }
}

fn security_schemes(of: ApiDocument) -> Vec<(&'static str, SecurityScheme)> {
    let bearer = |about: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about));
        SecurityScheme::Http(scheme.build())
    };
    match of {
        ApiDocument::Clinics => vec![
            (TOKEN, bearer("The `access_token` of a log-in on the same host; it is good for minutes")),
            (KEY, bearer("A key of the clinic, which begins with `nadia_key_`")),
        ],
        ApiDocument::Operators => vec![(TOKEN, bearer("The `access_token` of an operator's log-in on this host"))],
    }
}

fn tag(host: HostKind) -> &'static str {
    match host {
        HostKind::Base => "sign-up",
        HostKind::Tenant => "clinic",
        HostKind::Admin | HostKind::Any => "operators",
    }
}

/// Makes a name from the method and path: `get_patients_id`.
fn operation_id(row: &Row) -> String {
    let path = row.1.trim_start_matches("/api/v1/").replace(['{', '}'], "").replace(['/', '-', '.'], "_");
    format!("{}_{path}", row.0.as_str().to_lowercase())
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

fn operation_of<'p>(item: &'p path::PathItem, method: &Method) -> Option<&'p path::Operation> {
    match http_method(method) {
        HttpMethod::Post => item.post.as_ref(),
        HttpMethod::Put => item.put.as_ref(),
        HttpMethod::Patch => item.patch.as_ref(),
        HttpMethod::Delete => item.delete.as_ref(),
        _ => item.get.as_ref(),
    }
}

/// The schemas of a document, by which way what they describe goes.
#[derive(Default)]
struct Components {
    taken: Schemas,
    given: Schemas,
    problems: Schemas,
}

impl Components {
    /// Returns all, with what is true of each way: a body that has a member nobody knows is refused, and an answer has
    /// all its members, of which some may be `null`.
    fn named(self) -> BTreeMap<String, RefOr<Schema>> {
        let taken = self.taken.into_iter().map(|(name, schema)| (name, mapped(schema, &close)));
        let given = self.given.into_iter().map(|(name, schema)| (name, mapped(schema, &complete)));
        let mut named = BTreeMap::new();
        for (name, schema) in taken.chain(given).chain(self.problems) {
            let other = named.insert(name, schema.clone());
            debug_assert!(other.is_none_or(|other| other == schema), "two types have one name in the API's document");
        }
        named
    }
}

fn mapped(schema: RefOr<Schema>, change: &impl Fn(&mut Object)) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            change(&mut object);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::AllOf(mut all)) => {
            all.items = all.items.into_iter().map(|item| mapped(item, change)).collect();
            RefOr::T(Schema::AllOf(all))
        }
        other => other,
    }
}

fn close(object: &mut Object) {
    if !object.properties.is_empty() {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
}

fn complete(object: &mut Object) {
    object.required = object.properties.keys().cloned().collect();
}
