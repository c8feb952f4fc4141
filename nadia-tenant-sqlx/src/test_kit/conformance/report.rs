use std::fmt::Write as _;

use super::{
    super::Cell,
    differences,
    transcript::{Entry, Transcript},
};

/// What every cell answers where nothing is missing.
const EXPECTED: &str = include_str!("expected.txt");

/// What a cell answered to [`conformance`](super::conformance), and where that isn't what all cells answer.
#[derive(Clone, Debug)]
pub struct Report {
    cell: String,
    transcript: Transcript,
    deviations: Vec<String>,
}

impl Report {
    pub(super) fn new(cell: &Cell, transcript: Transcript) -> Self {
        let (expected, mut deviations) = expected(cell);
        compare(&expected, &transcript, &mut deviations);
        Self { cell: cell.name().to_owned(), transcript, deviations }
    }

    /// Tells whether each answer is the expected one.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.deviations.is_empty()
    }

    /// Returns where the cell deviates, a text each: case, step, the answer expected and the one given.
    #[must_use]
    pub fn deviations(&self) -> &[String] {
        &self.deviations
    }

    /// Returns everything that was asked and answered.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.transcript.to_string()
    }

    /// Ends a test unless the cell conforms.
    ///
    /// # Panics
    /// If it doesn't, saying where.
    #[track_caller]
    pub fn assert_conforms(&self) {
        assert!(self.conforms(), "{} deviates:\n\n{}", self.cell, self.deviations.join("\n"));
    }
}

/// Returns what the cell must answer, and what is wrong with the list of differences itself.
fn expected(cell: &Cell) -> (Transcript, Vec<String>) {
    let mut expected = Transcript::parse(EXPECTED);
    let mut faults = Vec::new();
    for difference in differences().iter().filter(|difference| cell.lacks(difference.without)) {
        let place = |entry: &&mut Entry| entry.case == difference.case && entry.step == difference.step;
        match expected.entries_mut().iter_mut().find(place) {
            Some(entry) if entry.answer != difference.answer => difference.answer.clone_into(&mut entry.answer),
            _ => faults.push(format!("this difference is none any more; remove it: {difference:?}")),
        }
    }
    (expected, faults)
}

fn compare(expected: &Transcript, given: &Transcript, deviations: &mut Vec<String>) {
    let (expected, given) = (expected.entries(), given.entries());
    let mut left = expected.iter().peekable();
    for entry in given {
        match left.next_if(|wanted| wanted.case == entry.case && wanted.step == entry.step) {
            Some(wanted) if wanted == entry => {}
            Some(wanted) => deviations.push(deviation(entry, &wanted.answer)),
            // Once the steps differ, the rest of the case is no help.
            None => {
                deviations.push(deviation(entry, "no such step"));
                while left.next_if(|wanted| wanted.case == entry.case).is_some() {}
            }
        }
    }
    deviations.extend(left.map(|wanted| {
        let never = Entry { answer: "never asked".to_owned(), ..wanted.clone() };
        deviation(&never, &wanted.answer)
    }));
}

fn deviation(given: &Entry, expected: &str) -> String {
    let mut text = format!("# {}\n{}\n", given.case, given.step);
    for (sign, answer) in [('-', expected), ('+', &*given.answer)] {
        for line in answer.lines() {
            let _ = writeln!(text, "  {sign} {line}");
        }
    }
    text
}
