//! Statements by a grammar, compared as the hand-written ones are. `NADIA_SEED=…` begins elsewhere, `NADIA_THOROUGH=1` makes
//! fifty times as many.

#![allow(clippy::print_stdout, reason = "the seeds of a run are printed")]

use std::time::Instant;

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::Guard;

use crate::{
    grammar::{Choices, shrink, statement},
    guard_cases::guard,
    oracle::{Bed, Database, Lite, Planner, Ran, Server, Trial},
    predicates::lacking,
};

/// How many statements are made.
const ON_POSTGRES: u64 = 3_000;
const ON_SQLITE: u64 = 7_000;

/// What became of a statement.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Refused(String),
    Ran(Ran),
    Differs(String),
}

async fn run<D: Database>(guard: &Guard, bed: &mut Bed<D>, number: usize, choices: Choices) -> (Came, Vec<u32>) {
    let (made, choices) = statement(D::DIALECT, choices);
    let came = match guard.tenant(&made.sql) {
        Err(refusal) => Came::Refused(format!("{}: {refusal:?}", made.sql)),
        Ok(guarded) => {
            if let Some(lacking) = lacking(guard.catalog(), &guarded) {
                return (Came::Differs(lacking), choices);
            }
            // A plan takes as long as the statement; a part of them is enough.
            let planners: &[Planner] = match choices.len() % 4 {
                0 => &[Planner::ByIndex],
                1 => &[Planner::AsItLikes],
                2 => &[Planner::BySequence],
                _ => &[],
            };
            let trial = Trial { original: &made.sql, guarded: &guarded, ordered: made.ordered, planners };
            bed.compare(number, trial).await.map_or_else(Came::Differs, Came::Ran)
        }
    };
    (came, choices)
}

async fn statements_agree<D: Database>(first: u64, count: u64) {
    let begun = Instant::now();
    let thorough = std::env::var_os("NADIA_THOROUGH").is_some();
    let first = std::env::var("NADIA_SEED").map_or(first, |seed| seed.parse().expect("NADIA_SEED is a number"));
    let seeds = first..first + if thorough { 50 * count } else { count };
    let guard = guard(D::DIALECT);
    let mut bed = Bed::<D>::new(guard.catalog()).await;
    let (mut ran, mut rows, mut failed, mut refused) = (0_u64, 0_usize, 0_u64, Vec::new());
    let mut differs = None;
    for seed in seeds.clone() {
        let number = usize::try_from(seed % 3).unwrap();
        match run(&guard, &mut bed, number, Choices::seeded(seed)).await {
            (Came::Refused(why), _) => refused.push(why),
            (Came::Ran(Ran::Rows(count)), _) => {
                ran += 1;
                rows += usize::from(count > 0);
            }
            (Came::Ran(Ran::Failed), _) => failed += 1,
            (Came::Differs(_), choices) => {
                let fails = async |made| {
                    matches!(run(&guard, &mut bed, number, Choices::given(made)).await.0, Came::Differs(_))
                };
                let smallest = shrink(choices, fails).await;
                let (came, _) = run(&guard, &mut bed, number, Choices::given(smallest)).await;
                differs = Some(format!("seed {seed}, made smaller: {came:#?}"));
                break;
            }
        }
    }
    let scans = bed.scans;
    bed.close().await;
    println!(
        "{:?}: seeds {seeds:?}: {ran} ran ({rows} gave rows), {failed} failed, {} refused, {scans} scans, {:?}",
        D::DIALECT,
        refused.len(),
        begun.elapsed()
    );
    if let Some(differs) = differs {
        panic!("{differs}");
    }
    // A grammar whose statements are refused or fail proves nothing.
    let count = seeds.end - seeds.start;
    assert!(ran * 10 >= count * 8, "only {ran} of {count} statements ran: {failed} failed, refused: {refused:#?}");
    assert!(rows as u64 * 10 >= count * 3, "only {rows} of {count} statements gave rows");
    assert!(D::DIALECT != Dialect::Postgres || scans as u64 * 2 >= count, "only {scans} scans were seen in plans");
}

#[tokio::test]
async fn generated_statement_sees_and_changes_what_one_tenant_alone_would_on_postgres() {
    statements_agree::<Server>(0, ON_POSTGRES).await;
}

#[tokio::test]
async fn generated_statement_sees_and_changes_what_one_tenant_alone_would_on_sqlite() {
    statements_agree::<Lite>(1_000_000, ON_SQLITE).await;
}

/// A statement that fails is made smaller: here, whatever joins.
#[tokio::test]
async fn failing_statement_is_made_smaller() {
    let text = |made| statement(Dialect::Postgres, Choices::given(made)).0.sql;
    let long = (0..).map(|seed| statement(Dialect::Postgres, Choices::seeded(seed)));
    let (made, choices) =
        long.into_iter().find(|(made, _)| made.sql.len() > 300 && made.sql.contains("FULL JOIN")).unwrap();
    let smallest = text(shrink(choices, async |made| text(made).contains("FULL JOIN")).await);
    assert!(smallest.len() * 2 < made.sql.len() && smallest.contains("FULL JOIN"), "{} became {smallest}", made.sql);
}
