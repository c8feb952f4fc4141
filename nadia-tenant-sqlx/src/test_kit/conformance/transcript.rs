use std::fmt;

/// What was asked and what was answered, in order. Its text is what is kept and compared:
///
/// ```text
/// # case
/// step: first line of the answer
///     further lines of it
/// ```
#[derive(Clone, Debug, Default)]
pub(super) struct Transcript(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) case: String,
    pub(super) step: String,
    pub(super) answer: String,
}

const FURTHER: &str = "    ";

impl Transcript {
    pub(super) fn parse(text: &str) -> Self {
        let mut case = "";
        let mut entries: Vec<Entry> = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(name) = line.strip_prefix("# ") {
                case = name;
            } else if let (Some(further), Some(last)) = (line.strip_prefix(FURTHER), entries.last_mut()) {
                last.answer.push('\n');
                last.answer.push_str(further);
            } else {
                let (step, answer) = line.split_once(": ").unwrap_or((line, ""));
                entries.push(Entry { case: case.to_owned(), step: step.to_owned(), answer: answer.to_owned() });
            }
        }
        Self(entries)
    }

    pub(super) fn push(&mut self, case: &str, step: &str, answer: String) {
        self.0.push(Entry { case: case.to_owned(), step: step.to_owned(), answer });
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    pub(super) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.0
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut case = "";
        for entry in &self.0 {
            if entry.case != case {
                let space = if case.is_empty() { "" } else { "\n" };
                writeln!(f, "{space}# {}", entry.case)?;
                case = &entry.case;
            }
            writeln!(f, "{}: {}", entry.step, entry.answer.replace('\n', &format!("\n{FURTHER}")))?;
        }
        Ok(())
    }
}
