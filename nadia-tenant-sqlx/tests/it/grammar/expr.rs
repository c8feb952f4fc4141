use std::collections::HashSet;

use super::{
    Kind::{self, Int, Text},
    Maker, Relation,
};

const TEXTS: &[&str] =
    &["'Ann'", "'Bob'", "'x'", "''", "'it''s'", "'x'' OR 1=1 --'", "'/*'", "'B%'", "'at'", "'tenant_id'"];

impl Maker {
    /// A column in view, of the innermost query rather than of those around it.
    fn column(&mut self, kind: Kind, only_innermost: bool) -> Option<String> {
        let scopes = if only_innermost { 1 } else { self.scopes.len() };
        let found: Vec<(String, String)> = self
            .in_view(scopes)
            .flat_map(|relation| {
                let of_kind = relation.columns.iter().filter(move |(_, known)| *known == kind);
                of_kind.map(|(column, _)| (relation.name.clone(), column.clone()))
            })
            .collect();
        if found.is_empty() {
            return None;
        }
        let (relation, column) = self.choices.one(&found).clone();
        // Of a function or a join it would be no column of the row.
        let has_fields = !relation.starts_with(['g', 'j', 'u']);
        let as_row = self.is_postgres() && has_fields && self.choices.rarely(10);
        Some(if as_row { format!("({relation}).{column}") } else { format!("{relation}.{column}") })
    }

    /// The relations of the innermost `scopes` queries that no other of the same name hides.
    fn in_view(&self, scopes: usize) -> impl Iterator<Item = &Relation> {
        let mut names = HashSet::new();
        self.scopes.iter().rev().take(scopes).flatten().filter(move |relation| names.insert(relation.name.as_str()))
    }

    fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Int => self.choices.one(&["1", "2", "3", "0", "5", "-1", "$1", "CAST(NULL AS bigint)"]).to_string(),
            Text if self.choices.rarely(8) => self.choices.one(&["$2", "CAST(NULL AS text)"]).to_string(),
            Text => self.choices.one(TEXTS).to_string(),
        }
    }

    fn column_or_literal(&mut self, kind: Kind) -> String {
        if self.choices.rarely(4) {
            return self.literal(kind);
        }
        self.column(kind, false).unwrap_or_else(|| self.literal(kind))
    }

    /// An expression over the columns in view; sub-queries as deep as is left.
    pub(super) fn expr(&mut self, kind: Kind) -> String {
        match (self.choices.below(10), kind) {
            (0..=4, _) => self.column_or_literal(kind),
            (5, Int) => {
                let (left, right) = (self.column_or_literal(Int), self.column_or_literal(Int));
                let op = *self.choices.one(&["+", "-", "*"]);
                format!("({left} {op} {right})")
            }
            (5, Text) => format!("({} || {})", self.column_or_literal(Text), self.column_or_literal(Text)),
            (6, _) => {
                let (first, second) = (self.column_or_literal(kind), self.column_or_literal(kind));
                let function = *self.choices.one(&["coalesce", "nullif"]);
                format!("{function}({first}, {second})")
            }
            (7, _) => {
                let condition = self.predicate();
                let (then, otherwise) = (self.column_or_literal(kind), self.column_or_literal(kind));
                format!("CASE WHEN {condition} THEN {then} ELSE {otherwise} END")
            }
            (8, Int) => {
                let text = self.column_or_literal(Text);
                format!("length({text})")
            }
            (8, Text) => {
                let function = *self.choices.one(&["upper", "lower", "trim"]);
                let text = self.column_or_literal(Text);
                format!("{function}({text})")
            }
            (_, _) if self.depth > 0 => self.scalar_query(kind),
            (_, _) => self.column_or_literal(kind),
        }
    }

    /// A query of one row at the most.
    fn scalar_query(&mut self, kind: Kind) -> String {
        self.deeper(|maker| {
            maker.scopes.push(Vec::new());
            let from = maker.from(2);
            let value = maker.aggregate(kind);
            let condition = maker.maybe_where();
            maker.scopes.pop();
            format!("(SELECT {value} FROM {from}{condition})")
        })
    }

    /// An aggregate of the innermost query's columns: one of outer columns alone would belong to the outer query.
    pub(super) fn aggregate(&mut self, kind: Kind) -> String {
        let Some(column) = self.column(kind, true) else {
            return if kind == Int { "count(*)".to_owned() } else { "max('none')".to_owned() };
        };
        if kind == Int && self.is_postgres() && self.choices.rarely(6) {
            let rows: Vec<String> = self.in_view(1).filter(|r| r.has_tenant).map(|r| format!("{}.*", r.name)).collect();
            if !rows.is_empty() {
                return format!("count({})", self.choices.one(&rows));
            }
        }
        let function = match kind {
            Int => *self.choices.one(&["count", "max", "min", "count"]),
            Text => *self.choices.one(&["max", "min"]),
        };
        let distinct = if function == "count" && self.choices.rarely(3) { "DISTINCT " } else { "" };
        let filter = if self.choices.rarely(5) {
            let column = self.column(Text, true).map_or_else(|| "1 = 1".to_owned(), |c| format!("{c} IS NOT NULL"));
            format!(" FILTER (WHERE {column})")
        } else {
            String::new()
        };
        format!("{function}({distinct}{column}){filter}")
    }

    pub(super) fn maybe_where(&mut self) -> String {
        if self.choices.below(2) == 0 { String::new() } else { format!(" WHERE {}", self.predicate()) }
    }

    pub(super) fn predicate(&mut self) -> String {
        let kind = *self.choices.one(&[Int, Text]);
        match self.choices.below(14) {
            0..=2 => {
                let (left, right) = (self.column_or_literal(kind), self.column_or_literal(kind));
                let op =
                    *self.choices.one(&["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"]);
                format!("{left} {op} {right}")
            }
            3 => {
                format!("{} IS {}NULL", self.column_or_literal(kind), if self.choices.rarely(2) { "NOT " } else { "" })
            }
            4 => {
                let (value, list) = (self.column_or_literal(kind), [self.literal(kind), self.literal(kind)].join(", "));
                format!("{value} {}IN ({list})", if self.choices.rarely(2) { "NOT " } else { "" })
            }
            5 => {
                let value = self.column_or_literal(Int);
                let symmetric = if self.is_postgres() && self.choices.rarely(2) { "SYMMETRIC " } else { "" };
                format!("{value} BETWEEN {symmetric}{} AND {}", self.literal(Int), self.column_or_literal(Int))
            }
            6 if self.is_postgres() && self.choices.rarely(2) => {
                let value = self.column_or_literal(Text);
                let array = format!("ARRAY[{}, {}]::text[]", self.literal(Text), self.column_or_literal(Text));
                let op = *self.choices.one(&["LIKE ANY", "NOT LIKE ALL", "ILIKE SOME", "NOT ILIKE ANY"]);
                format!("{value} {op} ({array})")
            }
            6 => format!("{} LIKE {}", self.column_or_literal(Text), self.literal(Text)),
            7 if self.depth > 0 => {
                let inner = self.deeper(|maker| maker.query(Some(&[Int])).0);
                format!("{}EXISTS ({inner})", if self.choices.rarely(2) { "NOT " } else { "" })
            }
            8 | 9 if self.depth > 0 => {
                let value = self.column_or_literal(kind);
                let inner = self.deeper(|maker| maker.query(Some(&[kind])).0);
                let ops: &[&str] =
                    if self.is_postgres() { &["IN", "NOT IN", "= ANY", "<= ALL"] } else { &["IN", "NOT IN"] };
                format!("{value} {} ({inner})", self.choices.one(ops))
            }
            10 => {
                let (left, right) = (self.predicate_of_columns(), self.predicate_of_columns());
                format!("({left} OR {right})")
            }
            11 => {
                let (left, right) = (self.predicate_of_columns(), self.predicate_of_columns());
                format!("{left} {} {right}", self.choices.one(&["AND", "OR"]))
            }
            12 => format!("NOT ({})", self.predicate_of_columns()),
            13 => self.tenant_predicate(),
            _ => "1 = 1".to_owned(),
        }
    }

    fn predicate_of_columns(&mut self) -> String {
        let kind = *self.choices.one(&[Int, Text]);
        let (left, right) = (self.column_or_literal(kind), self.column_or_literal(kind));
        format!("{left} {} {right}", self.choices.one(&["=", "<", "<>"]))
    }

    /// What a statement may say of the tenant column by itself.
    fn tenant_predicate(&mut self) -> String {
        let holders: Vec<String> =
            self.in_view(self.scopes.len()).filter(|r| r.has_tenant).map(|r| r.name.clone()).collect();
        if holders.is_empty() {
            return "1 = 1".to_owned();
        }
        let (left, right) = (self.choices.one(&holders).clone(), self.choices.one(&holders).clone());
        match self.choices.below(4) {
            0 => format!("{left}.tenant_id IS NOT NULL"),
            1 => format!("{left}.tenant_id = {right}.tenant_id"),
            2 => format!("({left}.tenant_id <> {right}.tenant_id OR {left}.tenant_id IS NULL)"),
            _ => format!("{left}.tenant_id IN (SELECT tenant_id FROM links)"),
        }
    }
}
