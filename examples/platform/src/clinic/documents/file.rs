//! Names and kinds of files, as clients say them and as they are told again.

use std::fmt::Write as _;

use crate::{json::Fields, text};

/// What a document may be declared as. None of it runs; whatever else is declared is just bytes.
const KINDS: [&str; 9] = [
    "application/dicom",
    "application/json",
    "application/pdf",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
];
const BYTES: &str = "application/octet-stream";

/// Takes the name of a file: 1 to 100 characters, of which each shows; of a path its last part ([RFC 7578 §4.2]).
///
/// [RFC 7578 §4.2]: https://www.rfc-editor.org/rfc/rfc7578#section-4.2
pub(crate) fn file_name(fields: &mut Fields, sent: &str) -> Option<String> {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = text::well_formed(last).filter(|name| !name.chars().all(|c| c == '.'));
    if name.is_none() {
        fields.refuse("name", "name_malformed", text::MALFORMED, "send 1 to 100 visible characters, as in report.pdf");
    }
    name
}

/// Returns the kind to store for what a client declared.
pub(crate) fn media_type(declared: Option<&str>) -> &'static str {
    let essence = declared.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    KINDS.into_iter().find(|kind| essence.eq_ignore_ascii_case(kind)).unwrap_or(BYTES)
}

/// Makes the header that has a browser save a file instead of showing it ([RFC 6266], [RFC 8187]).
///
/// The second name is what browsers take; the first is for those that don't know it, in letters that need no quoting.
///
/// [RFC 6266]: https://www.rfc-editor.org/rfc/rfc6266
/// [RFC 8187]: https://www.rfc-editor.org/rfc/rfc8187
pub(crate) fn disposition(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " -_.".contains(c) { c } else { '_' };
    let mut text =
        format!("attachment; filename=\"{}\"; filename*=UTF-8''", name.chars().map(plain).collect::<String>());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_last_part_of_its_path_for_a_name() {
        let check = |sent: &str, expected: Option<&str>| {
            let mut fields = Fields::parse(b"{}").unwrap();
            assert_eq!(file_name(&mut fields, sent).as_deref(), expected, "{sent:?}");
        };
        check(" report.pdf ", Some("report.pdf"));
        check("../../etc/passwd", Some("passwd"));
        check("C:\\Users\\ana\\x-ray.png", Some("x-ray.png"));
        check("a\"b'c;d.txt", Some("a\"b'c;d.txt"));
        check("報告.pdf", Some("報告.pdf"));
        let long = "a".repeat(101);
        for sent in ["", "/", "a/", ".", "..", "a\r\nset-cookie: x", "gpj.\u{202e}exe", "\u{200f}a", "a\0b", &long] {
            check(sent, None);
        }
    }

    #[test]
    fn only_kinds_that_do_not_run_are_kept() {
        let check = |declared: Option<&str>, expected| assert_eq!(media_type(declared), expected);
        check(Some("application/pdf"), "application/pdf");
        check(Some("Text/Plain; charset=utf-8"), "text/plain");
        for declared in
            ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "", "x", "text/plain,text/html"]
        {
            check(Some(declared), BYTES);
        }
        check(None, BYTES);
    }

    #[test]
    fn no_name_ends_the_header() {
        let check = |name: &str, expected: &str| assert_eq!(disposition(name), format!("attachment; {expected}"));
        check("report 1.pdf", "filename=\"report 1.pdf\"; filename*=UTF-8''report%201.pdf");
        check("a\"b\\c;\r\nd", "filename=\"a_b_c___d\"; filename*=UTF-8''a%22b%5Cc%3B%0D%0Ad");
        check("é.txt", "filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt");
    }
}
