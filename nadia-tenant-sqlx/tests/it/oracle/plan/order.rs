//! What the server evaluates before the tenant's condition. It evaluates the terms of a filter from the left.

use super::{split, unwrapped};

/// Tells whether the rows that `wanted` drops meet only conditions which raise for no row.
pub(super) fn is_first(filter: &str, wanted: &str) -> bool {
    let fence = fence(wanted);
    let terms = split(unwrapped(filter), " AND ");
    // A filter of one term keeps its parentheses where they belong to the term.
    if terms.len() < 2 {
        return true;
    }
    let own = |term: &&str| unwrapped(term) == wanted || unwrapped(term) == fence;
    terms.iter().take_while(|term| !own(term)).all(|term| is_harmless(term))
}

/// The guard's fence, as the server prints it beside `alias.tenant_id = 'tenant'::uuid`.
fn fence(wanted: &str) -> String {
    let (column, tenant) = wanted.split_once(" = ").expect("a comparison");
    let tenant = tenant.trim_start_matches('\'').split('\'').next().expect("a literal");
    format!("CASE WHEN ({column} = ANY ('{{{tenant}}}'::uuid[])) THEN 1 ELSE NULL::integer END IS NOT NULL")
}

/// Tells whether a condition compares columns and values and no more. Sub-queries have scans of their own.
fn is_harmless(term: &str) -> bool {
    let bare = without_literals(term);
    if bare.contains("~~") && (term.contains('\\') || !follows_literal(&bare)) {
        return false;
    }
    let words: Vec<&str> = bare.split_inclusive([' ', '(', ')', ',', '[', ']']).collect();
    words.iter().all(|word| is_plain(word))
        // Types of values, and casts to a wider one.
        && bare.split("::").skip(1).zip(bare.split("::")).all(|(to, from)| {
            !from.ends_with(')') || ["numeric", "text", "bigint", "double precision"].iter().any(|wide| to.starts_with(wide))
        })
}

/// Tells whether each LIKE is of a literal.
fn follows_literal(bare: &str) -> bool {
    bare.split("~~").skip(1).all(|after| after.trim_start_matches('*').starts_with(" ''::text"))
}

fn is_plain(word: &str) -> bool {
    const CALLS: [&str; 8] = ["SubPlan", "ANY", "ALL", "COALESCE", "NULLIF", "lower", "upper", "length"];
    const OPERATORS: [&str; 7] = ["", "=", "<>", "<", "<=", ">", ">="];
    // LIKE and ILIKE, of a pattern that can't end with an escape.
    const LIKE: [&str; 4] = ["~~", "!~~", "~~*", "!~~*"];
    let end = word.trim_end_matches([' ', '(', ')', ',', '[', ']']);
    if word.ends_with('(') {
        return end.is_empty() || CALLS.contains(&end);
    }
    OPERATORS.contains(&end)
        || end.ends_with(".*")
        || LIKE.contains(&end)
        || end.chars().all(|c| c.is_alphanumeric() || "_.:$'\"".contains(c))
        || end.parse::<f64>().is_ok()
}

/// Each literal and quoted name as nothing between its quotes.
fn without_literals(text: &str) -> String {
    let mut open = None;
    let bare: String = text
        .chars()
        .filter(|c| match open {
            Some(quote) if quote == *c => {
                open = None;
                true
            }
            Some(_) => false,
            None => {
                open = matches!(c, '\'' | '"').then_some(*c);
                true
            }
        })
        .collect();
    // A doubled quote inside of one.
    bare.replace("''''", "''")
}

#[test]
fn a_condition_that_may_raise_comes_after_the_tenants() {
    let own = "p.tenant_id = 'a'::uuid";
    let fence = format!("({})", fence(own));
    for first in [
        format!("({own})"),
        format!("(({own}) AND (1 / (p.score - 5) = 1))"),
        format!("({fence} AND ('x'::text ~ p.name) AND ({own}))"),
        format!("((p.id = 1) AND (p.name <> 'a~b('::text) AND ({own}))"),
        format!("((p.score IS NOT NULL) AND (p.\"O(d\" >= '-1'::integer) AND ({own}))"),
        format!("((p.name !~~* 'it''s%'::text) AND (p.* IS NOT NULL) AND ({own}))"),
        format!("((NOT (SubPlan 1)) AND (hashed SubPlan 2) AND ({own}))"),
        format!("((p.id = ANY ('{{1,2}}'::bigint[])) AND ((p.score)::numeric > 1.5) AND ({own}))"),
    ] {
        assert!(is_first(&first, own), "{first}");
    }
    for late in [
        "('x'::text ~ p.name)",
        "(p.name ~~ $1)",
        "((1 / (p.score - 5)) = 1)",
        "((p.name)::integer = 1)",
        "(p.name = ANY (string_to_array(p.email, 'x'::text)))",
        "(p.tenant_id = 'b'::uuid OR pg_sleep(1) IS NULL)",
        "((p.score + 1) > 2)",
        "((p.score * 2) > 2)",
        "(p.name ~~ E'a\\\\'::text)",
        "(p.name ~~ p.email)",
        "('x'::text ~ ANY (ARRAY[p.name]))",
    ] {
        assert!(!is_first(&format!("({late} AND ({own}))"), own), "{late}");
    }
}
