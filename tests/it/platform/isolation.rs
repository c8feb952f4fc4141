//! Two clinics, and every way from one to the other's data.

use nadia_tests::{Answer, BASE, Clinic, PASSWORD, Server, at_both_places};
use serde_json::{Value, json};
use uuid::Uuid;

use super::forge::{Forge, decoded, encoded};

const PATIENTS: &str = "/api/v1/patients";

fn path_of(patient: &Value) -> String {
    format!("{PATIENTS}/{}", patient["id"].as_str().unwrap())
}

/// Every request that a client can make about one record.
async fn about(server: &Server, clinic: &Clinic, path: &str) -> Vec<Answer> {
    let change = json!({"given_name": "Changed"});
    let (http, host) = (&server.http, &clinic.host);
    let calls = [
        http.get(host, path),
        http.get(host, path).header("if-none-match", "\"1\""),
        http.call("HEAD", host, path),
        http.patch(host, path, &change),
        http.patch(host, path, &change).header("if-match", "\"1\""),
        http.patch(host, path, &change).header("if-match", "no tag"),
        http.call("PATCH", host, path).header("content-type", "application/json").body("{no json"),
        http.call("PATCH", host, path).body("no type"),
        http.patch(host, path, &json!({"given_name": 7, "version": 99})),
        http.delete(host, path).header("if-match", "\"9\""),
        http.delete(host, path).header("if-match", "no tag"),
        http.delete(host, path),
    ];
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.token(&clinic.token).send().await);
    }
    answers
}

at_both_places! {
    async fn each_clinic_lists_its_own_patients(place) {
        let server = Server::start(place).await;
        let ann = server.add_patient(&server.north, "Ann of north").await;
        let ben = server.add_patient(&server.south, "Ben of south").await;
        assert_eq!(server.patients(&server.north).await, json!([ann]));
        assert_eq!(server.patients(&server.south).await, json!([ben]));
    }

    async fn foreign_absent_and_impossible_ids_get_the_same_answer_byte_for_byte(place) {
        let server = Server::start(place).await;
        let ann = server.add_patient(&server.north, "Ann of north").await;
        let ben = server.add_patient(&server.south, "Ben of south").await;
        let foreign = about(&server, &server.north, &path_of(&ben)).await;
        for answer in &foreign {
            assert_eq!(answer.status, 404, "{answer:?}");
            assert!(answer.body.is_empty() || answer.outcome() == "404 not_found", "{answer:?}");
        }
        let foreign: Vec<_> = foreign.iter().map(Answer::comparable).collect();
        let id = ann["id"].as_str().unwrap();
        for other in [
            Uuid::now_v7().to_string(),
            Uuid::nil().to_string(),
            "no-id".to_owned(),
            "%00".to_owned(),
            "%ff%fe".to_owned(),
            "9".repeat(3_000),
            // Other spellings of an id of one's own are no second address of the record.
            id.replace('-', ""),
            format!("%7B{id}%7D"),
            format!("urn:uuid:{id}"),
            format!("{id}'%20OR%20'1'='1"),
        ] {
            let answers = about(&server, &server.north, &format!("{PATIENTS}/{other}")).await;
            let answers: Vec<_> = answers.iter().map(Answer::comparable).collect();
            assert_eq!(answers, foreign, "{other}");
        }
        assert_eq!(server.patients(&server.north).await, json!([ann]));
        assert_eq!(server.patients(&server.south).await, json!([ben]));
    }

    async fn a_record_that_was_removed_is_as_one_that_never_was(place) {
        let server = Server::start(place).await;
        let ann = server.add_patient(&server.north, "Ann").await;
        let Server { http, north, .. } = &server;
        http.delete(&north.host, &path_of(&ann)).token(&north.token).send().await.expect(204);
        let removed = about(&server, north, &path_of(&ann)).await;
        let absent = about(&server, north, &format!("{PATIENTS}/{}", Uuid::now_v7())).await;
        let texts = |answers: &[Answer]| answers.iter().map(Answer::comparable).collect::<Vec<_>>();
        assert_eq!(texts(&removed), texts(&absent));
    }

    async fn host_and_token_must_name_the_same_tenant(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann of north").await;
        let ben = server.add_patient(south, "Ben of south").await;
        let garbage = http.get(&north.host, PATIENTS).token("garbage").send().await;
        garbage.problem(401, "invalid_token");
        let new = json!({"given_name": "Intruder", "family_name": "Example"});
        for path in [path_of(&ann), path_of(&ben)] {
            for call in [
                http.get(&north.host, PATIENTS),
                http.post(&north.host, PATIENTS, &new),
                http.get(&north.host, &path),
                http.patch(&north.host, &path, &new),
                http.delete(&north.host, &path),
            ] {
                let answer = call.token(&south.token).send().await;
                answer.problem(401, "invalid_token");
                assert!(answer.header("www-authenticate").starts_with("Bearer "), "{answer:?}");
            }
        }
        let crossed = http.get(&north.host, PATIENTS).token(&south.token).send().await;
        assert_eq!(crossed.comparable(), garbage.comparable());
        assert_eq!(server.patients(north).await, json!([ann]));
        assert_eq!(server.patients(south).await, json!([ben]));
    }

    async fn a_tenant_header_that_disagrees_with_the_host_is_refused(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann of north").await;
        let ben = server.add_patient(south, "Ben of south").await;
        let get = |host: &str, path: &str, token: &str, value: &str| {
            http.get(host, path).token(token).header("x-tenant-id", value).send()
        };
        let absent = Uuid::now_v7().to_string();
        let mut answers = Vec::new();
        // A foreign tenant, one that doesn't exist, and no id at all are told apart by nothing.
        for value in [&south.id, &absent, "no id", &south.slug] {
            for token in [&north.token, &south.token] {
                let answer = get(&north.host, PATIENTS, token, value).await;
                answer.problem(400, "tenant_ambiguous");
                answers.push(answer.comparable());
            }
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let changed = http.delete(&north.host, &path_of(&ben)).token(&north.token).header("x-tenant-id", &south.id);
        changed.send().await.problem(400, "tenant_ambiguous");
        get(BASE, PATIENTS, &south.token, &south.id).await.problem(404, "route_unknown");

        let agreeing = get(&north.host, PATIENTS, &north.token, &north.id).await;
        assert_eq!(agreeing.expect(200)["data"], json!([ann]));
        assert_eq!(server.patients(south).await, json!([ben]));
    }

    async fn a_header_that_claims_another_host_changes_nothing(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann of north").await;
        let ben = server.add_patient(south, "Ben of south").await;
        for name in ["x-tenant", "x-forwarded-host", "forwarded", "x-original-host", "x-host", "x-original-url"] {
            for value in [&south.id, &south.slug, &south.host, &format!("host={}", south.host)] {
                let list = http.get(&north.host, PATIENTS).token(&north.token).header(name, value).send().await;
                assert_eq!(list.expect(200)["data"], json!([ann]), "{name}: {value}");
                let read = http.get(&north.host, &path_of(&ben)).token(&north.token).header(name, value).send().await;
                read.problem(404, "not_found");
                let crossed = http.get(&north.host, PATIENTS).token(&south.token).header(name, value).send().await;
                crossed.problem(401, "invalid_token");
            }
        }
    }

    async fn a_body_or_query_that_names_a_tenant_is_refused(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann").await;
        let body = json!({"given_name": "A", "family_name": "B", "tenant_id": south.id});
        http.post(&north.host, PATIENTS, &body).token(&north.token).send().await.problem(422, "member_unknown");
        let change = json!({"tenant_id": south.id});
        http.patch(&north.host, &path_of(&ann), &change).token(&north.token).send().await.problem(422, "member_unknown");
        let path = format!("{PATIENTS}?tenant_id={}", south.id);
        http.get(&north.host, &path).token(&north.token).send().await.problem(400, "query_invalid");
        assert_eq!(server.patients(south).await, json!([]));
    }

    async fn a_cursor_is_worth_nothing_to_another_clinic_or_when_it_was_forged(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        for name in ["A", "B", "C"] {
            server.add_patient(north, name).await;
            server.add_patient(south, name).await;
        }
        let first = http.get(&south.host, &format!("{PATIENTS}?limit=1")).token(&south.token).send().await.expect(200);
        let theirs = first["page"]["next"].as_str().unwrap();
        let mut flipped = decoded(theirs);
        flipped[0] ^= 1;
        let mut answers = Vec::new();
        for cursor in [
            theirs.to_owned(),
            encoded(&flipped),
            encoded(Uuid::nil().as_bytes()),
            theirs[..theirs.len() - 4].to_owned(),
            first["data"][0]["id"].as_str().unwrap().to_owned(),
            "no cursor".replace(' ', "%20"),
            "%00".to_owned(),
        ] {
            let path = format!("{PATIENTS}?cursor={cursor}");
            let answer = http.get(&north.host, &path).token(&north.token).send().await;
            answer.problem(400, "cursor_invalid");
            answers.push(answer.comparable());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }

    async fn a_refresh_token_is_worth_nothing_at_another_clinic(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let unknown = http.refresh(&south.host, "nadia_rt_unknown").await;
        unknown.problem(401, "invalid_token");
        let foreign = http.refresh(&south.host, &north.refresh_token).await;
        assert_eq!(foreign.comparable(), unknown.comparable());
        // The attempt elsewhere did not use it up, nor end its session.
        http.refresh(&north.host, &north.refresh_token).await.expect(200);
    }

    async fn a_person_of_two_clinics_is_in_one_at_a_time(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        server.add_patient(north, "Ann of north").await;
        http.sign_up("annexe", &north.email, PASSWORD).await.expect(201);
        let grant = http.log_in("annexe.localhost", &north.email, PASSWORD).await.expect(200);
        let token = grant["access_token"].as_str().unwrap();
        let list = http.get("annexe.localhost", PATIENTS).token(token).send().await.expect(200);
        assert_eq!(list["data"], json!([]));
        http.get(&north.host, PATIENTS).token(token).send().await.problem(401, "invalid_token");
        http.get("annexe.localhost", PATIENTS).token(&north.token).send().await.problem(401, "invalid_token");
    }

    async fn every_bad_token_gets_the_same_answer(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = server.add_patient(north, "Ann").await;
        let forge = || Forge::new(&server, north);
        let get = |token: &str| http.get(&north.host, PATIENTS).token(token).send();
        assert_eq!(get(&forge().signed()).await.expect(200)["data"], json!([ann]), "the forge makes good tokens, too");
        get(&forge().claims(json!({"role": "viewer"})).signed()).await.expect(200);

        let none = |algorithm: &str| forge().head(json!({"alg": algorithm}));
        let tokens = [
            ("foreign", south.token.clone()),
            ("signed for the other tenant", forge().claims(json!({"tid": south.id})).signed()),
            ("changed tenant", Forge::new(&server, south).claims(json!({"tid": north.id})).signed_before()),
            ("changed role", forge().claims(json!({"role": "admin"})).signed_before()),
            ("unknown role", forge().claims(json!({"role": "operator"})).signed()),
            ("no tenant", forge().claims(json!({"tid": null})).signed()),
            ("the tenant's slug", forge().claims(json!({"tid": north.slug})).signed()),
            ("algorithm none, unsigned", none("none").unsigned()),
            ("algorithm None, unsigned", none("None").unsigned()),
            ("algorithm none, signed", none("none").signed()),
            ("no algorithm", forge().head(json!({"alg": null})).unsigned()),
            ("unsigned", forge().unsigned()),
            ("the public key as a secret", none("HS256").signed_by_public_key(true)),
            ("the public key's text as a secret", none("HS256").signed_by_public_key(false)),
            ("another key", forge().with_own_key().signed()),
            ("another key, named", forge().with_own_key().head(json!({"kid": "mine"})).signed()),
            ("a key's path", forge().head(json!({"kid": "../../../dev/null"})).signed()),
            ("no key named", forge().head(json!({"kid": null})).signed()),
            ("a key brought along", forge().with_own_key().head(json!({"jwk": {"kty": "OKP"}})).signed()),
            ("expired", forge().moved(-3_600).signed()),
            ("not good yet", forge().moved(3_600).signed()),
            ("without an end", forge().claims(json!({"exp": null})).signed()),
            ("another issuer", forge().claims(json!({"iss": "example.org"})).signed()),
            ("another audience", forge().claims(json!({"aud": "elsewhere"})).signed()),
            ("no person", forge().claims(json!({"sub": null})).signed()),
            ("a refresh token", north.refresh_token.clone()),
            ("garbage", "garbage".to_owned()),
            ("dots", "..".to_owned()),
            ("long", "a".repeat(8_000)),
            ("two parts", north.token.rsplit_once('.').unwrap().0.to_owned()),
            ("four parts", format!("{}.{}", north.token, "a")),
        ];
        let usual = get("garbage").await.comparable();
        for (name, token) in &tokens {
            let answer = get(token).await;
            answer.problem(401, "invalid_token");
            assert_eq!(answer.comparable(), usual, "{name}");
        }
        for value in ["Bearer", "Basic bm9ydGg6bm9ydGg=", &format!("Token {}", north.token), &north.token] {
            let answer = http.get(&north.host, PATIENTS).header("authorization", value).send().await;
            assert_eq!(answer.comparable(), usual, "{value}");
        }
        let twice = http.get(&north.host, PATIENTS).token(&north.token).token(&south.token).send().await;
        assert_eq!(twice.comparable(), usual, "two tokens");
        for path in [format!("{PATIENTS}?access_token={}", north.token), PATIENTS.to_owned()] {
            let missing = http.get(&north.host, &path).send().await;
            missing.problem(401, "token_missing");
            assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"clinic\"");
        }
        assert_eq!(server.patients(north).await, json!([ann]));
    }
}
