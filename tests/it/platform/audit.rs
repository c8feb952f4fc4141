//! The audit is what was noted, or the command says where it is not; and who may make clinics is the operator's to say.

use nadia_platform::SignUp;
use nadia_tests::{BASE, Clinic, Ground, PASSWORD, Server, at_both_places, sign_up_body};
use serde_json::Value;

use super::raw;

const LOG: &str = "warn";

fn report(ground: &str) -> Value {
    serde_json::from_str(ground).unwrap()
}

at_both_places! {
    async fn what_was_changed_taken_out_or_put_in_between_is_found(place) {
        // Each tampering, and the entry at which it shows: north has three, its sign-up and two invitations.
        let chain = "chain_id = (SELECT id FROM tenants WHERE slug = 'north')";
        for (tampering, number) in [
            ("UPDATE audit SET action = 'tenant.renamed' WHERE number = 2 AND ", 2),
            ("UPDATE audit SET actor_id = NULL WHERE number = 1 AND ", 1),
            ("UPDATE audit SET subject = 'invitation:x' WHERE number = 3 AND ", 3),
            ("DELETE FROM audit WHERE number = 2 AND ", 2),
            ("DELETE FROM audit WHERE number = 3 AND ", 3),
            ("UPDATE audit SET number = 4 WHERE number = 3 AND ", 3),
            ("UPDATE audit_heads SET number = 2 WHERE ", 2),
            ("UPDATE audit_heads SET hash = 'ab' WHERE ", 3),
            ("DELETE FROM audit_heads WHERE ", 0),
        ] {
            let ground = Ground::new(place).await;
            let process = ground.serve(LOG).await;
            let north = Clinic::new(&process.http, "north").await;
            for name in ["ann", "ben"] {
                let body = serde_json::json!({"email": format!("{name}@north.example"), "role": "viewer"});
                let made = process.http.post(&north.host, "/api/v1/invitations", &body).token(&north.token).send().await;
                made.expect(201);
            }
            drop(process);
            let whole = ground.run(&["audit", "verify", "--json"]).await;
            let whole = report(whole.done());
            let own = whole["verified"].as_array().unwrap().iter().find(|one| one["chain_id"] == north.id.as_str());
            assert_eq!(own.unwrap()["entries"], 3);
            assert_eq!(whole["broken"], serde_json::json!([]));

            raw::execute(&ground, &format!("{tampering}{chain}")).await;
            let found = ground.run(&["audit", "verify", "--json"]).await;
            assert_eq!(found.code, Some(1), "{tampering}: {found:?}");
            let broken = &report(&found.out)["broken"];
            let expected = (north.id.as_str(), number);
            let first = (broken[0]["chain_id"].as_str().unwrap(), broken[0]["number"].as_i64().unwrap());
            assert_eq!(first, expected, "{tampering}: {found:?}");
        }
    }

    async fn where_sign_up_is_closed_only_operators_make_clinics(place) {
        let server = Server::start_with(place, |config| config.sign_up = SignUp::Closed).await;
        let body = sign_up_body("harbour", "owner@harbour.example", PASSWORD);
        let refused = server.http.post(BASE, "/api/v1/signup", &body).send().await;
        refused.problem(403, "sign_up_closed");
        assert!(!server.has_host("harbour").await);
        let page = server.http.get(BASE, "/").header("accept", "text/html").send().await;
        assert!(page.body.contains("Sign-up is closed") && !page.body.contains("<form"), "{}", page.body);
    }
}
