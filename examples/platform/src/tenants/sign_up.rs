//! Signing up, on the base host.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::{SlugFault, TenantId, TenantSlug, TenantStatus};
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    audit::{Action, Actor},
    config::SignUp,
    json::Fields,
    openapi::body,
    people::{EMAIL_FIX, Email, ticket, weakness},
    plans::PLANS,
    problem::Problem,
    state::AppState,
    tenants::{NewClinic, is_taken, register, register::Registered, slug_taken},
    text::name,
    web::{FormState, PageForm, page_leading_to, see_other},
};

#[derive(Serialize, ToSchema)]
pub(super) struct SignedUp<'a> {
    tenant: TenantView<'a>,
    /// Where the clinic's host is.
    url: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NewTenant)]
struct TenantView<'a> {
    #[schema(value_type = Uuid)]
    id: TenantId,
    slug: &'a str,
    name: &'a str,
    /// `active`, or `provisioning` as long as it is being made.
    status: &'a str,
}

/// `POST /api/v1/signup`: makes a clinic and its owner.
pub(super) async fn sign_up(
    State(app): State<AppState>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let made = make(&app, client, Fields::read(request).await?).await?;
    let tenant = &made.tenant;
    let url = host_url(tenant.slug().as_str(), &app.base_domain, &headers);
    let body = SignedUp {
        tenant: TenantView {
            id: tenant.id(),
            slug: tenant.slug().as_str(),
            name: tenant.name(),
            status: tenant.status().as_str(),
        },
        url: &url,
    };
    // It is being made still where a server was slow to answer; it will be, and its host says so until then.
    let status = if tenant.status() == TenantStatus::Active { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let body = Json(body).into_response();
    Ok((status, [(header::LOCATION, url)], body).into_response())
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage<'a> {
    base_domain: &'a str,
    is_open: bool,
    form: FormState,
}

/// `GET /` on the base host.
pub(super) async fn show(State(app): State<AppState>, headers: HeaderMap) -> Response {
    welcome(&app, &headers, StatusCode::OK, FormState::default())
}

/// `POST /signup`: as the API's, and leads the owner to their clinic, logged in.
pub(super) async fn take_form(
    State(app): State<AppState>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    form: PageForm,
) -> Result<Response, Problem> {
    match make(&app, client, form.fields()).await {
        Ok(made) => {
            let ticket = ticket::issue(app.control(), made.owner, made.tenant.id()).await?;
            let url = host_url(made.tenant.slug().as_str(), &app.base_domain, &headers);
            Ok(see_other(&format!("{url}/enter?ticket={ticket}&next=%2F%3Fnotice%3Dwelcome")))
        }
        Err(problem) if problem.status().is_client_error() => {
            Ok(welcome(&app, &headers, problem.status(), form.refused(&problem)))
        }
        Err(problem) => Err(problem),
    }
}

fn welcome(app: &AppState, headers: &HeaderMap, status: StatusCode, form: FormState) -> Response {
    let (base_domain, is_open) = (&*app.base_domain, app.sign_up == SignUp::Open);
    let clinics = host_url("*", base_domain, headers);
    page_leading_to(status, &WelcomePage { base_domain, is_open, form }, &clinics)
}

async fn make(app: &AppState, client: SocketAddr, mut fields: Fields) -> Result<Registered, Problem> {
    if app.sign_up == SignUp::Closed {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "sign_up_closed",
            "clinics can't sign up by themselves here",
            "ask the platform's operator for a clinic",
        ));
    }
    let clinic = read(&mut fields);
    let clinic = fields.finish(clinic)?;
    let client = client.ip();
    app.doors.sign_up(client)?;
    // Before the address is looked at: a sign-up that can't be must not tell whether the address is known.
    if is_taken(app, &clinic.slug).await? {
        return Err(slug_taken());
    }
    app.doors.new_clinic(&clinic.email)?;
    app.doors.guess(&clinic.email, client)?;
    let made = register(app, &clinic).await?;
    tracing::info!(nadia.tenant.id = %made.tenant.id(), nadia.tenant.slug = %made.tenant.slug(), "clinic signed up");
    Ok(made)
}

body! {
    /// A clinic that is to be, and its owner.
    pub(super) struct SignUpBody {
        /// What the clinic is called.
        organization_name: String,
        /// The label of its host: 3 to 63 of a-z, 0-9 and single hyphens.
        slug: String,
        /// The owner's address.
        email: String,
        /// 12 characters or more; the one of their log-in, if the owner has one already.
        #[schema(format = Password)]
        password: String,
    }
}

fn read(fields: &mut Fields) -> Option<NewClinic> {
    let name = fields.required_text("organization_name").and_then(|text| name(fields, "organization_name", &text));
    let slug = fields.required_text("slug").and_then(|text| slug(fields, &text));
    let email = fields.required_text("email").and_then(|text| {
        let email = Email::parse(&text);
        if email.is_none() {
            fields.refuse("email", "email_malformed", "this is no e-mail address", EMAIL_FIX);
        }
        email
    });
    let password = fields.required_text("password").and_then(|text| match weakness(&text, email.as_ref()) {
        None => Some(SecretString::from(text)),
        Some(weakness) => {
            fields.refuse("password", "password_weak", weakness.detail(), weakness.fix());
            None
        }
    });
    Some(NewClinic {
        name: name?,
        slug: slug?,
        email: email?,
        password: password?,
        plan: &PLANS[0],
        action: Action::SIGNED_UP,
        actor: Actor::Platform,
    })
}

/// Takes the label of a clinic's host.
pub(crate) fn slug(fields: &mut Fields, text: &str) -> Option<TenantSlug> {
    TenantSlug::parse(text)
        .map_err(|error| {
            let code = if error.fault() == SlugFault::Reserved { "slug_reserved" } else { "slug_malformed" };
            let fix =
                "use 3 to 63 of a-z, 0-9 and single hyphens, a letter first and no hyphen last, as in north-clinic";
            fields.refuse("slug", code, error.to_string(), fix);
        })
        .ok()
}

/// A clinic's address as this client reaches it: with the port it used, which a server behind a proxy
/// doesn't know, and over TLS unless a port was given or the host is this machine.
pub(crate) fn host_url(slug: &str, base_domain: &str, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let local = base_domain == "localhost" || base_domain.ends_with(".localhost");
    match port {
        Some(port) => format!("http://{slug}.{base_domain}:{port}"),
        None if local => format!("http://{slug}.{base_domain}"),
        None => format!("https://{slug}.{base_domain}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(body: &str, code: Option<&str>) {
        let mut fields = Fields::parse(body.as_bytes()).unwrap();
        let clinic = read(&mut fields);
        match (fields.finish(clinic), code) {
            (Ok(_), None) => {}
            (Err(problem), Some(code)) => assert_eq!(problem.code(), code),
            (outcome, _) => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn validates_every_member() {
        let body = |name: &str, slug: &str, email: &str, password: &str| {
            json!({"organization_name": name, "slug": slug, "email": email, "password": password}).to_string()
        };
        let good = "a quiet river bend";
        check(&body("North", "north", "ana@example.org", good), None);
        check(&body(" ", "north", "ana@example.org", good), Some("name_malformed"));
        check(&body("North\u{202e}", "north", "ana@example.org", good), Some("name_malformed"));
        check(&body("North", "North", "ana@example.org", good), Some("slug_malformed"));
        check(&body("North", "admin", "ana@example.org", good), Some("slug_reserved"));
        check(&body("North", "north", "ana", good), Some("email_malformed"));
        check(&body("North", "north", "ana@example.org", "short"), Some("password_weak"));
        check(&body("", "", "", ""), Some("validation_failed"));
        check(r#"{"organization_name":"N","slug":"north","email":"ana@example.org"}"#, Some("required"));
        check(
            r#"{"organization_name":"N","slug":7,"email":"ana@example.org","password":"a quiet river bend"}"#,
            Some("wrong_type"),
        );
    }

    #[test]
    fn the_address_is_as_the_client_reaches_it() {
        let check = |base: &str, host: &str, expected: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            assert_eq!(host_url("north", base, &headers), expected);
        };
        check("localhost", "localhost:8080", "http://north.localhost:8080");
        check("localhost", "localhost", "http://north.localhost");
        check("clinics.example", "clinics.example", "https://north.clinics.example");
        check("clinics.example", "clinics.example:8080", "http://north.clinics.example:8080");
    }
}
