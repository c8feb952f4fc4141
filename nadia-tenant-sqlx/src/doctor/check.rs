use super::Severity::{self, Critical, Notice, Warning};

/// A kind of fault that the doctor knows.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// Why it matters: one sentence.
    pub(super) why: &'static str,
    /// What mends it, in words.
    pub(super) mend: &'static str,
}

impl Check {
    /// Finds a check by its code.
    pub(super) fn named(code: &str) -> &'static Self {
        let found = CHECKS.iter().find(|check| check.code == code);
        found.expect("the codes that queries return are in CHECKS: a test has a case for each check")
    }

    /// Returns the place in [`CHECKS`].
    pub(super) fn rank(&self) -> usize {
        CHECKS.iter().position(|check| check.code == self.code).unwrap_or(CHECKS.len())
    }
}

const fn check(code: &'static str, severity: Severity, why: &'static str, mend: &'static str) -> Check {
    Check { code, severity, why, mend }
}

/// All checks, in the order in which their findings are mended: a key must have the tenant before a foreign key can
/// refer to it, and a column must be a uuid before a policy can compare it.
#[rustfmt::skip]
pub(super) const CHECKS: &[Check] = &[
    // Roles.
    check("role_missing", Warning, "without its role a part of the installation can't serve", "provision again"),
    check("role_superuser", Critical, "a superuser passes every policy and every grant", "take SUPERUSER away"),
    check("role_bypasses_rls", Critical, "BYPASSRLS passes every policy", "take BYPASSRLS away"),
    check("role_creates_roles", Critical, "CREATEROLE can give itself the rights of other roles", "take CREATEROLE away"),
    check("role_replicates", Critical, "REPLICATION reads every row as it is written, past the policies", "take REPLICATION away"),
    check("role_creates_databases", Warning, "CREATEDB can copy the whole database and own the copy", "take CREATEDB away"),
    check("role_member", Critical, "a member has the other role's rights and its policies, too", "revoke the membership"),
    check("role_setting", Critical, "a preset of such a setting holds in sessions that never set a tenant", "reset the preset"),
    check("role_owns", Critical, "who owns an object can switch its policies off and drop it", "give the object to the owner role"),
    check("owner_logs_in", Warning, "the owner role can change policies, so nobody should log in as it", "make it NOLOGIN"),
    check("table_owner", Warning, "its owner is outside the installation, and may change its policies", "give it to the owner role"),
    // What is there.
    check("schema_missing", Warning, "the tables that it should hold are missing", "provision again"),
    check("schema_unknown", Warning, "it looks like a tenant's schema that the registry doesn't know, so nobody migrates or deletes it", "finish the deletion or drop it"),
    check("table_missing", Warning, "the catalog has the table, so statements pass the guard and fail in the database", "run the migrations"),
    check("table_not_in_catalog", Warning, "the guard and the installation don't know the table, so nothing looks after its rows", "add it to the migrations, or drop it"),
    check("table_misplaced", Warning, "the table stands in a schema where the catalog doesn't put it, so statements may meet a stale copy", "move or drop it"),
    // Columns.
    check("tenant_column_missing", Critical, "without the tenant column nothing tells whose a row is", "add the column, fill it in, and put the table behind its policies"),
    check("tenant_column_type", Critical, "a tenant column that is no uuid takes values that name no tenant, and its comparison needs a cast", "change its type to uuid"),
    check("tenant_column_nullable", Critical, "a row without a tenant belongs to nobody, and unique constraints don't hold for it", "make it NOT NULL"),
    check("tenant_column_default", Warning, "an INSERT that leaves the tenant out fails or meets another tenant's id", "set the default to the session's tenant"),
    check("column_missing", Warning, "the catalog has the column, so statements pass the guard and fail in the database", "run the migrations"),
    check("column_unknown", Notice, "the guard refuses statements that name a column it doesn't know", "add it to the migrations, or drop it"),
    check("column_differs", Warning, "the guard relies on the column as the catalog has it", "run the migrations, or correct the column"),
    // Keys.
    check("primary_key_without_tenant", Critical, "a key over all tenants refuses a value that another tenant has, and so tells of it", "let the key begin with the tenant column"),
    check("unique_without_tenant", Critical, "a unique over all tenants refuses a value that another tenant has, and so tells of it", "let it begin with the tenant column"),
    check("exclusion_without_tenant", Critical, "an exclusion over all tenants refuses a row because of another tenant's, and so tells of it", "exclude within the tenant: tenant WITH ="),
    check("foreign_key_leaves_place", Critical, "the database checks it past the policies, in another tenant's place", "refer to a table of the same place"),
    check("foreign_key_without_tenant", Critical, "the database checks it past the policies, so a row can refer to another tenant's", "add the tenant column on both sides"),
    check("foreign_key_other_kind", Warning, "it ties a tenant's rows to a table that is neither a tenant's nor reference data", "drop it, or correct the table's kind"),
    check("index_not_led_by_tenant", Notice, "a tenant's query reads other tenants' index entries on its way", "let the index begin with the tenant column"),
    // Row-level security.
    check("rls_missing", Critical, "without row-level security every session sees every tenant's rows", "enable and force it"),
    check("rls_not_forced", Critical, "without FORCE the table's owner passes the policies, and so does what runs as it", "force it"),
    check("child_without_policies", Critical, "a partition or child that is named itself is not behind the policies of its parent", "put it behind policies of its own"),
    check("policy_missing", Warning, "without its policy the application role sees nothing, and any other policy decides alone", "make the policy nadia_tenant"),
    check("policy_partial", Warning, "the policy covers one command, so the others are left to chance", "make it FOR ALL"),
    check("policy_without_using", Warning, "without USING the policy says nothing of the rows that are read", "write USING out"),
    check("policy_without_check", Warning, "without WITH CHECK a change of USING silently decides which rows may be written", "write WITH CHECK out"),
    check("policy_or_bypass", Critical, "an OR in the condition opens it to other tenants' rows, and makes the tenant's index useless", "make the condition the tenant's alone; give who sees more a role of its own"),
    check("policy_condition", Critical, "the condition is not the comparison with the session's tenant", "make it that comparison"),
    check("policy_setting_per_row", Warning, "the setting is read for each row: a scan takes four times as long", "read it through a scalar sub-select"),
    check("policy_second", Critical, "permissive policies are joined by OR: a second one opens what the first closes", "drop it, or make it restrictive"),
    check("policy_report_writes", Critical, "the report role passes over all tenants and must only read", "make its policy FOR SELECT"),
    check("policy_owner", Warning, "views and functions that run as the owner see all rows, though nobody migrates", "bind it to nadia.migrating"),
    check("policy_other_role", Warning, "the policy lets a role in that is not one of the installation's", "drop it"),
    // What runs in the database.
    check("view_without_invoker", Critical, "the view reads as its owner, not as who asks", "set security_invoker"),
    check("materialized_view", Critical, "a materialised view holds rows of all tenants, and no policy can bind it", "take the application's rights on it away"),
    check("foreign_table", Critical, "no policy can bind a foreign table", "take the application's rights on it away"),
    check("function_definer", Critical, "a SECURITY DEFINER function runs as its owner, whoever calls it", "take EXECUTE away, or make it SECURITY INVOKER"),
    check("function_search_path", Warning, "without a fixed search_path its table names mean what the caller's path says; found by its text, so look yourself", "fix its search_path"),
    check("function_leakproof", Warning, "a LEAKPROOF function may run on rows before the policies took them away", "make it NOT LEAKPROOF"),
    check("trigger_writes", Warning, "its function may write to another table or as another role; found by its text, so look yourself", "review the function"),
    check("rule_on_table", Warning, "a rule's statements run with the rights of the table's owner", "use a trigger instead"),
    // Rights.
    check("grant_control", Critical, "the application role reaches the control tables, which hold every tenant", "revoke the right"),
    check("grant_public", Critical, "PUBLIC is every role of the server", "revoke the right"),
    check("grant_app_excess", Critical, "TRUNCATE and REFERENCES pass the policies, TRIGGER runs code in other sessions, the ledgers are not the application's", "revoke the right"),
    check("grant_reference_write", Critical, "what one tenant writes to reference data all tenants read", "revoke the right"),
    check("grant_report_excess", Critical, "the report role passes over all tenants and must only read their tables", "revoke the right"),
    check("grant_control_role", Critical, "the control role must not reach tenants' rows, nor the passwords", "revoke the right"),
    check("grant_other_role", Warning, "a role that is not one of the installation's has a right here", "revoke the right"),
    check("grant_option", Warning, "who holds a grant option can hand the right on", "revoke the grant option"),
    check("grant_sequence", Warning, "SELECT tells how many rows all tenants wrote, UPDATE makes inserts collide", "leave USAGE only"),
    check("grant_column", Warning, "rights on columns outlive a REVOKE on the table and are easily overlooked", "revoke the right"),
    check("default_privileges", Warning, "a new table would be open before its policies stand", "revoke the default"),
    check("schema_create", Critical, "who may CREATE in a schema can put objects in the way of others' names", "revoke CREATE"),
    check("database_rights", Warning, "the database is open to roles that don't need it, or lets one make schemas or temporary tables", "revoke the right"),
    // The surroundings.
    check("published", Notice, "logical replication sends every tenant's rows to the subscriber, past the policies", "see that the subscriber is yours"),
    check("pooler_transaction", Critical, "a pooler gives another session's server connection, and the tenant set there, to this one", "use PoolerMode::Transaction, or the pooler's session mode"),
    check("pooler_session", Notice, "sessions stay whole, so setting the tenant in each transaction costs round trips for nothing", "use PoolerMode::Session"),
    // SQLite.
    check("view", Warning, "no policy binds a view in SQLite, and it shows all tenants' rows", "drop it, and write its statement in the program"),
    check("trigger", Warning, "a trigger runs past the guard and can reach other tenants' rows", "drop it, and do its work in the program"),
    check("foreign_keys_off", Warning, "this connection doesn't check foreign keys, so deleted rows leave orphans", "connect with foreign_keys on"),
    check("file_mode", Warning, "other users of the machine may open the file, which holds every row of the place", "give it mode 0600"),
    check("file_damaged", Critical, "what the database reads from a damaged file is not to be relied on", "restore it from a backup"),
];
