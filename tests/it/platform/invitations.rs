//! How somebody becomes a member: invited, once, in time, with a seat.

use nadia_tests::{Answer, Browser, Clinic, Http, PASSWORD, Server, at_both_places};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const INVITATIONS: &str = "/api/v1/invitations";
const WRONG: &str = "a loud river bend";

async fn invite(http: &Http, clinic: &Clinic, email: &str, role: &str) -> Answer {
    let body = json!({"email": email, "role": role});
    http.post(&clinic.host, INVITATIONS, &body).token(&clinic.token).send().await
}

async fn accept(http: &Http, clinic: &Clinic, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    http.post(&clinic.host, "/api/v1/invitations/accept", &body).send().await
}

async fn open(http: &Http, clinic: &Clinic) -> Vec<Value> {
    let list = http.get(&clinic.host, INVITATIONS).token(&clinic.token).send().await.expect(200);
    list["data"].as_array().unwrap().clone()
}

async fn revoke(http: &Http, clinic: &Clinic, id: &str) -> Answer {
    http.delete(&clinic.host, &format!("{INVITATIONS}/{id}")).token(&clinic.token).send().await
}

/// Lets the invitations of a clinic expire.
async fn expire(server: &Server, clinic: &Clinic) {
    let mut scope = server.running().installation().control().conn().await.unwrap();
    let expired = scope.query("UPDATE invitations SET expires_at = $1 WHERE tenant_id = $2 AND accepted_at IS NULL");
    let past = OffsetDateTime::now_utc() - Duration::seconds(1);
    assert!(expired.bind(past).bind(clinic.uuid()).execute().await.unwrap() > 0);
}

at_both_places! {
    async fn somebody_new_is_invited_and_joins_by_the_api(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let made = invite(http, north, " Cleo@North.example", "clinician").await.expect(201);
        assert_eq!((&made["email"], &made["role"]), (&json!("cleo@north.example"), &json!("clinician")));
        let token = made["token"].as_str().unwrap();
        assert_eq!(made["url"], format!("http://{}/invitation?token={token}", north.host));
        let listed = open(http, north).await;
        assert_eq!((listed.len(), &listed[0]["id"], listed[0].get("token")), (1, &made["id"], None));

        accept(http, north, token, "short").await.problem(422, "password_weak");
        let body = json!({"token": token, "password": PASSWORD, "name": "Cleo"});
        let grant = http.post(&north.host, "/api/v1/invitations/accept", &body).send().await.expect(200);
        let me = http.get(&north.host, "/api/v1/me").token(grant["access_token"].as_str().unwrap()).send().await.expect(200);
        assert_eq!((&me["email"], &me["name"], &me["role"]), (&json!("cleo@north.example"), &json!("Cleo"), &json!("clinician")));
        http.refresh(&north.host, grant["refresh_token"].as_str().unwrap()).await.expect(200);
        http.log_in(&north.host, "cleo@north.example", PASSWORD).await.expect(200);
        assert!(open(http, north).await.is_empty());
        invite(http, north, "cleo@north.example", "viewer").await.problem(409, "already_member");
    }

    async fn somebody_known_joins_with_their_own_password_only(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let (_, token) = server.invite(north, &south.email, "viewer").await;
        let refused = accept(http, north, &token, WRONG).await.problem(401, "invalid_credentials");
        let usual = http.log_in(&north.host, &south.email, WRONG).await.problem(401, "invalid_credentials");
        assert_eq!((&refused["detail"], &refused["fix"]), (&usual["detail"], &usual["fix"]));
        http.log_in(&north.host, &south.email, PASSWORD).await.problem(401, "invalid_credentials");
        // What nobody may choose tells nothing of who has the address.
        let (_, fresh) = server.invite(north, "new@north.example", "viewer").await;
        let (known, new) = (accept(http, north, &token, "short").await, accept(http, north, &fresh, "short").await);
        assert_eq!(known.comparable(), new.comparable());

        accept(http, north, &token, PASSWORD).await.expect(200);
        let grant = http.log_in(&north.host, &south.email, PASSWORD).await.expect(200);
        let me = http.get(&north.host, "/api/v1/me").token(grant["access_token"].as_str().unwrap()).send().await.expect(200);
        let clinics: Vec<_> = me["clinics"].as_array().unwrap().iter()
            .map(|one| (one["slug"].as_str().unwrap(), one["role"].as_str().unwrap(), one["current"].as_bool().unwrap()))
            .collect();
        assert_eq!(clinics, [("north", "viewer", true), ("south", "owner", false)]);
    }

    async fn tokens_that_are_no_good_get_one_answer(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let (id, revoked) = server.invite(north, "a@north.example", "viewer").await;
        revoke(http, north, &id).await.expect(204);
        revoke(http, north, &id).await.problem(404, "not_found");
        let (_, used) = server.invite(north, "b@north.example", "viewer").await;
        accept(http, north, &used, PASSWORD).await.expect(200);
        let (expired_id, expired) = server.invite(north, "c@north.example", "viewer").await;
        expire(server, north).await;
        revoke(http, north, &expired_id).await.problem(404, "not_found");
        let (foreign_id, foreign) = server.invite(south, "d@south.example", "viewer").await;
        revoke(http, north, &foreign_id).await.problem(404, "not_found");

        let usual = accept(http, north, "nadia_in_never", PASSWORD).await;
        usual.problem(404, "invitation_invalid");
        let mut browser = Browser::new(http);
        for token in [revoked.as_str(), &used, &expired, &foreign, "", "x", "ü' OR 1=1", &"long".repeat(5_000)] {
            let answer = accept(http, north, token, PASSWORD).await;
            assert_eq!(answer.comparable(), usual.comparable(), "{token:.30}");
            if token.len() < 100 && token.is_ascii() && !token.is_empty() {
                browser.get(&north.host, &format!("/invitation?token={token}")).await.page(404, &["not good here"]);
                let sent = browser.post(&north.host, "/invitation", &[("token", token), ("password", PASSWORD)]).await;
                sent.page(404, &["not good here"]);
            }
        }
        browser.get(&north.host, "/invitation").await.page(404, &["not good here"]);
        accept(http, south, &foreign, PASSWORD).await.expect(200);
    }

    async fn one_invitation_makes_one_member_however_many_accept_at_once(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let (_, token) = server.invite(north, "cleo@north.example", "viewer").await;
        let answers = server.at_once(north, (0..4).map(|_| accept(http, north, &token, PASSWORD))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.problem(404, "invitation_invalid");
        }
    }

    async fn twenty_invitations_at_once_take_the_three_free_seats(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        server.add_member(north, "cleo@north.example", "viewer").await;
        let emails: Vec<_> = (0..20).map(|n| format!("p{n}@north.example")).collect();
        let answers = server.at_once(north, emails.iter().map(|email| invite(http, north, email, "viewer"))).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 3, "{answers:?}");
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            refused.problem(403, "limit_reached");
        }
        assert_eq!(open(http, north).await.len(), 3);

        // A seat that is given back is free, by a revocation, an expiry or a removal.
        revoke(http, north, made[0].json()["id"].as_str().unwrap()).await.expect(204);
        invite(http, north, "next@north.example", "viewer").await.expect(201);
        invite(http, north, "one-more@north.example", "viewer").await.problem(403, "limit_reached");
        expire(server, north).await;
        assert!(open(http, north).await.is_empty());
        invite(http, north, "one-more@north.example", "viewer").await.expect(201);
        invite(http, north, "one-more@north.example", "viewer").await.problem(409, "already_invited");
    }

    async fn the_same_address_is_invited_once_however_many_try_at_once(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let answers = server.at_once(north, (0..6).map(|_| invite(http, north, "one@north.example", "viewer"))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
        assert_eq!(open(http, north).await.len(), 1);
    }

    async fn guessing_a_password_by_an_invitation_is_held_back_as_at_the_log_in(place) {
        let often = "100000/s".parse().unwrap();
        let server = &Server::start_with(place, |config| {
            config.limits = nadia_platform::Limits {
                sign_up_client: often, sign_up_address: often, log_in_client: often, log_in_address: "3/h".parse().unwrap(),
            };
        }).await;
        let Server { http, north, south, .. } = server;
        let (_, token) = server.invite(north, &south.email, "viewer").await;
        for _ in 0..3 {
            accept(http, north, &token, WRONG).await.problem(401, "invalid_credentials");
        }
        accept(http, north, &token, PASSWORD).await.problem(429, "attempts_exceeded");
        http.log_in(&south.host, &south.email, PASSWORD).await.problem(429, "attempts_exceeded");
    }

    async fn the_whole_way_on_the_pages(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let mut owner = Browser::logged_in(http, &north.host, &north.email).await;
        owner.open(&north.host, "/members").await.page(200, &["Invite somebody"]);
        let bad = owner.post(&north.host, "/members/invite", &[("email", "nobody"), ("role", "viewer")]).await;
        bad.page(422, &["no e-mail address", "value=\"nobody\""]);
        let made = owner.post(&north.host, "/members/invite", &[("email", "cleo@north.example"), ("role", "clinician")]).await;
        made.page(201, &["Pass this link on", "shown this once"]);
        let link = made.between("<code class=\"secret\">", "</code>").unwrap().to_owned();
        let path = link.strip_prefix(&format!("http://{}", north.host)).unwrap();
        let again = owner.get(&north.host, "/members").await;
        again.page(200, &["cleo@north.example", "/revoke"]);
        assert!(!again.body.contains("invitation?token"), "{}", again.body);

        let mut cleo = Browser::new(http);
        let shown = cleo.get(&north.host, path).await;
        shown.page(200, &["cleo@north.example", "clinician", "Clinic north"]);
        let token = shown.between("name=\"token\" value=\"", "\"").unwrap().to_owned();
        let weak = cleo.post(&north.host, "/invitation", &[("token", &token), ("password", "short")]).await;
        weak.page(422, &["fewer than 12"]);
        let fields = [("token", token.as_str()), ("name", "<b>Cleo"), ("password", PASSWORD)];
        cleo.submit(&north.host, "/invitation", &fields).await.page(200, &["You are a member", "cleo@north.example"]);
        let listed = owner.get(&north.host, "/members").await;
        listed.page(200, &["&#60;b&#62;Cleo", "Nobody is invited"]);

        let revoked = owner.post(&north.host, "/members/invite", &[("email", "d@north.example"), ("role", "viewer")]).await;
        let id = revoked.between("/invitations/", "/revoke").unwrap();
        owner.submit(&north.host, &format!("/invitations/{id}/revoke"), &[]).await.page(200, &["Revoked."]);
    }

    async fn who_may_invite_no_more_leaves_no_way_back(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let boss = &server.add_member(north, "boss@north.example", "owner").await;
        let (_, others) = server.invite(north, "c@north.example", "viewer").await;
        let mut tokens = Vec::new();
        for (email, role) in [("a@north.example", "owner"), ("b@north.example", "admin")] {
            let body = json!({"email": email, "role": role});
            let made = http.post(&north.host, INVITATIONS, &body).token(&boss.token).send().await.expect(201);
            tokens.push(made["token"].as_str().unwrap().to_owned());
        }
        let path = format!("/api/v1/members/{}", boss.id);
        let changed = http.patch(&north.host, &path, &json!({"role": "admin"})).token(&north.token).send().await;
        changed.expect(200);
        accept(http, north, &tokens[0], PASSWORD).await.problem(404, "invitation_invalid");
        assert_eq!(open(http, north).await.len(), 2);

        http.delete(&north.host, &path).token(&north.token).send().await.expect(204);
        accept(http, north, &tokens[1], PASSWORD).await.problem(404, "invitation_invalid");
        let left = open(http, north).await;
        assert_eq!(left.iter().map(|one| &one["email"]).collect::<Vec<_>>(), ["c@north.example"]);
        accept(http, north, &others, PASSWORD).await.expect(200);
        let audit = http.get(&north.host, "/api/v1/audit").token(&north.token).send().await.expect(200);
        let revoked = |entry: &&Value| entry["action"] == "invitation.revoked";
        assert_eq!(audit["data"].as_array().unwrap().iter().filter(revoked).count(), 2);
    }
}
