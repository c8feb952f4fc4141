//! How the schemas of tenants that have one of their own are named.

use nadia_tenant_core::TenantId;

/// The schema that holds the one copy of the reference tables beside the tenants' schemas.
///
/// Apart from the shared place, so that the search path of a tenant's own schema leads to these tables and never to the
/// shared ones, whatever the schema lacks.
pub(crate) const REFERENCE_SCHEMA: &str = "nadia_reference";

// `pg_temp` last: named nowhere, it would come first, and a temporary table could stand in for a real one.
/// Where a session looks for tables in a shared place, and in a tenant's own database.
pub(crate) const PLACE_PATH: &str = "public,nadia_reference,pg_temp";
/// Where a session that belongs to no tenant looks for tables, in the database in which tenants have schemas.
pub(crate) const NOBODYS_PATH: &str = "nadia_reference,pg_temp";
/// Where a session looks for tables in the control database.
pub(crate) const CONTROL_PATH: &str = "nadia_control,pg_temp";

/// Returns the name of a tenant's schema: `t_` and the 32 hexadecimal digits of its id. It needs no quotes.
pub(crate) fn schema_name(tenant: TenantId) -> String {
    format!("t_{}", tenant.as_uuid().simple())
}

/// Returns where a session that belongs to the tenant looks for tables.
pub(crate) fn search_path(tenant: TenantId) -> String {
    format!("{},{REFERENCE_SCHEMA},pg_temp", schema_name(tenant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_named_by_the_whole_id() {
        let tenant: TenantId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(schema_name(tenant), "t_01890a5dac96774bbcceb302099a8057");
        assert_eq!(search_path(tenant), "t_01890a5dac96774bbcceb302099a8057,nadia_reference,pg_temp");
    }
}
