//! Clinics that move to another host, and what becomes of the one they had.

use std::time::Duration;

use nadia_tests::{Answer, BASE, Browser, Clinic, Ground, PASSWORD, Server, at_both_places};
use serde_json::json;

async fn rename(http: &nadia_tests::Http, clinic: &Clinic, host: &str, slug: &str) -> Answer {
    http.post(host, "/api/v1/slug", &json!({"slug": slug})).token(&clinic.token).send().await
}

fn host(slug: &str) -> String {
    format!("{slug}.{BASE}")
}

at_both_places! {
    async fn the_old_host_leads_to_the_new_one(place) {
        let server = Server::start(place).await;
        let (http, north) = (&server.http, &server.north);
        let renamed = rename(http, north, &north.host, "river").await.expect(200);
        assert_eq!((&renamed["slug"], &renamed["url"]), (&json!("river"), &json!("http://river.localhost")));
        assert_eq!(http.get(&host("river"), "/login").send().await.status, 200);
        for (method, path) in [("GET", "/login?next=%2Fpatients&x=%20y"), ("POST", "/api/v1/patients"), ("DELETE", "/api/v1/patients/1"),
            ("PATCH", "/nowhere//evil.example"), ("GET", "//evil.example/x"), ("GET", "/")] {
            let sent = http.call(method, "north.localhost:8080", path).header("x-forwarded-host", "evil.example").send().await;
            let expected = format!("http://river.localhost:8080{path}");
            assert_eq!((sent.status, sent.header("location")), (308, &*expected), "{method} {path}");
            assert_eq!(sent.header("cache-control"), "no-store", "it may be taken back");
        }
        // A token stays good; it is the clinic's, not the host's.
        http.get(&host("river"), "/api/v1/patients").token(&north.token).send().await.expect(200);
        assert_eq!(http.get(&host("nobody"), "/").send().await.outcome(), "404 tenant_unknown");
    }

    async fn nobody_else_gets_a_host_that_was_left(place) {
        let server = Server::start(place).await;
        let (http, north, south) = (&server.http, &server.north, &server.south);
        rename(http, north, &north.host, "river").await.expect(200);
        rename(http, south, &south.host, "north").await.problem(409, "slug_taken");
        rename(http, south, &south.host, "river").await.problem(409, "slug_taken");
        rename(http, south, &south.host, "asleep").await.problem(409, "slug_taken");
        assert_eq!(http.sign_up("north", "somebody@example.org", PASSWORD).await.outcome(), "409 slug_taken");
        for (slug, code) in [("admin", "slug_reserved"), ("North", "slug_malformed"), ("a", "slug_malformed"), ("x.evil", "slug_malformed")] {
            rename(http, south, &south.host, slug).await.problem(422, code);
        }
        assert_eq!(http.get(&south.host, "/login").send().await.status, 200, "south is where it was");

        rename(http, north, &host("river"), "brook").await.expect(200);
        for former in ["north", "river"] {
            let sent = http.get(&host(former), "/login").send().await;
            assert_eq!((sent.status, sent.header("location")), (308, "http://brook.localhost/login"), "{former}");
        }
        rename(http, north, &host("brook"), "north").await.expect(200);
        assert_eq!(http.get(&north.host, "/login").send().await.status, 200, "its own it may take back");
        for former in ["river", "brook"] {
            assert_eq!(http.get(&host(former), "/x").send().await.header("location"), "http://north.localhost/x");
        }
        rename(http, north, &north.host, "north").await.expect(200);
        for number in 0..8 {
            rename(http, north, &host(&if number == 0 { "north".to_owned() } else { format!("n-{}", number - 1) }), &format!("n-{number}")).await.expect(200);
        }
        rename(http, north, &host("n-7"), "one-more").await.problem(409, "too_many_hosts");
        rename(http, north, &host("n-7"), "river").await.expect(200);
    }

    async fn a_page_asks_for_confirmation_and_leads_on_logged_in(place) {
        let server = Server::start(place).await;
        let (north, old) = (&server.north, &server.north.host);
        let mut browser = Browser::logged_in(&server.http, old, &north.email).await;
        browser.open(old, "/settings").await.page(200, &["north.localhost"]);
        let unsure = browser.post(old, "/settings/slug", &[("slug", "river"), ("confirm", "river")]).await;
        unsure.page(422, &["not what was to be typed"]);
        browser.post(old, "/settings/slug", &[("slug", "south"), ("confirm", "north")]).await.page(409, &["another clinic has this slug"]);
        let moved = browser.post(old, "/settings/slug", &[("slug", "river"), ("confirm", "north")]).await;
        moved.page(200, &["The clinic moved"]);
        let url = moved.between("href=\"http://river.localhost", "\"").unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let page = browser.open(&host("river"), &url).await;
        page.page(200, &["river.localhost", "Former hosts", "<code>north</code>", "Changed."]);
    }

    async fn every_server_knows_and_commands_keep_to_it(place) {
        let ground = Ground::new(place).await;
        let (first, other) = (ground.serve("warn").await, ground.serve("warn").await);
        let north = Clinic::new(&first.http, "north").await;
        assert_eq!(other.http.get(&north.host, "/login").send().await.status, 200, "the other has it in memory");
        assert_eq!(other.http.get(&host("river"), "/login").send().await.status, 404, "and that nobody has this one");
        rename(&first.http, &north, &north.host, "river").await.expect(200);
        let known = async {
            while other.http.get(&north.host, "/login").send().await.header("location") != "http://river.localhost/login" {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), known).await.expect("the other server learns of it");
        assert_eq!(other.http.get(&host("river"), "/login").send().await.status, 200);
        let taken = ground.run_with_password(&["tenant", "create", "north", "--name", "N", "--owner-email", "x@example.org"]).await;
        assert!(taken.failed(1).contains("taken"), "{taken:?}");

        ground.run(&["tenant", "delete", "river", "--yes", "--grace", "2"]).await.done();
        let gone = async {
            for slug in ["river", "north"] {
                while other.http.get(&host(slug), "/login").send().await.outcome() != "404 tenant_unknown" {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("a clinic that is gone leads nowhere");
    }
}
