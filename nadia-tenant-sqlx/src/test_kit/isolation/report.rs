use std::fmt;

/// What an [`IsolationCheck`](super::IsolationCheck) found.
#[derive(Clone, Debug, Default)]
#[must_use = "a report asserts nothing by itself"]
pub struct IsolationReport {
    statements: usize,
    findings: Vec<Finding>,
}

/// A table in which a wall doesn't hold, or in which that can't be told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The table; empty when it is about none.
    pub table: String,
    /// What must hold.
    pub rule: &'static str,
    /// The statement that shows it.
    pub statement: String,
    /// What was seen instead.
    pub seen: String,
    /// Whether it is a leak; otherwise the statement failed, and whether the rule holds isn't known.
    pub is_leak: bool,
}

const UNCHECKED: &str = "can be checked";

impl IsolationReport {
    /// Tells whether every wall held, in every table.
    #[must_use]
    pub fn is_isolated(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns every wall that didn't hold, and every one that couldn't be checked.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns how many statements were tried.
    #[must_use]
    pub const fn statements(&self) -> usize {
        self.statements
    }

    /// Ends a test unless every wall held.
    ///
    /// # Panics
    /// If one didn't, saying in which table and by which statement.
    #[track_caller]
    pub fn assert_isolated(&self) {
        assert!(self.is_isolated(), "{self}");
    }

    pub(super) fn tried(&mut self) {
        self.statements += 1;
    }

    pub(super) fn leak(&mut self, table: &str, rule: &'static str, statement: &str, seen: impl Into<String>) {
        self.find(Finding {
            table: table.to_owned(),
            rule,
            statement: statement.to_owned(),
            seen: seen.into(),
            is_leak: true,
        });
    }

    pub(super) fn unchecked(&mut self, table: &str, statement: &str, why: impl Into<String>) {
        self.find(Finding {
            table: table.to_owned(),
            rule: UNCHECKED,
            statement: statement.to_owned(),
            seen: why.into(),
            is_leak: false,
        });
    }

    /// Keeps one finding of a kind; the other tenants' are the same.
    fn find(&mut self, finding: Finding) {
        let known = |known: &Finding| {
            known.table == finding.table && known.rule == finding.rule && known.statement == finding.statement
        };
        if !self.findings.iter().any(known) {
            self.findings.push(finding);
        }
    }
}

impl fmt::Display for IsolationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, statements) = (self.findings.len(), self.statements);
        writeln!(f, "tenants aren't known to be isolated: {count} findings by {statements} statements")?;
        for Finding { table, rule, statement, seen, .. } in &self.findings {
            writeln!(f, "- table {table:?}, {rule}: {seen}")?;
            if !statement.is_empty() {
                writeln!(f, "  {statement}")?;
            }
        }
        Ok(())
    }
}
