use serde::Serialize;

use crate::mvp::{Findings, Outcome};

/// What came of a run, as `--json` shows it. Members are added, never renamed.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) tenant: Option<String>,
    pub(super) dry_run: bool,
    /// A run before had done all of it.
    pub(super) was_done: bool,
    /// What is there is what was read.
    pub(super) equal: bool,
    pub(super) tables: Vec<TableReport>,
    pub(super) besides: Vec<FindingReport>,
    pub(super) limits: Vec<LimitReport>,
}

#[derive(Serialize)]
pub(super) struct TableReport {
    table: &'static str,
    read: i64,
    kept: i64,
    dropped: i64,
    added: u64,
    there: Option<i64>,
    hash_read: String,
    hash_there: Option<String>,
    equal: bool,
    findings: Vec<FindingReport>,
}

#[derive(Serialize)]
pub(super) struct FindingReport {
    rule: &'static str,
    drops: bool,
    count: u64,
    says: &'static str,
    /// Old ids.
    examples: Vec<i64>,
}

/// What a plan limits, and what is used of it now.
#[derive(Serialize)]
pub(super) struct LimitReport {
    pub(super) resource: &'static str,
    pub(super) used: i64,
    pub(super) limit: i64,
    pub(super) above: bool,
    #[serde(skip)]
    pub(super) shown: String,
}

impl Report {
    pub(super) fn of(tenant: Option<String>, outcome: &Outcome, limits: Vec<LimitReport>, dry_run: bool) -> Self {
        let tables = outcome.tables.iter().map(|table| TableReport {
            table: table.table.name(),
            read: table.read,
            kept: table.kept,
            dropped: table.read - table.kept,
            added: table.added,
            there: table.there.as_ref().map(|(rows, _)| *rows),
            hash_read: table.hash.clone(),
            hash_there: table.there.as_ref().map(|(_, hash)| hash.clone()),
            equal: table.is_equal(),
            findings: findings(&table.findings),
        });
        let tables: Vec<_> = tables.collect();
        let equal = tables.iter().all(|table| table.equal);
        let besides = findings(&outcome.besides);
        Self { tenant, dry_run, was_done: outcome.was_done, equal, tables, besides, limits }
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.dry_run {
            text.push_str("dry run: nothing was written\n");
        } else if self.was_done {
            text.push_str("all of it was brought in before; compared again\n");
        }
        for table in &self.tables {
            let TableReport { table: name, read, kept, dropped, added, .. } = table;
            text.push_str(&format!("{name}: {read} read, {kept} kept, {dropped} dropped"));
            match table.there {
                None => text.push('\n'),
                Some(there) => text.push_str(&format!(
                    "; {added} added, {there} there, {}\n",
                    if table.equal { "equal" } else { "NOT EQUAL" }
                )),
            }
            text.push_str(&format!("  sha-256 {}\n", table.hash_read));
            if let Some(hash) = table.hash_there.as_ref().filter(|_| !table.equal) {
                text.push_str(&format!("  there   {hash}\n"));
            }
            lines(&table.findings, &mut text);
        }
        if !self.besides.is_empty() {
            text.push_str("besides\n");
            lines(&self.besides, &mut text);
        }
        for LimitReport { resource, above, shown, .. } in &self.limits {
            let note = if *above { "; more can only be added with a larger plan" } else { "" };
            text.push_str(&format!("{resource}: {shown}{note}\n"));
        }
        text
    }
}

fn findings(findings: &Findings) -> Vec<FindingReport> {
    let report = findings.iter().map(|(rule, found)| FindingReport {
        rule: rule.name(),
        drops: rule.drops(),
        count: found.count,
        says: rule.says(),
        examples: found.examples.clone(),
    });
    report.collect()
}

fn lines(findings: &[FindingReport], text: &mut String) {
    for FindingReport { rule, count, says, examples, .. } in findings {
        text.push_str(&format!("  {count} {rule}: {says}"));
        if !examples.is_empty() {
            let ids: Vec<String> = examples.iter().map(ToString::to_string).collect();
            let more = if *count > examples.len() as u64 { ", …" } else { "" };
            text.push_str(&format!(" (ids {}{more})", ids.join(", ")));
        }
        text.push('\n');
    }
}
