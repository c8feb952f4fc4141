//! Random requests of several clinics, the same ones for the same seed.
//!
//! What a request names stands in it as `<patient:3>`, the clinic's own, `<patient:3@2>`, another clinic's, or `<nobody>`;
//! each world puts its own ids there.

/// How many clinics there are.
pub(super) const CLINICS: usize = 5;

/// Who sends a request.
pub(super) const CALLERS: [&str; 5] = ["owner", "admin", "clinician", "viewer", "key"];

/// One request of a clinic.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) clinic: usize,
    /// One of [`CALLERS`]; `nobody`; or `stranger@2`, another clinic's owner.
    pub(super) caller: String,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<String>,
    /// What the answer's `id` names.
    pub(super) makes: &'static str,
}

/// A small generator (splitmix64): what it gives is the same everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn in_100(&mut self, part: u64) -> bool {
        self.below(100) < part
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let at = self.below(of.len() as u64);
        of[usize::try_from(at).unwrap()]
    }

    /// Names a record: the clinic's own most often.
    fn named(&mut self, kind: &str, clinic: usize) -> String {
        let number = self.below(1_000);
        match self.below(100) {
            0..8 => format!("<{kind}:{number}@{}>", self.other(clinic)),
            8..13 => format!("<nobody:{number}>"),
            13..16 => self.one(&["malformed", "1", "%00", "00000000-0000-0000-0000-00000000000g"]).to_owned(),
            _ => format!("<{kind}:{number}>"),
        }
    }

    fn other(&mut self, clinic: usize) -> usize {
        (clinic + 1 + usize::try_from(self.below(CLINICS as u64 - 1)).unwrap()) % CLINICS
    }

    /// Writes a request.
    pub(super) fn step(&mut self) -> Step {
        let clinic = usize::try_from(self.below(CLINICS as u64)).unwrap();
        let (method, path, body, makes) = self.request(clinic);
        let caller = match self.below(100) {
            0..3 => "nobody".to_owned(),
            3..6 => format!("stranger@{}", self.other(clinic)),
            6..12 => "viewer".to_owned(),
            12..24 => "key".to_owned(),
            24..38 => "clinician".to_owned(),
            38..55 => "admin".to_owned(),
            _ => "owner".to_owned(),
        };
        let mut headers = Vec::new();
        if body.is_some() {
            let kind = if self.in_100(3) { "text/plain" } else { "application/json" };
            headers.push(("content-type", if path.contains("/documents") { "text/plain" } else { kind }.to_owned()));
        }
        if self.in_100(8) {
            headers.push(("if-match", self.one(&["\"1\"", "\"2\"", "*", "1"]).to_owned()));
        }
        if method == "GET" && self.in_100(8) {
            headers.push(("if-none-match", self.one(&["\"1\"", "W/\"2\"", "*"]).to_owned()));
        }
        if self.in_100(3) {
            let number = self.other(clinic);
            headers.push((
                "x-tenant-id",
                self.one(&["<clinic:0>", &format!("<clinic:0@{number}>"), "<nobody:1>"]).to_owned(),
            ));
        }
        // Some bodies are no JSON, lack something or say too much.
        let body = body.map(|body| match self.below(100) {
            0..2 => body.chars().take(body.len() / 2).collect(),
            2..4 if body.starts_with('{') => body.replacen('{', "{\"tenant_id\":\"<clinic:0>\",", 1),
            4 => "{}".to_owned(),
            5 => "[]".to_owned(),
            _ => body,
        });
        Step { clinic, caller, method, path, headers, body, makes }
    }

    fn request(&mut self, clinic: usize) -> (&'static str, String, Option<String>, &'static str) {
        match self.below(100) {
            0..38 => self.of_patients(clinic),
            38..50 => self.of_documents(clinic),
            50..68 => self.of_appointments(clinic),
            68..80 => self.of_teams(clinic),
            80..97 => self.of_people(clinic),
            _ => {
                let method = self.one(&["GET", "POST", "PUT", "DELETE"]);
                let path = self.one(&[
                    "/api/v1/patients/x/y",
                    "/api/v1/nothing",
                    "/api/v1/me",
                    "/api/v1/teams",
                    "/api/v2/patients",
                ]);
                (method_of(method), path.to_owned(), None, "")
            }
        }
    }

    fn of_patients(&mut self, clinic: usize) -> (&'static str, String, Option<String>, &'static str) {
        let at = |id: String| format!("/api/v1/patients/{id}");
        let id = self.named("patient", clinic);
        let name = self.one(&["Ann", "Zoë", "ann-marie", "O'Hara", "", "  ", "100%", "_"]);
        match self.below(12) {
            0..4 => {
                let family = self.one(&["Example", "Ōkubo", "Sample"]);
                let rest = self.one(&[
                    "",
                    r#","birth_date":"1984-02-29""#,
                    r#","birth_date":"1985-02-29""#,
                    r#","email":"a@patients.example""#,
                    r#","phone":"+1 555 0100","notes":"two\nlines""#,
                ]);
                (
                    "POST",
                    "/api/v1/patients".to_owned(),
                    Some(format!(r#"{{"given_name":"{name}","family_name":"{family}"{rest}}}"#)),
                    "patient",
                )
            }
            4..6 => ("GET", self.list("/api/v1/patients", clinic), None, ""),
            6 => ("GET", at(id), None, ""),
            7 => ("PATCH", at(id), Some(format!(r#"{{"given_name":"{name}","phone":null}}"#)), ""),
            8 => ("DELETE", at(id), None, ""),
            9 => ("GET", self.list(&format!("/api/v1/patients/{id}/notes"), clinic), None, ""),
            _ => ("POST", format!("/api/v1/patients/{id}/notes"), Some(format!(r#"{{"body":"{name} came"}}"#)), ""),
        }
    }

    fn list(&mut self, path: &str, clinic: usize) -> String {
        match self.below(6) {
            0 => format!("{path}?limit=2"),
            1 => format!("{path}?limit=2&cursor={}", self.named("cursor", clinic)),
            2 => format!("{path}?search={}", self.one(&["ann", "ZO", "%25", "_", "mp"])),
            3 => format!("{path}?limit={}", self.one(&["0", "-1", "9999999", "x", "1"])),
            _ => path.to_owned(),
        }
    }

    fn of_documents(&mut self, clinic: usize) -> (&'static str, String, Option<String>, &'static str) {
        let patient = self.named("patient", clinic);
        let id = self.named("document", clinic);
        match self.below(6) {
            0..3 => {
                let size = usize::try_from(self.below(900)).unwrap();
                let name = self.one(&["letter.txt", "a%2Fb.txt", "%C5%8C.pdf", ""]);
                (
                    "POST",
                    format!("/api/v1/patients/{patient}/documents?name={name}"),
                    Some("x".repeat(size)),
                    "document",
                )
            }
            3 => ("GET", format!("/api/v1/patients/{patient}/documents"), None, ""),
            4 => ("GET", format!("/api/v1/documents/{id}"), None, ""),
            _ => ("DELETE", format!("/api/v1/documents/{id}"), None, ""),
        }
    }

    fn of_appointments(&mut self, clinic: usize) -> (&'static str, String, Option<String>, &'static str) {
        let (patient, doctor) = (self.named("patient", clinic), self.named("person", clinic));
        let id = self.named("appointment", clinic);
        let quarter = self.one(&["00", "00", "15", "30", "30", "07"]);
        let time = format!("2030-01-0{}T{:02}:{quarter}:00Z", 1 + self.below(2), 8 + self.below(2));
        let minutes = self.one(&["5", "30", "45", "30", "45", "30", "0"]);
        match self.below(9) {
            0..4 => {
                let doctor = if self.in_100(50) { String::new() } else { format!(r#","clinician_id":"{doctor}""#) };
                let body = format!(r#"{{"patient_id":"{patient}","starts_at":"{time}","minutes":{minutes}{doctor}}}"#);
                ("POST", "/api/v1/appointments".to_owned(), Some(body), "appointment")
            }
            4 => {
                let of = self.one(&["", "?from=2030-01-02", "?to=2030-01-01&limit=1", "?from=x"]);
                let of = if self.in_100(30) { format!("?patient_id={patient}") } else { of.to_owned() };
                ("GET", format!("/api/v1/appointments{of}"), None, "")
            }
            5 => ("GET", format!("/api/v1/appointments/{id}"), None, ""),
            6 => {
                let change = match self.below(4) {
                    0 => format!(r#"{{"starts_at":"{time}"}}"#),
                    1 => format!(r#"{{"clinician_id":"{doctor}"}}"#),
                    2 => format!(r#"{{"status":"{}"}}"#, self.one(&["done", "cancelled", "booked", "lost"])),
                    _ => format!(r#"{{"minutes":{minutes},"reason":"later","version":{}}}"#, 1 + self.below(3)),
                };
                ("PATCH", format!("/api/v1/appointments/{id}"), Some(change), "")
            }
            _ => ("DELETE", format!("/api/v1/appointments/{id}"), None, ""),
        }
    }

    fn of_teams(&mut self, clinic: usize) -> (&'static str, String, Option<String>, &'static str) {
        let (id, person) = (self.named("team", clinic), self.named("person", clinic));
        let name = format!(r#"{{"name":"{}"}}"#, self.one(&["Surgery", "Theatre", "surgery", "Night", "", "Day"]));
        match self.below(9) {
            0..2 => ("POST", "/api/v1/teams".to_owned(), Some(name), "team"),
            2 => ("GET", "/api/v1/teams".to_owned(), None, ""),
            3 => ("GET", format!("/api/v1/teams/{id}"), None, ""),
            4 => ("PATCH", format!("/api/v1/teams/{id}"), Some(name), ""),
            5 => ("DELETE", format!("/api/v1/teams/{id}"), None, ""),
            6 => ("DELETE", format!("/api/v1/teams/{id}/members/{person}"), None, ""),
            _ => ("PUT", format!("/api/v1/teams/{id}/members/{person}"), None, ""),
        }
    }

    fn of_people(&mut self, clinic: usize) -> (&'static str, String, Option<String>, &'static str) {
        let id = self.named("joined", clinic);
        let role = self.one(&["owner", "admin", "clinician", "viewer", "viewer", "king"]);
        match self.below(17) {
            0..2 => ("GET", "/api/v1/members".to_owned(), None, ""),
            2 => ("PATCH", format!("/api/v1/members/{id}"), Some(format!(r#"{{"role":"{role}"}}"#)), ""),
            3 => ("DELETE", format!("/api/v1/members/{id}"), None, ""),
            4 => ("GET", "/api/v1/invitations".to_owned(), None, ""),
            // A person is the platform's, whoever invites them: an address is of one clinic here.
            5..8 => {
                let email = format!("p{}@c-{clinic}.example", self.below(12));
                (
                    "POST",
                    "/api/v1/invitations".to_owned(),
                    Some(format!(r#"{{"email":"{email}","role":"{role}"}}"#)),
                    "invitation",
                )
            }
            8 => ("DELETE", format!("/api/v1/invitations/{}", self.named("invitation", clinic)), None, ""),
            9 => {
                let token = self.named("token", clinic);
                let body = format!(
                    r#"{{"token":"{token}","password":"{}"}}"#,
                    self.one(&["a quiet river bend", "a quiet river bend", "short"])
                );
                ("POST", "/api/v1/invitations/accept".to_owned(), Some(body), "")
            }
            10 => ("GET", "/api/v1/api-keys".to_owned(), None, ""),
            11 => {
                let days = self.one(&["", r#","expires_in_days":30"#, r#","expires_in_days":0"#]);
                (
                    "POST",
                    "/api/v1/api-keys".to_owned(),
                    Some(format!(r#"{{"name":"Key","role":"{role}"{days}}}"#)),
                    "key",
                )
            }
            12 => ("DELETE", format!("/api/v1/api-keys/{}", self.named("key", clinic)), None, ""),
            13..15 => ("GET", "/api/v1/me".to_owned(), None, ""),
            15 => ("GET", "/api/v1/me/sessions".to_owned(), None, ""),
            _ => (
                "PATCH",
                "/api/v1/me".to_owned(),
                Some(format!(r#"{{"name":"{}"}}"#, self.one(&["Ann", "Bo", ""]))),
                "",
            ),
        }
    }
}

fn method_of(name: &str) -> &'static str {
    ["GET", "POST", "PUT", "DELETE"].into_iter().find(|known| *known == name).unwrap()
}
