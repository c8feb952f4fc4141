//! CSV for spreadsheets ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)).

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// Writes rows, and defuses cells that a spreadsheet would take for a formula.
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

impl Csv {
    pub(crate) fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.cell(cell);
        }
        self.0.push_str("\r\n");
    }

    fn cell(&mut self, cell: &str) {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
        let quoted = formula || cell.contains([',', '"', '\n', '\r']);
        if !quoted {
            return self.0.push_str(cell);
        }
        self.0.push('"');
        if formula {
            self.0.push('\'');
        }
        self.0.push_str(&cell.replace('"', "\"\""));
        self.0.push('"');
    }

    /// Answers with the rows as a file of this name.
    pub(crate) fn into_answer(self, name: &'static str) -> Response {
        let disposition = format!("attachment; filename=\"{name}\"");
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
            (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).expect("a name of ours is ASCII")),
        ];
        (headers, self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        let check = |cell: &str, expected: &str| {
            let mut csv = Csv::default();
            csv.row([cell]);
            assert_eq!(csv.0, format!("{expected}\r\n"));
        };
        check("North", "North");
        check("-5", "-5");
        check("a,b", "\"a,b\"");
        check("say \"x\"", "\"say \"\"x\"\"\"");
        check("=HYPERLINK(\"http://evil.example\")", "\"'=HYPERLINK(\"\"http://evil.example\"\")\"");
        check("+1+1", "\"'+1+1\"");
        check("-1+1", "\"'-1+1\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("\t=1", "\"'\t=1\"");
    }
}
