//! How a clinic looks: its own, readable, and harmless.

use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::Revision;
use nadia_tests::{Answer, Browser, Clinic, Ground, Server, at_both_places};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/branding";
const LOGO: &str = "/api/v1/branding/logo";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnorth's own";
const NAMESPACE: &str = "xmlns=\"http://www.w3.org/2000/svg\"";

/// Gives a clinic a plan with colours and a logo.
async fn upgrade(server: &Server, clinic: &Clinic) {
    let control = server.running().installation().control();
    let mut tx = control.begin().await.unwrap();
    let tenant: TenantId = clinic.id.parse().unwrap();
    let revision = Revision { plan: Some("group".parse().unwrap()), ..Revision::default() };
    assert!(control.revise(&mut tx, tenant, revision).await.unwrap());
    tx.commit().await.unwrap();
    let asked = async {
        loop {
            let features =
                server.http.get(&clinic.host, "/api/v1/features").token(&clinic.token).send().await.expect(200);
            if features["data"]
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one["feature"] == "branding" && one["enabled"] == true)
            {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), asked).await.expect("the plan counts soon");
}

async fn set(server: &Server, clinic: &Clinic, body: Value) -> Answer {
    server.http.patch(&clinic.host, PATH, &body).token(&clinic.token).send().await
}

async fn put(server: &Server, clinic: &Clinic, content: &[u8]) -> Answer {
    server.http.call("PUT", &clinic.host, LOGO).token(&clinic.token).body(content).send().await
}

at_both_places! {
    async fn colours_come_with_the_plan_and_must_be_readable(place) {
        let server = Server::start(place).await;
        let north = &server.north;
        set(&server, north, json!({"brand_colour": "#0b6e66"})).await.problem(403, "feature_missing");
        put(&server, north, PNG).await.problem(403, "feature_missing");
        set(&server, north, json!({"welcome_text": "Good day"})).await.expect(200);
        upgrade(&server, north).await;
        let refused = set(&server, north, json!({"brand_colour": "#f59e0b"})).await;
        let problem = refused.problem(422, "setting_invalid");
        assert!(problem["detail"].as_str().unwrap().contains("4.5 is needed"), "{problem}");
        let fix = problem["fix"].as_str().unwrap();
        let better = &fix[fix.find('#').unwrap()..];
        let taken = set(&server, north, json!({"brand_colour": better})).await.expect(200);
        assert_eq!((&taken["brand_colour"], &taken["text_colour"]), (&json!(better), &json!("#ffffff")));
        for colour in ["red", "#fff", "#12345g", "url(//evil)", "#0b6e66;}"] {
            set(&server, north, json!({"brand_colour": colour})).await.problem(422, "setting_invalid");
        }
        let style = server.http.get(&north.host, "/assets/brand.css").send().await;
        assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
        assert!(style.body.contains(better) && style.body.contains("light-dark("), "{style:?}");
        let etag = style.header("etag").to_owned();
        let known = server.http.get(&north.host, "/assets/brand.css").header("if-none-match", &etag).send().await;
        assert_eq!((known.status, &*known.body), (304, ""));
        set(&server, north, json!({"brand_colour": "#1d4ed8"})).await.expect(200);
        let style = server.http.get(&north.host, "/assets/brand.css").header("if-none-match", &etag).send().await;
        assert_eq!(style.status, 200, "another colour is seen at once");
        set(&server, north, json!({"brand_colour": null})).await.expect(200);
        assert_eq!(server.http.get(&north.host, "/assets/brand.css").send().await.outcome(), "404 not_found");
        let history = server.http.get(&north.host, "/api/v1/settings/history").token(&north.token).send().await.expect(200);
        assert_eq!(history["data"].as_array().unwrap().len(), 4, "{history}");
    }

    async fn a_clinic_shows_its_own_and_no_other(place) {
        let server = Server::start(place).await;
        let (north, south) = (&server.north, &server.south);
        upgrade(&server, north).await;
        upgrade(&server, south).await;
        set(&server, north, json!({"name": "Quiet <River>", "welcome_text": "Line one\nLine <two>", "brand_colour": "#1d4ed8"})).await.expect(200);
        let made = put(&server, north, PNG).await.expect(200);
        assert_eq!(made["logo"]["media_type"], "image/png");
        let logo = server.http.get(&north.host, "/assets/logo").send().await;
        assert_eq!((logo.status, logo.header("content-type")), (200, "image/png"));
        assert!(logo.body.contains("north's own"));
        assert_eq!(logo.header("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline'; sandbox");
        assert_eq!(logo.header("x-content-type-options"), "nosniff");
        let known = server.http.get(&north.host, "/assets/logo").header("if-none-match", logo.header("etag")).send().await;
        assert_eq!(known.status, 304);
        let page = server.http.get(&north.host, "/login").header("accept", "text/html").send().await;
        page.page(200, &["Quiet &#60;River&#62;", "Line one\nLine &#60;two&#62;", "/assets/brand.css", "/assets/logo?"]);

        assert_eq!(server.http.get(&south.host, "/assets/logo").send().await.outcome(), "404 not_found");
        assert_eq!(server.http.get(&south.host, "/assets/logo").header("if-none-match", logo.header("etag")).send().await.status, 404);
        let page = server.http.get(&south.host, "/login").send().await;
        for marker in ["River", "Line one", "brand.css", "/assets/logo"] {
            assert!(!page.body.contains(marker), "{marker}: {page:?}");
        }
        let theirs = server.http.get(&south.host, PATH).token(&south.token).send().await.expect(200);
        assert_eq!((&theirs["logo"], &theirs["brand_colour"]), (&Value::Null, &Value::Null));

        for _ in 0..2 {
            assert_eq!(server.http.delete(&north.host, LOGO).token(&north.token).send().await.status, 204);
        }
        assert_eq!(server.http.get(&north.host, "/assets/logo").send().await.outcome(), "404 not_found");
    }

    async fn a_logo_is_an_image_and_does_nothing(place) {
        let server = Server::start(place).await;
        let north = &server.north;
        upgrade(&server, north).await;
        let wrapped = |inner: &str| format!("<svg {NAMESPACE} viewBox=\"0 0 8 8\">{inner}</svg>");
        for disguise in [
            wrapped("<script>alert(1)</script>"),
            wrapped("<g><ScRiPt xmlns=\"http://www.w3.org/2000/svg\">alert(1)</ScRiPt></g>"),
            wrapped("<x:script xmlns:x=\"http://www.w3.org/2000/svg\">alert(1)</x:script>"),
            wrapped("<path d=\"M0 0\" onload=\"alert(1)\"/>"),
            wrapped("<a href=\"javascript:alert(1)\"><path d=\"M0 0\"/></a>"),
            wrapped("<foreignObject><iframe xmlns=\"http://www.w3.org/1999/xhtml\" srcdoc=\"&lt;script&gt;\"/></foreignObject>"),
            wrapped("<use href=\"data:image/svg+xml,&lt;script/&gt;#x\"/>"),
            wrapped("<animate attributeName=\"href\" values=\"javascript:alert(1)\"/>"),
            wrapped("<title><![CDATA[x]]></title>"),
            wrapped("<path fill=\"url(https://evil.example/#a)\"/>"),
            wrapped("<style>*{background:url(//evil.example)}</style>"),
            wrapped("<image href=\"//evil.example/x.png\"/>"),
            format!("<svg {NAMESPACE} onload=\"alert(1)\"/>"),
            format!("<!DOCTYPE svg [<!ENTITY x \"<script>alert(1)</script>\">]>{}", wrapped("&x;")),
            format!("<?xml-stylesheet href=\"//evil.example\"?>{}", wrapped("")),
            format!("<html><script>alert(1)</script>{}</html>", wrapped("")),
        ] {
            put(&server, north, disguise.as_bytes()).await.problem(422, "logo_invalid");
        }
        for other in [&b"GIF89a"[..], b"", b"<html><svg", b"%PDF-1.7", b"MZ"] {
            put(&server, north, other).await.problem(422, "logo_invalid");
        }
        assert_eq!(server.http.get(&north.host, "/assets/logo").send().await.outcome(), "404 not_found");
        let good = wrapped("<!-- <script>alert(1)</script> --><path d=\"M0 0h8v8z\" fill=\"#1d4ed8\"/>");
        put(&server, north, good.as_bytes()).await.expect(200);
        let logo = server.http.get(&north.host, "/assets/logo").send().await;
        assert_eq!((logo.status, logo.header("content-type")), (200, "image/svg+xml"));
        assert!(logo.body.contains("M0 0h8v8z") && !logo.body.contains("script"), "{logo:?}");

        let mut large = PNG.to_vec();
        large.resize(256 * 1024, b'x');
        put(&server, north, &large).await.expect(200);
        large.push(b'x');
        put(&server, north, &large).await.problem(413, "body_too_large");
    }

    async fn a_page_sets_name_colour_and_logo(place) {
        let server = Server::start(place).await;
        let (north, host) = (&server.north, &server.north.host);
        let mut browser = Browser::logged_in(&server.http, host, &north.email).await;
        browser.open(host, "/branding").await.page(200, &["Clinic north", "has the platform's colours"]);
        upgrade(&server, north).await;
        browser.open(host, "/branding").await.page(200, &["name=\"brand_colour\"", "name=\"file\""]);
        let saved = browser.submit(host, "/branding", &[("name", "River"), ("brand_colour", "#1d4ed8"), ("welcome_text", "Hello\r\nyou")]).await;
        saved.page(200, &["Saved.", "River", "/assets/brand.css"]);
        let refused = browser.post(host, "/branding", &[("name", ""), ("brand_colour", "#ffff00"), ("welcome_text", "")]).await;
        refused.page(422, &["a clinic has a name", "4.5 is needed"]);
        let upload = |token: &str, content: &str| format!(
            "--b\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--b\r\ncontent-disposition: form-data; \
             name=\"file\"; filename=\"../../x.svg\"\r\ncontent-type: image/svg+xml\r\n\r\n{content}\r\n--b--\r\n"
        );
        let (kind, good) = ("multipart/form-data; boundary=b", format!("<svg {NAMESPACE}><path d=\"M1 1\"/></svg>"));
        let token = browser.csrf(host).to_owned();
        let stale = browser.send(host, "/branding/logo", kind, upload("other", &good).into_bytes()).await;
        assert_eq!(stale.status, 403, "{stale:?}");
        let refused = browser.send(host, "/branding/logo", kind, upload(&token, "<svg><script/></svg>").into_bytes()).await;
        refused.page(422, &["the SVG is not taken"]);
        browser.send(host, "/branding/logo", kind, upload(&token, &good).into_bytes()).await.leads_to("/branding?notice=saved");
        browser.open(host, "/branding").await.page(200, &["src=\"/assets/logo?", "Replace the logo"]);
        browser.submit(host, "/branding/logo/remove", &[]).await.page(200, &["Removed.", "Set the logo"]);
    }

    async fn every_server_shows_a_change_soon(place) {
        let ground = Ground::new(place).await;
        let (first, other) = (ground.serve("warn").await, ground.serve("warn").await);
        let north = Clinic::new(&first.http, "north").await;
        let shown = async || other.http.get(&north.host, "/login").send().await.body;
        assert!(!shown().await.contains("Good day"), "the other has it in memory");
        let change = json!({"welcome_text": "Good day", "name": "River"});
        first.http.patch(&north.host, PATH, &change).token(&north.token).send().await.expect(200);
        let seen = async {
            loop {
                let page = shown().await;
                if page.contains("Good day") && page.contains("River") {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), seen).await.expect("the other server learns of it");
    }
}
