//! A clinic among others is answered as one that has a server of its own: random requests of five clinics, mixed on one
//! server, and those of each alone on a fresh one, in each way of keeping clinics apart.
//!
//! `NADIA_SEED` repeats a run, `NADIA_THOROUGH=1` sends 10,000 requests instead of 1,500. Left out on purpose: what a clinic
//! used (it counts requests, and is gathered when a clock says so), and people who are members of two clinics, whose account
//! is one: that is what they are promised.

mod script;
mod world;

use std::collections::BTreeMap;

use nadia_tenant_core::Isolation;
use nadia_tests::Place;

use self::{
    script::{CLINICS, Random, Step},
    world::World,
};

/// How many of a clinic's requests are shown before the first one that is answered otherwise.
const HISTORY: usize = 40;

fn seed() -> u64 {
    let given = std::env::var("NADIA_SEED").ok().map(|seed| seed.parse().expect("NADIA_SEED is a number"));
    given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap()
    })
}

#[expect(clippy::print_stdout, reason = "the seed is what repeats a run that failed")]
async fn case(place: Place, isolation: Isolation) {
    let count = if std::env::var_os("NADIA_THOROUGH").is_some() { 10_000 } else { 1_500 };
    let seed = seed();
    println!("NADIA_SEED={seed}");
    let mut random = Random(seed);
    let steps: Vec<Step> = (0..count).map(|_| random.step()).collect();

    let mut mixed = World::new(place, isolation, 0..CLINICS).await;
    let strangers = mixed.owners();
    let mut among_others = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        among_others.push(mixed.play(number, step, &strangers).await);
    }

    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for clinic in 0..CLINICS {
        let mut alone = World::new(place, isolation, [clinic]).await;
        let own: Vec<usize> = (0..count).filter(|number| steps[*number].clinic == clinic).collect();
        for (at, number) in own.iter().enumerate() {
            let step = &steps[*number];
            let answer = alone.play(*number, step, &strangers).await;
            if answer != among_others[*number] {
                let history = own[at.saturating_sub(HISTORY)..=at].iter();
                let history: Vec<_> = history.map(|number| format!("{number}: {:?}", steps[*number])).collect();
                panic!(
                    "NADIA_SEED={seed}, {place:?} {isolation}: request {number} of clinic {clinic} is answered otherwise \
                     among others\n{}\n--- alone:\n{answer}\n--- among others:\n{}",
                    history.join("\n"),
                    among_others[*number]
                );
            }
            let status = answer.split_whitespace().next().unwrap();
            let code = answer.split("\"code\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            *outcomes.entry(format!("{status} {code}").trim().to_owned()).or_default() += 1;
        }
    }
    // A script that comes to nothing would prove nothing.
    for outcome in
        ["200", "201", "204", "404 not_found", "403 limit_reached", "403 role_insufficient", "401 invalid_token"]
    {
        assert!(outcomes.get(outcome).is_some_and(|times| *times >= 3), "NADIA_SEED={seed}: {outcome}: {outcomes:?}");
    }
    assert!(outcomes.keys().all(|outcome| !outcome.starts_with('5')), "NADIA_SEED={seed}: {outcomes:?}");
    println!("{outcomes:?}");
}

#[tokio::test]
async fn as_on_a_server_of_its_own_postgres_shared() {
    case(Place::Postgres, Isolation::Shared).await;
}

#[tokio::test]
async fn as_on_a_server_of_its_own_postgres_schema() {
    case(Place::Postgres, Isolation::Schema).await;
}

#[tokio::test]
async fn as_on_a_server_of_its_own_postgres_database() {
    case(Place::Postgres, Isolation::Database).await;
}

#[tokio::test]
async fn as_on_a_server_of_its_own_sqlite_shared() {
    case(Place::Sqlite, Isolation::Shared).await;
}

#[tokio::test]
async fn as_on_a_server_of_its_own_sqlite_database() {
    case(Place::Sqlite, Isolation::Database).await;
}
