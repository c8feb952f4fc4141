//! People are known platform-wide, and nobody learns who is.

use std::time::{Duration, Instant};

use nadia_platform::Limits;
use nadia_tests::{Answer, Http, PASSWORD, Server, at_both_places};
use serde_json::{Value, json};

const WRONG: &str = "a loud river bend";
const PATIENTS: &str = "/api/v1/patients";

fn refresh_token(grant: &Value) -> &str {
    grant["refresh_token"].as_str().expect("a refresh token")
}

#[track_caller]
fn held_back(answer: &Answer) {
    answer.problem(429, "attempts_exceeded");
    let seconds: u64 = answer.header("retry-after").parse().unwrap_or_default();
    assert!(seconds > 0, "{answer:?}");
}

/// Limits that no test reaches.
fn generous() -> Limits {
    let often = "100000/s".parse().unwrap();
    Limits { sign_up_client: often, sign_up_address: often, log_in_client: often, log_in_address: often }
}

at_both_places! {
    async fn a_known_person_adds_a_clinic_with_the_right_password_only(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        let refused = http.sign_up("annexe", &north.email, WRONG).await;
        refused.problem(401, "invalid_credentials");
        http.get("annexe.localhost", "/").send().await.problem(404, "tenant_unknown");

        http.sign_up("annexe", &north.email.to_uppercase(), PASSWORD).await.expect(201);
        for host in ["annexe.localhost", &north.host] {
            http.log_in(host, &north.email, PASSWORD).await.expect(200);
            http.log_in(host, &north.email, WRONG).await.problem(401, "invalid_credentials");
        }
    }

    async fn of_many_sign_ups_of_one_new_person_at_once_all_are_of_that_person(place) {
        let Server { http, .. } = &Server::start(place).await;
        let slugs: Vec<_> = (0..4).map(|n| format!("branch-{n}")).collect();
        let answers = slugs.iter().map(|slug| http.sign_up(slug, "owner@branch.example", PASSWORD));
        for answer in futures_util::future::join_all(answers).await {
            answer.expect(201);
        }
        for slug in &slugs {
            http.log_in(&format!("{slug}.localhost"), "owner@branch.example", PASSWORD).await.expect(200);
        }
    }

    async fn a_log_in_that_fails_does_not_tell_why(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let usual = http.log_in(&north.host, &north.email, WRONG).await;
        usual.problem(401, "invalid_credentials");
        for (email, password) in [
            ("nobody@north.example", WRONG),
            ("nobody@north.example", PASSWORD),
            (&south.email, WRONG),
            // Right, but of another clinic.
            (&south.email, PASSWORD),
            ("", PASSWORD),
            ("no address", PASSWORD),
            ("owner@north.example' OR '1'='1", PASSWORD),
            (&north.email, ""),
            (&north.email, "short"),
            (&north.email, &"long".repeat(10_000)),
        ] {
            let answer = http.log_in(&north.host, email, password).await;
            assert_eq!(answer.comparable(), usual.comparable(), "{email:?} {password:.20?}");
        }
    }

    async fn guessing_a_password_at_sign_up_is_held_back_by_address(place) {
        let Server { http, north, south, .. } = &Server::start_with(place, |config| {
            config.limits = Limits { sign_up_address: "3/h".parse().unwrap(), ..generous() };
        }).await;
        for guess in 0..3 {
            let answer = http.sign_up("annexe", &north.email, &format!("{WRONG} {guess}")).await;
            answer.problem(401, "invalid_credentials");
        }
        // From now on the right one is refused as well, from wherever it comes and however it is spelt.
        held_back(&http.sign_up("annexe", &north.email, PASSWORD).await);
        held_back(&http.sign_up("annexe", &format!(" {}", north.email.to_uppercase()), PASSWORD).await);
        let elsewhere = Http::from_address([127, 0, 0, 2].into(), http.address());
        held_back(&elsewhere.sign_up("annexe", &north.email, PASSWORD).await);
        http.get("annexe.localhost", "/").send().await.problem(404, "tenant_unknown");
        http.sign_up("annexe", &south.email, PASSWORD).await.expect(201);
    }

    async fn signing_up_and_logging_in_are_held_back_by_client(place) {
        let Server { http, north, south, .. } = &Server::start_with(place, |config| {
            let few = "3/h".parse().unwrap();
            config.limits = Limits { sign_up_client: few, log_in_client: few, ..generous() };
        }).await;
        for attempt in 0..3 {
            http.sign_up(&format!("branch-{attempt}"), &format!("owner@{attempt}.example"), PASSWORD).await.expect(201);
            http.log_in(&north.host, &format!("owner@{attempt}.example"), WRONG).await.problem(401, "invalid_credentials");
        }
        held_back(&http.sign_up("branch-3", "owner@3.example", PASSWORD).await);
        held_back(&http.log_in(&north.host, &north.email, PASSWORD).await);
        held_back(&http.log_in(&south.host, &south.email, PASSWORD).await);
        // What a client says of its own address changes nothing.
        let body = json!({"email": north.email, "password": PASSWORD});
        let claimed = http.post(&north.host, "/api/v1/auth/login", &body).header("x-forwarded-for", "192.0.2.1");
        held_back(&claimed.send().await);
        let elsewhere = Http::from_address([127, 0, 0, 2].into(), http.address());
        elsewhere.log_in(&north.host, &north.email, PASSWORD).await.expect(200);
        elsewhere.sign_up("branch-3", "owner@3.example", PASSWORD).await.expect(201);
        // Who is logged in stays so, for as many refreshes as there are log-ins.
        let mut token = north.refresh_token.clone();
        for _ in 0..3 {
            token = refresh_token(&http.refresh(&north.host, &token).await.expect(200)).to_owned();
        }
        held_back(&http.refresh(&north.host, &token).await);
    }

    async fn guessing_a_password_is_held_back_by_address_and_client_at_every_door(place) {
        let Server { http, north, south, .. } = &Server::start_with(place, |config| {
            config.limits = Limits { log_in_address: "3/h".parse().unwrap(), ..generous() };
        }).await;
        for email in [&north.email, "nobody@north.example"] {
            for (host, guess) in [(north, 0), (south, 1), (north, 2)] {
                let answer = http.log_in(&host.host, email, &format!("{WRONG} {guess}")).await;
                answer.problem(401, "invalid_credentials");
            }
            // The same whether or not anybody has the address.
            held_back(&http.log_in(&north.host, email, PASSWORD).await);
            held_back(&http.log_in(&south.host, email, PASSWORD).await);
            held_back(&http.sign_up("annexe", email, PASSWORD).await);
        }
        http.log_in(&south.host, &south.email, PASSWORD).await.expect(200);
        // Who guesses doesn't shut the owner out, who comes from elsewhere.
        let elsewhere = Http::from_address([127, 0, 0, 2].into(), http.address());
        elsewhere.log_in(&north.host, &north.email, PASSWORD).await.expect(200);
    }

    async fn guessing_a_password_from_ever_other_clients_is_held_back_as_well(place) {
        let Server { http, north, south, .. } = &Server::start_with(place, |config| {
            config.limits = Limits { log_in_address: "1/h".parse().unwrap(), ..generous() };
        }).await;
        let mut held = false;
        for client in 2..40 {
            let elsewhere = Http::from_address([127, 0, 0, client].into(), http.address());
            let answer = elsewhere.log_in(&north.host, &north.email, WRONG).await;
            held = answer.status == 429;
            if held {
                held_back(&answer);
                break;
            }
            answer.problem(401, "invalid_credentials");
        }
        assert!(held, "38 clients guessed");
        http.log_in(&south.host, &south.email, PASSWORD).await.expect(200);
    }

    async fn a_refresh_token_is_good_once_and_a_second_use_ends_the_session(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        let other = http.log_in(&north.host, &north.email, PASSWORD).await.expect(200);
        let second = http.refresh(&north.host, &north.refresh_token).await.expect(200);
        let third = http.refresh(&north.host, refresh_token(&second)).await.expect(200);
        let token = third["access_token"].as_str().unwrap();
        http.get(&north.host, PATIENTS).token(token).send().await.expect(200);

        let usual = http.refresh(&north.host, "nadia_rt_unknown").await;
        for used in [refresh_token(&second), refresh_token(&third), &north.refresh_token] {
            let answer = http.refresh(&north.host, used).await;
            answer.problem(401, "invalid_token");
            assert_eq!(answer.comparable(), usual.comparable());
        }
        // The access tokens of the session ended with it.
        for token in [&north.token, token] {
            http.get(&north.host, PATIENTS).token(token).send().await.problem(401, "invalid_token");
        }
        // Another session of the same person goes on.
        let token = other["access_token"].as_str().unwrap();
        http.get(&north.host, PATIENTS).token(token).send().await.expect(200);
        http.refresh(&north.host, refresh_token(&other)).await.expect(200);
    }

    async fn logging_out_ends_the_session_at_once_and_at_its_own_clinic_only(place) {
        let Server { http, north, south, .. } = &Server::start(place).await;
        let body = json!({"refresh_token": north.refresh_token});
        let log_out = |host: &str, body: &Value| http.post(host, "/api/v1/auth/logout", body).send();
        let other = http.log_in(&north.host, &north.email, PASSWORD).await.expect(200);

        let elsewhere = log_out(&south.host, &body).await;
        elsewhere.expect(204);
        http.get(&north.host, PATIENTS).token(&north.token).send().await.expect(200);
        let usual = log_out(&north.host, &json!({"refresh_token": "nadia_rt_unknown"})).await;
        for _ in 0..2 {
            let ended = log_out(&north.host, &body).await;
            assert_eq!((ended.comparable(), elsewhere.comparable()), (usual.comparable(), usual.comparable()));
            http.get(&north.host, PATIENTS).token(&north.token).send().await.problem(401, "invalid_token");
            http.refresh(&north.host, &north.refresh_token).await.problem(401, "invalid_token");
        }
        let token = other["access_token"].as_str().unwrap();
        http.get(&north.host, PATIENTS).token(token).send().await.expect(200);
    }

    async fn a_refresh_token_used_twice_at_once_gives_one_session_at_most(place) {
        let Server { http, north, .. } = &Server::start(place).await;
        let answers = (0..6).map(|_| http.refresh(&north.host, &north.refresh_token));
        let answers = futures_util::future::join_all(answers).await;
        let given: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(given.len(), 1, "{answers:?}");
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.problem(401, "invalid_token");
        }
        // The others were a second use, so what the first one gave is void.
        let next = http.refresh(&north.host, refresh_token(&given[0].json())).await;
        next.problem(401, "invalid_token");
    }

    async fn tickets_are_tried_as_often_as_sessions_are_refreshed(place) {
        let Server { http, north, .. } = &Server::start_with(place, |config| {
            config.limits = Limits { log_in_client: "3/h".parse().unwrap(), ..generous() };
        }).await;
        for _ in 0..3 {
            http.get(&north.host, "/enter?ticket=nadia_et_never").send().await.leads_to("/login");
        }
        held_back(&http.get(&north.host, "/enter?ticket=nadia_et_never").send().await);
    }
}

/// A log-in that finds nobody must do the work of one that finds somebody.
///
/// Without it, an answer takes a tenth of the time, so half of it is a bound that noise doesn't reach in every try.
#[tokio::test]
async fn a_log_in_of_nobody_takes_as_long_as_one_of_somebody() {
    let change = |config: &mut nadia_platform::Config| config.limits = generous();
    let Server { http, north, south, .. } = &Server::start_with(nadia_tests::Place::Sqlite, change).await;
    let somebody = (&*north.email, WRONG);
    for (name, other) in [
        ("unknown", ("nobody@north.example", WRONG)),
        ("not a member", (&*south.email, PASSWORD)),
        ("no address", ("nobody", WRONG)),
    ] {
        let mut seen = Vec::new();
        let alike = loop {
            let [mut known, mut unknown] = [const { Vec::new() }; 2];
            for _ in 0..5 {
                for (times, (email, password)) in [(&mut known, somebody), (&mut unknown, other)] {
                    let begun = Instant::now();
                    http.log_in(&north.host, email, password).await.problem(401, "invalid_credentials");
                    times.push(begun.elapsed());
                }
            }
            let (known, unknown) = (median(known), median(unknown));
            seen.push((known, unknown));
            let alike = unknown * 2 > known && known * 2 > unknown;
            if alike || seen.len() == 5 {
                break alike;
            }
        };
        assert!(alike, "{name}: {seen:?}");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
