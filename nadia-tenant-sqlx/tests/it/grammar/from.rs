use super::{Kind::Int, Maker, Relation, TABLES};

impl Maker {
    /// A FROM list whose parts join up to `most` relations, which come into view in the innermost scope.
    pub(super) fn from(&mut self, most: u32) -> String {
        let mut text = self.joins(most);
        if self.choices.rarely(5) {
            text = format!("{text}, {}", self.joins(most));
        }
        text
    }

    fn joins(&mut self, most: u32) -> String {
        // What stands before a comma is out of view in an ON behind it.
        let first = self.scope().len();
        let mut text = self.item(first > 0);
        for _ in 0..self.choices.below(most) {
            text = self.joined(text, first);
        }
        text
    }

    fn joined(&mut self, left: String, first: usize) -> String {
        let known = self.scope().len();
        match self.choices.below(12) {
            0 | 1 => format!("{left} CROSS JOIN {}", self.item(true)),
            2 => {
                let right = self.item(true);
                format!("{left} {} {right}", self.choices.one(&["NATURAL JOIN", "NATURAL LEFT JOIN"]))
            }
            3 => match self.common(first, known) {
                (right, Some(column)) => {
                    let join = *self.choices.one(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
                    let alias = if self.is_postgres() && self.choices.rarely(3) {
                        let name = self.fresh("u");
                        let added = &self.scope()[known];
                        let columns = added.columns.iter().filter(|(shared, _)| *shared == column).cloned().collect();
                        self.scope().push(Relation { name: name.clone(), columns, has_tenant: false });
                        format!(" AS {name}")
                    } else {
                        String::new()
                    };
                    format!("{left} {join} {right} USING ({column}){alias}")
                }
                (right, None) => format!("{left} CROSS JOIN {right}"),
            },
            4 => {
                // Parenthesised, so that the join is one operand.
                let start = self.scope().len();
                let inner = self.item(true);
                let inner_right = self.item(true);
                let on = self.on(start, start + 1);
                let join = *self.choices.one(&["JOIN", "LEFT JOIN", "RIGHT JOIN"]);
                let alias =
                    if self.is_postgres() && self.choices.rarely(3) { self.alias_join(start) } else { String::new() };
                let outer_on = self.on(first, start);
                let outer = *self.choices.one(&["JOIN", "LEFT JOIN", "RIGHT JOIN"]);
                format!("{left} {outer} ({inner} {join} {inner_right} ON {on}){alias} ON {outer_on}")
            }
            5 => {
                let right = self.item(true);
                // PostgreSQL joins both sides in full by equality only.
                match self.equality(first, known) {
                    Some(on) => format!("{left} FULL JOIN {right} ON {on}"),
                    None => format!("{left} CROSS JOIN {right}"),
                }
            }
            6 if self.is_postgres() && self.depth > 0 => {
                let (name, right) = self.derived();
                let join = *self.choices.one(&["CROSS JOIN LATERAL", "LEFT JOIN LATERAL"]);
                let on = if join == "CROSS JOIN LATERAL" { "" } else { " ON true" };
                let entry = name.clone();
                self.scope().push(entry);
                format!("{left} {join} {right}{on}")
            }
            _ => {
                let right = self.item(true);
                let on = self.on(first, known);
                format!("{left} {} {right} ON {on}", self.choices.one(&["JOIN", "LEFT JOIN", "RIGHT JOIN"]))
            }
        }
    }

    /// Puts one relation in the place of those from `start` on, with the columns that one of them alone has.
    fn alias_join(&mut self, start: usize) -> String {
        let name = self.fresh("j");
        let inside = self.scope().split_off(start);
        let all: Vec<_> = inside.into_iter().flat_map(|relation| relation.columns).collect();
        let alone = |column: &str| all.iter().filter(|(other, _)| other == column).count() == 1;
        let columns = all.iter().filter(|(column, _)| alone(column)).cloned().collect();
        self.scope().push(Relation { name: name.clone(), columns, has_tenant: false });
        format!(" AS {name}")
    }

    fn scope(&mut self) -> &mut Vec<Relation> {
        self.scopes.last_mut().expect("a FROM is made inside a scope")
    }

    /// A condition over the relations of this FROM: mostly that two columns are equal.
    fn on(&mut self, first: usize, known: usize) -> String {
        match (self.choices.below(4), self.equality(first, known)) {
            (0..=2, Some(equality)) => equality,
            (_, Some(equality)) => {
                let also = self.simple();
                format!("{equality} {} {also}", self.choices.one(&["AND", "OR"]))
            }
            (_, None) => "1 = 1".to_owned(),
        }
    }

    fn simple(&mut self) -> String {
        let column = self.scope().last().and_then(|r| r.columns.first().map(|(c, _)| format!("{}.{c}", r.name)));
        column.map_or_else(|| "1 = 1".to_owned(), |column| format!("{column} IS NOT NULL"))
    }

    /// An equality between the relations from `first` on to `known` and those from it on.
    fn equality(&mut self, first: usize, known: usize) -> Option<String> {
        let columns = |relations: &[Relation], kind| {
            let named = |r: &Relation| {
                let name = r.name.clone();
                r.columns
                    .iter()
                    .filter(move |(_, k)| *k == kind)
                    .map(move |(c, _)| format!("{name}.{c}"))
                    .collect::<Vec<_>>()
            };
            relations.iter().flat_map(named).collect::<Vec<_>>()
        };
        let scope = self.scope().clone();
        for kind in [Int, super::Kind::Text] {
            let (left, right) = (columns(&scope[first..known], kind), columns(&scope[known..], kind));
            if !left.is_empty() && !right.is_empty() {
                return Some(format!("{} = {}", self.choices.one(&right), self.choices.one(&left)));
            }
        }
        None
    }

    /// A further relation, and a column that exactly one relation before it shares with it.
    fn common(&mut self, first: usize, known: usize) -> (String, Option<String>) {
        let right = self.item(true);
        let scope = self.scope().clone();
        let added = scope[known].clone();
        let holders =
            |column: &str| scope[first..known].iter().filter(|r| r.columns.iter().any(|(c, _)| c == column)).count();
        let shared: Vec<String> =
            added.columns.iter().map(|(column, _)| column.clone()).filter(|column| holders(column) == 1).collect();
        if shared.is_empty() {
            return (right, None);
        }
        (right, Some(self.choices.one(&shared).clone()))
    }

    /// One relation: a table by its name or an alias, a CTE, or a sub-query.
    fn item(&mut self, joined: bool) -> String {
        match self.choices.below(10) {
            8 if self.depth > 0 => {
                // It sees nothing of its own FROM, unless it is LATERAL.
                let hidden = std::mem::take(self.scope());
                let (entry, text) = self.derived();
                *self.scope() = hidden;
                self.scope().push(entry);
                text
            }
            6 | 7 if !self.ctes.is_empty() => {
                let cte = self.choices.one(&self.ctes.clone()).clone();
                let alias = self.fresh("c");
                let text = format!("{} AS {alias}", cte.name);
                self.scope().push(Relation { name: alias, ..cte });
                text
            }
            9 if self.is_postgres() && joined => {
                let alias = self.fresh("g");
                self.scope().push(Relation {
                    name: alias.clone(),
                    columns: vec![("n".to_owned(), Int)],
                    has_tenant: false,
                });
                match self.choices.below(3) {
                    0 => format!("ROWS FROM (generate_series(1, 3), generate_series(2, 3)) AS {alias}(n, m)"),
                    _ => format!("generate_series(1, 3) AS {alias}(n)"),
                }
            }
            _ => self.table(),
        }
    }

    fn table(&mut self) -> String {
        let table = self.choices.one(TABLES);
        let mut columns: Vec<_> = table.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        let hidden = self.ctes.iter().any(|cte| cte.name == table.name);
        let taken = self.scope().iter().any(|relation| relation.name == table.name);
        let home = if self.is_postgres() { "public" } else { "main" };
        let (text, name) = match self.choices.below(4) {
            0 if !hidden && !taken => (table.name.to_owned(), table.name.to_owned()),
            1 if !hidden => {
                let alias = self.fresh("t");
                (format!("{home}.{} AS {alias}", table.name), alias)
            }
            // Another table's name as the alias.
            2 if !hidden && !self.scope().iter().any(|relation| relation.name == "rooms") => {
                (format!("{} AS rooms", table.name), "rooms".to_owned())
            }
            3 if !hidden
                && self.is_postgres()
                && table.name != "doctors"
                && table.name != "settings"
                && table.is_tenants =>
            {
                let alias = self.fresh("l");
                let text = if table.name == "notes" || table.name == "rooms" {
                    format!("{} AS {alias}", table.name)
                } else {
                    // The tenant column is its first, and gets another name.
                    columns[0].0 = "first".to_owned();
                    format!("{} AS {alias} (whose, first)", table.name)
                };
                let has_tenant = !text.ends_with(')');
                self.scope().push(Relation { name: alias, columns, has_tenant });
                return text;
            }
            _ if hidden => {
                let alias = self.fresh("t");
                let text = format!("countries AS {alias}");
                columns = vec![("code".to_owned(), super::Kind::Text), ("name".to_owned(), super::Kind::Text)];
                self.scope().push(Relation { name: alias, columns, has_tenant: false });
                return text;
            }
            _ => {
                let alias = self.fresh("t");
                let sample =
                    if self.is_postgres() && self.choices.rarely(8) { " TABLESAMPLE BERNOULLI (100)" } else { "" };
                (format!("{} AS {alias}{sample}", table.name), alias)
            }
        };
        self.scope().push(Relation { name, columns, has_tenant: table.is_tenants });
        text
    }

    /// A sub-query with names for its columns.
    pub(super) fn derived(&mut self) -> (Relation, String) {
        let kinds = self.kinds();
        let columns: Vec<_> = kinds.iter().enumerate().map(|(at, kind)| (format!("x{}", at + 1), *kind)).collect();
        let inner = self.deeper(|maker| maker.query(Some(&kinds)).0);
        let name = self.fresh("d");
        let text = format!("({inner}) AS {name}");
        (Relation { name, columns, has_tenant: false }, text)
    }
}
