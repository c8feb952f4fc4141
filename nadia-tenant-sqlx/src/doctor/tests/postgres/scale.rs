use super::bed::Bed;
use crate::doctor::{Finding, postgres::Examination};

#[tokio::test]
async fn asks_as_often_for_200_schemas_as_for_two() {
    let mut few = Bed::new("few").await;
    let mut many = Bed::with_schemas("many", (0..200).map(|n| format!("t_{n:032x}")).collect()).await;
    let mut asked = Vec::new();
    for bed in [&mut few, &mut many] {
        bed.execute("SET search_path = pg_catalog").await;
        let (admin, expected) = bed.parts();
        let mut examination = Examination::new(admin, &expected);
        let found = examination.run().await.unwrap();
        assert!(found.is_empty(), "{found:?}");
        asked.push(examination.queries);
    }
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0] < 10, "{asked:?}");

    // Each of them is looked at, all the same.
    many.execute("ALTER TABLE t_000000000000000000000000000000c7.labels DISABLE ROW LEVEL SECURITY").await;
    let found = many.examine().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].object(), "t_000000000000000000000000000000c7.labels");
    few.remove().await;
    many.remove().await;
}

/// Anybody who can connect sees what the doctor looks at, and so a service can call it at start.
#[tokio::test]
async fn sees_the_same_as_the_application_role() {
    let mut bed = Bed::new("asapp").await;
    bed.execute(
        "GRANT TRUNCATE ON public.visits TO {app}; CREATE POLICY extra ON public.labels TO {app} USING (true);
         SET ROLE {owner}; CREATE VIEW public.seen AS SELECT id FROM public.patients; RESET ROLE",
    )
    .await;
    let shown = |found: Vec<Finding>| -> Vec<_> {
        found.iter().map(|found| (found.object().to_owned(), found.fix().map(str::to_owned))).collect()
    };
    let as_admin = shown(bed.examine().await);
    bed.execute("SET ROLE {app}").await;
    let as_app = shown(bed.examine().await);
    assert_eq!(as_app, as_admin);
    bed.execute("RESET ROLE").await;

    // Names are whole, whatever the session's search_path.
    let objects: Vec<_> = as_admin.iter().map(|(object, _)| object.as_str()).collect();
    assert_eq!(objects, ["public.visits", "public.seen", "public.labels"]);
    bed.remove().await;
}
