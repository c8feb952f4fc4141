use nadia_tenant_core::{Dialect, TenantContext, TenantId};
use uuid::Uuid;

use super::{super::Cell, answer, transcript::Transcript};
use crate::{
    Error, Installation,
    portable::{Conn, Row, Tenants, Tx},
    server::Place,
};

/// Where cases play: a cell, its tenants, and what was said so far.
#[derive(Debug)]
pub(super) struct Stage<'c> {
    cell: &'c Cell,
    tenants: &'c [TenantContext],
    transcript: Transcript,
    case: &'static str,
}

/// Two tenants that have the same ids in their tables.
pub(super) const NORTH: usize = 0;
pub(super) const SOUTH: usize = 1;

impl<'c> Stage<'c> {
    pub(super) fn new(cell: &'c Cell, tenants: &'c [TenantContext]) -> Self {
        Self { cell, tenants, transcript: Transcript::default(), case: "" }
    }

    pub(super) fn into_transcript(self) -> Transcript {
        self.transcript
    }

    /// Plays a case on empty tables.
    pub(super) async fn case(&mut self, name: &'static str, case: impl AsyncFnOnce(&mut Self) -> Result<(), Error>) {
        self.case = name;
        let played = match self.clear().await {
            Ok(()) => case(self).await,
            Err(error) => Err(error),
        };
        // A step's own error is its answer; this one is of what comes between steps, and no cell expects it.
        if let Err(error) = played {
            self.note("cut short", answer::fault(&error));
        }
    }

    async fn clear(&mut self) -> Result<(), Error> {
        for who in [NORTH, SOUTH] {
            let mut scope = self.conn(who).await?;
            for sql in ["DELETE FROM notes", "DELETE FROM visits", "DELETE FROM patients", "DELETE FROM counters"] {
                scope.query(sql).execute().await?;
            }
        }
        Ok(())
    }

    pub(super) async fn conn(&self, who: usize) -> Result<Conn, Error> {
        self.cell.tenants().conn(&self.tenants[who]).await
    }

    pub(super) async fn begin(&self, who: usize) -> Result<Tx, Error> {
        self.cell.tenants().begin(&self.tenants[who]).await
    }

    pub(super) fn tenants(&self) -> &'c Tenants {
        self.cell.tenants()
    }

    pub(super) fn contexts(&self) -> &'c [TenantContext] {
        self.tenants
    }

    pub(super) fn id_of(&self, who: usize) -> TenantId {
        self.tenants[who].tenant().id()
    }

    pub(super) fn installation(&self) -> &'c Installation {
        self.cell.installation()
    }

    /// Names the place of each tenant, as reads over all tenants do.
    pub(super) fn own_places(&self) -> Vec<(Uuid, String)> {
        let place =
            |ctx: &TenantContext| Place::of(ctx.tenant()).map_or_else(|_| String::new(), |place| place.to_string());
        self.tenants.iter().map(|ctx| (ctx.tenant().id().as_uuid(), place(ctx))).collect()
    }

    /// Takes the words of this cell's database for what the two don't call alike.
    pub(super) fn either(&self, postgres: &'static str, sqlite: &'static str) -> &'static str {
        if self.cell.dialect() == Dialect::Postgres { postgres } else { sqlite }
    }

    pub(super) fn note(&mut self, step: &str, answer: impl Into<String>) {
        self.transcript.push(self.case, step, answer.into());
    }

    /// Notes how many rows a statement changed.
    pub(super) fn changed(&mut self, step: &str, outcome: Result<u64, Error>) {
        self.note(step, answer::outcome(outcome, |rows| format!("{rows} changed")));
    }

    /// Notes rows; see [`answer::rows`] for `columns`.
    pub(super) fn rows(&mut self, step: &str, columns: &str, outcome: Result<Vec<Row>, Error>) {
        let tenants = self.tenants;
        self.note(step, answer::outcome(outcome, |rows| answer::rows(&rows, columns, tenants)));
    }

    pub(super) fn row(&mut self, step: &str, columns: &str, outcome: Result<Option<Row>, Error>) {
        self.rows(step, columns, outcome.map(|row| row.into_iter().collect()));
    }

    /// Notes whether a statement ran, whose rows differ between databases.
    pub(super) fn ran(&mut self, step: &str, outcome: Result<Vec<Row>, Error>) {
        self.done(step, outcome.map(drop));
    }

    pub(super) fn done(&mut self, step: &str, outcome: Result<(), Error>) {
        self.note(step, answer::outcome(outcome, |()| "done".to_owned()));
    }
}
