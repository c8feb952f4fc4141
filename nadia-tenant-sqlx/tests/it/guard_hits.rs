//! What it costs to meet a statement again.

use nadia_tenant_core::Dialect;

use crate::guard_cases::guard;

#[test]
fn a_statement_that_is_known_allocates_nothing() {
    let guard = guard(Dialect::Postgres);
    let sql = "SELECT p.name, v.cost FROM patients p JOIN visits v ON v.patient_id = p.id WHERE p.name ILIKE $1";
    let known = guard.tenant(sql).unwrap();
    let again = String::from(sql);
    let mut met = None;
    let measured = allocation_counter::measure(|| met = Some(guard.tenant(&again)));
    assert_eq!(measured.count_total, 0);
    assert!(std::sync::Arc::ptr_eq(&known, &met.unwrap().unwrap()), "it is the text that was written first");
    // The counter counts.
    assert!(allocation_counter::measure(|| drop(guard.tenant("SELECT name FROM patients"))).count_total > 0);
}
