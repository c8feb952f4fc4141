//! Texts that people see beside other people's texts.

use crate::json::Fields;

/// Takes a name of a person or clinic: 1 to 100 characters, of which each shows or shapes one that does.
///
/// Refused are control characters and what reorders, breaks or hides text, by which one name could pass for another.
/// The joiners that some scripts are written with are kept.
pub(crate) fn name(fields: &mut Fields, member: &str, text: &str) -> Option<String> {
    let name = well_formed(text);
    if name.is_none() {
        fields.refuse(member, "name_malformed", MALFORMED, "send 1 to 100 visible characters");
    }
    name
}

/// What is wrong with a text that is no name.
pub(crate) const MALFORMED: &str = "the name is empty, too long, or has control, formatting or invisible characters";

/// Returns the name in this text, if it is one.
pub(crate) fn well_formed(text: &str) -> Option<String> {
    let name = text.trim();
    let joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let refused = name.chars().all(joiner) || name.chars().count() > 100 || name.chars().any(is_deceptive);
    (!refused).then(|| name.to_owned())
}

/// Tells whether a character controls text instead of being a part of it: Cc, and of Unicode's `Default_Ignorable` and
/// `Bidi_Control` what no orthography needs in a name.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        name(&mut Fields::parse(b"{}").unwrap(), "name", text)
    }

    #[test]
    fn takes_names_of_any_script() {
        for text in
            ["Zoë O'Hara-Łuk", "李小龍", "محمد علي", "נועה", "नेहा क्\u{200d}ष", "می\u{200c}نا", "Nguyễn Thị 3rd", "?"]
        {
            assert_eq!(read(&format!(" {text}\t")).as_deref(), Some(text));
        }
    }

    #[test]
    fn refuses_what_makes_one_name_look_like_another() {
        for c in "\0\n\u{7f}\u{85}\u{ad}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0041}".chars() {
            assert_eq!(read(&format!("North{c}side")), None, "{c:?}");
        }
        for text in ["", " ", "\u{200d}", "\u{200c}\u{200d}", &"a".repeat(101)] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
