//! What bytes of a text mean: products of that age stored what a browser or a spreadsheet gave them.

use super::Rule;

/// 0x80 to 0x9f of Windows-1252; those that it leaves open stand for themselves, as in the
/// [Encoding Standard](https://encoding.spec.whatwg.org/#windows-1252).
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Reads a text, and tells what had to be done to it.
pub(super) fn read(bytes: Vec<u8>) -> (String, Option<Rule>) {
    match String::from_utf8(bytes) {
        Err(error) => (error.as_bytes().iter().map(|byte| of_1252(*byte)).collect(), Some(Rule::NotUtf8)),
        Ok(text) => match twice(&text) {
            Some(once) => (once, Some(Rule::EncodedTwice)),
            None => (text, None),
        },
    }
}

/// Undoes what happens when the bytes of a text in UTF-8 are taken for Windows-1252 and encoded again.
///
/// A text is one only if all of it can be: then its letters are such that nobody would write them in a row.
fn twice(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(to_1252).collect();
    String::from_utf8(bytes?).ok()
}

const fn of_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[(byte - 0x80) as usize],
        _ => byte as char,
    }
}

fn to_1252(c: char) -> Option<u8> {
    match u8::try_from(c) {
        Ok(byte) if !(0x80..=0x9f).contains(&byte) => Some(byte),
        _ => HIGH.iter().position(|high| *high == c).and_then(|at| u8::try_from(at + 0x80).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str, rule: Option<Rule>) {
        assert_eq!(read(bytes.to_vec()), (text.to_owned(), rule));
    }

    #[test]
    fn texts_are_read_as_they_were_meant() {
        check(b"Ana", "Ana", None);
        check("Zoë 李小龍 “quoted” – 5 €".as_bytes(), "Zoë 李小龍 “quoted” – 5 €", None);
        check(b"Bj\xf6rk \x80 5", "Björk € 5", Some(Rule::NotUtf8));
        check("BjÃ¶rk".as_bytes(), "Björk", Some(Rule::EncodedTwice));
        check("Ã‰lodie â€“ OK".as_bytes(), "Élodie – OK", Some(Rule::EncodedTwice));
        // One letter that can't come of it, and the text stays as it is.
        check("Ã¶ und ö".as_bytes(), "Ã¶ und ö", None);
    }
}
