use super::{
    Kind::{self, Int, Text},
    Maker, Relation,
};

impl Maker {
    pub(super) fn kinds(&mut self) -> Vec<Kind> {
        (0..=self.choices.below(2)).map(|_| *self.choices.one(&[Int, Text])).collect()
    }

    /// A query, and whether its order is fixed. With `kinds` it gives columns of these, named x1, x2 …
    pub(super) fn query(&mut self, kinds: Option<&[Kind]>) -> (String, bool) {
        let known = self.ctes.len();
        let with = if self.depth > 0 && self.choices.rarely(5) { self.with() } else { String::new() };
        let (body, width) = match self.choices.below(8) {
            6 | 7 if self.depth > 0 => {
                let chosen = self.kinds();
                let kinds = kinds.unwrap_or(&chosen).to_vec();
                let left = self.deeper(|maker| maker.select(Some(&kinds)).0);
                let right = self.deeper(|maker| maker.select(Some(&kinds)).0);
                let mut ops = vec!["UNION", "UNION ALL", "INTERSECT", "EXCEPT"];
                if self.is_postgres() {
                    ops.extend(["EXCEPT ALL", "INTERSECT ALL"]);
                }
                let op = *self.choices.one(&ops);
                (format!("{left} {op} {right}"), Some(kinds.len()))
            }
            _ => self.select(kinds),
        };
        self.ctes.truncate(known);
        let Some(width) = width.filter(|_| self.choices.rarely(3)) else { return (with + &body, false) };
        let order: Vec<String> = (1..=width)
            .map(|at| format!("{at}{}", self.choices.one(&["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])))
            .collect();
        let limit = match self.choices.below(4) {
            0 | 1 => String::new(),
            2 => format!(" LIMIT {}", self.choices.below(4)),
            _ => format!(" LIMIT {} OFFSET {}", 1 + self.choices.below(3), self.choices.below(3)),
        };
        (format!("{with}{body} ORDER BY {}{limit}", order.join(", ")), true)
    }

    fn with(&mut self) -> String {
        let mut parts = Vec::new();
        for _ in 0..=self.choices.below(2) {
            let kinds = self.kinds();
            let inner = self.deeper(|maker| {
                // A CTE sees nothing of the query around it but CTEs: PostgreSQL allows more, and the grammar needs none.
                let around = std::mem::take(&mut maker.scopes);
                let made = maker.query(Some(&kinds)).0;
                maker.scopes = around;
                made
            });
            // Now and then by the name of a table, which it then hides.
            let name = if self.choices.rarely(4) && !self.ctes.iter().any(|cte| cte.name == "visits") {
                if inner.contains("visits") { self.fresh("w") } else { "visits".to_owned() }
            } else {
                self.fresh("w")
            };
            let columns: Vec<_> = kinds.iter().enumerate().map(|(at, kind)| (format!("x{}", at + 1), *kind)).collect();
            let materialized =
                if self.is_postgres() { *self.choices.one(&["", "MATERIALIZED ", "NOT MATERIALIZED "]) } else { "" };
            parts.push(format!("{name} AS {materialized}({inner})"));
            self.ctes.push(Relation { name, columns, has_tenant: false });
        }
        format!("WITH {} ", parts.join(", "))
    }

    /// One SELECT, and how many columns it gives, if that is known.
    fn select(&mut self, kinds: Option<&[Kind]>) -> (String, Option<usize>) {
        self.scopes.push(Vec::new());
        let from = self.from(3);
        let condition = self.maybe_where();
        let made = match (self.choices.below(8), kinds) {
            (6, None) if self.choices.rarely(2) => {
                let name = self.scopes.last().expect("pushed above")[0].name.clone();
                let all = if self.choices.rarely(3) { format!("{name}.*") } else { "*".to_owned() };
                (format!("SELECT {all} FROM {from}{condition}"), None)
            }
            (4 | 5, _) => self.grouped(kinds, &from, &condition),
            (7, _) => self.windowed(kinds, &from, &condition),
            _ => {
                let distinct = if self.choices.rarely(4) { "DISTINCT " } else { "" };
                let chosen = self.kinds();
                let kinds = kinds.unwrap_or(&chosen);
                let list: Vec<String> =
                    kinds.iter().enumerate().map(|(at, kind)| format!("{} AS x{}", self.expr(*kind), at + 1)).collect();
                (format!("SELECT {distinct}{} FROM {from}{condition}", list.join(", ")), Some(list.len()))
            }
        };
        self.scopes.pop();
        made
    }

    /// Grouped by columns; what is listed then is these, and aggregates.
    fn grouped(&mut self, kinds: Option<&[Kind]>, from: &str, condition: &str) -> (String, Option<usize>) {
        let relations = self.scopes.last().expect("a SELECT has its scope").clone();
        let columns: Vec<(String, String, Kind)> = relations
            .iter()
            .flat_map(|r| r.columns.iter().map(|(column, kind)| (r.name.clone(), column.clone(), *kind)))
            .collect();
        let key = self.choices.one(&columns).clone();
        let chosen = self.kinds();
        let kinds = kinds.unwrap_or(&chosen);
        let list: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(at, kind)| {
                let is_key = *kind == key.2 && self.choices.below(2) == 0;
                let value = if is_key { format!("{}.{}", key.0, key.1) } else { self.aggregate(*kind) };
                format!("{value} AS x{}", at + 1)
            })
            .collect();
        let having = if self.choices.rarely(3) {
            format!(" HAVING count(*) > {}", self.choices.below(3))
        } else {
            String::new()
        };
        let text = format!("SELECT {} FROM {from}{condition} GROUP BY {}.{}{having}", list.join(", "), key.0, key.1);
        (text, Some(list.len()))
    }

    /// With a window function, whose value does not depend on the order of equals.
    fn windowed(&mut self, kinds: Option<&[Kind]>, from: &str, condition: &str) -> (String, Option<usize>) {
        let chosen = self.kinds();
        let kinds = kinds.unwrap_or(&chosen);
        let list: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(at, kind)| {
                let function = match kind {
                    Int => *self.choices.one(&["count(*)", "rank()", "dense_rank()"]),
                    Text => "max('top')",
                };
                let (partition, order) = (self.expr(Text), self.expr(Int));
                // Whole groups of equals come and go, but for the current row, which counts the same as its equals.
                let frame = if self.is_postgres() && self.choices.rarely(3) {
                    let left_out = *self.choices.one(&["CURRENT ROW", "GROUP", "TIES", "NO OTHERS"]);
                    format!(" GROUPS BETWEEN 1 PRECEDING AND {} FOLLOWING EXCLUDE {left_out}", self.choices.below(2))
                } else {
                    String::new()
                };
                format!("{function} OVER (PARTITION BY {partition} ORDER BY {order}{frame}) AS x{}", at + 1)
            })
            .collect();
        (format!("SELECT {} FROM {from}{condition}", list.join(", ")), Some(list.len()))
    }
}
