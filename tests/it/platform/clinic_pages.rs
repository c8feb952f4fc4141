//! A clinic's work by pages, as a browser without scripts does it.

use nadia_tests::{Server, at_both_places};
use serde_json::{Value, json};

use super::clinic_support::{Browser, between, colleague, counted, escaped, id_of, limit, upload};

/// What must never stand in a page as it was sent.
const SCRIPT: &str = "<script>alert(\"x\")</script>";
const ESCAPED: &str = "&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;";

const NEW: [(&str, &str); 6] = [
    ("given_name", "Zoë"),
    ("family_name", "Ōkubo"),
    ("birth_date", "1984-02-29"),
    ("email", "zoe@patients.example"),
    ("phone", "+1 555 0100"),
    ("notes", "two\r\nlines"),
];

fn with<'a>(fields: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = fields.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more).copied().collect()
}

at_both_places! {
    async fn a_patient_is_added_found_changed_and_removed(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let mut browser = Browser::logged_in(http, north).await;
        browser.get("/patients").await.page(200, &["No patients yet", "href=\"/patients/new\""]);
        browser.get("/patients/new").await.page(200, &["name=\"given_name\""]);
        let refused = browser.post("/patients/new", &with(&NEW, &[("birth_date", "1985-02-29"), ("given_name", "")])).await;
        refused.page(422, &["value=\"Ōkubo\"", "some fields need another look", "this is no day", "this member is missing"]);
        assert_eq!(server.patients(north).await, json!([]));

        let added = browser.post("/patients/new", &NEW).await;
        let patient = server.patients(north).await[0].clone();
        let path = format!("/patients/{}", id_of(&patient));
        added.leads_to(&format!("{path}?notice=added"));
        assert_eq!(patient["notes"], "two\nlines");
        browser.get(&format!("{path}?notice=added")).await.page(200, &["<h1>Zoë Ōkubo</h1>", "Added.", "value=\"1984-02-29\"", "None yet"]);
        browser.get("/patients?search=%C5%8CKUBO").await.page(200, &["Ōkubo, Zoë", "1984-02-29"]);
        browser.get("/patients?search=nobody").await.page(200, &["Nobody is found by this"]);

        // Saved as it stands, nothing of it changes.
        browser.post(&path, &with(&NEW, &[("version", "1")])).await.leads_to(&format!("{path}?notice=saved"));
        assert_eq!(server.patients(north).await[0], patient);
        browser.post(&path, &with(&NEW, &[("version", "1"), ("phone", "")])).await.leads_to(&format!("{path}?notice=saved"));
        let changed = server.patients(north).await[0].clone();
        assert_eq!((&changed["phone"], &changed["version"]), (&Value::Null, &json!(2)));
        let refused = browser.post(&path, &with(&NEW, &[("version", "2"), ("email", "zoe")])).await;
        refused.page(422, &["value=\"zoe\"", "this is no e-mail address", "name=\"version\" value=\"2\""]);

        let asked = browser.get(&format!("{path}/delete")).await;
        asked.page(200, &["Zoë Ōkubo and all their notes", "name=\"version\" value=\"2\""]);
        assert_eq!(server.patients(north).await.as_array().unwrap().len(), 1, "asking removes nothing");
        browser.post(&format!("{path}/delete"), &[("version", "1")]).await.page(412, &["nothing was removed", "value=\"2\""]);
        browser.post(&format!("{path}/delete"), &[]).await.page(412, &["nothing was removed"]);
        browser.post(&format!("{path}/delete"), &[("version", "2")]).await.leads_to("/patients?notice=removed");
        assert_eq!(server.patients(north).await, json!([]));
        for gone in [path.clone(), format!("{path}/delete"), "/patients/no-id".to_owned()] {
            browser.get(&gone).await.page(404, &["there is nothing under this address"]);
        }
    }

    async fn who_was_overtaken_sees_what_happened(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let mut browser = Browser::logged_in(http, north).await;
        let ann = server.add_patient(north, "Ann").await;
        let path = format!("/patients/{}", id_of(&ann));
        let form = [("given_name", "Anna"), ("family_name", "Example"), ("version", "1")];
        browser.get(&path).await.page(200, &["name=\"version\" value=\"1\""]);
        let change = json!({"given_name": "Anne", "phone": "+1 555 0199"});
        http.patch(&north.host, &format!("/api/v1{path}"), &change).token(&north.token).send().await.expect(200);

        let refused = browser.post(&path, &with(&form, &[("phone", "")])).await;
        refused.page(412, &[
            "somebody else changed this patient meanwhile", "<td data-label=\"Now\">Anne</td>",
            "<td data-label=\"Yours\">Anna</td>", "<td data-label=\"Now\">+1 555 0199</td>", "value=\"Anna\"",
            "name=\"version\" value=\"2\"",
        ]);
        assert!(!refused.body.contains("<td data-label=\"Field\">Family name</td>"), "what is the same is not listed");
        assert_eq!(server.patients(north).await[0]["given_name"], "Anne");
        let again = with(&form, &[("version", "2"), ("phone", "+1 555 0199")]);
        browser.post(&path, &again).await.leads_to(&format!("{path}?notice=saved"));
        assert_eq!(server.patients(north).await[0]["given_name"], "Anna");
    }

    async fn a_list_goes_on_a_page_at_a_time(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let mut browser = Browser::logged_in(http, north).await;
        for number in 0..55 {
            server.add_patient(north, &format!("Patient{number:02}")).await;
        }
        let first = browser.get("/patients?search=patient").await;
        first.page(200, &["Patient00", "Patient49"]);
        assert!(!first.body.contains("Patient50") && !first.body.contains("First page"));
        let next = between(&first.body, "<a href=\"/patients?search=patient&#38;cursor=", "\"").expect("a next page");
        let second = browser.get(&format!("/patients?search=patient&cursor={next}")).await;
        second.page(200, &["Patient50", "Patient54", "First page"]);
        assert!(!second.body.contains("Patient49") && !second.body.contains("Next page"));
    }

    async fn the_limit_is_told_where_it_is_hit(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        limit(&server, north, "patients", 1).await;
        limit(&server, north, "storage", 10).await;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let mut browser = Browser::logged_in(http, north).await;
        let refused = browser.post("/patients/new", &NEW).await;
        refused.page(403, &["includes 1 patients, and 1 are used", "ask the platform", "value=\"Zoë\""]);
        let refused = browser.upload(&format!("/patients/{ann}/documents"), None, "a.txt", b"more than ten").await;
        refused.page(403, &["includes 10 bytes of documents, and 0 are used"]);
        assert_eq!(counted(&server, &north.slug).await, [[1, 0], [1, 0]]);
    }

    async fn notes_and_documents_are_on_the_patients_page(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let path = format!("/patients/{ann}");
        let mut browser = Browser::logged_in(http, north).await;
        browser.get(&path).await.page(200, &["multipart/form-data"]);
        browser.post(&format!("{path}/notes"), &[("body", "First\r\nnote")]).await.leads_to(&format!("{path}?notice=added#notes"));
        browser.post(&format!("{path}/notes"), &[("body", "")]).await.page(422, &["this member is missing"]);
        browser.get(&path).await.page(200, &["First\nnote", &north.email]);

        let documents = format!("{path}/documents");
        let stale = browser.upload(&documents, Some("0"), "a.txt", b"x").await;
        stale.page(403, &["the form was made for another log-in"]);
        browser.upload(&documents, None, "a\u{202e}txt", b"x").await.page(422, &["formatting or invisible characters"]);
        browser.upload(&documents, None, "", b"").await.page(422, &["some fields need another look"]);
        let large = vec![b'x'; (5 << 20) + 1];
        browser.upload(&documents, None, "large.txt", &large).await.page(413, &["more than 5242880 bytes"]);
        browser.upload(&documents, None, "large.txt", &vec![b'x'; 6 << 20]).await.page(413, &["more than 5242880 bytes"]);
        for (kind, body) in [
            ("multipart/form-data; boundary=xx", "--xx\r\n"),
            ("multipart/form-data", "x"),
            ("application/x-www-form-urlencoded", "file=x"),
        ] {
            browser.send_form(&documents, kind, body.into()).await.page(400, &["this is no form of this page"]);
        }
        assert_eq!(counted(&server, &north.slug).await, [[1, 0], [1, 0]]);

        browser.upload(&documents, None, "dir/a\"b.html", b"<b>x</b>").await.leads_to(&format!("{path}?notice=added#documents"));
        assert_eq!(counted(&server, &north.slug).await, [[1, 8], [1, 8]]);
        let shown = browser.get(&path).await;
        shown.page(200, &["a%22b.html", "8 B"]);
        let link = between(&shown.body, "href=\"/documents/", "\"").unwrap().to_owned();
        let given = browser.get(&format!("/documents/{link}")).await;
        assert_eq!((given.status, given.body.as_str(), given.header("content-type")), (200, "<b>x</b>", "application/octet-stream"));
        assert!(given.header("content-disposition").starts_with("attachment; "), "{given:?}");
        browser.get(&format!("/documents/{link}/delete")).await.page(200, &["goes for good"]);
        browser.post(&format!("/documents/{link}/delete"), &[("version", "1")]).await.leads_to(&format!("{path}?notice=removed#documents"));
        assert_eq!(counted(&server, &north.slug).await, [[1, 0], [1, 0]]);
        browser.get(&format!("/documents/{link}")).await.page(404, &[]);
    }

    async fn appointments_are_booked_and_changed_by_day(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let mut browser = Browser::logged_in(http, north).await;
        let day = "/appointments?day=2030-01-31";
        browser.get(day).await.page(200, &["No appointments on this day", "day=2030-01-30", "day=2030-02-01", "Find the patient first"]);
        browser.get("/appointments?day=nonsense").await.page(200, &[]);
        let found = browser.get(&format!("{day}&search=ann")).await;
        found.page(200, &["Ann Example", &format!("value=\"{ann}\""), "value=\"2030-01-31T09:00\"", &north.email]);
        let me = between(&found.body, "<select name=\"clinician_id\">\n<option value=\"", "\"").unwrap().to_owned();
        let form = [
            ("patient_id", ann.as_str()), ("clinician_id", &me), ("starts_at", "2030-01-31T09:00"), ("minutes", "30"),
            ("reason", "Check-up"),
        ];
        browser.post("/appointments", &form).await.leads_to(&format!("{day}&notice=added"));
        let shown = browser.get(day).await;
        shown.page(200, &["09:00–09:30", "Ann Example", "Check-up", "booked"]);
        let taken = browser.post("/appointments", &form).await;
        taken.page(409, &["choose 2030-01-31 09:30 UTC", "Ann Example", "value=\"Check-up\""]);
        browser.post("/appointments", &with(&form, &[("starts_at", "2030-01-31T09:01")])).await.page(422, &["no time on a multiple"]);
        browser.post("/appointments", &with(&form, &[("patient_id", "no-id")])).await.page(422, &["the clinic has no such patient"]);

        let path = format!("/appointments/{}", between(&shown.body, "href=\"/appointments/", "\"").unwrap());
        browser.get(&path).await.page(200, &["2030-01-31 09:00 UTC", "Mark as done", "name=\"version\" value=\"1\""]);
        browser.get(&format!("/patients/{ann}")).await.page(200, &[&path, "Check-up"]);
        let moved = with(&form[1..], &[("starts_at", "2030-01-31T10:00"), ("version", "1")]);
        browser.post(&path, &moved).await.leads_to(&format!("{path}?notice=saved"));
        let stale = browser.post(&path, &moved).await;
        stale.page(412, &["somebody else changed this appointment meanwhile", "name=\"version\" value=\"2\""]);
        browser.post(&path, &[("status", "done"), ("version", "2")]).await.leads_to(&format!("{path}?notice=saved"));
        browser.post(&path, &[("status", "cancelled"), ("version", "3")]).await.leads_to(&format!("{path}?notice=saved"));
        let cancelled = browser.get(&path).await;
        cancelled.page(200, &["cancelled"]);
        assert!(!cancelled.body.contains("Move or change"), "it is over");
        browser.get(&format!("{path}/delete")).await.page(200, &["goes for good", "value=\"4\""]);
        browser.post(&format!("{path}/delete"), &[("version", "4")]).await.leads_to(&format!("{day}&notice=removed"));
        browser.get(&path).await.page(404, &[]);
    }

    async fn no_text_becomes_a_part_of_a_page(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let mut browser = Browser::logged_in(http, north).await;
        let hostile = with(&NEW, &[("given_name", SCRIPT), ("family_name", SCRIPT), ("notes", SCRIPT)]);
        assert_eq!(browser.post("/patients/new", &hostile).await.status, 303);
        let patient = id_of(&server.patients(north).await[0]);
        let path = format!("/patients/{patient}");
        assert_eq!(browser.post(&format!("{path}/notes"), &[("body", SCRIPT)]).await.status, 303);
        upload(http, north, &patient, &escaped("<img src=x onerror=y>\".png"), "x").send().await.expect(201);
        let body = json!({"patient_id": patient, "starts_at": "2030-01-31T09:00:00Z", "minutes": 30, "reason": SCRIPT});
        let booked = http.post(&north.host, "/api/v1/appointments", &body).token(&north.token).send().await.expect(201);
        let mut control = server.running().installation().control().conn().await.unwrap();
        let named = control.query("UPDATE identities SET name = $1 WHERE email = $2").bind(SCRIPT.to_owned());
        named.bind(north.email.clone()).execute().await.unwrap();
        drop(control);

        let search = escaped(SCRIPT);
        let refused = with(&hostile, &[("email", SCRIPT), ("version", "7\">")]);
        let (booking, id) = (SCRIPT, id_of(&booked));
        for page in [
            browser.get("/patients").await,
            browser.get(&format!("/patients?search={search}")).await,
            browser.get(&path).await,
            browser.get(&format!("{path}/delete")).await,
            browser.post("/patients/new", &with(&hostile, &[("email", SCRIPT)])).await,
            browser.post(&path, &refused).await,
            browser.get("/appointments?day=2030-01-31").await,
            browser.get(&format!("/appointments?search={search}")).await,
            browser.post("/appointments", &[("reason", booking), ("starts_at", booking), ("patient_id", &patient)]).await,
            browser.get(&format!("/appointments/{id}")).await,
            browser.post(&format!("/appointments/{id}"), &[("reason", booking), ("starts_at", booking)]).await,
        ] {
            assert!(page.body.contains(ESCAPED), "{page:?}");
            for raw in ["<script>", "<img src=x", "alert(\"x\")"] {
                assert!(!page.body.contains(raw), "{raw}: {}", page.body);
            }
            assert!(page.header("content-security-policy").contains("script-src 'self'"), "{page:?}");
        }
    }

    async fn a_viewer_sees_no_form_and_sends_none(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let document = id_of(&upload(http, north, &ann, "a.txt", "text").send().await.expect(201));
        let body = json!({"patient_id": ann, "starts_at": "2030-01-31T09:00:00Z", "minutes": 30});
        let booked = http.post(&north.host, "/api/v1/appointments", &body).token(&north.token).send().await.expect(201);
        let (_, viewer) = colleague(&server, north, "viewer").await;
        let mut browser = Browser::logged_in(http, &viewer).await;
        let booked = format!("/appointments/{}", id_of(&booked));
        for path in ["/patients", &format!("/patients/{ann}"), "/appointments?day=2030-01-31", &booked] {
            let page = browser.get(path).await;
            page.page(200, &["Ann"]);
            let forms = page.body.matches("method=\"post\"").count();
            assert_eq!(forms, 1, "that to log out: {}", page.body);
            assert!(!page.body.contains("/delete") && !page.body.contains("/new"), "{}", page.body);
        }
        assert_eq!(browser.get(&format!("/documents/{document}")).await.body, "text");
        for path in ["/patients/new".to_owned(), format!("/patients/{ann}/delete"), format!("/documents/{document}/delete"), format!("{booked}/delete")] {
            browser.get(&path).await.page(403, &["your role at this clinic does not include this"]);
            browser.post(&path, &[("version", "1")]).await.page(403, &["does not include this"]);
        }
        for path in [format!("/patients/{ann}"), format!("/patients/{ann}/notes"), "/appointments".to_owned(), booked.clone()] {
            browser.post(&path, &[("version", "1"), ("body", "x")]).await.page(403, &["does not include this"]);
        }
        browser.upload(&format!("/patients/{ann}/documents"), None, "b.txt", b"x").await.page(403, &["does not include this"]);
        assert_eq!(counted(&server, &north.slug).await, [[1, 4], [1, 4]]);
    }

    async fn a_form_without_its_token_does_nothing(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let path = format!("/patients/{ann}");
        let mut browser = Browser::logged_in(http, north).await;
        for (path, fields) in [
            ("/patients/new".to_owned(), &NEW[..]),
            (path.clone(), &NEW[..]),
            (format!("{path}/notes"), &[("body", "x")]),
            (format!("{path}/delete"), &[("version", "1")]),
            ("/appointments".to_owned(), &[("patient_id", "x")]),
        ] {
            browser.post(&path, &with(fields, &[("csrf", "")])).await.page(403, &["made for another log-in"]);
        }
        assert_eq!(server.patients(north).await.as_array().unwrap().len(), 1);
        // A browser of another clinic finds nothing of this one under the same paths.
        let mut other = Browser::logged_in(http, south).await;
        other.get(&path).await.page(404, &["there is nothing under this address"]);
        other.post(&format!("{path}/notes"), &[("body", "x")]).await.page(404, &["there is nothing"]);
        other.upload(&format!("{path}/documents"), None, "a.txt", b"x").await.page(404, &["there is nothing"]);
    }

    async fn a_booking_is_as_long_as_the_clinic_says_unless_it_is_changed(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let mut browser = Browser::logged_in(http, north).await;
        let patient = server.add_patient(north, "Ann").await;
        let form = format!("/appointments?patient={}", id_of(&patient));
        let length = |page: &str| between(page, "name=\"minutes\"", ">").unwrap().to_owned();
        assert!(length(&browser.get(&form).await.body).contains("value=\"30\""));
        let change = json!({"appointment_minutes": 45});
        http.patch(&north.host, "/api/v1/settings", &change).token(&north.token).send().await.expect(200);
        assert!(length(&browser.get(&form).await.body).contains("value=\"45\""));
    }
}
