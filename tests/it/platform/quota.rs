//! A clinic that sends too much is held back, and it alone.

use nadia_platform::Config;
use nadia_quota::Plans;
use nadia_tests::{PASSWORD, Server, at_both_places};

const PATIENTS: &str = "/api/v1/patients";

/// Five requests a clinic, and no more while a test runs.
fn five(config: &mut Config) {
    let plan = Config::FIRST_PLAN.parse().unwrap();
    config.plans = Plans::builder().plan(plan, "5/h".parse().unwrap()).build().unwrap();
}

at_both_places! {
    async fn a_flooding_clinic_is_held_back_and_others_are_not(place) {
        let Server { http, north, south, .. } = &Server::start_with(place, five).await;
        for left in (0..5).rev() {
            let answer = http.get(&north.host, PATIENTS).token(&north.token).send().await;
            answer.expect(200);
            assert_eq!(answer.header("ratelimit-policy"), "\"requests\";q=5;w=3600");
            assert!(answer.header("ratelimit").starts_with(&format!("\"requests\";r={left};t=")), "{answer:?}");
            assert_eq!(answer.header("retry-after"), "");
        }
        for path in [PATIENTS, "/api/v1/patients/00000000-0000-7000-8000-000000000001"] {
            let answer = http.get(&north.host, path).token(&north.token).send().await;
            let problem = answer.problem(429, "quota_exceeded");
            assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
            assert_eq!(problem["violated-policies"], serde_json::json!(["requests"]));
            let reset = answer.header("ratelimit").strip_prefix("\"requests\";r=0;t=").expect("nothing is left");
            let (wait, reset): (u64, u64) = (answer.header("retry-after").parse().unwrap(), reset.parse().unwrap());
            assert!(0 < reset && reset <= wait && wait <= 3_600, "{answer:?}");
        }
        http.delete(&north.host, PATIENTS).token(&north.token).send().await.problem(405, "method_not_allowed");
        for _ in 0..5 {
            http.get(&south.host, PATIENTS).token(&south.token).send().await.expect(200);
        }
        // A clinic that is held back can still be opened and logged in to.
        http.get(&north.host, "/").send().await;
        http.log_in(&north.host, &north.email, PASSWORD).await.expect(200);
    }

    async fn who_has_no_good_token_uses_up_nothing_of_a_clinics_quota(place) {
        let Server { http, north, south, .. } = &Server::start_with(place, five).await;
        for token in ["garbage", &south.token] {
            for _ in 0..10 {
                http.get(&north.host, PATIENTS).token(token).send().await.problem(401, "invalid_token");
            }
        }
        for _ in 0..10 {
            http.get(&north.host, PATIENTS).send().await.problem(401, "token_missing");
        }
        for clinic in [north, south] {
            for _ in 0..5 {
                http.get(&clinic.host, PATIENTS).token(&clinic.token).send().await.expect(200);
            }
            http.get(&clinic.host, PATIENTS).token(&clinic.token).send().await.problem(429, "quota_exceeded");
        }
    }

    async fn of_a_flood_at_once_no_more_than_the_plan_admits_comes_through(place) {
        let Server { http, north, .. } = &Server::start_with(place, five).await;
        let flood = (0..40).map(|_| http.get(&north.host, PATIENTS).token(&north.token).send());
        let answers = futures_util::future::join_all(flood).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5);
        assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 35);
    }
}
