//! One's own account, and one person in several clinics.

use nadia_tests::{Answer, Browser, Clinic, Http, PASSWORD, Server, at_both_places};
use serde_json::{Value, json};
use uuid::Uuid;

const ME: &str = "/api/v1/me";
const OTHER: &str = "a wide river delta";

async fn change_password(http: &Http, clinic: &Clinic, token: &str, old: &str, new: &str) -> Answer {
    let body = json!({"old_password": old, "new_password": new});
    http.post(&clinic.host, "/api/v1/me/password", &body).token(token).send().await
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().expect("a text")
}

at_both_places! {
    async fn one_learns_who_one_is_and_what_one_may(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let vera = &server.add_member(north, "vera@north.example", "viewer").await;
        let me = http.get(&north.host, ME).token(&vera.token).send().await.expect(200);
        assert_eq!((text(&me, "kind"), text(&me, "email"), text(&me, "role")), ("person", vera.email.as_str(), "viewer"));
        assert_eq!(me["permissions"], json!(["read_patients", "read_clinic", "own_account"]));
        assert_eq!((text(&me["clinics"][0], "slug"), &me["clinics"][0]["current"]), ("north", &json!(true)));
        assert_eq!(text(&me["clinics"][0], "url"), format!("http://{}", north.host));

        let rename = |body: Value| http.patch(&north.host, ME, &body).token(&vera.token).send();
        assert_eq!(rename(json!({"name": " Vera "})).await.expect(200)["name"], "Vera");
        assert_eq!(rename(json!({})).await.expect(200)["name"], "Vera");
        rename(json!({"name": "\u{202e}x"})).await.problem(422, "name_malformed");
        rename(json!({"email": "x@y.example"})).await.problem(422, "member_unknown");
        assert_eq!(rename(json!({"name": null})).await.expect(200)["name"], Value::Null);
    }

    async fn another_password_needs_the_old_one_and_ends_the_other_sessions(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        let there = &server.add_member(south, &cleo.email, "viewer").await;
        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;
        browser.open(&north.host, "/me").await.page(200, &["this one", "API"]);

        change_password(http, north, &cleo.token, OTHER, OTHER).await.problem(422, "password_wrong");
        change_password(http, north, &cleo.token, PASSWORD, "short").await.problem(422, "password_weak");
        http.log_in(&north.host, &cleo.email, PASSWORD).await.expect(200);
        change_password(http, north, &cleo.token, PASSWORD, OTHER).await.expect(204);

        http.get(&north.host, ME).token(&cleo.token).send().await.expect(200);
        http.get(&south.host, ME).token(&there.token).send().await.problem(401, "invalid_token");
        http.refresh(&south.host, &there.refresh_token).await.problem(401, "invalid_token");
        browser.get(&north.host, "/me").await.leads_to("/login?next=%2Fme");
        http.log_in(&north.host, &cleo.email, PASSWORD).await.problem(401, "invalid_credentials");
        http.log_in(&south.host, &cleo.email, OTHER).await.expect(200);
        // Nobody else's session ended.
        http.get(&north.host, ME).token(&north.token).send().await.expect(200);
    }

    async fn one_sees_and_ends_ones_own_sessions_at_this_clinic_only(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        let there = &server.add_member(south, &cleo.email, "viewer").await;
        let sessions = async |clinic: &Clinic, token: &str| {
            let list = http.get(&clinic.host, "/api/v1/me/sessions").token(token).send().await.expect(200);
            list["data"].as_array().unwrap().clone()
        };
        let end = async |token: &str, id: &str| {
            http.delete(&north.host, &format!("/api/v1/me/sessions/{id}")).token(token).send().await
        };
        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;
        let mine = sessions(north, &cleo.token).await;
        let kinds: Vec<_> = mine.iter().map(|one| (one["pages"].as_bool(), one["current"].as_bool())).collect();
        assert_eq!(kinds, [(Some(true), Some(false)), (Some(false), Some(true))]);

        let theirs = sessions(north, &north.token).await;
        let elsewhere = sessions(south, &there.token).await;
        for id in [text(&theirs[0], "id"), text(&elsewhere[0], "id"), "impossible", &Uuid::now_v7().to_string()] {
            end(&cleo.token, id).await.problem(404, "not_found");
        }
        http.get(&north.host, ME).token(&north.token).send().await.expect(200);
        end(&cleo.token, text(&mine[0], "id")).await.expect(204);
        browser.get(&north.host, "/me").await.leads_to("/login?next=%2Fme");

        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;
        browser.open(&north.host, "/me").await.page(200, &["Sessions at this clinic"]);
        let path = format!("/me/sessions/{}/end", text(&mine[1], "id"));
        browser.submit(&north.host, &path, &[]).await.page(200, &["Ended."]);
        http.get(&north.host, ME).token(&cleo.token).send().await.problem(401, "invalid_token");
    }

    async fn ones_own_account_on_its_page(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        let mut browser = Browser::logged_in(http, &north.host, &north.email).await;
        browser.open(&north.host, "/me").await.page(200, &[&north.email, "owner"]);
        browser.submit(&north.host, "/me", &[("name", "Ana <i>")]).await.page(200, &["Saved.", "Ana &#60;i&#62;"]);
        browser.post(&north.host, "/me", &[("name", "\u{7}")]).await.page(422, &["visible characters"]);
        let wrong = browser.post(&north.host, "/me/password", &[("old_password", OTHER), ("new_password", OTHER)]).await;
        wrong.page(422, &["not your present password"]);
        assert!(!wrong.body.contains(OTHER), "{}", wrong.body);
        let fields = [("old_password", PASSWORD), ("new_password", OTHER)];
        browser.submit(&north.host, "/me/password", &fields).await.page(200, &["Changed."]);
        http.log_in(&north.host, &north.email, OTHER).await.expect(200);
        http.get(&north.host, ME).token(&north.token).send().await.problem(401, "invalid_token");
    }

    async fn one_goes_to_ones_other_clinics_and_to_no_other(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, asleep, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        server.add_member(south, &cleo.email, "admin").await;
        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;
        let shown = browser.open(&north.host, "/clinics").await;
        shown.page(200, &["Clinic north", "Clinic south", "here"]);
        assert!(!shown.body.contains("asleep"), "{}", shown.body);
        // Browsers hold the redirect to another host against this.
        assert!(shown.header("content-security-policy").contains("form-action 'self' http://*.localhost;"), "{shown:?}");

        let ticket = browser.post(&north.host, "/switch", &[("id", &south.id)]).await;
        assert!(ticket.header("location").starts_with(&format!("http://{}/enter?ticket=", south.host)), "{ticket:?}");
        browser.follow(&north.host, ticket.clone()).await.page(200, &["Clinic south", &cleo.email]);
        browser.open(&south.host, "/me").await.page(200, &["admin"]);
        browser.open(&north.host, "/me").await.page(200, &["viewer"]);
        // The ticket was good once.
        let mut thief = Browser::new(http);
        thief.follow(&north.host, ticket).await.page(200, &["Log in"]);

        for id in [&asleep.id, &Uuid::now_v7().to_string(), "impossible"] {
            browser.post(&north.host, "/switch", &[("id", id)]).await.page(404, &["nothing under this address"]);
        }
        let stale = browser.post(&north.host, "/switch", &[("id", &south.id), ("csrf", "x")]).await;
        stale.page(403, &["another log-in"]);
        let mut stranger = Browser::logged_in(http, &south.host, &south.email).await;
        stranger.open(&south.host, "/clinics").await.page(200, &["Clinic south"]);
        stranger.post(&south.host, "/switch", &[("id", &north.id)]).await.page(404, &[]);
    }

    async fn a_cookie_of_one_clinic_is_none_at_another(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "admin").await;
        server.add_member(south, &cleo.email, "admin").await;
        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;
        browser.open(&north.host, "/members").await.page(200, &[]);
        browser.carry_cookies(&north.host, &south.host);
        for path in ["/members", "/teams", "/me", "/clinics"] {
            let next = path.replace('/', "%2F");
            browser.get(&south.host, path).await.leads_to(&format!("/login?next={next}"));
        }
        let csrf = browser.csrf(&north.host).to_owned();
        let fields = [("email", "x@south.example"), ("role", "viewer"), ("csrf", &csrf)];
        browser.post(&south.host, "/members/invite", &fields).await.leads_to("/login");
        let open = http.get(&south.host, "/api/v1/invitations").token(&south.token).send().await.expect(200);
        assert_eq!(open["data"], json!([]));
    }
}
