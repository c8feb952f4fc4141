//! Bytes in, and the guard neither panics nor hangs; what it lets pass reads again and has a predicate for each tenant table.

#![no_main]

#[path = "../../tests/it/predicates.rs"]
mod predicates;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard, RefusalKind};

const SCHEMA: &str = include_str!("../../tests/cases/schema.sql");

static GUARDS: LazyLock<[Guard; 2]> = LazyLock::new(|| {
    [Dialect::Postgres, Dialect::Sqlite].map(|dialect| {
        let catalog = Catalog::builder(dialect).ddl(SCHEMA).and_then(|builder| builder.build());
        Guard::new(catalog.expect("the schema of the tests is plain"))
    })
});

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for guard in &*GUARDS {
        match guard.tenant(&text) {
            Ok(guarded) => assert_eq!(predicates::lacking(guard.catalog(), &guarded), None),
            Err(refusal) => {
                assert_ne!(refusal.kind(), RefusalKind::Internal, "{refusal}");
                assert!(!refusal.to_string().is_empty());
            }
        }
    }
});
