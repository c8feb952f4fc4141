//! Who belongs to a clinic, what they are there, and who may change that.

use std::time::{Duration, Instant};

use nadia_tenant_core::TenantStatus;
use nadia_tests::{Answer, Browser, Clinic, Http, PASSWORD, Server, at_both_places};
use serde_json::{Value, json};
use uuid::Uuid;

const MEMBERS: &str = "/api/v1/members";
const PATIENTS: &str = "/api/v1/patients";

async fn me(http: &Http, clinic: &Clinic, token: &str) -> Value {
    http.get(&clinic.host, "/api/v1/me").token(token).send().await.expect(200)
}

async fn set_role(http: &Http, clinic: &Clinic, token: &str, id: &str, role: &str) -> Answer {
    http.patch(&clinic.host, &format!("{MEMBERS}/{id}"), &json!({"role": role})).token(token).send().await
}

async fn remove(http: &Http, clinic: &Clinic, token: &str, id: &str) -> Answer {
    http.delete(&clinic.host, &format!("{MEMBERS}/{id}")).token(token).send().await
}

async fn read_only(server: &Server, clinic: &Clinic) {
    let control = server.running().installation().control();
    let moved = control.transition(clinic.id.parse().unwrap(), TenantStatus::Active, TenantStatus::ReadOnly).await;
    assert!(moved.unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    let body = json!({"given_name": "Ann", "family_name": "Example"});
    while server.http.post(&clinic.host, PATIENTS, &body).token(&clinic.token).send().await.status != 403 {
        assert!(Instant::now() < deadline, "the server did not learn of it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lists the audit of a clinic by action and subject.
async fn audited(server: &Server, clinic: &Clinic) -> Vec<(String, String)> {
    let mut scope = server.running().installation().control().conn().await.unwrap();
    let rows = scope.query("SELECT action, subject FROM audit WHERE chain_id = $1 ORDER BY number");
    let rows = rows.bind(clinic.uuid()).fetch_all().await.unwrap();
    let read = |row: &nadia_tenant_sqlx::portable::Row| {
        (row.get("action").unwrap(), row.get::<Option<String>>("subject").unwrap().unwrap_or_default())
    };
    rows.iter().map(read).collect()
}

at_both_places! {
    async fn members_are_listed_with_their_roles_page_by_page(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let cleo = server.add_member(north, "cleo@north.example", "clinician").await;
        let vera = server.add_member(north, "vera@north.example", "viewer").await;
        let all = http.get(&north.host, MEMBERS).token(&vera.token).send().await.expect(200);
        let shown: Vec<_> = all["data"].as_array().unwrap().iter().map(|one| (&one["email"], &one["role"])).collect();
        let expected = [(&north.email, "owner"), (&cleo.email, "clinician"), (&vera.email, "viewer")]
            .map(|(email, role)| (json!(email), json!(role)));
        assert_eq!(shown, expected.each_ref().map(|(email, role)| (email, role)));
        assert_eq!(all["page"], json!({"next": null}));

        let (mut ids, mut path) = (Vec::new(), format!("{MEMBERS}?limit=1"));
        loop {
            let part = http.get(&north.host, &path).token(&vera.token).send().await.expect(200);
            ids.push(part["data"][0]["id"].as_str().unwrap().to_owned());
            let Some(next) = part["page"]["next"].as_str() else { break };
            path = format!("{MEMBERS}?limit=1&cursor={next}");
        }
        assert_eq!(ids[1..], [cleo.id, vera.id]);
        http.get(&north.host, &format!("{MEMBERS}?search=a")).token(&vera.token).send().await.problem(400, "query_invalid");
    }

    async fn another_role_ends_the_sessions_and_is_audited(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;

        // The same role changes nothing.
        set_role(http, north, &north.token, &cleo.id, "viewer").await.expect(200);
        http.get(&north.host, PATIENTS).token(&cleo.token).send().await.expect(200);

        let changed = set_role(http, north, &north.token, &cleo.id, "clinician").await.expect(200);
        assert_eq!((&changed["id"], &changed["role"]), (&json!(cleo.id), &json!("clinician")));
        http.get(&north.host, PATIENTS).token(&cleo.token).send().await.problem(401, "invalid_token");
        http.refresh(&north.host, &cleo.refresh_token).await.problem(401, "invalid_token");
        browser.get(&north.host, "/members").await.leads_to("/login?next=%2Fmembers");
        let token = http.log_in(&north.host, &cleo.email, PASSWORD).await.expect(200)["access_token"].clone();
        assert_eq!(me(http, north, token.as_str().unwrap()).await["role"], "clinician");

        let entry = ("member.role_changed".to_owned(), format!("member:{}", cleo.id));
        assert_eq!(audited(server, north).await.iter().filter(|found| **found == entry).count(), 1);
        set_role(http, north, &north.token, &cleo.id, "king").await.problem(422, "role_unknown");
    }

    async fn a_removed_member_is_refused_at_once_and_stays_a_person(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "admin").await;
        server.add_member(south, &cleo.email, "viewer").await;
        let mut browser = Browser::logged_in(http, &north.host, &cleo.email).await;
        browser.open(&north.host, "/members").await.page(200, &[&cleo.email]);

        remove(http, north, &north.token, &cleo.id).await.expect(204);
        http.get(&north.host, PATIENTS).token(&cleo.token).send().await.problem(401, "invalid_token");
        http.refresh(&north.host, &cleo.refresh_token).await.problem(401, "invalid_token");
        browser.get(&north.host, "/members").await.leads_to("/login?next=%2Fmembers");
        http.log_in(&north.host, &cleo.email, PASSWORD).await.problem(401, "invalid_credentials");
        http.log_in(&south.host, &cleo.email, PASSWORD).await.expect(200);
        remove(http, north, &north.token, &cleo.id).await.problem(404, "not_found");
        assert!(audited(server, north).await.contains(&("member.removed".to_owned(), format!("member:{}", cleo.id))));
    }

    async fn the_last_owner_stays_one(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let ana = me(http, north, &north.token).await["id"].as_str().unwrap().to_owned();
        set_role(http, north, &north.token, &ana, "admin").await.problem(409, "last_owner");
        remove(http, north, &north.token, &ana).await.problem(409, "last_owner");
        let mut browser = Browser::logged_in(http, &north.host, &north.email).await;
        browser.open(&north.host, "/members").await.page(200, &["Invite"]);
        browser.post(&north.host, &format!("/members/{ana}/remove"), &[]).await.page(409, &["only owner"]);

        // Of two owners who remove each other at once, one stays.
        let otto = &server.add_member(north, "otto@north.example", "owner").await;
        let pairs = [(&north.token, &otto.id), (&otto.token, &ana)];
        let answers = server.at_once(north, pairs.map(|(token, id)| remove(http, north, token, id))).await;
        let [first, second] = answers.try_into().unwrap();
        let removed = [&first, &second].into_iter().filter(|answer| answer.status == 204).count();
        assert_eq!(removed, 1, "{first:?} {second:?}");
        let token = if first.status == 204 { &north.token } else { &otto.token };
        let left = http.get(&north.host, MEMBERS).token(token).send().await.expect(200);
        assert_eq!(left["data"].as_array().unwrap().len(), 1, "{left}");
        assert_eq!(left["data"][0]["role"], "owner");
    }

    async fn only_owners_make_and_change_owners(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let ana = me(http, north, &north.token).await["id"].as_str().unwrap().to_owned();
        let adam = &server.add_member(north, "adam@north.example", "admin").await;
        let cleo = &server.add_member(north, "cleo@north.example", "clinician").await;
        let invite = json!({"email": "new@north.example", "role": "owner"});
        for answer in [
            set_role(http, north, &adam.token, &adam.id, "owner").await,
            set_role(http, north, &adam.token, &cleo.id, "owner").await,
            set_role(http, north, &adam.token, &ana, "viewer").await,
            remove(http, north, &adam.token, &ana).await,
            http.post(&north.host, "/api/v1/invitations", &invite).token(&adam.token).send().await,
        ] {
            answer.problem(403, "role_insufficient");
        }
        set_role(http, north, &adam.token, &cleo.id, "viewer").await.expect(200);
        set_role(http, north, &north.token, &adam.id, "owner").await.expect(200);
    }

    async fn who_manages_no_members_changes_none(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        for (email, role) in [("cleo@north.example", "clinician"), ("vera@north.example", "viewer")] {
            let one = &server.add_member(north, email, role).await;
            set_role(http, north, &one.token, &one.id, "admin").await.problem(403, "role_insufficient");
            remove(http, north, &one.token, &one.id).await.problem(403, "role_insufficient");
            for path in ["/api/v1/invitations", "/api/v1/api-keys"] {
                http.get(&north.host, path).token(&one.token).send().await.problem(403, "role_insufficient");
            }
            let mut browser = Browser::logged_in(http, &north.host, email).await;
            let shown = browser.open(&north.host, "/members").await;
            shown.page(200, &[email]);
            assert!(!shown.body.contains("/remove") && !shown.body.contains("Invite somebody"), "{}", shown.body);
            let role = format!("/members/{}/role", one.id);
            browser.post(&north.host, &role, &[("role", "admin")]).await.page(403, &["Forbidden"]);
            browser.post(&north.host, "/members/invite", &[("email", "x@y.example"), ("role", "viewer")]).await.page(403, &[]);
            browser.get(&north.host, "/api-keys").await.page(403, &[]);
        }
    }

    async fn another_clinics_member_and_an_impossible_one_are_not_found_alike(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let theirs = me(http, south, &south.token).await["id"].as_str().unwrap().to_owned();
        let absent = Uuid::now_v7().to_string();
        let usual = set_role(http, north, &north.token, &absent, "viewer").await;
        usual.problem(404, "not_found");
        for id in [theirs.as_str(), &absent, "impossible", "%FF", &theirs.replace('-', "")] {
            let changed = set_role(http, north, &north.token, id, "viewer").await;
            assert_eq!(changed.comparable(), usual.comparable(), "{id}");
            let removed = remove(http, north, &north.token, id).await;
            assert_eq!(removed.comparable(), usual.comparable(), "{id}");
        }
        http.get(&south.host, PATIENTS).token(&south.token).send().await.expect(200);
    }

    async fn a_clinic_that_is_read_only_gets_no_members_but_its_people_keep_their_accounts(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let vera = &server.add_member(north, "vera@north.example", "viewer").await;
        let (_, invitation) = server.invite(north, "new@north.example", "viewer").await;
        let mut browser = Browser::logged_in(http, &north.host, &vera.email).await;
        browser.open(&north.host, "/me").await.page(200, &[]);
        read_only(server, north).await;

        let body = json!({"token": invitation, "password": PASSWORD});
        let joined = http.post(&north.host, "/api/v1/invitations/accept", &body).send().await;
        joined.problem(403, "tenant_read_only");
        browser.post(&north.host, "/invitation", &[("token", &invitation), ("password", PASSWORD)]).await.page(403, &[]);
        set_role(http, north, &north.token, &vera.id, "admin").await.problem(403, "tenant_read_only");
        http.patch(&north.host, "/api/v1/me", &json!({"name": "Vera"})).token(&vera.token).send().await.expect(200);
        let body = json!({"old_password": PASSWORD, "new_password": "a wide river delta"});
        http.post(&north.host, "/api/v1/me/password", &body).token(&vera.token).send().await.expect(204);
        let sessions = http.get(&north.host, "/api/v1/me/sessions").token(&vera.token).send().await.expect(200);
        let own = sessions["data"][0]["id"].as_str().unwrap();
        let ended = http.delete(&north.host, &format!("/api/v1/me/sessions/{own}")).token(&vera.token).send().await;
        ended.expect(204);
    }

    async fn each_change_stands_in_the_clinics_audit(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        server.grant_feature(north, "api_keys").await;
        let before = audited(server, north).await.len();
        let (id, _) = server.invite(north, "a@north.example", "viewer").await;
        let call = async |method: &str, path: &str, body: Value| {
            let answer = http.call(method, &north.host, path).json(&body).token(&north.token).send().await;
            assert!(answer.status < 300, "{answer:?}");
            serde_json::from_str::<Value>(&answer.body).unwrap_or_default()
        };
        call("DELETE", &format!("/api/v1/invitations/{id}"), json!({})).await;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        call("PATCH", &format!("{MEMBERS}/{}", cleo.id), json!({"role": "admin"})).await;
        let team = call("POST", "/api/v1/teams", json!({"name": "Surgery"})).await["id"].as_str().unwrap().to_owned();
        call("PATCH", &format!("/api/v1/teams/{team}"), json!({"name": "Theatre"})).await;
        call("PUT", &format!("/api/v1/teams/{team}/members/{}", cleo.id), json!({})).await;
        call("DELETE", &format!("/api/v1/teams/{team}/members/{}", cleo.id), json!({})).await;
        call("DELETE", &format!("/api/v1/teams/{team}"), json!({})).await;
        let key = call("POST", "/api/v1/api-keys", json!({"name": "lab", "role": "viewer"})).await;
        call("DELETE", &format!("/api/v1/api-keys/{}", key["id"].as_str().unwrap()), json!({})).await;
        call("PATCH", "/api/v1/me", json!({"name": "Ana"})).await;
        call("POST", "/api/v1/me/password", json!({"old_password": PASSWORD, "new_password": "a wide river delta"})).await;
        call("DELETE", &format!("{MEMBERS}/{}", cleo.id), json!({})).await;
        let own = call("GET", "/api/v1/me/sessions", json!({})).await["data"][0]["id"].as_str().unwrap().to_owned();
        call("DELETE", &format!("/api/v1/me/sessions/{own}"), json!({})).await;

        let after = audited(server, north).await;
        let actions: Vec<_> = after[before..].iter().map(|(action, _)| action.as_str()).collect();
        assert_eq!(actions, [
            "invitation.created", "invitation.revoked", "invitation.created", "invitation.accepted", "member.role_changed",
            "team.created", "team.renamed", "team.member_added", "team.member_removed", "team.removed",
            "api_key.created", "api_key.revoked", "person.renamed", "person.password_changed", "member.removed", "session.ended",
        ]);
        assert!(audited(server, south).await.iter().all(|(action, _)| action == "tenant.signed_up"));
    }

    async fn members_are_managed_on_the_page(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        let mut browser = Browser::logged_in(http, &north.host, &north.email).await;
        browser.open(&north.host, "/members").await.page(200, &[&cleo.email, "Invite somebody", "Nobody is invited"]);
        let role = format!("/members/{}/role", cleo.id);
        browser.submit(&north.host, &role, &[("role", "clinician")]).await.page(200, &["Changed."]);
        let stale = browser.post(&north.host, &role, &[("role", "admin"), ("csrf", "another")]).await;
        stale.page(403, &["another log-in"]);
        let foreign = http.call("POST", &north.host, &role).header("cookie", &browser.cookie_header(&north.host).unwrap());
        let foreign = foreign.header("origin", "http://evil.example").send().await;
        assert_eq!(foreign.outcome(), "403 cross_site");
        let listed = http.get(&north.host, MEMBERS).token(&north.token).send().await.expect(200);
        assert_eq!(listed["data"][1]["role"], "clinician");
        let gone = browser.submit(&north.host, &format!("/members/{}/remove", cleo.id), &[]).await;
        gone.page(200, &["Removed."]);
        assert!(!gone.body.contains(&cleo.email), "{}", gone.body);
    }
}
