use super::{Form, MARK};

/// Tells whether a printed statement has stand-ins.
pub(in crate::guard) fn is_hiding(text: &str) -> bool {
    text.contains(MARK)
}

/// Turns the stand-ins of a printed statement back. What it can't turn back keeps its mark, which no statement may have.
pub(in crate::guard) fn show(text: String) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, marked)) = rest.split_once(MARK) {
        out.push_str(before);
        let found = marked.split_once(MARK).and_then(|(stand_in, after)| {
            let form = Form::ALL.into_iter().find(|form| stand_in.starts_with(form.letter()))?;
            put_back(form, &stand_in[1..], after, &mut out)
        });
        let Some(after) = found else {
            out.push(MARK);
            return out;
        };
        rest = after;
    }
    out.push_str(&rest);
    out
}

/// Writes one form, and returns what follows it.
fn put_back(form: Form, text: &str, after: &str, out: &mut String) -> Option<String> {
    match form {
        Form::Lock => {
            drop_end(out, "UPDATE OF ")?;
            out.push_str(text);
            let mut quoted = false;
            let end = after
                .char_indices()
                .find(|(_, c)| {
                    quoted ^= *c == '"';
                    !quoted && matches!(c, ' ' | ')')
                })
                .map_or(after.len(), |(at, _)| at);
            let (tables, after) = after.split_at(end);
            for (at, c) in tables.chars().enumerate() {
                quoted ^= c == '"';
                match c {
                    '.' if at == 0 => out.push_str(" OF "),
                    '.' if !quoted => out.push_str(", "),
                    c => out.push(c),
                }
            }
            Some(after.to_owned())
        }
        Form::Search => {
            drop_end(out, " FOR UPDATE OF ")?;
            let after = after.strip_prefix(')')?;
            out.push_str(&format!(") {text}"));
            Some(after.to_owned())
        }
        Form::Overriding => {
            drop_end(out, "PARTITION (")?;
            out.push_str(text);
            after.strip_prefix(')').map(str::to_owned)
        }
        Form::Using => {
            drop_end(out, ", ")?;
            let after = after.strip_prefix(')')?;
            out.push_str(&format!(") {text}"));
            Some(after.to_owned())
        }
        Form::Row => None,
        Form::Exclude => {
            let after = after.strip_prefix(' ').unwrap_or(after);
            let (inside, outside) = after.split_at(closing(after)?);
            Some(format!("{inside} {text}{outside}"))
        }
    }
}

fn drop_end(out: &mut String, end: &str) -> Option<()> {
    let kept = out.strip_suffix(end)?.len();
    out.truncate(kept);
    Some(())
}

/// Finds the parenthesis that closes what is open before the text.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escapes) = (0_usize, None, false);
    let mut chars = text.char_indices();
    let mut previous = ' ';
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\\') if escapes => drop(chars.next()),
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => (quote, escapes) = (Some(c), previous == 'E'),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => return Some(at),
            (None, ')') => depth -= 1,
            _ => {}
        }
        previous = c;
    }
    None
}
