use crate::{
    Error,
    doctor::{Diagnosis, Finding, Severity},
};

fn diagnosis() -> Diagnosis {
    let found = |code, object: &str, detail: Option<&str>, fix: Option<&str>| {
        Finding::new(code, object, detail.map(str::to_owned), fix.map(str::to_owned))
    };
    let shared = vec![
        found(
            "index_not_led_by_tenant",
            "public.visits.by_day",
            None,
            Some("DROP INDEX public.by_day; CREATE INDEX …"),
        ),
        found("table_not_in_catalog", "public.scratch", None, None),
        found("policy_second", "public.visits", Some("policy extra"), Some("DROP POLICY extra ON public.visits")),
        found(
            "policy_without_using",
            "public.notes",
            Some("policy nadia_tenant"),
            Some("CREATE POLICY nadia_tenant …"),
        ),
        found(
            "policy_without_check",
            "public.notes",
            Some("policy nadia_tenant"),
            Some("CREATE POLICY nadia_tenant …"),
        ),
        found("role_superuser", "nadia_app_clinics", None, Some("ALTER ROLE nadia_app_clinics NOSUPERUSER")),
    ];
    let other = vec![found("table_not_in_catalog", "public.\"a\nDROP TABLE patients;--\"", None, None)];
    Diagnosis::new([("shared".to_owned(), shared), ("north\n;".to_owned(), other), ("south".to_owned(), Vec::new())])
}

#[test]
fn the_text_and_the_migration_are_as_committed() {
    let shown = format!("{}\n===\n{}", diagnosis(), diagnosis().migration());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/output/doctor.txt");
    if std::env::var_os("UPDATE_OUTPUT").is_some() {
        std::fs::write(path, &shown).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(shown, committed, "run it with UPDATE_OUTPUT=1 and look at the difference");
}

#[test]
fn no_name_leaves_its_comment() {
    for line in diagnosis().migration().lines() {
        let statement =
            ["DROP INDEX", "DROP POLICY", "CREATE POLICY", "ALTER ROLE"].iter().any(|word| line.starts_with(word));
        assert!(line.is_empty() || line.starts_with("--") || statement, "{line}");
    }
}

#[test]
fn the_json_has_everything() {
    let document: serde_json::Value = serde_json::from_str(&diagnosis().to_json()).unwrap();
    assert_eq!(document["clean"], false);
    assert_eq!((&document["critical"], &document["warning"], &document["notice"]), (&2.into(), &4.into(), &1.into()));
    assert_eq!(document["places"][2]["findings"].as_array().map(Vec::len), Some(0));
    let worst = &document["places"][0]["findings"][0];
    assert_eq!(worst["severity"], "critical");
    assert_eq!(worst["check"], "role_superuser");
    assert_eq!(worst["object"], "nadia_app_clinics");
    assert_eq!(worst["detail"], serde_json::Value::Null);
    assert_eq!(worst["fix"], "ALTER ROLE nadia_app_clinics NOSUPERUSER");
    assert!(worst["why"].as_str().is_some_and(|why| !why.is_empty()));
}

#[test]
fn only_what_is_critical_keeps_from_serving() {
    let diagnosis = diagnosis();
    assert!(!diagnosis.is_clean());
    assert_eq!(diagnosis.worst(), Some(Severity::Critical));
    let Err(Error::Unsound { critical, first }) = diagnosis.ensure_clean() else { panic!("it is not clean") };
    assert_eq!((critical, first.as_str()), (2, "role_superuser at nadia_app_clinics in shared"));

    let warned = Diagnosis::new([("shared".to_owned(), vec![Finding::new("table_missing", "x", None, None)])]);
    assert!(warned.is_clean() && warned.ensure_clean().is_ok());
    assert_eq!(warned.worst(), Some(Severity::Warning));
    assert_eq!(Diagnosis::new([]).worst(), None);
}

#[test]
fn a_long_list_is_cut_in_the_text_only() {
    let many = (0..100).map(|n| Finding::new("rls_missing", format!("t_{n}.x"), None, None)).collect();
    let diagnosis = Diagnosis::new([("shared".to_owned(), many)]);
    let text = diagnosis.to_string();
    assert!(text.contains("and 80 more"), "{text}");
    assert_eq!(diagnosis.to_json().matches("rls_missing").count(), 100);
}
