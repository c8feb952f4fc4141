use nadia_tenant_core::{Isolation, TenantStatus};

/// What may follow each status, written by hand: provisioning, active, read-only, suspended, moving,
/// closing, purged.
const TABLE: [(TenantStatus, &str); 7] = [
    (TenantStatus::Provisioning, ".A...C."),
    (TenantStatus::Active, "..RSMC."),
    (TenantStatus::ReadOnly, ".A.SMC."),
    (TenantStatus::Suspended, ".AR..C."),
    (TenantStatus::Moving, ".ARS..."),
    (TenantStatus::Closing, ".A....P"),
    (TenantStatus::Purged, "......."),
];

#[test]
fn exactly_the_listed_transitions_are_allowed() {
    assert_eq!(TABLE.map(|(from, _)| from), TenantStatus::ALL);
    for (from, row) in TABLE {
        for (to, mark) in TenantStatus::ALL.into_iter().zip(row.chars()) {
            let allowed = mark != '.';
            assert_eq!(from.can_become(to), allowed, "{from} to {to}");
            match from.transition(to) {
                Ok(next) => assert!(allowed && next == to),
                Err(error) => {
                    assert!(!allowed && error.from() == from && error.to() == to);
                    assert_eq!(error.to_string(), format!("a tenant that is {from} can't become {to}"));
                }
            }
        }
    }
}

#[test]
fn only_active_tenants_write_and_only_readable_ones_read() {
    for status in TenantStatus::ALL {
        assert_eq!(status.serves_writes(), status == TenantStatus::Active);
        assert_eq!(status.serves_reads(), matches!(status, TenantStatus::Active | TenantStatus::ReadOnly));
    }
}

#[test]
fn names_read_back_and_other_names_are_refused() {
    for status in TenantStatus::ALL {
        assert_eq!(status.to_string().parse::<TenantStatus>().unwrap(), status);
    }
    for isolation in Isolation::ALL {
        assert_eq!(isolation.to_string().parse::<Isolation>().unwrap(), isolation);
    }
    for text in ["", "Active", "ACTIVE", "read_only", " active", "deleted", "shared"] {
        assert!(text.parse::<TenantStatus>().is_err(), "{text:?}");
    }
    for text in ["", "Shared", "row", "schema ", "active"] {
        assert!(text.parse::<Isolation>().is_err(), "{text:?}");
    }
}
