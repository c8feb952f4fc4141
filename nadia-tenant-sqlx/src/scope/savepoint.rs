use sqlx::{AssertSqlSafe, SqlSafeStr};

use super::Session;
use crate::{Error, backend::Backend, error::refused, park::Progress};

/// How deep a transaction lies in others: the outermost is 0, and so is a connection without a transaction.
pub(crate) type Level = usize;

/// Which levels of a transaction are open, and which of them can't be committed any more.
///
/// Before a message is sent that changes what levels there are, the level that it is sent in counts as failed, and until it
/// succeeded: given up in between, the level takes nothing more and is never committed. A level that somebody dropped is
/// still open here; the next operation of one further out closes it first. So no step depends on a `Drop` that may not run.
#[derive(Debug, Default)]
pub(super) struct Levels {
    open: Level,
    failed: Option<Level>,
}

impl Levels {
    /// Tells whether levels further in were dropped and are still open.
    pub(super) const fn has_deeper(&self, level: Level) -> bool {
        self.open > level
    }

    pub(super) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Notes that the innermost open level has failed.
    pub(super) fn fail(&mut self) {
        let level = self.failed.map_or(self.open, |failed| failed.min(self.open));
        self.failed = Some(level);
    }
}

impl<DB: Backend> Session<DB> {
    /// Opens a transaction inside of the one at `level` and returns its level.
    pub(crate) async fn begin_nested(&mut self, level: Level) -> Result<Level, Error> {
        self.return_to(level).await?;
        self.note_given_up();
        if self.levels.has_failed() {
            return Err(Error::RolledBack);
        }
        let inner = level + 1;
        self.manage(level, format!("SAVEPOINT nadia_{inner}")).await?;
        self.levels.open = inner;
        Ok(inner)
    }

    /// Commits a nested transaction into the one around it, or rolls it back and says so when a statement of it had failed.
    pub(crate) async fn commit_nested(&mut self, level: Level) -> Result<(), Error> {
        self.return_to(level).await?;
        self.note_given_up();
        let outer = level - 1;
        if self.levels.has_failed() {
            self.return_to(outer).await?;
            return Err(Error::RolledBack);
        }
        self.manage(outer, format!("RELEASE SAVEPOINT nadia_{level}")).await?;
        self.levels.open = outer;
        Ok(())
    }

    /// Rolls a nested transaction back.
    pub(crate) async fn rollback_nested(&mut self, level: Level) -> Result<(), Error> {
        Ok(self.return_to(level - 1).await?)
    }

    /// Rolls back what is open further in than `level`.
    pub(super) async fn return_to(&mut self, level: Level) -> sqlx::Result<()> {
        if !self.levels.has_deeper(level) {
            return Ok(());
        }
        if self.levels.failed.is_some_and(|failed| failed <= level) {
            return Err(refused(Error::RolledBack));
        }
        let inner = level + 1;
        self.manage(level, format!("ROLLBACK TO SAVEPOINT nadia_{inner}; RELEASE SAVEPOINT nadia_{inner}")).await?;
        self.levels.open = level;
        Ok(())
    }

    /// Notes that an operation of a transaction was given up before its end: whether it failed, nobody was told.
    pub(super) fn note_given_up(&mut self) {
        // Where each statement has its own transaction, the next one ends what is left of it.
        if !self.wraps && self.lease.progress() == Progress::Pending && self.lease.in_transaction() {
            self.levels.fail();
        }
    }

    /// Runs a statement that decides over levels further in than `level`, none of which counts once it succeeded.
    async fn manage(&mut self, level: Level, sql: String) -> sqlx::Result<()> {
        self.levels.failed = Some(level);
        self.lease.manage(AssertSqlSafe(sql).into_sql_str()).await?;
        self.levels.failed = None;
        Ok(())
    }
}
