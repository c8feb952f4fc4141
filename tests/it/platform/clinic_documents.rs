//! Documents of patients: stored as they are, given back so that no browser runs them.

use nadia_tests::{Server, at_both_places};
use serde_json::json;
use sqlx::types::time::OffsetDateTime;

use super::clinic_support::{counted, escaped, id_of, identity_of, upload};

at_both_places! {
    async fn a_document_is_stored_listed_given_back_and_removed(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let content = "<script>alert(1)</script>\r\n--xx\r\n";
        let added = upload(http, north, &ann, "letter%20of%20Ann.txt", content).send().await;
        let document = added.expect(201);
        let path = format!("/api/v1/documents/{}", id_of(&document));
        assert_eq!(added.header("location"), path);
        assert_eq!(document["name"], "letter of Ann.txt");
        assert_eq!(document["media_type"], "text/plain");
        assert_eq!(document["size_bytes"], content.len());
        assert_eq!(document["created_by"], identity_of(&server, &north.email).await.to_string());
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content.as_bytes());
        let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(document["sha256"], digest);

        let list = format!("/api/v1/patients/{ann}/documents");
        let list = || http.get(&north.host, &list).token(&north.token).send();
        assert_eq!(list().await.expect(200), json!({"data": [document], "page": {"next": null}}));
        let given = http.get(&north.host, &path).token(&north.token).send().await;
        assert_eq!((given.status, given.body.as_str()), (200, content));
        assert_eq!(given.header("content-type"), "text/plain");
        assert_eq!(given.header("content-disposition"), "attachment; filename=\"letter of Ann.txt\"; filename*=UTF-8''letter%20of%20Ann.txt");
        assert_eq!(given.header("x-content-type-options"), "nosniff");
        assert_eq!(given.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(given.header("cache-control"), "no-store");

        http.delete(&north.host, &path).token(&north.token).send().await.expect(204);
        http.get(&north.host, &path).token(&north.token).send().await.problem(404, "not_found");
        http.delete(&north.host, &path).token(&north.token).send().await.problem(404, "not_found");
        assert_eq!(list().await.expect(200)["data"], json!([]));
        assert_eq!(counted(&server, &north.slug).await, [[1, 0], [1, 0]]);
    }

    async fn bytes_that_are_no_text_come_back_as_they_were(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let content: Vec<u8> = (0..=255).collect();
        for (declared, kept) in [
            ("application/pdf", "application/pdf"),
            ("IMAGE/PNG", "image/png"),
            ("text/html", "application/octet-stream"),
            ("image/svg+xml", "application/octet-stream"),
            ("application/x-www-form-urlencoded", "application/octet-stream"),
            ("nonsense", "application/octet-stream"),
        ] {
            let path = format!("/api/v1/patients/{ann}/documents?name=a");
            let call = http.call("POST", &north.host, &path).token(&north.token).header("content-type", declared);
            let document = call.body(content.clone()).send().await.expect(201);
            assert_eq!(document["media_type"], kept, "{declared}");
            let path = format!("/api/v1/documents/{}", id_of(&document));
            let given = http.get(&north.host, &path).token(&north.token).send().await;
            assert_eq!(given.header("content-type"), kept);
            assert_eq!(given.header("content-length"), "256");
            assert_eq!(given.body, String::from_utf8_lossy(&content));
        }
    }

    async fn no_name_of_a_file_is_a_path_or_another_header(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        for (sent, kept, header) in [
            ("../../etc/passwd", "passwd", "filename=\"passwd\"; filename*=UTF-8''passwd"),
            ("C:\\x\\scan.png", "scan.png", "filename=\"scan.png\"; filename*=UTF-8''scan.png"),
            ("a\"; filename=\"b.exe", "a\"; filename=\"b.exe", "filename=\"a__ filename__b.exe\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe"),
            ("מכתב.pdf", "מכתב.pdf", "filename=\"____.pdf\"; filename*=UTF-8''%D7%9E%D7%9B%D7%AA%D7%91.pdf"),
            ("<img src=x>'.png", "<img src=x>'.png", "filename=\"_img src_x__.png\"; filename*=UTF-8''%3Cimg%20src%3Dx%3E%27.png"),
        ] {
            let document = upload(http, north, &ann, &escaped(sent), "x").send().await.expect(201);
            assert_eq!(document["name"], kept);
            let path = format!("/api/v1/documents/{}", id_of(&document));
            let given = http.get(&north.host, &path).token(&north.token).send().await;
            assert_eq!(given.header("content-disposition"), format!("attachment; {header}"));
        }
        let before = counted(&server, &north.slug).await;
        for sent in ["a\r\nset-cookie: x=y", "gpj.\u{202e}exe", "a\u{200f}", "a\0", "", ".", "..", "a/..", "a/", &"a".repeat(101)] {
            let refused = upload(http, north, &ann, &escaped(sent), "x").send().await;
            let code = if sent.is_empty() { "required" } else { "name_malformed" };
            refused.problem(422, code);
        }
        let path = format!("/api/v1/patients/{ann}/documents");
        http.call("POST", &north.host, &path).token(&north.token).body("x").send().await.problem(422, "required");
        upload(http, north, &ann, "a&name=b", "x").send().await.problem(400, "query_invalid");
        upload(http, north, &ann, "a", "").send().await.problem(422, "document_empty");
        assert_eq!(counted(&server, &north.slug).await, before);
    }

    async fn a_document_that_is_too_large_leaves_nothing_behind(place) {
        let server = Server::start(place).await;
        let Server { http, north, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let most = 5 << 20;
        let large = upload(http, north, &ann, "large", vec![b'x'; most + 1]).send().await;
        let problem = large.problem(413, "body_too_large");
        assert!(problem["detail"].as_str().unwrap().contains("5242880"), "{problem}");
        assert_eq!(counted(&server, &north.slug).await, [[1, 0], [1, 0]]);
        let fitting = upload(http, north, &ann, "large", vec![b'x'; most]).send().await.expect(201);
        assert_eq!(fitting["size_bytes"], most);
        assert_eq!(counted(&server, &north.slug).await, [[1, most as i64], [1, most as i64]]);
        // The other routes take as little as before.
        let notes = format!("/api/v1/patients/{ann}/notes");
        let note = http.post(&north.host, &notes, &json!({"body": "x".repeat(200_000)})).token(&north.token);
        note.send().await.problem(413, "body_too_large");
    }

    async fn a_clinic_without_documents_reads_those_it_had(place) {
        let server = Server::start(place).await;
        let Server { http, north, south, .. } = &server;
        let ann = id_of(&server.add_patient(north, "Ann").await);
        let path = format!("/api/v1/documents/{}", id_of(&upload(http, north, &ann, "a", "x").send().await.expect(201)));
        let id: nadia_tenant_core::TenantId = north.id.parse().unwrap();
        let mut control = server.running().installation().control().conn().await.unwrap();
        let decided = control.query(
            "INSERT INTO feature_overrides (tenant_id, feature, enabled, changed_at) VALUES ($1, 'documents', $2, $3)",
        );
        decided.bind(id.as_uuid()).bind(false).bind(OffsetDateTime::now_utc()).execute().await.unwrap();
        drop(control);
        upload(http, north, &ann, "b", "x").send().await.problem(403, "feature_missing");
        http.get(&north.host, &path).token(&north.token).send().await;
        http.delete(&north.host, &path).token(&north.token).send().await.expect(204);
        let ben = id_of(&server.add_patient(south, "Ben").await);
        upload(http, south, &ben, "b", "x").send().await.expect(201);
    }
}
