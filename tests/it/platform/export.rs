//! All that is kept of a clinic, and nothing else, in a file that says itself whether it is whole.

use std::{
    io::{Cursor, Read, Write},
    time::Duration,
};

use nadia_tenant_core::{CellLayout, ResolvedBy, TenantCells, TenantContext, TenantId, TenantRef};
use nadia_tests::{Browser, Clinic, Ground, Http, PASSWORD, Place, Server, at_both_places};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::raw;

const PATH: &str = "/api/v1/exports";
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until an export is in a state.
async fn until(http: &Http, clinic: &Clinic, id: &str, state: &str) -> Value {
    let asked = async {
        loop {
            let export = http.get(&clinic.host, &format!("{PATH}/{id}")).token(&clinic.token).send().await.expect(200);
            if export["state"] == state {
                return export;
            }
            assert!(["queued", "running"].contains(&export["state"].as_str().unwrap()), "{export}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("an export is made in time")
}

/// Makes an export and returns its id and its bytes.
async fn export(http: &Http, clinic: &Clinic) -> (String, Vec<u8>) {
    let begun = http.call("POST", &clinic.host, PATH).token(&clinic.token).send().await.expect(202);
    let id = begun["id"].as_str().unwrap().to_owned();
    let made = until(http, clinic, &id, "done").await;
    let path = made["download"].as_str().unwrap();
    let (answer, bytes) = http.get(&clinic.host, path).token(&clinic.token).download().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"), "{answer:?}");
    assert_eq!(answer.header("content-length"), bytes.len().to_string());
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"north-"), "{answer:?}");
    assert_eq!(made["size_bytes"], bytes.len());
    (id, bytes)
}

/// What `nadia verify-export` says of these bytes: its exit code, and its JSON.
async fn verify(bytes: &[u8]) -> (Option<i32>, Value) {
    let ground = Ground::new(Place::Sqlite).await;
    let path = ground.folder().join("x.zip");
    std::fs::write(&path, bytes).unwrap();
    let outcome = ground.run(&["verify-export", path.to_str().unwrap(), "--json"]).await;
    (outcome.code, serde_json::from_str(&outcome.out).unwrap_or_else(|error| panic!("{error}: {outcome:?}")))
}

async fn context(server: &Server, clinic: &Clinic) -> TenantContext {
    let id: TenantId = clinic.id.parse().unwrap();
    let record = server.running().installation().control().tenant(&TenantRef::Id(id)).await.unwrap().unwrap();
    TenantContext::new(record.tenant, TenantCells::new(CellLayout::empty()).cell(id), ResolvedBy::Job)
}

/// Puts a file beside a patient.
async fn add_document(server: &Server, clinic: &Clinic, patient: &Value, name: &str, content: &[u8]) -> Uuid {
    let ctx = context(server, clinic).await;
    let id = Uuid::now_v7();
    let mut conn = server.running().installation().tenants().conn(&ctx).await.unwrap();
    conn.query(
        "INSERT INTO documents (id, patient_id, name, media_type, size_bytes, sha256, content, created_at) \
         VALUES ($1, $2, $3, 'text/plain', $4, 'x', $5, $6)",
    )
    .bind(id)
    .bind(patient["id"].as_str().unwrap().parse::<Uuid>().unwrap())
    .bind(name.to_owned())
    .bind(i64::try_from(content.len()).unwrap())
    .bind(content.to_vec())
    .bind(OffsetDateTime::now_utc())
    .execute()
    .await
    .unwrap();
    id
}

fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let read = |at| {
        let mut entry = archive.by_index(at).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.name().unwrap().into_owned(), content)
    };
    (0..archive_len(bytes)).map(read).collect()
}

fn archive_len(bytes: &[u8]) -> usize {
    ZipArchive::new(Cursor::new(bytes)).unwrap().len()
}

fn packed(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

at_both_places! {
    async fn holds_all_of_the_clinic_and_nothing_of_another(place) {
        let server = Server::start(place).await;
        let (http, north, south) = (&server.http, &server.north, &server.south);
        const HOSTILE: [&str; 5] = ["../../evil.sh", "=HYPERLINK(\"http://evil.example\")", "<script>alert(1)</script>.html", "..\\..\\x", "/etc/passwd"];
        let mut files = Vec::new();
        for name in HOSTILE {
            let patient = server.add_patient(north, name).await;
            files.push((add_document(&server, north, &patient, name, name.as_bytes()).await, name));
        }
        let marker = "Marker-of-the-south";
        let theirs = server.add_patient(south, marker).await;
        add_document(&server, south, &theirs, marker, marker.as_bytes()).await;
        http.patch(&south.host, "/api/v1/settings", &json!({"contact_email": "marker-of-the-south@example.org"})).token(&south.token).send().await.expect(200);
        http.patch(&north.host, "/api/v1/settings", &json!({"time_zone": "Asia/Tokyo"})).token(&north.token).send().await.expect(200);

        let (_, bytes) = export(http, north).await;
        let (code, verdict) = verify(&bytes).await;
        assert_eq!((code, &verdict["faults"], &verdict["slug"]), (Some(0), &json!([]), &json!("north")), "{verdict}");
        let entries = entries(&bytes);
        let content = |name: &str| {
            let found = entries.iter().find(|(known, _)| known == name);
            String::from_utf8(found.unwrap_or_else(|| panic!("{name}")).1.clone()).unwrap()
        };
        for (name, content) in &entries {
            let part = |part: &str| !part.is_empty() && part != ".." && part != ".";
            assert!(name.split('/').all(part) && !name.contains(['\\', '<', ':', '=']), "{name}");
            let content = String::from_utf8_lossy(content).to_lowercase();
            assert!(!content.contains("marker-of-the-south") && !content.contains(&south.id), "{name}");
        }
        let patients = content("tables/patients.ndjson");
        let names: Vec<_> = patients.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["given_name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names, HOSTILE);
        let documents = content("tables/documents.ndjson");
        for (line, (id, name)) in documents.lines().zip(&files) {
            let document: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&document["id"], &document["name"]), (&json!(id), &json!(name)));
            assert_eq!(content(document["file"].as_str().unwrap()), *name);
        }
        assert!(content("settings.json").contains("Asia/Tokyo"));
        assert!(content("people.json").contains(&north.email) && content("audit.ndjson").contains("tenant.signed_up"));
        let manifest: Value = serde_json::from_str(&content("manifest.json")).unwrap();
        assert_eq!((&manifest["tenant"]["id"], &manifest["version"]), (&json!(north.id), &json!(1)));
        assert_eq!(manifest["entries"].as_array().unwrap().len() + 1, entries.len());
    }

    async fn only_an_owner_takes_it_out_and_only_of_the_own_clinic(place) {
        let server = Server::start(place).await;
        let (http, north, south) = (&server.http, &server.north, &server.south);
        let (id, _) = export(http, north).await;
        for path in [format!("{PATH}/{id}"), format!("{PATH}/{id}/download"), format!("{PATH}/{}", Uuid::now_v7()), format!("{PATH}/x")] {
            assert_eq!(http.get(&south.host, &path).token(&south.token).send().await.outcome(), "404 not_found", "{path}");
        }
        assert_eq!(http.delete(&south.host, &format!("{PATH}/{id}")).token(&south.token).send().await.outcome(), "404 not_found");
        let mut theirs = Browser::logged_in(http, &south.host, &south.email).await;
        theirs.open(&south.host, "/exports").await.page(200, &["No export was made yet"]);
        assert_eq!(theirs.get(&south.host, &format!("/exports/{id}/download")).await.status, 404);
        assert_eq!(theirs.post(&south.host, &format!("/exports/{id}/remove"), &[]).await.status, 404);

        let mut browser = Browser::logged_in(http, &north.host, &north.email).await;
        browser.open(&north.host, "/exports").await.page(200, &["done", &format!("/exports/{id}/download")]);
        browser.submit(&north.host, "/exports", &[]).await.page(200, &["Started", "http-equiv=\"refresh\""]);
        let exports = http.get(&north.host, PATH).token(&north.token).send().await.expect(200);
        let second = exports["data"][0]["id"].as_str().unwrap().to_owned();
        until(http, north, &second, "done").await;
        browser.submit(&north.host, &format!("/exports/{second}/remove"), &[]).await.page(200, &["Removed."]);
        let folder = server.folder().join("exports");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "the file goes with it");
        let journal = http.get(&north.host, "/api/v1/audit").token(&north.token).send().await.expect(200).to_string();
        for action in ["export.requested", "export.made", "export.downloaded", "export.removed"] {
            assert!(journal.contains(action), "{action}: {journal}");
        }

        for role in ["admin", "clinician", "viewer"] {
            let mut scope = server.running().installation().control().conn().await.unwrap();
            let tenant: TenantId = north.id.parse().unwrap();
            scope.query("UPDATE memberships SET role = $1 WHERE tenant_id = $2").bind(role.to_owned()).bind(tenant.as_uuid()).execute().await.unwrap();
            drop(scope);
            let grant = http.log_in(&north.host, &north.email, PASSWORD).await.expect(200);
            let token = grant["access_token"].as_str().unwrap();
            for (method, path) in [("POST", PATH.to_owned()), ("GET", PATH.to_owned()), ("GET", format!("{PATH}/{id}/download")), ("DELETE", format!("{PATH}/{id}")), ("POST", "/api/v1/slug".to_owned())] {
                let refused = http.call(method, &north.host, &path).token(token).send().await;
                assert_eq!(refused.outcome(), "403 role_insufficient", "{role} {method} {path}");
            }
            let mut browser = Browser::logged_in(http, &north.host, &north.email).await;
            assert_eq!(browser.get(&north.host, "/exports").await.status, 403, "{role}");
            assert_eq!(browser.get(&north.host, &format!("/exports/{id}/download")).await.status, 403, "{role}");
        }
    }

    async fn many_rows_are_taken_page_by_page(place) {
        let server = Server::start(place).await;
        let ctx = context(&server, &server.north).await;
        let mut tx = server.running().installation().tenants().begin(&ctx).await.unwrap();
        for number in 0..2_500_i64 {
            tx.query(
                "INSERT INTO patients (id, given_name, family_name, search_text, version, created_at, updated_at) \
                 VALUES ($1, $2, 'Example', '', 1, $3, $3)",
            )
            .bind(Uuid::now_v7())
            .bind(format!("P{number}"))
            .bind(OffsetDateTime::now_utc())
            .execute()
            .await
            .unwrap();
        }
        for slot in 0..1_000_i64 {
            tx.query("INSERT INTO counters (resource, used) VALUES ($1, $2)").bind(format!("r-{slot:04}")).bind(slot).execute().await.unwrap();
        }
        tx.commit().await.unwrap();
        let (_, bytes) = export(&server.http, &server.north).await;
        let (code, verdict) = verify(&bytes).await;
        assert_eq!(code, Some(0), "{verdict}");
        let entries = entries(&bytes);
        let lines = |name: &str| entries.iter().find(|(known, _)| known == name).unwrap().1.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!((lines("tables/patients.ndjson"), lines("tables/counters.ndjson")), (2_500, 1_000));
    }

    async fn cut_short_it_is_begun_anew_and_ends(place) {
        let ground = Ground::new(place).await;
        let mut process = ground.serve("warn").await;
        let north = Clinic::new(&process.http, "north").await;
        let begun = process.http.call("POST", &north.host, PATH).token(&north.token).send().await.expect(202);
        let id = begun["id"].as_str().unwrap().to_owned();
        process.kill().await;
        process.ended().await;
        // However far it was: its worker is silent since long ago, and left a part of a file.
        raw::execute(&ground, "UPDATE jobs SET state = 'running', heartbeat_at = '2020-01-01 00:00:00+00:00', finished_at = NULL").await;
        let folder = ground.folder().join("exports");
        std::fs::create_dir_all(&folder).unwrap();
        let left = folder.join(format!("{id}.{}.zip.part", Uuid::now_v7()));
        std::fs::write(&left, b"half of it").unwrap();
        std::fs::write(folder.join("notes.txt"), b"not ours").unwrap();

        let mut process = ground.serve("warn").await;
        let made = until(&process.http, &north, &id, "done").await;
        let (_, bytes) = process.http.get(&north.host, made["download"].as_str().unwrap()).token(&north.token).download().await;
        let (code, verdict) = verify(&bytes).await;
        assert_eq!((code, &verdict["sha256"]), (Some(0), &made["sha256"]), "{verdict}");
        assert!(!left.exists() && folder.join("notes.txt").exists(), "what a dead worker left is removed, and nothing else");

        process.terminate().await;
        process.ended().await;
        raw::execute(&ground, "UPDATE jobs SET finished_at = '2020-01-01 00:00:00+00:00'").await;
        let process = ground.serve("warn").await;
        let expired = async {
            let path = format!("{PATH}/{id}/download");
            while process.http.get(&north.host, &path).token(&north.token).send().await.outcome() != "410 export_gone" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            while std::fs::read_dir(&folder).unwrap().count() != 1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, expired).await.expect("what is kept long enough goes");
    }

    async fn a_clinic_keeps_no_more_of_them_however_many_are_asked_for_at_once(place) {
        let server = &Server::start(place).await;
        let Server { http, north, .. } = server;
        let mut scope = server.running().installation().control().conn().await.unwrap();
        for _ in 0..4 {
            let done = "INSERT INTO jobs (id, tenant_id, kind, state, done_steps, total_steps, created_at, finished_at) \
                VALUES ($1, $2, 'export', 'done', 1, 1, $3, $3)";
            let done = scope.query(done).bind(Uuid::now_v7()).bind(north.uuid()).bind(OffsetDateTime::now_utc());
            done.execute().await.unwrap();
        }
        drop(scope);
        // Whether the fifth is made by then or not, there is no room for a sixth.
        let ask = || http.call("POST", &north.host, PATH).token(&north.token).send();
        let answers = server.at_once(north, (0..6).map(|_| ask())).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [202, 409].contains(&answer.status)), "{answers:?}");
    }
}

#[tokio::test]
async fn whatever_is_changed_in_it_is_found() {
    let server = Server::start(Place::Sqlite).await;
    let patient = server.add_patient(&server.north, "Ana").await;
    add_document(&server, &server.north, &patient, "a.txt", &[b'x'; 5_000]).await;
    let (_, bytes) = export(&server.http, &server.north).await;
    let whole = entries(&bytes);
    assert_eq!(verify(&packed(&whole)).await.0, Some(0), "packed anew it is as good");

    let fault = async |bytes: &[u8], entry: Value, why: &str| {
        let (code, verdict) = verify(bytes).await;
        let faults = verdict["faults"].as_array().unwrap();
        assert_eq!(code, Some(1), "{verdict}");
        assert!(
            faults.iter().any(|fault| fault["entry"] == entry && fault["why"].as_str().unwrap().contains(why)),
            "{entry} {why}: {verdict}"
        );
    };
    for (at, (name, content)) in
        whole.iter().enumerate().filter(|(_, (name, content))| name != "manifest.json" && !content.is_empty())
    {
        let mut changed = whole.clone();
        changed[at].1[content.len() / 2] ^= 1;
        fault(&packed(&changed), json!(name), "another content").await;
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        let (name, _) = changed.remove(at);
        fault(&packed(&changed), json!(name), "is missing").await;
    }
    let mut changed = whole.clone();
    changed.push(("files/extra.txt".to_owned(), b"more".to_vec()));
    fault(&packed(&changed), json!("files/extra.txt"), "not in the manifest").await;
    let mut changed = whole.clone();
    changed[0].1.extend_from_slice(b"{}\n");
    fault(&packed(&changed), json!(whole[0].0), "another length").await;
    let manifest = whole.len() - 1;
    let mut changed = whole.clone();
    let text = String::from_utf8(changed[manifest].1.clone()).unwrap();
    changed[manifest].1 = text.replacen("\"rows\": 1,", "\"rows\": 2,", 1).into_bytes();
    fault(&packed(&changed), json!("tables/patients.ndjson"), "has 1 rows, where 2 are told").await;
    changed[manifest].1 = b"{}".to_vec();
    fault(&packed(&changed), json!("manifest.json"), "is no manifest").await;
    fault(&bytes[..bytes.len() / 2], Value::Null, "no ZIP archive").await;
    fault(b"", Value::Null, "no ZIP archive").await;
    fault(&[b"MZ".to_vec(), bytes.clone()].concat(), Value::Null, "before the archive").await;

    let ground = Ground::new(Place::Sqlite).await;
    let path = ground.folder().join("x.zip");
    std::fs::write(&path, &bytes).unwrap();
    let path = path.to_str().unwrap();
    let other = ground.run(&["verify-export", path, "--sha256", &"0".repeat(64)]).await;
    assert!(
        other.code == Some(1) && other.out.contains("another SHA-256") && other.err.contains("not whole"),
        "{other:?}"
    );
    let missing = ground.run(&["verify-export", "/nowhere/x.zip"]).await;
    assert!(missing.failed(1).contains("can't be read"), "{missing:?}");
}
