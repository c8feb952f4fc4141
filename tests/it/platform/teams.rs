//! Teams of a clinic's members.

use nadia_tests::{Answer, Browser, Clinic, Http, Server, at_both_places};
use serde_json::{Value, json};
use uuid::Uuid;

const TEAMS: &str = "/api/v1/teams";

async fn add(http: &Http, clinic: &Clinic, name: &str) -> Answer {
    http.post(&clinic.host, TEAMS, &json!({"name": name})).token(&clinic.token).send().await
}

async fn call(http: &Http, clinic: &Clinic, method: &str, path: &str) -> Answer {
    http.call(method, &clinic.host, &format!("{TEAMS}{path}")).token(&clinic.token).send().await
}

fn emails(team: &Value) -> Vec<&str> {
    team["members"].as_array().unwrap().iter().map(|member| member["email"].as_str().unwrap()).collect()
}

at_both_places! {
    async fn a_team_is_made_filled_renamed_and_removed(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        assert_eq!(call(http, north, "GET", "").await.expect(200), json!({"data": []}));
        let cleo = &server.add_member(north, "cleo@north.example", "clinician").await;
        let made = add(http, north, "Surgery").await;
        let team = made.expect(201);
        let id = team["id"].as_str().unwrap();
        assert_eq!(made.header("location"), format!("{TEAMS}/{id}"));
        assert_eq!(call(http, north, "GET", &format!("/{id}")).await.expect(200), team);
        add(http, north, "Surgery").await.problem(409, "team_exists");
        add(http, north, " ").await.problem(422, "name_malformed");

        let member = format!("/{id}/members/{}", cleo.id);
        for _ in 0..2 {
            call(http, north, "PUT", &member).await.expect(204);
        }
        assert_eq!(emails(&call(http, north, "GET", &format!("/{id}")).await.expect(200)), [&cleo.email]);
        let listed = http.get(&north.host, TEAMS).token(&cleo.token).send().await.expect(200);
        assert_eq!((&listed["data"][0]["name"], &listed["data"][0]["members"]), (&json!("Surgery"), &json!(1)));

        let path = format!("{TEAMS}/{id}");
        let renamed = http.patch(&north.host, &path, &json!({"name": "Theatre"})).token(&north.token).send().await.expect(200);
        assert_eq!((&renamed["name"], emails(&renamed).len()), (&json!("Theatre"), 1));
        http.patch(&north.host, &path, &json!({"name": "Mine"})).token(&cleo.token).send().await.problem(403, "role_insufficient");

        call(http, north, "DELETE", &member).await.expect(204);
        call(http, north, "DELETE", &member).await.problem(404, "not_found");
        call(http, north, "DELETE", &format!("/{id}")).await.expect(204);
        call(http, north, "GET", &format!("/{id}")).await.problem(404, "not_found");
    }

    async fn only_members_of_the_clinic_are_in_its_teams(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let me = http.get(&south.host, "/api/v1/me").token(&south.token).send().await.expect(200);
        let team = add(http, north, "Surgery").await.expect(201)["id"].as_str().unwrap().to_owned();
        let usual = call(http, north, "PUT", &format!("/{team}/members/{}", Uuid::now_v7())).await;
        usual.problem(404, "not_found");
        for id in [me["id"].as_str().unwrap(), "impossible"] {
            let answer = call(http, north, "PUT", &format!("/{team}/members/{id}")).await;
            assert_eq!(answer.comparable(), usual.comparable(), "{id}");
        }

        // Who leaves the clinic leaves its teams, and comes back into none.
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        call(http, north, "PUT", &format!("/{team}/members/{}", cleo.id)).await.expect(204);
        let removed = http.delete(&north.host, &format!("/api/v1/members/{}", cleo.id)).token(&north.token).send().await;
        removed.expect(204);
        for _ in 0..2 {
            let read = call(http, north, "GET", &format!("/{team}")).await.expect(200);
            assert!(emails(&read).is_empty(), "{read}");
            assert_eq!(call(http, north, "GET", "").await.expect(200)["data"][0]["members"], 0);
            if http.log_in(&north.host, &cleo.email, nadia_tests::PASSWORD).await.status != 200 {
                server.add_member(north, &cleo.email, "viewer").await;
            }
        }
    }

    async fn another_clinics_team_is_not_found(place) {
        let server = &Server::start(place).await;
        let Server { http, north, south, .. } = server;
        let theirs = add(http, south, "Marker of south").await.expect(201)["id"].as_str().unwrap().to_owned();
        add(http, north, "Marker of south").await.expect(201);
        let me = http.get(&north.host, "/api/v1/me").token(&north.token).send().await.expect(200);
        let me = me["id"].as_str().unwrap();
        for id in [theirs.as_str(), "impossible"] {
            for (method, path) in [
                ("GET", format!("/{id}")),
                ("DELETE", format!("/{id}")),
                ("PUT", format!("/{id}/members/{me}")),
                ("DELETE", format!("/{id}/members/{me}")),
            ] {
                call(http, north, method, &path).await.problem(404, "not_found");
            }
            let renamed = http.patch(&north.host, &format!("{TEAMS}/{id}"), &json!({"name": "x"})).token(&north.token);
            renamed.send().await.problem(404, "not_found");
        }
        let kept = call(http, south, "GET", &format!("/{theirs}")).await.expect(200);
        assert_eq!((&kept["name"], &kept["members"]), (&json!("Marker of south"), &json!([])));
    }

    async fn teams_are_managed_on_pages(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let cleo = &server.add_member(north, "cleo@north.example", "viewer").await;
        let mut owner = Browser::logged_in(http, &north.host, &north.email).await;
        owner.open(&north.host, "/teams").await.page(200, &["no teams yet", "Add a team"]);
        let team = owner.post(&north.host, "/teams", &[("name", "Surgery")]).await;
        let path = team.header("location").strip_suffix("?notice=added").unwrap().to_owned();
        owner.follow(&north.host, team).await.page(200, &["Surgery", "Nobody is in this team", "Added."]);
        owner.post(&north.host, "/teams", &[("name", "Surgery")]).await.page(409, &["another team has this name"]);
        let added = owner.submit(&north.host, &format!("{path}/members"), &[("identity", &cleo.id)]).await;
        added.page(200, &["cleo@north.example</td>", "Take out"]);
        owner.submit(&north.host, &path, &[("name", "Theatre")]).await.page(200, &["Theatre", "Changed."]);
        owner.post(&north.host, &path, &[("name", "")]).await.page(422, &["missing"]);

        let mut viewer = Browser::logged_in(http, &north.host, &cleo.email).await;
        let shown = viewer.open(&north.host, &path).await;
        shown.page(200, &["Theatre", "cleo@north.example"]);
        assert!(!shown.body.contains("Take out"), "{}", shown.body);
        viewer.post(&north.host, &format!("{path}/remove"), &[]).await.page(403, &[]);

        let out = owner.submit(&north.host, &format!("{path}/members/{}/remove", cleo.id), &[]).await;
        out.page(200, &["Removed.", "Nobody is in this team"]);
        owner.submit(&north.host, &format!("{path}/remove"), &[]).await.page(200, &["no teams yet"]);
        owner.get(&north.host, &path).await.page(404, &[]);
    }
}
