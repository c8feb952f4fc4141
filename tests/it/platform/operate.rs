//! `nadia tenant create`, `nadia tenant delete` and `nadia migrate`, the real binary: what they do, and cut short anywhere.

use std::time::Duration;

use nadia_tenant_core::{Isolation, PlanName, Tenant, TenantId, TenantSlug};
use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig};
use nadia_tests::{BASE, Ground, Http, Outcome, PASSWORD, Place, at_both_places};
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions,
};

use super::raw;

static CONTROL: Migrator = sqlx::migrate!("../examples/platform/migrations/control");
const PATIENCE: Duration = Duration::from_secs(30);
const NAMES: [&str; 2] = ["North Clinic", "owner@north.example"];

fn isolations(place: Place) -> Vec<Isolation> {
    let all = Isolation::ALL.into_iter();
    all.filter(|isolation| place == Place::Postgres || *isolation != Isolation::Schema).collect()
}

/// When processes are killed, in milliseconds; `NADIA_THOROUGH=1` asks for many.
fn instants() -> Vec<u64> {
    match std::env::var_os("NADIA_THOROUGH") {
        Some(_) => (0..120).map(|step| step * 5).collect(),
        None => vec![30, 90, 150, 220, 320],
    }
}

fn create(slug: &str, isolation: Isolation) -> Vec<&str> {
    let [name, email] = NAMES;
    let named = ["tenant", "create", slug, "--name", name, "--owner-email", email, "--json", "--isolation"];
    named.into_iter().chain([isolation.as_str()]).collect()
}

fn one(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Opens the installation as a program does that came before the first migration of the places.
async fn older(ground: &Ground) -> Installation {
    let url: DatabaseUrl = match ground.database() {
        Some(url) => url.parse().unwrap(),
        None => DatabaseUrl::sqlite(ground.folder()),
    };
    let none = Migrator::with_migrations(Vec::new());
    Installation::provision(InstallationConfig::new(url, &none).with_control(&CONTROL)).await.unwrap()
}

/// Makes clinics whose places lack the first migration, and returns their ids.
async fn behind(ground: &Ground, isolation: Isolation, count: usize) -> Vec<TenantId> {
    let installation = older(ground).await;
    let mut ids = Vec::new();
    for number in 0..count {
        let slug = TenantSlug::parse(&format!("{isolation}-{number}")).unwrap();
        let plan: PlanName = "starter".parse().unwrap();
        let tenant = Tenant::new(TenantId::new(), slug, plan).with_isolation(isolation);
        ids.push(installation.create_tenant(&tenant, None).await.unwrap().id());
    }
    installation.close().await;
    ids
}

/// Runs a statement in a clinic's own place, as a superuser or whoever owns the files.
async fn in_place(ground: &Ground, isolation: Isolation, tenant: TenantId, sql: &str) {
    let id = tenant.as_uuid().simple();
    match ground.database() {
        Some(url) => {
            assert_eq!(isolation, Isolation::Schema);
            let mut connection = PgConnection::connect(url).await.unwrap();
            let schema = "SELECT nspname::text FROM pg_namespace WHERE replace(nspname, '-', '') LIKE '%' || $1 || '%'";
            let schema: String =
                sqlx::query_scalar(schema).bind(id.to_string()).fetch_one(&mut connection).await.unwrap();
            let sql = format!("SET search_path = \"{schema}\"; {sql}");
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        None => {
            let file = ground.folder().join(format!("tenants/{id}.sqlite"));
            let options = SqliteConnectOptions::new().filename(file);
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// Checks that a clinic works: its owner logs in, adds a patient and finds no other.
async fn works(http: &Http, slug: &str) {
    let host = format!("{slug}.{BASE}");
    let grant = http.log_in(&host, NAMES[1], PASSWORD).await.expect(200);
    let token = grant["access_token"].as_str().unwrap();
    let body = json!({"given_name": "Ann", "family_name": "Example"});
    let ann = http.post(&host, "/api/v1/patients", &body).token(token).send().await.expect(201);
    let list = http.get(&host, "/api/v1/patients").token(token).send().await.expect(200);
    assert_eq!(list["data"], json!([ann]));
}

/// What stands after clinics were made, in numbers that don't depend on their ids.
async fn state(ground: &Ground) -> Vec<i64> {
    let mut numbers = Vec::new();
    for sql in [
        "SELECT count(*) FROM tenants",
        "SELECT count(*) FROM tenants WHERE status = 'active'",
        "SELECT count(*) FROM identities",
        "SELECT count(*) FROM memberships",
        "SELECT count(*) FROM audit",
        "SELECT count(*) FROM tenant_work WHERE step = 'done'",
        "SELECT count(*) FROM tenant_work",
        "SELECT count(*) FROM places",
        "SELECT count(*) FROM places WHERE state = 'ready' AND version = 2",
        "SELECT count(DISTINCT checksum) FROM places",
    ] {
        numbers.push(raw::count(ground, sql).await);
    }
    numbers
}

async fn is_sound(ground: &Ground) {
    assert_eq!(ground.run(&["migrate", "--drift"]).await.done(), "");
    let status = ground.run(&["migrate", "--status", "--json"]).await;
    assert_eq!(one(status.done())["is_current"], true);
}

at_both_places! {
    async fn a_clinic_is_made_with_its_owner_and_removed(place) {
        let ground = Ground::new(place).await;
        let made = ground.run(&["migrate", "--json"]).await;
        let touched = one(made.done())["touched"].as_array().unwrap().len();
        assert_eq!(touched, 3, "two sets of control tables and the shared place: {made:?}");
        let again = one(ground.run(&["migrate", "--json"]).await.done());
        assert_eq!((&again["touched"], &again["complete"]), (&json!([]), &json!(true)));

        let server = ground.serve("info,sqlx=warn").await;
        for (number, isolation) in isolations(place).into_iter().enumerate() {
            let slug = format!("c-{isolation}");
            let made = one(ground.run(&create(&slug, isolation)).await.done());
            assert_eq!((&made["status"], &made["isolation"]), (&json!("active"), &json!(isolation.as_str())));
            // The owner is new once; their password is told then, and never again.
            let password = made["owner_password"].as_str();
            assert_eq!(password.is_some(), number == 0, "{made}");
            let host = format!("{slug}.{BASE}");
            if let Some(password) = password {
                server.http.log_in(&host, NAMES[1], password).await.expect(200);
            }
            let taken = ground.run(&create(&slug, isolation)).await;
            assert!(taken.failed(1).contains("the slug is taken"), "{taken:?}");

            let refused = ground.run(&["tenant", "delete", &slug, "--grace", "2"]).await;
            assert!(refused.failed(2).contains("give --yes"), "{refused:?}");
            let removed = one(ground.run(&["tenant", "delete", &slug, "--yes", "--json", "--grace", "2"]).await.done());
            assert_eq!((&removed["status"], &removed["changed"]), (&json!("purged"), &json!(true)));
            let id = made["id"].as_str().unwrap();
            let again = one(ground.run(&["tenant", "delete", id, "--yes", "--json"]).await.done());
            assert_eq!(again["changed"], false);
            let gone = server.http.get(&host, "/login").send().await;
            assert_eq!(gone.outcome(), "404 tenant_unknown");
            for table in ["memberships", "sessions", "refresh_tokens"] {
                assert_eq!(raw::count(&ground, &format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
            }
            let deleted = "SELECT count(*) FROM audit WHERE action = 'tenant.deleted'";
            assert_eq!(raw::count(&ground, deleted).await, i64::try_from(number).unwrap() + 1);
            is_sound(&ground).await;
        }
    }

    async fn a_clinic_is_made_and_removed_on_another_server(place) {
        let (ground, other) = (Ground::new(place).await, Ground::new(place).await);
        let eu = match other.database() {
            Some(url) => format!("eu={url}"),
            None => format!("eu=sqlite:{}", other.folder().join("eu").display()),
        };
        let with = |args: &[&'static str]| args.iter().copied().chain(["--server"]).map(str::to_owned).chain([eu.clone()]).collect::<Vec<_>>();
        let run = async |args: Vec<String>| ground.run_with_password(&args.iter().map(String::as_str).collect::<Vec<_>>()).await;
        ground.run(&["migrate"]).await.done();
        for isolation in isolations(place) {
            let mut args: Vec<String> = create("north", isolation).into_iter().map(str::to_owned).collect();
            args.extend(with(&["--placement", "eu"]));
            if isolation == Isolation::Shared {
                let early = run(args.clone()).await;
                assert!(early.failed(1).contains("server eu was never provisioned; ") , "{early:?}");
                run(with(&["migrate"])).await.done();
            }
            let made = one(run(args).await.done());
            assert_eq!((&made["placement"], &made["isolation"]), (&json!("eu"), &json!(isolation.as_str())));
            assert_eq!(run(with(&["migrate", "--drift"])).await.done(), "");
            // Without the server nothing of it can be removed, so it isn't even closed.
            let blind = ground.run(&["tenant", "delete", "north", "--yes", "--grace", "2"]).await;
            assert!(blind.failed(1).contains("no server of this installation is called \"eu\""), "{blind:?}");
            assert_eq!(raw::count(&ground, "SELECT count(*) FROM tenants WHERE status = 'active'").await, 1);
            run(with(&["tenant", "delete", "north", "--yes", "--grace", "2"])).await.done();
            assert_eq!(run(with(&["migrate", "--drift"])).await.done(), "");
        }
    }

    async fn what_makes_no_sense_is_refused_and_changes_nothing(place) {
        let ground = Ground::new(place).await;
        let nothing = ground.run(&create("north", Isolation::Shared)).await;
        assert!(nothing.failed(2).contains("there is no installation"), "{nothing:?}");
        assert!(ground.run(&["migrate", "--status"]).await.failed(2).contains("there is no installation"));
        ground.run(&["migrate"]).await;
        let [name, email] = NAMES;
        for (args, why) in [
            (vec!["north", "--name", name, "--owner-email", "nobody"], "no e-mail address"),
            (vec!["north", "--name", "\u{202e}", "--owner-email", email], "the name is empty"),
            (vec!["North!", "--name", name, "--owner-email", email], "North!"),
        ] {
            let args: Vec<_> = ["tenant", "create"].into_iter().chain(args).collect();
            let refused = ground.run(&args).await;
            assert!(refused.failed(2).contains(why), "{refused:?}");
        }
        let mut elsewhere = create("north", Isolation::Shared);
        elsewhere.extend(["--placement", "mars"]);
        let refused = ground.run(&elsewhere).await;
        assert!(refused.failed(1).contains("no server of this installation is called \"mars\""), "{refused:?}");
        elsewhere.extend(["--server", "mars=postgres://ada:S3CRET@127.0.0.1:1/x", "--server", "mars=sqlite:S3CRET"]);
        let refused = ground.run(&elsewhere).await;
        assert!(refused.code != Some(0) && !refused.err.contains("S3CRET"), "{refused:?}");
        assert_eq!(raw::count(&ground, "SELECT count(*) FROM tenants").await, 0);
        assert_eq!(raw::count(&ground, "SELECT count(*) FROM identities").await, 0);
    }

    async fn killed_while_it_makes_a_clinic_it_goes_on_when_it_is_run_again(place) {
        for isolation in isolations(place) {
            let (ground, undisturbed) = (Ground::new(place).await, Ground::new(place).await);
            for ground in [&ground, &undisturbed] {
                ground.run(&["migrate"]).await;
            }
            let mut killed = 0;
            for (number, after) in instants().into_iter().enumerate() {
                let slug = format!("c-{number}");
                let args = create(&slug, isolation);
                let cut = ground.run_killed(&args, Duration::from_millis(after)).await;
                killed += usize::from(cut.code.is_none());
                if cut.code != Some(0) {
                    let again = ground.run_with_password(&args).await;
                    // Killed between its last commit and its last word, it had made it.
                    assert!(again.code == Some(0) || again.err.contains("the slug is taken"), "{cut:?} {again:?}");
                }
                undisturbed.run_with_password(&args).await.done();
            }
            assert!(killed > 0, "none was cut short");
            assert_eq!(state(&ground).await, state(&undisturbed).await, "{isolation}");
            is_sound(&ground).await;
            let server = ground.serve("info,sqlx=warn").await;
            for number in 0..instants().len() {
                works(&server.http, &format!("c-{number}")).await;
            }
        }
    }

    async fn killed_while_it_migrates_it_goes_on_when_it_is_run_again(place) {
        for isolation in isolations(place).into_iter().filter(|isolation| *isolation != Isolation::Shared) {
            for after in instants() {
                let ground = Ground::new(place).await;
                let ids = behind(&ground, isolation, 4).await;
                let status = ground.run(&["migrate", "--status"]).await;
                assert_eq!(status.code, Some(1), "{status:?}");
                ground.run_killed(&["migrate"], Duration::from_millis(after)).await;
                let again = ground.run(&["migrate", "--json"]).await;
                assert_eq!(one(again.done())["complete"], true);
                is_sound(&ground).await;
                let places = "SELECT count(*) FROM places WHERE state = 'ready' AND version = 2";
                assert_eq!(raw::count(&ground, places).await, i64::try_from(ids.len()).unwrap() + 1);
                assert_eq!(raw::count(&ground, "SELECT count(*) FROM tenants WHERE quarantined").await, 0);
            }
        }
    }

    async fn two_that_migrate_at_once_do_nothing_twice(place) {
        let ground = Ground::new(place).await;
        let isolation = if place == Place::Postgres { Isolation::Schema } else { Isolation::Database };
        behind(&ground, isolation, 12).await;
        let args = ["migrate", "--json", "--canary", "2", "--concurrency", "3"];
        let (one_run, other) = tokio::join!(ground.run(&args), ground.run(&args));
        let touched = |outcome: &Outcome| {
            let report = one(outcome.done());
            let own = report["touched"].as_array().unwrap().iter().filter(|place| !place["tenant"].is_null()).count();
            assert_eq!(report["complete"], true);
            own
        };
        assert_eq!(touched(&one_run) + touched(&other), 12);
        assert_eq!(raw::count(&ground, "SELECT count(*) FROM place_migrations").await, 24);
        is_sound(&ground).await;
    }

    async fn asked_to_stop_it_says_how_to_go_on(place) {
        let ground = Ground::new(place).await;
        let isolation = if place == Place::Postgres { Isolation::Schema } else { Isolation::Database };
        behind(&ground, isolation, 40).await;
        let child = ground.start(&["migrate", "--json", "--concurrency", "1", "--canary", "0"]);
        let id = child.id().unwrap().to_string();
        let noted = async {
            while raw::count(&ground, "SELECT count(*) FROM place_migrations").await == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, noted).await.expect("it begins");
        let sent = tokio::process::Command::new("kill").args(["-INT", &id]).status().await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let report = one(std::str::from_utf8(&output.stdout).unwrap());
        // It may have been done before it was asked; then it says so.
        if sent.success() && report["left"] != json!(0) {
            assert_eq!(output.status.code(), Some(1));
            assert!(report["stopped"].as_str().unwrap().contains("run it again"), "{report}");
        }
        let again = one(ground.run(&["migrate", "--json"]).await.done());
        let (first, second) = (report["touched"].as_array().unwrap().len(), again["touched"].as_array().unwrap().len());
        let provisioned = report["touched"].as_array().unwrap().iter().filter(|place| place["tenant"].is_null()).count();
        assert_eq!(first - provisioned + second, 40);
        is_sound(&ground).await;
    }

    async fn one_of_a_hundred_that_fails_is_refused_within_a_second_and_the_rest_is_served(place) {
        let ground = Ground::new(place).await;
        let isolation = if place == Place::Postgres { Isolation::Schema } else { Isolation::Database };
        let ids = behind(&ground, isolation, 100).await;
        in_place(&ground, isolation, ids[37], "CREATE TABLE patients (other text)").await;
        let server = ground.serve("info,sqlx=warn").await;
        assert!(server.log().contains("run `nadia migrate`"), "{}", server.log());
        let host = |number: usize| format!("{isolation}-{number}.{BASE}");
        for number in [36, 37, 38] {
            assert_eq!(server.http.get(&host(number), "/login").send().await.outcome(), "200");
        }

        let failed = ground.run(&["migrate", "--json"]).await;
        assert_eq!(failed.code, Some(1), "{failed:?}");
        assert!(failed.err.contains("1 places failed"), "{failed:?}");
        let report = one(&failed.out);
        let places = report["touched"].as_array().unwrap();
        let own: Vec<_> = places.iter().filter(|place| !place["tenant"].is_null()).collect();
        let broken: Vec<_> = own.iter().filter(|place| !place["error"].is_null()).collect();
        assert_eq!((own.len(), broken.len()), (100, 1));
        assert_eq!(broken[0]["tenant"], json!(ids[37].to_string()));
        assert!(broken[0]["error"].as_str().unwrap().contains("patients"), "{report}");
        let answers = async |number: usize, outcome: &str| {
            let answered = async {
                while server.http.get(&host(number), "/login").send().await.outcome() != outcome {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("{number}: {outcome} is awaited"));
        };
        answers(37, "503 tenant_quarantined").await;
        for number in [0, 36, 38, 99] {
            assert_eq!(server.http.get(&host(number), "/login").send().await.outcome(), "200");
        }
        let status = ground.run(&["migrate", "--status", "--json"]).await;
        assert_eq!((status.code, one(&status.out)["current"].as_i64()), (Some(1), Some(100)), "{status:?}");

        in_place(&ground, isolation, ids[37], "DROP TABLE patients").await;
        let mended = one(ground.run(&["migrate", "--json"]).await.done());
        assert_eq!(mended["touched"].as_array().unwrap().len(), 1);
        answers(37, "200").await;
        is_sound(&ground).await;
    }
}

#[tokio::test]
async fn on_a_full_disk_it_says_which_file_and_goes_on_when_there_is_space() {
    let ground = Ground::new(Place::Sqlite).await;
    ground.run(&["migrate"]).await.done();
    ground.run_with_password(&create("first", Isolation::Database)).await.done();
    // What new files are copied from is larger than the disk will take, and the control database is not.
    let mut folder = std::fs::read_dir(ground.folder().join("tenants")).unwrap().map(|entry| entry.unwrap().path());
    let template = folder.find(|path| path.to_str().unwrap().contains(".template-")).unwrap();
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&template)).await.unwrap();
    sqlx::raw_sql("CREATE TABLE ballast (b blob); INSERT INTO ballast VALUES (zeroblob(2000000))")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();

    let args = create("north", Isolation::Database);
    let refused = ground.run_on_full_disk(&args, 1024).await;
    let why = refused.failed(1);
    assert!(why.contains("north is not made yet; run the same command again"), "{why}");
    assert!(why.contains(".sqlite can't be used") && why.contains("too large"), "{why}");
    let drafts = std::fs::read_dir(ground.folder().join("tenants")).unwrap();
    let drafts = drafts.filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains("draft"));
    assert_eq!(drafts.count(), 0, "what doesn't fit is not left there");

    ground.run_with_password(&args).await.done();
    is_sound(&ground).await;
    let server = ground.serve("info,sqlx=warn").await;
    works(&server.http, "north").await;
}
