//! A request, or several, for each route of the server.

use nadia_platform::HostKind::{self, Admin, Any, Base, Tenant};

use super::record::Slot::{self, *};

/// What a request brings along. `$0`, `$1` … are the sample's records, `$n` is another number each time, `$time` another
/// time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    Nothing,
    Json(&'static str),
    Form(&'static str),
    /// A form with a file.
    Upload,
    /// A file.
    File,
}

/// A request for a route. `{…}` of the path are the first records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) host: HostKind,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: &'static str,
    pub(crate) records: &'static [Slot],
    pub(crate) body: Body,
    /// Whether it ends log-ins.
    pub(crate) logs_out: bool,
}

const fn get(host: HostKind, path: &'static str, records: &'static [Slot]) -> Sample {
    Sample { host, method: "GET", path, query: "", records, body: Body::Nothing, logs_out: false }
}

const fn ask(host: HostKind, path: &'static str, query: &'static str, records: &'static [Slot]) -> Sample {
    Sample { query, ..get(host, path, records) }
}

const fn delete(host: HostKind, path: &'static str, records: &'static [Slot]) -> Sample {
    Sample { method: "DELETE", ..get(host, path, records) }
}

const fn json(
    host: HostKind,
    method: &'static str,
    path: &'static str,
    records: &'static [Slot],
    body: &'static str,
) -> Sample {
    Sample { method, body: Body::Json(body), ..get(host, path, records) }
}

const fn form(host: HostKind, path: &'static str, records: &'static [Slot], body: &'static str) -> Sample {
    Sample { method: "POST", body: Body::Form(body), ..get(host, path, records) }
}

impl Sample {
    const fn that_logs_out(self) -> Self {
        Self { logs_out: true, ..self }
    }

    const fn with(self, body: Body) -> Self {
        Self { body, ..self }
    }
}

const NEW_CLINIC: &str = r#"{"organization_name":"Clinic $n","slug":"matrix-$n","email":"owner-$n@matrix.example","password":"a quiet river bend"}"#;
const NEW_CLINIC_FORM: &str =
    "organization_name=Clinic+$n&slug=matrix-$n&email=owner-$n%40matrix.example&password=a+quiet+river+bend";
const QUESTION: &str = r#"{"question":"heaviest_tenants","reason":"capacity of the next quarter"}"#;
const QUESTION_FORM: &str = "question=heaviest_tenants&reason=capacity+of+the+next+quarter";

/// The samples, in the order of the file.
#[rustfmt::skip]
pub(crate) const SAMPLES: &[Sample] = &[
    get(Any, "/livez", &[]),
    get(Any, "/readyz", &[]),
    get(Any, "/assets/page.css", &[]),

    get(Base, "/api/v1/openapi.json", &[]),
    get(Tenant, "/api/v1/openapi.json", &[]),
    get(Admin, "/api/v1/openapi.json", &[]),

    get(Base, "/", &[]),
    form(Base, "/signup", &[], NEW_CLINIC_FORM),
    json(Base, "POST", "/api/v1/signup", &[], NEW_CLINIC),

    // Doors.
    get(Tenant, "/login", &[]),
    form(Tenant, "/login", &[], "email=owner%40north.example&password=a+quiet+river+bend"),
    ask(Tenant, "/enter", "ticket=$0", &[Ticket]),
    form(Tenant, "/logout", &[], "").that_logs_out(),
    json(Tenant, "POST", "/api/v1/auth/login", &[], r#"{"email":"owner@north.example","password":"a quiet river bend"}"#),
    json(Tenant, "POST", "/api/v1/auth/refresh", &[RefreshToken], r#"{"refresh_token":"$0"}"#),
    json(Tenant, "POST", "/api/v1/auth/logout", &[RefreshToken], r#"{"refresh_token":"$0"}"#),
    ask(Tenant, "/invitation", "token=$0", &[InvitationToken]),
    form(Tenant, "/invitation", &[InvitationToken], "token=$0&password=a+quiet+river+bend"),
    json(Tenant, "POST", "/api/v1/invitations/accept", &[InvitationToken], r#"{"token":"$0","password":"a quiet river bend"}"#),

    // One's own account.
    get(Tenant, "/api/v1/me", &[]),
    json(Tenant, "PATCH", "/api/v1/me", &[], r#"{"name":"Name $n"}"#),
    json(Tenant, "POST", "/api/v1/me/password", &[], r#"{"old_password":"a quiet river bend","new_password":"a quiet river bend"}"#).that_logs_out(),
    get(Tenant, "/api/v1/me/sessions", &[]),
    delete(Tenant, "/api/v1/me/sessions/{id}", &[OwnersSession]),
    get(Tenant, "/me", &[]),
    form(Tenant, "/me", &[], "name=Name+$n"),
    form(Tenant, "/me/password", &[], "old_password=a+quiet+river+bend&new_password=a+quiet+river+bend").that_logs_out(),
    form(Tenant, "/me/sessions/{id}/end", &[OwnersSession], ""),
    get(Tenant, "/clinics", &[]),
    form(Tenant, "/switch", &[Clinic], "id=$0"),

    // The clinic and its people.
    get(Tenant, "/", &[]),
    get(Tenant, "/usage", &[]),
    get(Tenant, "/usage.csv", &[]),
    get(Tenant, "/api/v1/usage", &[]),
    get(Tenant, "/api/v1/usage.csv", &[]),
    get(Tenant, "/members", &[]),
    form(Tenant, "/members/{id}/role", &[Member], "role=viewer"),
    form(Tenant, "/members/{id}/remove", &[Member], ""),
    form(Tenant, "/members/invite", &[], "email=new-$n%40north.example&role=viewer"),
    form(Tenant, "/invitations/{id}/revoke", &[Invitation], ""),
    get(Tenant, "/api/v1/members", &[]),
    json(Tenant, "PATCH", "/api/v1/members/{id}", &[Member], r#"{"role":"viewer"}"#),
    delete(Tenant, "/api/v1/members/{id}", &[Member]),
    get(Tenant, "/api/v1/invitations", &[]),
    json(Tenant, "POST", "/api/v1/invitations", &[], r#"{"email":"new-$n@north.example","role":"viewer"}"#),
    delete(Tenant, "/api/v1/invitations/{id}", &[Invitation]),
    get(Tenant, "/teams", &[]),
    form(Tenant, "/teams", &[], "name=Team+$n"),
    get(Tenant, "/teams/{id}", &[Team]),
    form(Tenant, "/teams/{id}", &[Team], "name=Team+$n"),
    form(Tenant, "/teams/{id}/remove", &[Team], ""),
    form(Tenant, "/teams/{id}/members", &[Team, Colleague], "identity=$1"),
    form(Tenant, "/teams/{id}/members/{identity}/remove", &[Team, InTeam], ""),
    get(Tenant, "/api/v1/teams", &[]),
    json(Tenant, "POST", "/api/v1/teams", &[], r#"{"name":"Team $n"}"#),
    get(Tenant, "/api/v1/teams/{id}", &[Team]),
    json(Tenant, "PATCH", "/api/v1/teams/{id}", &[Team], r#"{"name":"Team $n"}"#),
    delete(Tenant, "/api/v1/teams/{id}", &[Team]),
    Sample { method: "PUT", ..get(Tenant, "/api/v1/teams/{id}/members/{identity}", &[Team, Colleague]) },
    delete(Tenant, "/api/v1/teams/{id}/members/{identity}", &[Team, InTeam]),
    get(Tenant, "/api-keys", &[]),
    form(Tenant, "/api-keys", &[], "name=Key+$n&role=viewer"),
    form(Tenant, "/api-keys/{id}/revoke", &[ApiKey], ""),
    get(Tenant, "/api/v1/api-keys", &[]),
    json(Tenant, "POST", "/api/v1/api-keys", &[], r#"{"name":"Key $n","role":"viewer"}"#),
    delete(Tenant, "/api/v1/api-keys/{id}", &[ApiKey]),

    get(Tenant, "/audit", &[]),
    get(Tenant, "/api/v1/audit", &[]),
    get(Tenant, "/settings", &[]),
    form(Tenant, "/settings", &[], "appointment_minutes=30"),
    form(Tenant, "/settings/slug", &[], "slug=north&confirm=north"),
    get(Tenant, "/api/v1/settings", &[]),
    json(Tenant, "PATCH", "/api/v1/settings", &[], r#"{"appointment_minutes":30}"#),
    get(Tenant, "/api/v1/settings/history", &[]),
    get(Tenant, "/api/v1/features", &[]),
    json(Tenant, "POST", "/api/v1/slug", &[], r#"{"slug":"north"}"#),
    get(Tenant, "/assets/brand.css", &[]),
    get(Tenant, "/assets/logo", &[]),
    get(Tenant, "/branding", &[]),
    form(Tenant, "/branding", &[], "name=Clinic+north"),
    Sample { method: "POST", ..get(Tenant, "/branding/logo", &[]).with(Body::Upload) },
    form(Tenant, "/branding/logo/remove", &[], ""),
    get(Tenant, "/api/v1/branding", &[]),
    json(Tenant, "PATCH", "/api/v1/branding", &[], r#"{"welcome_text":"Welcome $n"}"#),
    Sample { method: "PUT", ..get(Tenant, "/api/v1/branding/logo", &[]).with(Body::File) },
    delete(Tenant, "/api/v1/branding/logo", &[]),
    get(Tenant, "/exports", &[]),
    form(Tenant, "/exports", &[], ""),
    form(Tenant, "/exports/{id}/remove", &[Export], ""),
    get(Tenant, "/exports/{id}/download", &[Export]),
    get(Tenant, "/api/v1/exports", &[]),
    Sample { method: "POST", ..get(Tenant, "/api/v1/exports", &[]) },
    get(Tenant, "/api/v1/exports/{id}", &[Export]),
    delete(Tenant, "/api/v1/exports/{id}", &[Export]),
    get(Tenant, "/api/v1/exports/{id}/download", &[Export]),

    // Its work.
    get(Tenant, "/api/v1/patients", &[]),
    ask(Tenant, "/api/v1/patients", "limit=1&cursor=$0", &[Cursor]),
    json(Tenant, "POST", "/api/v1/patients", &[], r#"{"given_name":"New","family_name":"Example"}"#),
    get(Tenant, "/api/v1/patients/{id}", &[Patient]),
    json(Tenant, "PATCH", "/api/v1/patients/{id}", &[Patient], r#"{"given_name":"Changed $n"}"#),
    delete(Tenant, "/api/v1/patients/{id}", &[Patient]),
    get(Tenant, "/api/v1/patients/{id}/notes", &[Patient]),
    json(Tenant, "POST", "/api/v1/patients/{id}/notes", &[Patient], r#"{"body":"A note"}"#),
    get(Tenant, "/api/v1/patients/{id}/documents", &[Patient]),
    Sample { method: "POST", query: "name=letter.txt", ..get(Tenant, "/api/v1/patients/{id}/documents", &[Patient]).with(Body::File) },
    get(Tenant, "/api/v1/documents/{id}", &[Document]),
    delete(Tenant, "/api/v1/documents/{id}", &[Document]),
    ask(Tenant, "/api/v1/appointments", "limit=1", &[]),
    ask(Tenant, "/api/v1/appointments", "limit=1&patient_id=$0", &[Patient]),
    json(Tenant, "POST", "/api/v1/appointments", &[Patient, Doctor], r#"{"patient_id":"$0","clinician_id":"$1","starts_at":"$time:00Z","minutes":5}"#),
    get(Tenant, "/api/v1/appointments/{id}", &[Appointment]),
    json(Tenant, "PATCH", "/api/v1/appointments/{id}", &[Appointment, Doctor], r#"{"clinician_id":"$1","reason":"Reason $n"}"#),
    delete(Tenant, "/api/v1/appointments/{id}", &[Appointment]),
    get(Tenant, "/patients", &[]),
    get(Tenant, "/patients/new", &[]),
    form(Tenant, "/patients/new", &[], "given_name=New&family_name=Example"),
    get(Tenant, "/patients/{id}", &[Patient]),
    form(Tenant, "/patients/{id}", &[Patient], "given_name=Changed+$n&family_name=Example&version=1"),
    get(Tenant, "/patients/{id}/delete", &[Patient]),
    form(Tenant, "/patients/{id}/delete", &[Patient], "version=1"),
    form(Tenant, "/patients/{id}/notes", &[Patient], "body=A+note"),
    Sample { method: "POST", ..get(Tenant, "/patients/{id}/documents", &[Patient]).with(Body::Upload) },
    get(Tenant, "/documents/{id}", &[Document]),
    get(Tenant, "/documents/{id}/delete", &[Document]),
    form(Tenant, "/documents/{id}/delete", &[Document], "version=1"),
    get(Tenant, "/appointments", &[]),
    ask(Tenant, "/appointments", "day=2031-01-01&patient_id=$0", &[Patient]),
    form(Tenant, "/appointments", &[Patient, Doctor], "patient_id=$0&clinician_id=$1&starts_at=$time&minutes=5"),
    get(Tenant, "/appointments/{id}", &[Appointment]),
    form(Tenant, "/appointments/{id}", &[Appointment, Doctor], "clinician_id=$1&reason=Reason+$n&version=1"),
    get(Tenant, "/appointments/{id}/delete", &[Appointment]),
    form(Tenant, "/appointments/{id}/delete", &[Appointment], "version=1"),

    // The operators.
    get(Admin, "/login", &[]),
    form(Admin, "/login", &[], "email=operator%40platform.example&password=a+quiet+river+bend"),
    form(Admin, "/logout", &[], "").that_logs_out(),
    json(Admin, "POST", "/api/v1/auth/login", &[], r#"{"email":"operator@platform.example","password":"a quiet river bend"}"#),
    Sample { method: "POST", ..get(Admin, "/api/v1/auth/logout", &[]) }.that_logs_out(),
    get(Admin, "/", &[]),
    get(Admin, "/tenants", &[]),
    get(Admin, "/tenants.csv", &[]),
    get(Admin, "/tenants/new", &[]),
    form(Admin, "/tenants/new", &[], NEW_CLINIC_FORM),
    get(Admin, "/tenants/{id}", &[Target]),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("revise")], "name=Clinic+$n&plan=group"),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("suspend")], ""),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("resume")], ""),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("reopen")], ""),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("close")], "confirm=$slug"),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("limit")], "resource=seats&value=7"),
    form(Admin, "/tenants/{id}/{change}", &[Target, Text("feature")], "feature=branding&state=on"),
    get(Admin, "/fleet", &[]),
    form(Admin, "/fleet/doctor", &[], ""),
    get(Admin, "/audit", &[]),
    get(Admin, "/analytics", &[]),
    form(Admin, "/analytics", &[], QUESTION_FORM),
    get(Admin, "/api/v1/tenants", &[]),
    json(Admin, "POST", "/api/v1/tenants", &[], NEW_CLINIC),
    get(Admin, "/api/v1/tenants/{id}", &[Target]),
    json(Admin, "PATCH", "/api/v1/tenants/{id}", &[Target], r#"{"name":"Clinic $n","plan":"group"}"#),
    Sample { method: "POST", ..get(Admin, "/api/v1/tenants/{id}/suspend", &[Target]) },
    Sample { method: "POST", ..get(Admin, "/api/v1/tenants/{id}/resume", &[Target]) },
    json(Admin, "POST", "/api/v1/tenants/{id}/close", &[Target], r#"{"confirm":"$slug"}"#),
    Sample { method: "POST", ..get(Admin, "/api/v1/tenants/{id}/reopen", &[Target]) },
    json(Admin, "PUT", "/api/v1/tenants/{id}/limits/{resource}", &[Target, Text("seats")], r#"{"value":7}"#),
    delete(Admin, "/api/v1/tenants/{id}/limits/{resource}", &[Target, Text("seats")]),
    json(Admin, "PUT", "/api/v1/tenants/{id}/features/{feature}", &[Target, Text("branding")], r#"{"enabled":true}"#),
    delete(Admin, "/api/v1/tenants/{id}/features/{feature}", &[Target, Text("branding")]),
    get(Admin, "/api/v1/fleet", &[]),
    get(Admin, "/api/v1/fleet/doctor", &[]),
    get(Admin, "/api/v1/audit", &[]),
    json(Admin, "POST", "/api/v1/analytics", &[], QUESTION),
];
