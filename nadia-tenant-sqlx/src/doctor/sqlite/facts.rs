use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::Error;

/// What a file's schema says. Names are in lower case, as in the catalog.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) objects: Vec<Object>,
    /// The columns by table.
    pub(super) columns: BTreeMap<String, Vec<Column>>,
    /// The indexes by table and name, which is as it was written.
    pub(super) indexes: BTreeMap<(String, String), Index>,
    /// The foreign keys by table and number.
    pub(super) foreign_keys: BTreeMap<(String, i64), ForeignKey>,
    pub(super) checks_foreign_keys: bool,
    /// What `quick_check` complains of.
    pub(super) damage: Vec<String>,
}

/// A table, index, view or trigger.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) table: String,
    /// The statement that made it.
    pub(super) text: Option<String>,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) not_null: bool,
    /// Its place in the primary key, from 1; 0 outside of it.
    pub(super) key_place: i64,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) is_unique: bool,
    /// `c` for a CREATE INDEX, `u` for a constraint, `pk` for the primary key.
    pub(super) origin: String,
    /// An expression is an empty name, and so no tenant column.
    pub(super) columns: Vec<String>,
}

#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) referred: String,
    /// The table's own column, and that of the other table unless it is the primary key's at the same place.
    pub(super) pairs: Vec<(String, Option<String>)>,
}

impl Facts {
    pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Self, Error> {
        let rows: Vec<(String, String, String, Option<String>)> = sqlx::query_as(
            "SELECT type, lower(name), lower(tbl_name), sql FROM sqlite_schema
             WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )
        .fetch_all(&mut *connection)
        .await?;
        let objects = rows.into_iter().map(|(kind, name, table, text)| Object { kind, name, table, text }).collect();

        let mut columns = BTreeMap::<_, Vec<_>>::new();
        let rows: Vec<(String, String, bool, i64)> = sqlx::query_as(
            "SELECT lower(m.name), lower(c.name), c.\"notnull\", c.pk
             FROM sqlite_schema m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, name, not_null, key_place) in rows {
            columns.entry(table).or_default().push(Column { name, not_null, key_place });
        }

        let mut indexes = BTreeMap::new();
        let rows: Vec<(String, String, bool, String, Option<String>)> = sqlx::query_as(
            "SELECT lower(m.name), i.name, i.\"unique\", i.origin, lower(c.name)
             FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_xinfo(i.name) c
             WHERE m.type = 'table' AND c.key ORDER BY m.name, i.name, c.seqno",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, name, is_unique, origin, column) in rows {
            let index = indexes.entry((table, name)).or_insert(Index { is_unique, origin, columns: Vec::new() });
            index.columns.push(column.unwrap_or_default());
        }

        let mut foreign_keys = BTreeMap::new();
        let rows: Vec<(String, i64, String, String, Option<String>)> = sqlx::query_as(
            "SELECT lower(m.name), f.id, lower(f.\"table\"), lower(f.\"from\"), lower(f.\"to\")
             FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq",
        )
        .fetch_all(&mut *connection)
        .await?;
        for (table, id, referred, from, to) in rows {
            let key = foreign_keys.entry((table, id)).or_insert(ForeignKey { referred, pairs: Vec::new() });
            key.pairs.push((from, to));
        }

        let checks_foreign_keys = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *connection).await?;
        let damage: Vec<String> = sqlx::query_scalar("PRAGMA quick_check").fetch_all(&mut *connection).await?;
        let damage = damage.into_iter().filter(|line| line != "ok").collect();
        Ok(Self { objects, columns, indexes, foreign_keys, checks_foreign_keys, damage })
    }
}
