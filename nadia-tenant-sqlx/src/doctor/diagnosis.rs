use std::{cmp::Reverse, fmt};

use serde_json::json;

use super::{Finding, Severity};
use crate::Error;

/// The most objects of one check that the text shows.
const SHOWN: usize = 20;

/// What the doctor found in all places of an installation.
///
/// `Display` gives a text for people, [`to_json`](Self::to_json) one for programs, and [`migration`](Self::migration) the SQL that mends.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    name: String,
    findings: Vec<Finding>,
}

impl Diagnosis {
    /// Takes what was found in each place; a place is a database or a file, and a name that people know it by.
    pub(crate) fn new(places: impl IntoIterator<Item = (String, Vec<Finding>)>) -> Self {
        let sorted = |(name, mut findings): (String, Vec<Finding>)| {
            findings.sort_by_cached_key(|found| (Reverse(found.severity()), found.rank(), found.object().to_owned()));
            Place { name, findings }
        };
        Self { places: places.into_iter().map(sorted).collect() }
    }

    /// Returns every finding with the name of its place; within a place the worst first.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &Finding)> {
        self.places.iter().flat_map(|place| place.findings.iter().map(|found| (place.name.as_str(), found)))
    }

    /// Returns how many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings().filter(|(_, found)| found.severity() == severity).count()
    }

    /// Returns the severity of the worst finding, `None` if nothing was found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings().map(|(_, found)| found.severity()).max()
    }

    /// Tells whether nothing critical was found. Warnings and notices don't count.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.count(Severity::Critical) == 0
    }

    /// Refuses to go on when something critical was found; for use at start.
    ///
    /// # Errors
    /// [`Error::Unsound`], which names the first critical finding and how many there are.
    pub fn ensure_clean(&self) -> Result<(), Error> {
        let mut critical = self.findings().filter(|(_, found)| found.severity() == Severity::Critical);
        let Some((place, found)) = critical.next() else { return Ok(()) };
        let (object, place) = (one_line(found.object()), one_line(place));
        Err(Error::Unsound {
            critical: 1 + critical.count(),
            first: format!("{} at {object} in {place}", found.check()),
        })
    }

    /// Returns all of it as a JSON document.
    ///
    /// `{"clean", "critical", "warning", "notice", "places": [{"name", "findings": [{"severity", "check", "object", "detail",
    /// "why", "advice", "fix"}]}]}`; `detail` and `fix` may be null.
    #[must_use]
    pub fn to_json(&self) -> String {
        let finding = |found: &Finding| {
            json!({
                "severity": found.severity().as_str(),
                "check": found.check(),
                "object": found.object(),
                "detail": found.detail(),
                "why": found.why(),
                "advice": found.advice(),
                "fix": found.fix(),
            })
        };
        let place = |place: &Place| json!({ "name": place.name, "findings": place.findings.iter().map(finding).collect::<Vec<_>>() });
        let document = json!({
            "clean": self.is_clean(),
            "critical": self.count(Severity::Critical),
            "warning": self.count(Severity::Warning),
            "notice": self.count(Severity::Notice),
            "places": self.places.iter().map(place).collect::<Vec<_>>(),
        });
        format!("{document:#}\n")
    }

    /// Returns the SQL that mends what SQL can mend, in an order in which it can run.
    ///
    /// Each statement stands under comments that say which findings it mends; a finding that no SQL can mend is a comment. Every
    /// statement can run in a transaction, and the text opens none. Places are databases of their own: each has
    /// a section. Read it before you run it: it drops policies and rules, rebuilds keys, and fails, changing nothing, where
    /// rows are in the way.
    #[must_use]
    pub fn migration(&self) -> String {
        let mut sql = String::from(
            "-- Mends what the doctor found. Read it, then run each section in one transaction of its database.\n",
        );
        for place in self.places.iter().filter(|place| !place.findings.is_empty()) {
            sql.push_str(&format!("\n-- Place: {}\n", one_line(&place.name)));
            let mut ordered: Vec<&Finding> = place.findings.iter().collect();
            ordered.sort_by_key(|found| found.rank());
            for (at, found) in ordered.iter().enumerate() {
                let Some(fix) = found.fix() else {
                    sql.push_str(&format!("\n{}-- No SQL mends this: {}.\n", comment(found), found.advice()));
                    continue;
                };
                // One statement often mends several findings of one table.
                if ordered[..at].iter().any(|earlier| earlier.fix() == Some(fix)) {
                    continue;
                }
                sql.push('\n');
                for mended in ordered[at..].iter().filter(|later| later.fix() == Some(fix)) {
                    sql.push_str(&comment(mended));
                }
                sql.push_str(&format!("{fix};\n"));
            }
        }
        sql
    }
}

/// Says which finding a statement mends.
fn comment(found: &Finding) -> String {
    let detail = found.detail().map(|detail| format!(" ({})", one_line(detail))).unwrap_or_default();
    format!("-- {} {}: {}{detail}\n", found.severity(), found.check(), one_line(found.object()))
}

/// Keeps a name on its line: in a comment of SQL, what follows a line break would be a statement.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [critical, warning, notice] = Severity::ALL.map(|severity| self.count(severity));
        writeln!(f, "{critical} critical, {warning} warning, {notice} notice; places examined: {}", self.places.len())?;
        let mut found: Vec<_> = self.findings().collect();
        found.sort_by_key(|(_, found)| (Reverse(found.severity()), found.rank()));
        for of_check in found.chunk_by(|(_, a), (_, b)| a.check() == b.check()) {
            let Some((_, first)) = of_check.first() else { continue };
            writeln!(f, "\n{} {}: {}", first.severity(), first.check(), first.why())?;
            for (place, found) in of_check.iter().take(SHOWN) {
                write!(f, "  {}: {}", one_line(place), one_line(found.object()))?;
                if let Some(detail) = found.detail() {
                    write!(f, " ({})", one_line(detail))?;
                }
                match found.fix() {
                    Some(fix) => writeln!(f, "\n    mend: {}", one_line(fix))?,
                    None => writeln!(f, "\n    mend by hand: {}", found.advice())?,
                }
            }
            if of_check.len() > SHOWN {
                writeln!(f, "  and {} more; the JSON has all", of_check.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}
