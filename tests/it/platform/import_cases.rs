//! `nadia import-mvp`: a case for each untidiness of a source, and what is refused.

use nadia_tests::{Place, at_both_places};
use serde_json::{Value, json};

use super::{
    mvp::{KINDS, OWNER, Source, TABLES, column, findings, in_shared, installed, log_in, patients, report},
    raw,
};

/// Each table's rules, and how many of 400 made-up patients' rows are a case of it.
const RULES: [(&str, &[&str]); 4] = [
    (
        "patients",
        &[
            "birth_date_unreadable",
            "control_characters",
            "created_unreadable",
            "email_malformed",
            "encoded_twice",
            "id_out_of_range",
            "long_text",
            "looks_double",
            "name_changed",
            "name_missing",
            "phone_malformed",
            "text_cut",
        ],
    ),
    (
        "appointments",
        &[
            "double_booked",
            "double_done",
            "id_out_of_range",
            "length_changed",
            "off_grid",
            "orphan",
            "status_unknown",
            "time_unreadable",
        ],
    ),
    ("notes", &["created_unreadable", "long_text", "note_empty", "orphan"]),
    ("documents", &["document_empty", "document_too_large", "file_name_changed", "media_type_changed", "orphan"]),
];

/// What a made-up source has not, because it is rare.
async fn add_rarities(source: &Source, kind: Place) {
    let zeros = if kind == Place::Sqlite { "zeroblob(5242881)" } else { "decode(repeat('00', 5242881), 'hex')" };
    let long = if kind == Place::Sqlite { "replace(hex(zeroblob(500001)), '0', 'x')" } else { "repeat('x', 1000002)" };
    source
        .execute(&format!(
            "INSERT INTO patients (id, first_name, last_name, dob, created_at) VALUES \
             (-5, 'Below', 'Zero', '1980-01-01', '2020-01-01 00:00:00'), \
             (5000, 'Long', 'Story', '1980-01-01', '2020-01-01 00:00:00'); \
             UPDATE patients SET notes = {long} WHERE id = 5000; \
             INSERT INTO appointments (id, patient_id, starts_at) VALUES (-1, 1, '2020-01-01 09:00'); \
             INSERT INTO notes (patient_id, body, created_at) VALUES (-5, 'of a patient who is not taken', '2020-01-01'); \
             INSERT INTO documents (patient_id, filename, mime, content) VALUES (1, 'large.pdf', 'application/pdf', {zeros})"
        ))
        .await;
}

fn by_number(patients: &[Value], number: usize) -> &Value {
    // New ids keep the old one: its lower 12 bits stand behind the version.
    let end = format!("-8{number:03x}-");
    patients.iter().find(|patient| patient["id"].as_str().unwrap().contains(&end)).unwrap()
}

at_both_places! {
    async fn each_untidiness_has_a_rule_and_nothing_else_is_lost(place) {
        let ground = installed(place).await;
        for kind in KINDS {
            let slug = if kind == Place::Sqlite { "north" } else { "south" };
            let source = Source::new(&ground, kind, 400, 1).await;
            add_rarities(&source, kind).await;
            let done = report(&ground.run_with_password(&source.create(slug, &[])).await);
            assert_eq!(done["equal"], true);
            for (at, (table, rules)) in RULES.iter().enumerate() {
                assert_eq!(*table, TABLES[at]);
                let mut found: Vec<_> = findings(&done, at).map(|(rule, _)| rule).collect();
                found.sort_unstable();
                // PostgreSQL takes no bytes that are not UTF-8.
                let bytes = (kind == Place::Sqlite && *table == "patients").then_some("not_utf8");
                let mut expected: Vec<_> = rules.iter().copied().chain(bytes).collect();
                expected.sort_unstable();
                assert_eq!(found, expected, "{table}");
                for (rule, found) in findings(&done, at) {
                    let (count, examples) = (found["count"].as_u64().unwrap(), found["examples"].as_array().unwrap());
                    assert_eq!(examples.len() as u64, count.min(5), "{table} {rule}");
                    assert!(examples.iter().all(Value::is_i64), "ids, and nothing else: {found}");
                }
                let dropped = findings(&done, at).filter(|(rule, found)| found["drops"] == true && *rule != "id_out_of_range");
                let dropped: i64 = dropped.map(|(_, found)| found["count"].as_i64().unwrap()).sum();
                assert_eq!(column(&done, "dropped")[at], dropped, "{table}: each row that isn't there has its rule");
            }
            let besides: Vec<_> = done["besides"].as_array().unwrap().iter().map(|found| &found["rule"]).collect();
            assert_eq!(besides, ["user_not_taken", "setting_not_taken"]);
        }

        let server = ground.serve("info,sqlx=warn").await;
        let (host, token) = log_in(&server.http, "north").await;
        let all = patients(&server.http, &host, &token).await;
        let other = log_in(&server.http, "south").await;
        let plain = |patients: Vec<Value>| patients.into_iter().map(|mut patient| { patient["id"].take(); patient }).collect::<Vec<_>>();
        assert_eq!(plain(patients(&server.http, &other.0, &other.1).await), plain(all.clone()), "of both kinds of sources");
        let notes = |number| by_number(&all, number)["notes"].as_str().unwrap_or_default().to_owned();
        assert_eq!(by_number(&all, 1)["family_name"], "Unknown");
        assert_eq!(by_number(&all, 2)["given_name"], "Unknown");
        assert_eq!(by_number(&all, 3)["birth_date"], Value::Null, "3 April or 4 March");
        assert!(notes(3).ends_with("Day of birth as it was before: 03/04/1980"));
        assert_eq!(by_number(&all, 4)["birth_date"], "1980-02-29");
        assert_eq!(by_number(&all, 5)["birth_date"], Value::Null);
        assert!(by_number(&all, 6)["email"].is_null() && notes(6).ends_with("E-mail as it was before: n/a"));
        assert!(by_number(&all, 7)["phone"].is_null() && notes(7).ends_with("Telephone as it was before: call after six"));
        assert_eq!(by_number(&all, 8)["created_at"], "1970-01-01T00:00:00Z");
        assert_eq!(by_number(&all, 9)["family_name"], by_number(&all, 8)["family_name"]);
        assert_eq!(by_number(&all, 10)["family_name"], "Sjögren");
        assert_eq!(by_number(&all, 11)["family_name"], "Peña");
        assert!(by_number(&all, 12)["given_name"].as_str().unwrap().ends_with(" Maria"));
        assert_eq!(notes(13), "Rang twice; no answer.");
        assert_eq!(by_number(&all, 14)["family_name"].as_str().unwrap().len(), 100);
        assert!(notes(14).lines().last().unwrap().len() > 140, "the whole name is kept");
        assert!(by_number(&all, 15)["created_at"].as_str().unwrap().starts_with("2014-01-01"));
        assert_eq!(by_number(&all, 16)["phone"], "+1 555-0100");
        assert_eq!(notes(17).len(), 11_999);
        assert!(by_number(&all, 18)["email"].is_null() && by_number(&all, 18)["notes"].is_null());
        assert_eq!(notes(5000 % 4096).len(), 1_000_000);
    }

    async fn what_makes_no_sense_is_refused_and_changes_nothing(place) {
        let ground = installed(place).await;
        let source = Source::new(&ground, Place::Sqlite, 60, 1).await;
        let unknown = ground.run(&source.import("north", &[])).await;
        assert!(unknown.failed(2).contains("no tenant has the slug \"north\""), "{unknown:?}");
        let unknown = ground.run(&source.import("north", &["--dry-run"])).await;
        assert!(unknown.failed(2).contains("no tenant has the slug \"north\""), "{unknown:?}");
        for kind in KINDS {
            let lacks = Source::new(&ground, kind, 60, 1).await;
            lacks.execute("DROP TABLE notes").await;
            let refused = ground.run_with_password(&lacks.create("north", &[])).await;
            assert!(refused.failed(2).contains("the source's table \"notes\" can't be read"), "{refused:?}");
            let lacks = Source::new(&ground, kind, 60, 1).await;
            lacks.execute("ALTER TABLE patients DROP COLUMN dob").await;
            let refused = ground.run_with_password(&lacks.create("north", &[])).await;
            assert!(refused.failed(2).contains("the source's table \"patients\" can't be read"), "{refused:?}");
            let again = ground.run(&["mvp-demo", "--to", &lacks.from]).await;
            assert!(again.failed(2).contains("already"), "{again:?}");
        }
        let log = ground.folder().join("keys.json");
        for from in ["/nowhere/mvp.sqlite", log.to_str().unwrap(), "postgres://ada:S3CRET@127.0.0.1:1/x", "postgres://ada:S3CRET@h:port/x"] {
            let refused = ground.run_with_password(&["import-mvp", "--from", from, "--tenant", "north", "--create", "--name", "N", "--owner-email", OWNER]).await;
            let why = refused.failed(2);
            assert!(why.contains("the source can't be opened") && !why.contains("S3CRET"), "{refused:?}");
        }
        for table in ["tenants", "identities", "imports"] {
            assert_eq!(raw::count(&ground, &format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
    }

    async fn a_source_is_not_mixed_with_another_nor_a_clinic_taken_for_another(place) {
        let ground = installed(place).await;
        let (one, other) = (Source::new(&ground, place, 60, 1).await, Source::new(&ground, place, 60, 2).await);
        ground.run_with_password(&one.create("north", &[])).await.done();
        let count = in_shared(&ground, "SELECT count(*) FROM patients").await;
        let refused = ground.run(&other.import("north", &[])).await;
        assert!(refused.failed(2).contains("another source was begun"), "{refused:?}");
        one.execute("INSERT INTO notes (patient_id, body) VALUES (1, 'since')").await;
        let refused = ground.run(&one.import("north", &[])).await;
        assert!(refused.failed(2).contains("or it has changed since"), "{refused:?}");
        let theirs = ["import-mvp", "--from", &other.from, "--tenant", "north", "--create", "--name", "N", "--owner-email", "eve@example.org"];
        let refused = ground.run_with_password(&theirs).await;
        assert!(refused.failed(2).contains("its first owner is another"), "{refused:?}");
        assert_eq!(in_shared(&ground, "SELECT count(*) FROM patients").await, count);
        assert_eq!(raw::count(&ground, "SELECT count(*) FROM audit WHERE action = 'tenant.imported'").await, 1);
        // What was noted goes with the clinic.
        ground.run(&["tenant", "delete", "north", "--yes", "--grace", "2"]).await.done();
        assert_eq!(raw::count(&ground, "SELECT count(*) FROM imports").await, 0);
    }

    async fn what_is_there_is_compared_with_what_was_read(place) {
        let ground = installed(place).await;
        let source = Source::new(&ground, Place::Sqlite, 60, 1).await;
        let done = ground.run_with_password(&source.create("north", &[])).await;
        assert_eq!(report(&done)["equal"], true);
        let content = if place == Place::Postgres { "UPDATE documents SET content = '\\x00'" } else { "UPDATE documents SET content = x'00'" };
        for (table, change) in [
            (0, "UPDATE patients SET notes = 'changed' WHERE given_name = 'Unknown'"),
            (1, "DELETE FROM appointments WHERE status = 'booked'"),
            (2, "UPDATE notes SET body = 'changed' WHERE body LIKE '%(1)'"),
            (3, content),
        ] {
            let change = format!("{change} RETURNING CAST(1 AS bigint)");
            in_shared(&ground, &change).await;
            let told = ground.run(&source.import("north", &[])).await;
            assert_eq!(told.code, Some(1), "{told:?}");
            assert!(told.err.contains("the clinic's rows are not those that were read"), "{told:?}");
            let told: Value = serde_json::from_str(&told.out).unwrap();
            let equal: Vec<_> = (0..4).map(|at| json!(at > table)).collect();
            assert_eq!(column(&told, "equal"), equal);
        }
    }
}
