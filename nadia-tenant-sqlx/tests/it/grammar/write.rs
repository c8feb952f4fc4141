use super::{
    Kind::{self, Int, Text},
    Maker, Relation, TABLES, Table,
};

impl Maker {
    pub(super) fn write(&mut self) -> String {
        self.depth = 1;
        // `rooms` has a key without the tenant: that another's id is taken shows, as docs/guard.md says.
        let tables: Vec<&Table> = TABLES.iter().filter(|table| table.is_tenants && table.name != "rooms").collect();
        let table = *self.choices.one(&tables);
        match self.choices.below(10) {
            0..=2 => self.insert(table),
            3..=5 => self.update(table),
            6..=7 => self.delete(table),
            8 => self.insert_all(table),
            _ if self.is_postgres() => self.merge(table),
            _ => self.replace(table),
        }
    }

    /// Rows of a table without a key, in all their columns.
    fn insert_all(&mut self, _table: &Table) -> String {
        let alias = self.fresh("a");
        let columns = vec![("a".to_owned(), Int), ("b".to_owned(), Int)];
        self.scopes.push(vec![Relation { name: alias.clone(), columns, has_tenant: true }]);
        let condition = self.maybe_where();
        self.scopes.pop();
        let distinct = *self.choices.one(&["", "DISTINCT "]);
        let all = if self.choices.rarely(2) { format!("{alias}.*") } else { "*".to_owned() };
        let select = format!("SELECT {distinct}{all} FROM links AS {alias}{condition}");
        match self.choices.below(4) {
            0 => format!("INSERT INTO links {select} UNION ALL SELECT * FROM links"),
            1 => format!("WITH w AS ({select}) INSERT INTO links SELECT * FROM w"),
            2 => format!("INSERT INTO links (tenant_id, a, b) {select}"),
            _ => format!("INSERT INTO links {select}"),
        }
    }

    /// One row in the place of those in its way.
    fn replace(&mut self, table: &Table) -> String {
        self.scopes.push(Vec::new());
        let values: Vec<String> =
            table.columns.iter().map(|(name, kind)| self.inserted(table, name, *kind, false)).collect();
        self.scopes.pop();
        let list = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let verb = *self.choices.one(&["REPLACE", "INSERT OR REPLACE"]);
        format!("{verb} INTO {} ({list}) VALUES ({})", table.name, values.join(", "))
    }

    /// Each row of the source is met by one row of the target at most, and the other way about.
    fn merge(&mut self, _table: &Table) -> String {
        let keyed: Vec<&Table> = TABLES.iter().filter(|table| table.key == ["id"] && table.is_tenants).collect();
        // `rooms` has a key without the tenant.
        let targets: Vec<&Table> =
            keyed.iter().copied().filter(|table| !matches!(table.name, "rooms" | "notes")).collect();
        let (table, other) = (*self.choices.one(&targets), *self.choices.one(&keyed));
        let (target, relation) = self.target(table);
        let columns = other.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        let source = Relation { name: "o".to_owned(), columns, has_tenant: true };
        let using = match self.choices.below(3) {
            0 => format!("(SELECT * FROM {}) AS o", other.name),
            _ => format!("{} AS o", other.name),
        };
        self.scopes.push(vec![relation.clone(), source.clone()]);
        let on = format!("{}.id = o.id + {}", relation.name, self.choices.below(3));
        let on = if self.choices.rarely(3) { format!("{on} AND ({})", self.predicate()) } else { on };
        let mut clauses = Vec::new();
        for _ in 0..=self.choices.below(2) {
            let condition = if self.choices.rarely(2) { format!(" AND {}", self.predicate()) } else { String::new() };
            let assigned: Vec<(&str, Kind)> =
                table.columns.iter().filter(|(name, _)| !table.key.contains(name)).copied().collect();
            let (column, kind) = *self.choices.one(&assigned);
            let action = match self.choices.below(4) {
                0 => "DELETE".to_owned(),
                1 => "DO NOTHING".to_owned(),
                _ => format!("UPDATE SET {column} = {}", self.not_null(table, column, kind)),
            };
            clauses.push(format!("WHEN MATCHED{condition} THEN {action}"));
        }
        self.scopes.pop();
        if self.choices.rarely(2) {
            self.scopes.push(vec![source]);
            let condition = if self.choices.rarely(2) { format!(" AND {}", self.predicate()) } else { String::new() };
            let values: Vec<String> =
                table.columns.iter().map(|(name, kind)| self.inserted(table, name, *kind, true)).collect();
            let list = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            clauses.push(format!("WHEN NOT MATCHED{condition} THEN INSERT ({list}) VALUES ({})", values.join(", ")));
            self.scopes.pop();
        }
        format!("MERGE INTO {target} USING {using} ON {on} {}", clauses.join(" "))
    }

    fn target(&mut self, table: &Table) -> (String, Relation) {
        let columns = table.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        let (text, name) = if self.choices.rarely(3) {
            let alias = self.fresh("t");
            (format!("{} AS {alias}", table.name), alias)
        } else {
            (table.name.to_owned(), table.name.to_owned())
        };
        (text, Relation { name, columns, has_tenant: true })
    }

    fn insert(&mut self, table: &Table) -> String {
        let list = table.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let from_query = self.choices.rarely(2);
        let source = if from_query {
            // Keys beyond those that are there, one for each row of a table with a key.
            let others: Vec<&Table> = TABLES.iter().filter(|other| other.key == ["id"]).collect();
            let other = *self.choices.one(&others);
            let relation = Relation {
                name: "o".to_owned(),
                columns: other.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
                has_tenant: true,
            };
            self.scopes.push(vec![relation]);
            let values: Vec<String> =
                table.columns.iter().map(|(name, kind)| self.inserted(table, name, *kind, true)).collect();
            let condition = if self.choices.rarely(2) { self.predicate() } else { "1 = 1".to_owned() };
            self.scopes.pop();
            format!("SELECT {} FROM {} AS o WHERE {condition}", values.join(", "), other.name)
        } else {
            self.scopes.push(Vec::new());
            // One row if it may conflict: the order of rows would matter else.
            let rows: Vec<String> = (0..=self.choices.below(2))
                .map(|_| {
                    let values = table.columns.iter().map(|(name, kind)| self.inserted(table, name, *kind, false));
                    format!("({})", values.collect::<Vec<_>>().join(", "))
                })
                .collect();
            self.scopes.pop();
            format!("VALUES {}", rows.join(", "))
        };
        let conflict = match self.choices.below(4) {
            2 if !table.key.is_empty() => format!(" ON CONFLICT (tenant_id, {}) DO NOTHING", table.key.join(", ")),
            3 if !table.key.is_empty() => {
                let assigned: Vec<(&str, Kind)> =
                    table.columns.iter().filter(|(name, _)| !table.key.contains(name)).copied().collect();
                let (column, kind) = *self.choices.one(&assigned);
                let relation = |name: &str| Relation {
                    name: name.to_owned(),
                    columns: table.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
                    has_tenant: true,
                };
                self.scopes.push(vec![relation("excluded"), relation(table.name)]);
                // What a sub-query sees of the rows before, SQLite leaves open.
                let depth = self.depth;
                if !self.is_postgres() {
                    self.depth = 0;
                }
                let value = self.not_null(table, column, kind);
                let condition = self.maybe_where();
                self.depth = depth;
                self.scopes.pop();
                format!(
                    " ON CONFLICT (tenant_id, {}) DO UPDATE SET {column} = {value}{condition}",
                    table.key.join(", ")
                )
            }
            _ => String::new(),
        };
        let returning = if self.choices.rarely(3) { format!(" RETURNING {list}") } else { String::new() };
        format!("INSERT INTO {} ({list}) {source}{conflict}{returning}", table.name)
    }

    fn inserted(&mut self, table: &Table, column: &str, kind: Kind, from_query: bool) -> String {
        if table.key.contains(&column) {
            return match (kind, from_query) {
                (Int, true) => format!("o.id + {}", self.choices.one(&["1000", "0", "1"])),
                (Int, false) => self.choices.one(&["1000", "1", "2", "3", "1001"]).to_string(),
                (Text, true) => format!("'k' || CAST(o.id + {} AS text)", self.choices.below(3)),
                (Text, false) => self.choices.one(&["'theme'", "'size'", "'fresh'"]).to_string(),
            };
        }
        // A foreign key: mostly to what is there.
        if table.name == "notes" && column == "visit_id" {
            return self.choices.one(&["1", "2", "CAST(NULL AS bigint)", "3", "99"]).to_string();
        }
        self.not_null(table, column, kind)
    }

    /// A value that the column takes.
    fn not_null(&mut self, table: &Table, column: &str, kind: Kind) -> String {
        let value = self.expr(kind);
        let needed =
            matches!((table.name, column), ("patients" | "doctors", "name") | ("visits", "patient_id" | "cost"));
        let otherwise = if kind == Int { "7" } else { "'none'" };
        if needed { format!("coalesce({value}, {otherwise})") } else { value }
    }

    fn update(&mut self, table: &Table) -> String {
        let (target, relation) = self.target(table);
        self.scopes.push(vec![relation.clone()]);
        // One row at most of the other table meets each of the target's.
        let others: Vec<&Table> =
            TABLES.iter().filter(|other| other.key == ["id"] && other.name != table.name).collect();
        let ints: Vec<String> = relation
            .columns
            .iter()
            .filter(|(_, kind)| *kind == Int)
            .map(|(c, _)| format!("{}.{c}", relation.name))
            .collect();
        let (from, link) = if self.choices.rarely(3) && !ints.is_empty() {
            let other = *self.choices.one(&others);
            let columns = other.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
            self.scopes.last_mut().expect("pushed above").push(Relation {
                name: "o".to_owned(),
                columns,
                has_tenant: true,
            });
            (format!(" FROM {} AS o", other.name), Some(format!("o.id = {}", self.choices.one(&ints))))
        } else {
            (String::new(), None)
        };
        let assigned: Vec<(&str, Kind)> = table
            .columns
            .iter()
            .filter(|(name, _)| !table.key.contains(name) && (table.name, *name) != ("notes", "visit_id"))
            .copied()
            .collect();
        let (column, kind) = *self.choices.one(&assigned);
        let value = self.not_null(table, column, kind);
        let condition = match (link, self.maybe_where()) {
            (Some(link), rest) if rest.is_empty() => format!(" WHERE {link}"),
            (Some(link), rest) => format!(" WHERE {link} AND ({})", &rest[" WHERE ".len()..]),
            (None, rest) => rest,
        };
        self.scopes.pop();
        format!(
            "UPDATE {target} SET {column} = {value}{from}{condition}{}",
            if from.is_empty() { self.returning(table) } else { String::new() }
        )
    }

    fn delete(&mut self, table: &Table) -> String {
        let (target, relation) = self.target(table);
        self.scopes.push(vec![relation]);
        let using = if self.is_postgres() && self.choices.rarely(3) {
            format!(" USING {}", self.from(2))
        } else {
            String::new()
        };
        let condition = self.maybe_where();
        self.scopes.pop();
        let returning = if using.is_empty() { self.returning(table) } else { String::new() };
        format!("DELETE FROM {target}{using}{condition}{returning}")
    }

    fn returning(&mut self, table: &Table) -> String {
        // Unqualified, for SQLite; beside another table some names would have two meanings.
        if self.choices.rarely(3) { format!(" RETURNING {}", table.columns[0].0) } else { String::new() }
    }
}
