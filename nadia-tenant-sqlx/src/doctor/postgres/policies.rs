use sqlparser::{
    dialect::PostgreSqlDialect,
    tokenizer::{Token, Tokenizer},
};
use sqlx::{FromRow, Row, postgres::PgRow};

use super::{Expected, ident};
use crate::doctor::Finding;

/// A policy, and the tables that have it word for word.
#[derive(Debug)]
pub(super) struct Group {
    name: String,
    /// `*`, `r`, `a`, `w` or `d`, as `pg_policy` has it.
    command: String,
    permissive: bool,
    /// Whether it binds the application role, by name or through PUBLIC.
    to_app: bool,
    to_report: bool,
    to_owner: bool,
    /// Whom else it lets in.
    others: Vec<String>,
    using_text: Option<String>,
    check_text: Option<String>,
    tenant_column: String,
    objects: Vec<String>,
}

impl<'r> FromRow<'r, PgRow> for Group {
    fn from_row(row: &'r PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: row.try_get("name")?,
            command: row.try_get("command")?,
            permissive: row.try_get("permissive")?,
            to_app: row.try_get("to_app")?,
            to_report: row.try_get("to_report")?,
            to_owner: row.try_get("to_owner")?,
            others: row.try_get("others")?,
            using_text: row.try_get("using_text")?,
            check_text: row.try_get("check_text")?,
            tenant_column: row.try_get("tenant_column")?,
            objects: row.try_get("objects")?,
        })
    }
}

const SESSION_TENANT: &str = "nullif(current_setting('nadia.tenant_id', true), '')::uuid";
/// The same, as the server prints it.
const PRINTED: &str = "(NULLIF(current_setting('nadia.tenant_id'::text, true), ''::text))::uuid";
const MIGRATING: &str = "(SELECT current_setting('nadia.migrating', true)) = 'on'";
/// The policies of a table, by the names under which the installation makes them.
const OWN: [&str; 3] = ["nadia_tenant", "nadia_report", "nadia_migrate"];

/// Returns the statements that give a table its policies anew; both names are put in as they are.
fn policies(table: &str, column: &str, expected: &Expected<'_>, role: impl Fn(&str) -> String) -> String {
    let (owner, app, report) = (role(expected.owner), role(expected.app), role(expected.report));
    let own_rows = format!("{column} = (SELECT {SESSION_TENANT})");
    let drop = OWN.map(|name| format!("DROP POLICY IF EXISTS {name} ON {table}; ")).concat();
    format!(
        "{drop}CREATE POLICY nadia_tenant ON {table} FOR ALL TO {app} USING ({own_rows}) WITH CHECK ({own_rows}); \
         CREATE POLICY nadia_report ON {table} FOR SELECT TO {report} USING (true); \
         CREATE POLICY nadia_migrate ON {table} FOR ALL TO {owner} USING ({MIGRATING}) WITH CHECK ({MIGRATING})"
    )
}

/// Returns those statements as a template of the server's `format`, which is given the table, quoted, and the column.
pub(super) fn template(expected: &Expected<'_>) -> String {
    policies("%1$s", "%2$I", expected, |role| ident(role).replace('%', "%%"))
}

/// Judges the policies that tables have.
pub(super) fn judge(groups: Vec<Group>, expected: &Expected<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for group in groups.iter().filter(|group| group.permissive) {
        let faults = faults(group);
        for object in &group.objects {
            for (code, detail) in &faults {
                let fix = if OWN.contains(&group.name.as_str()) {
                    policies(object, &ident(&group.tenant_column), expected, ident)
                } else {
                    format!("DROP POLICY {} ON {object}", ident(&group.name))
                };
                findings.push(Finding::new(code, object, Some(format!("policy {}{detail}", ident(&group.name))), fix));
            }
        }
    }
    findings
}

/// Returns the code of each fault of a policy, and what its finding says after the policy's name.
fn faults(group: &Group) -> Vec<(&'static str, String)> {
    let named_ours = group.name == "nadia_tenant";
    if group.to_app && !named_ours {
        return vec![("policy_second", String::new())];
    }
    let mut faults = Vec::new();
    if group.to_app {
        own_rows(group, &mut faults);
    }
    if group.to_report && group.command != "r" {
        faults.push(("policy_report_writes", String::new()));
    }
    if group.to_owner && conditions(group).any(|text| core(text) != core(MIGRATING)) {
        faults.push(("policy_owner", String::new()));
    }
    if !group.others.is_empty() {
        faults.push(("policy_other_role", format!(" lets in {}", group.others.join(", "))));
    }
    faults
}

/// Judges the policy that binds the application role.
fn own_rows(group: &Group, faults: &mut Vec<(&'static str, String)>) {
    if group.command != "*" {
        faults.push(("policy_partial", String::new()));
    }
    if group.using_text.is_none() && group.command != "a" {
        faults.push(("policy_without_using", String::new()));
    }
    if group.check_text.is_none() && !matches!(&*group.command, "r" | "d") {
        faults.push(("policy_without_check", String::new()));
    }
    let mut codes: Vec<_> = conditions(group).filter_map(|text| condition_fault(text, &group.tenant_column)).collect();
    codes.sort_unstable();
    codes.dedup();
    faults.extend(codes.into_iter().map(|code| (code, String::new())));
}

fn conditions(group: &Group) -> impl Iterator<Item = &str> {
    [&group.using_text, &group.check_text].into_iter().flatten().map(String::as_str)
}

/// Says what is wrong with a condition, as the server prints it, on the application role.
fn condition_fault(text: &str, column: &str) -> Option<&'static str> {
    let column = ident(column);
    let found = words(text);
    if found == words(&format!("{column} = (SELECT {PRINTED})")) {
        return None;
    }
    if found.iter().any(|word| word == "or") {
        return Some("policy_or_bypass");
    }
    let per_row = core(text) == core(&format!("{column} = {SESSION_TENANT}"));
    Some(if per_row { "policy_setting_per_row" } else { "policy_condition" })
}

/// Returns the words of a condition without parentheses and without the names that the server gives to results, both of which
/// differ from version to version. Each operator and function of these conditions has one place, so nothing is lost by it.
fn words(text: &str) -> Vec<String> {
    // What can't be read is like nothing that is looked for.
    let Ok(tokens) = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize() else { return vec![text.to_owned()] };
    let mut words: Vec<String> = Vec::with_capacity(tokens.len());
    let mut is_alias = false;
    for token in tokens {
        match token {
            Token::Whitespace(_) | Token::LParen | Token::RParen => {}
            _ if is_alias => is_alias = false,
            Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("as") => is_alias = true,
            Token::Word(word) if word.quote_style.is_none() => words.push(word.value.to_ascii_lowercase()),
            Token::Word(word) => words.push(word.value),
            other => words.push(other.to_string()),
        }
    }
    words
}

/// Returns the words that say which setting is compared with what: without casts, and without what guards against a
/// setting that isn't there.
fn core(text: &str) -> Vec<String> {
    let dropped = ["nullif", "::", "uuid", "text", ",", "true", "''"];
    words(text).into_iter().filter(|word| !dropped.contains(&word.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::condition_fault;

    #[track_caller]
    fn check(text: &str, fault: Option<&str>) {
        assert_eq!(condition_fault(text, "tenant_id"), fault, "{text}");
    }

    #[test]
    fn knows_the_condition_whatever_the_server_names_its_result() {
        let setting = "(NULLIF(current_setting('nadia.tenant_id'::text, true), ''::text))::uuid";
        check(&format!("(tenant_id = ( SELECT {setting} AS \"nullif\"))"), None);
        check(&format!("(tenant_id = ( SELECT {setting}))"), None);
        check(&format!("(other_id = ( SELECT {setting}))"), Some("policy_condition"));
    }

    #[test]
    fn tells_a_bypass_from_a_slow_condition() {
        check("(tenant_id = ( SELECT x) OR true)", Some("policy_or_bypass"));
        check("(tenant_id = (current_setting('nadia.tenant_id'::text))::uuid)", Some("policy_setting_per_row"));
        check("(tenant_id = (current_setting('nadia.other'::text))::uuid)", Some("policy_condition"));
        check("(tenant_id = tenant_id)", Some("policy_condition"));
        check("true", Some("policy_condition"));
        check(
            "(tenant_id = COALESCE((current_setting('nadia.tenant_id'::text))::uuid, tenant_id))",
            Some("policy_condition"),
        );
    }
}
