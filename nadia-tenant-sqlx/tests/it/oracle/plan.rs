//! The server as a second opinion: its plan shows what each scan filters by, whatever the guard's parser believes.

mod order;

use serde_json::Value;
use uuid::Uuid;

/// Counts the scans of tenant tables in a plan, and says which of them reads rows of other tenants.
///
/// A scan is sound if all of its rows meet `alias.tenant_id = the tenant`: by its filter, its index condition, or the condition
/// that a bitmap's rows are checked by again, which names what each of the bitmaps was looked up by. Nothing else is taken: the planner makes the condition a constant on every member of an equivalence class that has one, so a scan need not
/// rely on another's, by a join. A contradiction leaves no scan at all.
pub(crate) fn unfiltered(plan: &Value, tables: &[String], tenant: Uuid) -> Result<usize, String> {
    match plan {
        Value::Array(parts) => parts.iter().map(|part| unfiltered(part, tables, tenant)).sum(),
        Value::Object(node) => {
            let text = |key: &str| node.get(key).and_then(Value::as_str);
            let is_scan = text("Node Type").is_some_and(|kind| kind.ends_with("Scan"));
            let mut found = 0;
            if let Some(relation) = text("Relation Name").filter(|_| is_scan)
                && tables.iter().any(|table| table == relation)
            {
                let alias = text("Alias").unwrap_or(relation);
                let wanted = format!("{}.tenant_id = '{tenant}'::uuid", quoted(alias));
                let by_index = ["Index Cond", "Recheck Cond"]
                    .into_iter()
                    .filter_map(text)
                    .any(|condition| implies(condition, &wanted));
                let filter = text("Filter");
                if !by_index && !filter.is_some_and(|filter| implies(filter, &wanted)) {
                    return Err(format!("the server's plan scans {alias:?} unfiltered: {plan}"));
                }
                if !by_index && !filter.is_some_and(|filter| order::is_first(filter, &wanted)) {
                    return Err(format!("the server's plan has a condition on foreign rows of {alias:?}: {plan}"));
                }
                found = 1;
            }
            let below = node.values().filter(|value| value.is_array() || value.is_object());
            Ok(found + below.map(|value| unfiltered(value, tables, tenant)).sum::<Result<usize, _>>()?)
        }
        _ => Ok(0),
    }
}

fn quoted(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// Tells whether what meets a condition, as the server prints it, meets `wanted`: it is a part of it, joined to the rest by AND,
/// or each of its alternatives implies it.
fn implies(condition: &str, wanted: &str) -> bool {
    let inner = unwrapped(condition);
    if inner == wanted {
        return true;
    }
    let alternatives = split(inner, " OR ");
    if alternatives.len() > 1 {
        return alternatives.into_iter().all(|part| implies(part, wanted));
    }
    let parts = split(inner, " AND ");
    parts.len() > 1 && parts.into_iter().any(|part| implies(part, wanted))
}

/// Splits at an operator that stands outside of parentheses and quotes.
pub(super) fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let (mut depth, mut quote, mut start, mut parts) = (0_usize, None, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ' ') if depth == 0 && text[at..].starts_with(operator) => {
                parts.push(&text[start..at]);
                start = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Without the parentheses around the whole.
pub(super) fn unwrapped(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return text };
    let mut depth = 0_i32;
    let mut quote = None;
    for c in inner.chars() {
        match (quote, c) {
            (Some(open), _) => quote = (c != open).then_some(open),
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

#[test]
fn only_a_condition_of_all_rows_counts() {
    let tenant = Uuid::from_u128(0xA);
    let own = format!("(p.tenant_id = '{tenant}'::uuid)");
    let scan = |key: &str, condition: &str| serde_json::json!([{ "Plan": { "Node Type": "Seq Scan", "Relation Name": "patients", "Alias": "p", key: condition } }]);
    let tables = ["patients".to_owned()];
    let sound = |key: &str, condition: &str| unfiltered(&scan(key, condition), &tables, tenant);
    for condition in [
        own.clone(),
        format!("((p.name = ' OR '::text) AND {own})"),
        format!("({own} AND ((p.id = 1) OR true))"),
        format!("(({own} AND (p.id = 1)) OR ({own} AND (p.id = 2)))"),
    ] {
        assert_eq!(sound("Filter", &condition), Ok(1), "{condition}");
        assert_eq!(sound("Recheck Cond", &condition), Ok(1), "{condition}");
        assert!(sound("Join Filter", &condition).is_err(), "{condition}");
    }
    for condition in [
        format!("({own} OR (p.id = 1))"),
        format!("((p.id = 1) AND ({own} OR true))"),
        format!("(NOT {own})"),
        format!("(({own} AND (p.id = 1)) OR (p.id = 2))"),
        own.replace("p.tenant_id", "q.tenant_id"),
        own.replace("0a", "0b"),
        format!("(p.name = '{}'::text)", own.replace('\'', "")),
    ] {
        assert!(sound("Filter", &condition).is_err(), "{condition}");
    }
    let other =
        serde_json::json!([{ "Plan": { "Node Type": "Seq Scan", "Relation Name": "countries", "Alias": "c" } }]);
    assert_eq!(unfiltered(&other, &tables, tenant), Ok(0));
}
