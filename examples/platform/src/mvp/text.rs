//! Texts of a source, brought into the form that a clinic's have.

use super::{Rule, encoding, finding::Noted, link::SourceRow};
use crate::text::{is_deceptive, well_formed};

/// The most characters that any text keeps.
const MAX: usize = 1_000_000;
const NAME: usize = 100;

/// Reads a text; one of white space alone is none.
pub(super) fn text(row: &SourceRow, column: &str, noted: &mut Noted<'_>) -> Result<Option<String>, sqlx::Error> {
    let Some(bytes) = row.text(column)? else { return Ok(None) };
    let (read, rule) = encoding::read(bytes);
    if let Some(rule) = rule {
        noted.add(rule);
    }
    Ok(plain(&read, noted))
}

fn plain(read: &str, noted: &mut Noted<'_>) -> Option<String> {
    let control = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || c == '\u{feff}';
    let mut text = read.trim().to_owned();
    if text.contains(control) {
        noted.add(Rule::Controls);
        text = text.replace(control, "").trim().to_owned();
    }
    if let Some((at, _)) = text.char_indices().nth(MAX) {
        noted.add(Rule::TextCut);
        text.truncate(at);
    }
    (!text.is_empty()).then_some(text)
}

/// Notes a text that is longer than a form takes it.
pub(super) fn note_long(text: Option<&String>, max: usize, noted: &mut Noted<'_>) {
    // No text has more characters than bytes.
    if text.is_some_and(|text| text.len() > max && text.chars().count() > max) {
        noted.add(Rule::LongText);
    }
}

/// Makes a name of a text: on one line, without what can't be seen, not too long; and tells whether a part was cut off.
pub(super) fn name(text: &str) -> (Option<String>, bool) {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let seen: String = line.chars().filter(|c| !is_deceptive(*c)).collect();
    let cut: String = seen.trim().chars().take(NAME).collect();
    let was_cut = cut.len() < seen.trim().len();
    (well_formed(&cut), was_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_clinic_takes() {
        assert_eq!(name("Zoë  O'Hara\n"), (Some("Zoë O'Hara".to_owned()), false));
        assert_eq!(name("A\u{202e}na\u{200b}"), (Some("Ana".to_owned()), false));
        assert_eq!(name("\u{200b}"), (None, false));
        assert_eq!(name(&"a".repeat(140)), (Some("a".repeat(100)), true));
    }
}
