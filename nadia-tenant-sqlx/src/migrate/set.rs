use std::{collections::HashSet, fmt::Write as _};

use nadia_tenant_core::Dialect;
use sha2::{Digest, Sha256};
use sqlx::migrate::{Migration, Migrator};

use crate::{
    Catalog, CatalogBuilder, CatalogError, Error,
    catalog::{About, Piece, split},
    guard::Flavor,
};

/// The version of Nadia's own tables in a place; an application's begin at 1.
const OWN_VERSION: i64 = 0;
/// Which seeds a tenant has had. In the tenant's place, so that a seed and the note of it commit together.
const OWN: &str =
    "CREATE TABLE nadia_seeds (tenant_id uuid NOT NULL, name text NOT NULL, PRIMARY KEY (tenant_id, name))";

/// The migrations of a place, in their order.
#[derive(Debug)]
pub(crate) struct PlaceMigrations {
    list: Vec<PlaceMigration>,
}

/// One migration of a place.
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only PostgreSQL has schemas and policies"))]
#[derive(Debug)]
pub(crate) struct PlaceMigration {
    pub(crate) version: i64,
    pub(crate) description: String,
    /// Over its own text, in hexadecimal.
    pub(crate) checksum: String,
    /// Over this migration and all before it, in hexadecimal: two places with the same one have the same tables.
    pub(crate) chain: String,
    /// Its text.
    pub(crate) whole: String,
    /// What of it a tenant's own schema takes: reference tables stand beside all schemas, once.
    pub(crate) in_schema: String,
    /// Tenant tables that it makes or makes anew, with their tenant column.
    pub(crate) tenant_tables: Vec<(String, String)>,
    /// Reference tables that it makes.
    pub(crate) reference_tables: Vec<String>,
    /// Whether it may run in a transaction.
    pub(crate) transactional: bool,
}

impl PlaceMigrations {
    /// Reads an application's migrations.
    ///
    /// # Errors
    /// [`Error::Catalog`] when their text can't be read, [`Error::Config`] when a version is less than 1.
    pub(crate) fn read(dialect: Dialect, migrator: &Migrator) -> Result<Self, Error> {
        let ups = || migrator.iter().filter(|migration| !migration.migration_type.is_down_migration());
        if let Some(migration) = ups().find(|migration| migration.version <= OWN_VERSION) {
            let version = migration.version;
            return Err(Error::Config(format!("a migration has the version {version}; number them from 1")));
        }
        let flavor =
            Flavor::of(dialect).ok_or_else(|| Error::Config(format!("dialect {dialect:?} is not known here")))?;
        let own = Source { version: OWN_VERSION, description: "nadia", text: OWN, transactional: true };
        let sources: Vec<Source<'_>> = std::iter::once(own).chain(ups().map(Source::of)).collect();

        let mut builder = Catalog::builder(dialect);
        let mut states = Vec::with_capacity(sources.len());
        for source in &sources {
            builder = builder.ddl(source.text).map_err(|error| source.error(error))?;
            states.push(State::of(&builder));
        }
        // A table is a tenant table if it ever has the tenant column: it may come without, and gain it later.
        let tenant: HashSet<String> =
            states.iter().flat_map(|state| state.tenant.iter().map(|t| t.0.clone())).collect();
        let mut reference = References::default();
        for state in &states {
            reference.tables.extend(state.reference.iter().filter(|table| !tenant.contains(*table)).cloned());
        }

        let mut list = Vec::with_capacity(sources.len());
        let mut chain = String::new();
        for (at, source) in sources.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| &states[before]);
            let migration = source.migration(flavor, before, &states[at], &mut reference, &chain)?;
            chain.clone_from(&migration.chain);
            list.push(migration);
        }
        Ok(Self { list })
    }

    /// Adds the tables to a catalog.
    pub(crate) fn ddl(&self, builder: CatalogBuilder) -> Result<CatalogBuilder, CatalogError> {
        self.list.iter().try_fold(builder, |builder, migration| builder.ddl(&migration.whole))
    }

    /// Returns the last migration, which all places are to reach.
    pub(crate) fn target(&self) -> &PlaceMigration {
        self.list.last().expect("Nadia's own migration is always there")
    }

    /// Returns the migrations behind this version; all of them behind `None`.
    pub(crate) fn behind(&self, version: Option<i64>) -> &[PlaceMigration] {
        let done = version.map_or(0, |version| self.list.partition_point(|known| known.version <= version));
        &self.list[done..]
    }

    /// Finds a migration by its version.
    pub(crate) fn get(&self, version: i64) -> Option<&PlaceMigration> {
        self.list.iter().find(|migration| migration.version == version)
    }
}

/// A migration before it was taken apart.
struct Source<'m> {
    version: i64,
    description: &'m str,
    text: &'m str,
    transactional: bool,
}

impl<'m> Source<'m> {
    fn of(migration: &'m Migration) -> Self {
        Self {
            version: migration.version,
            description: &migration.description,
            text: migration.sql.as_str(),
            transactional: !migration.no_tx,
        }
    }

    fn error(&self, error: CatalogError) -> Error {
        Error::Catalog(CatalogError::new(format!("migration {} ({}): {error}", self.version, self.description)))
    }

    fn migration(
        &self,
        flavor: Flavor,
        before: Option<&State>,
        after: &State,
        reference: &mut References,
        chain: &str,
    ) -> Result<PlaceMigration, Error> {
        let pieces = split(flavor, self.text).map_err(|error| self.error(error))?;
        let made =
            |name: &str| pieces.iter().any(|piece| matches!(&piece.about, About::NewTable(made) if made == name));
        // A table that another's name is given to has none of the other's policies.
        let renames = self.text.to_ascii_lowercase().contains("rename to");
        let fresh = |name: &str, known: Option<bool>| renames || made(name) || !known.unwrap_or(false);
        let tenant_tables =
            after.tenant.iter().filter(|table| fresh(&table.0, before.map(|b| b.tenant.contains(table))));
        let reference_tables = after.reference.iter().filter(|table| {
            reference.tables.contains(*table) && fresh(table, before.map(|b| b.reference.contains(table)))
        });
        let (tenant_tables, reference_tables) = (tenant_tables.cloned().collect(), reference_tables.cloned().collect());
        let mut in_schema = String::new();
        for piece in &pieces {
            if !reference.claims(piece) {
                in_schema.push_str(piece.text);
                in_schema.push_str("\n;\n");
            }
        }
        let checksum = hex(&[self.text.as_bytes()]);
        let chain = hex(&[chain.as_bytes(), &self.version.to_be_bytes(), checksum.as_bytes()]);
        Ok(PlaceMigration {
            version: self.version,
            description: self.description.to_owned(),
            checksum,
            chain,
            whole: self.text.to_owned(),
            in_schema,
            tenant_tables,
            reference_tables,
            transactional: self.transactional,
        })
    }
}

/// The tables as they stand after some migrations.
struct State {
    tenant: Vec<(String, String)>,
    reference: Vec<String>,
}

impl State {
    fn of(builder: &CatalogBuilder) -> Self {
        // Between two migrations the tenant column may still allow NULL, say. No policy is made then, and so no right
        // is given on the table; the last state must build, or the installation's catalog doesn't.
        let Ok(catalog) = builder.clone().build() else { return Self { tenant: Vec::new(), reference: Vec::new() } };
        let mut state = Self { tenant: Vec::new(), reference: Vec::new() };
        for table in catalog.tables() {
            match table.tenant_column() {
                Some(column) => state.tenant.push((table.name().to_owned(), column.to_owned())),
                None => state.reference.push(table.name().to_owned()),
            }
        }
        state
    }
}

/// The reference tables and what hangs on them.
#[derive(Default)]
struct References {
    tables: HashSet<String>,
    indexes: HashSet<String>,
}

impl References {
    /// Tells whether a statement belongs where the reference tables are, and so not in a tenant's schema.
    fn claims(&mut self, piece: &Piece<'_>) -> bool {
        match &piece.about {
            About::NewTable(table) => self.tables.contains(table),
            About::Table { table, index } => {
                let claimed = self.tables.contains(table);
                if claimed {
                    self.indexes.extend(index.clone());
                }
                claimed
            }
            About::Index(index) => self.indexes.contains(index),
            About::Database => true,
            About::Other => false,
        }
    }
}

fn hex(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use sqlx::{SqlSafeStr, migrate::MigrationType};

    use super::*;

    fn read(texts: &[&'static str]) -> Result<PlaceMigrations, Error> {
        let migrations = texts.iter().zip(1..).map(|(text, version)| {
            Migration::new(version, "m".into(), MigrationType::Simple, (*text).into_sql_str(), false)
        });
        PlaceMigrations::read(Dialect::Postgres, &Migrator::with_migrations(migrations.collect()))
    }

    #[test]
    fn a_schema_takes_what_is_not_about_reference_tables() {
        let set = read(&[
            "CREATE TABLE countries (code text PRIMARY KEY); CREATE INDEX c ON countries (code);
             CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid, country text REFERENCES countries (code));
             INSERT INTO countries VALUES ('de'); CREATE EXTENSION pg_trgm",
            "ALTER TABLE countries ADD COLUMN name text; DROP INDEX c; CREATE TYPE mood AS ENUM ('a');
             ALTER TABLE patients ADD COLUMN mood mood",
        ])
        .unwrap();
        let [_, first, second] = &set.list[..] else { panic!("{set:?}") };
        assert!(first.in_schema.starts_with("CREATE TABLE patients"), "{}", first.in_schema);
        assert_eq!(first.in_schema.matches(';').count(), 1);
        assert_eq!(first.tenant_tables, [("patients".to_owned(), "tenant_id".to_owned())]);
        assert_eq!(first.reference_tables, ["countries"]);
        assert_eq!(
            second.in_schema,
            "CREATE TYPE mood AS ENUM ('a')\n;\nALTER TABLE patients ADD COLUMN mood mood\n;\n"
        );
        assert!(second.tenant_tables.is_empty() && second.reference_tables.is_empty());
    }

    #[test]
    fn a_table_that_gains_the_tenant_column_is_a_tenant_table_from_the_start() {
        let set = read(&[
            "CREATE TABLE patients (id uuid PRIMARY KEY)",
            "ALTER TABLE patients ADD COLUMN tenant_id uuid",
            "ALTER TABLE patients ALTER COLUMN tenant_id SET NOT NULL",
        ])
        .unwrap();
        assert!(set.list[1].in_schema.contains("CREATE TABLE patients") && set.list[1].reference_tables.is_empty());
        // Its policies come when it can have them, and not before.
        let counts: Vec<_> = set.list.iter().map(|migration| migration.tenant_tables.len()).collect();
        assert_eq!(counts, [1, 0, 0, 2]);
    }

    #[test]
    fn a_table_that_is_made_anew_gets_its_policies_anew() {
        let set = read(&[
            "CREATE TABLE notes (tenant_id uuid NOT NULL)",
            "DROP TABLE notes; CREATE TABLE notes (tenant_id uuid NOT NULL, id uuid)",
        ])
        .unwrap();
        assert_eq!(set.list[2].tenant_tables.len(), 1);
    }

    #[test]
    fn a_chain_tells_apart_what_came_before() {
        let (one, other) = (read(&["SELECT 1", "SELECT 2"]).unwrap(), read(&["SELECT 3", "SELECT 2"]).unwrap());
        assert_eq!(one.target().checksum, other.target().checksum);
        assert_ne!(one.target().chain, other.target().chain);
        assert_eq!(one.behind(Some(1)).len(), 1);
        assert_eq!(one.behind(None).len(), 3);
    }
}
