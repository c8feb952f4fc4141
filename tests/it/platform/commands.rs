//! `nadia tenant`, the real binary.

use nadia_tests::{Clinic, Ground, at_both_places};
use serde_json::Value;

use super::raw;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An installation with three clinics, whose server has stopped and whose key file is gone.
async fn stopped(place: nadia_tests::Place) -> (Ground, [Clinic; 3]) {
    let ground = Ground::new(place).await;
    let mut process = ground.serve("warn").await;
    let mut clinics = Vec::new();
    for slug in ["north", "south", "harbour"] {
        clinics.push(Clinic::new(&process.http, slug).await);
    }
    process.terminate().await;
    process.ended().await;
    std::fs::remove_file(ground.folder().join("keys.json")).unwrap();
    (ground, clinics.try_into().unwrap())
}

at_both_places! {
    async fn clinics_are_listed_and_shown(place) {
        let (ground, [north, ..]) = stopped(place).await;
        let all = lines(ground.run(&["tenant", "list", "--json"]).await.done());
        let slugs: Vec<_> = all.iter().map(|clinic| clinic["slug"].as_str().unwrap()).collect();
        assert_eq!(slugs, ["north", "south", "harbour"], "in the order of their making");
        assert_eq!(all[0]["id"], north.id);
        assert_eq!((&all[0]["status"], &all[0]["quarantined"]), (&"active".into(), &false.into()));
        for name in [&north.slug, &north.id] {
            assert_eq!(lines(ground.run(&["tenant", "show", name, "--json"]).await.done()), all[..1]);
            let text = ground.run(&["tenant", "show", name]).await;
            assert!(text.done().contains("Clinic north") && text.out.contains(&north.id), "{text:?}");
        }

        raw::execute(&ground, "UPDATE tenants SET name = 'a\nb', quarantined = TRUE WHERE slug = 'south'").await;
        ground.run(&["tenant", "suspend", "harbour"]).await.done();
        let table = ground.run(&["tenant", "list"]).await;
        let rows: Vec<_> = table.done().lines().collect();
        assert_eq!(rows.len(), 4, "a line each, under the heads: {table:?}");
        assert!(rows[2].starts_with("south ") && rows[2].contains("active, quarantined"), "{table:?}");
        assert!(rows[2].ends_with("a\\nb"), "{table:?}");
        let columns: Vec<_> = rows.iter().map(|row| ["shared", "database", "ISOLATION"].iter().find_map(|word| row.find(word))).collect();
        assert!(columns.iter().all(|column| *column == columns[0] && column.is_some()), "{table:?}");

        let some = lines(ground.run(&["tenant", "list", "--status", "suspended", "--json"]).await.done());
        assert_eq!(some.len(), 1);
        assert_eq!(some[0]["slug"], "harbour");
        ground.run(&["tenant", "list", "--status", "asleep"]).await.failed(2);
    }

    async fn suspending_and_resuming_are_audited_and_may_be_repeated(place) {
        let (ground, [north, ..]) = stopped(place).await;
        for (command, says, action) in [("suspend", "suspended", "suspended"), ("resume", "active", "resumed")] {
            let done = ground.run(&["tenant", command, "north"]).await;
            assert_eq!(done.done(), format!("north is now {says}\n"));
            let again = ground.run(&["tenant", command, &north.id]).await;
            assert_eq!(again.done(), format!("north is already {says}\n"));
            let json = lines(ground.run(&["tenant", command, "north", "--json"]).await.done());
            assert_eq!((&json[0]["status"], &json[0]["changed"]), (&says.into(), &false.into()));
            let entries = format!(
                "SELECT count(*) FROM audit JOIN tenants ON tenants.id = audit.tenant_id \
                 WHERE tenants.slug = 'north' AND action = 'tenant.{action}' AND actor_id IS NULL"
            );
            assert_eq!(raw::count(&ground, &entries).await, 1, "{command}");
        }
    }

    async fn what_a_status_forbids_is_refused_and_changes_nothing(place) {
        let (ground, _) = stopped(place).await;
        for (status, command) in [
            ("closing", "suspend"), ("purged", "suspend"), ("provisioning", "suspend"),
            ("closing", "resume"), ("read-only", "resume"), ("moving", "resume"), ("purged", "resume"),
        ] {
            raw::execute(&ground, &format!("UPDATE tenants SET status = '{status}' WHERE slug = 'north'")).await;
            let refused = ground.run(&["tenant", command, "north"]).await;
            assert!(refused.failed(1).contains(&format!("north is {status}; only ")), "{refused:?}");
            let shown = lines(ground.run(&["tenant", "show", "north", "--json"]).await.done());
            assert_eq!(shown[0]["status"], status);
        }
        assert_eq!(raw::count(&ground, "SELECT count(*) FROM audit WHERE action <> 'tenant.signed_up'").await, 0);
    }

    async fn what_is_not_there_is_said_to_be_missing(place) {
        let (ground, _) = stopped(place).await;
        for name in ["nobody", "01890a5d-ac96-774b-bcce-b302099a8057", "No Slug!", ""] {
            for command in ["show", "suspend", "resume"] {
                let failed = ground.run(&["tenant", command, name]).await;
                assert!(failed.failed(1).contains(&format!("no tenant has the slug or id {name:?}")), "{failed:?}");
            }
        }
        ground.run(&["tenant", "show"]).await.failed(2);
    }

    async fn where_nothing_is_installed_nothing_is_made(place) {
        let ground = Ground::new(place).await;
        let files = || std::fs::read_dir(ground.folder()).unwrap().count();
        let before = files();
        for args in [&["tenant", "list"][..], &["tenant", "suspend", "north"]] {
            let failed = ground.run(args).await;
            let why = failed.failed(2);
            assert!(why.contains("there is no installation at") && why.contains("`nadia serve` makes one"), "{why}");
        }
        assert_eq!(files(), before);
        if let Some(url) = ground.database() {
            let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(url).await.unwrap();
            let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'nadia_control'";
            assert_eq!(sqlx::query_scalar::<_, i64>(schemas).fetch_one(&mut connection).await.unwrap(), 0);
        }
        let nowhere = ground.folder().join("nowhere");
        let failed = ground.run(&["tenant", "list", "--database-url", &format!("sqlite:{}", nowhere.display())]).await;
        assert!(failed.failed(2).contains("there is no installation at"), "{failed:?}");
        assert!(!nowhere.exists());
    }

    async fn tables_of_another_version_are_left_alone(place) {
        let (ground, _) = stopped(place).await;
        raw::execute(&ground, "UPDATE _nadia_migrations SET version = 99 WHERE version = 2").await;
        let failed = ground.run(&["tenant", "suspend", "north"]).await;
        assert!(failed.failed(1).contains("run `nadia migrate`") && failed.err.contains("lacks 2"), "{failed:?}");
        let again = "INSERT INTO _nadia_migrations (version, description, success, checksum, execution_time) \
            SELECT 2, description, success, checksum, execution_time FROM _nadia_migrations WHERE version = 99";
        raw::execute(&ground, again).await;
        let failed = ground.run(&["tenant", "suspend", "north"]).await;
        assert!(failed.failed(1).contains("has another 99"), "{failed:?}");
        raw::execute(&ground, "DELETE FROM _nadia_migrations WHERE version = 99").await;
        raw::execute(&ground, "ALTER TABLE _control_migrations RENAME TO hidden").await;
        let failed = ground.run(&["tenant", "suspend", "north"]).await;
        assert!(failed.failed(1).contains("_control_migrations is missing"), "{failed:?}");
        raw::execute(&ground, "ALTER TABLE hidden RENAME TO _control_migrations").await;
        ground.run(&["tenant", "suspend", "north"]).await.done();
    }
}
