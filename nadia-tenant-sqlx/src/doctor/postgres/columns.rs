use super::{Query, Row};
use crate::Catalog;

/// The columns of a catalog in the form in which a query takes them.
#[derive(Debug, Default)]
pub(super) struct Columns {
    tables: Vec<String>,
    names: Vec<String>,
    types: Vec<String>,
    required: Vec<bool>,
    defaulted: Vec<bool>,
}

impl Columns {
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut columns = Self::default();
        for table in catalog.tables() {
            for column in table.columns() {
                columns.tables.push(table.name().to_owned());
                columns.names.push(column.name().to_owned());
                columns.types.push(canonical(column.declared_type()));
                columns.required.push(column.not_null() || is_serial(column.declared_type()));
                columns.defaulted.push(column.has_default());
            }
        }
        columns
    }

    pub(super) fn bind(self, query: Query<'_, Row>) -> Query<'_, Row> {
        query.bind(self.tables).bind(self.names).bind(self.types).bind(self.required).bind(self.defaulted)
    }
}

fn is_serial(declared: &str) -> bool {
    declared.contains("serial")
}

/// Returns a declared type as `format_type` prints it without its modifier and schema.
fn canonical(declared: &str) -> String {
    let (element, brackets) = declared.split_once('[').map_or((declared, ""), |(element, _)| (element, "[]"));
    let mut depth = 0_u32;
    let mut plain = String::with_capacity(element.len());
    for c in element.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '"' => {}
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = match plain.as_str() {
        "int" | "int4" | "serial" | "serial4" => "integer",
        "int8" | "bigserial" | "serial8" => "bigint",
        "int2" | "smallserial" | "serial2" => "smallint",
        "bool" => "boolean",
        "varchar" | "char varying" => "character varying",
        "char" | "bpchar" => "character",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "timetz" => "time with time zone",
        "time" => "time without time zone",
        "float" | "float8" | "double" => "double precision",
        "float4" => "real",
        "decimal" | "dec" => "numeric",
        "varbit" => "bit varying",
        other if other.starts_with("interval ") => "interval",
        other => other.rsplit('.').next().unwrap_or(other),
    };
    format!("{name}{brackets}")
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn knows_the_names_that_the_server_prints() {
        for (declared, printed) in [
            ("timestamptz", "timestamp with time zone"),
            ("timestamp(3) with time zone", "timestamp with time zone"),
            ("varchar(20)", "character varying"),
            ("numeric(10,2)", "numeric"),
            ("bigserial", "bigint"),
            ("text[]", "text[]"),
            ("public.clinic_state", "clinic_state"),
        ] {
            assert_eq!(canonical(declared), printed, "{declared}");
        }
    }
}
