use nadia_tenant_sqlx::{
    Error,
    portable::{Query, Row, Tx},
};
use uuid::Uuid;

use super::{
    chain::RowHash,
    finding::Findings,
    ids::Ids,
    link::{Link, SourceRow},
};

/// A table of a single-user product that a clinic has, too. In this order they are taken: patients come before what is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Patients,
    Appointments,
    Notes,
    Documents,
}

impl Table {
    pub(crate) const ALL: [Self; 4] = [Self::Patients, Self::Appointments, Self::Notes, Self::Documents];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Patients => "patients",
            Self::Appointments => "appointments",
            Self::Notes => "notes",
            Self::Documents => "documents",
        }
    }
}

/// What rows become a part of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Into {
    pub(super) ids: Ids,
    /// The clinician of all appointments: whoever was the single user.
    pub(super) clinician: Uuid,
}

/// How the rows of one table are read, changed, written and read again.
pub(super) trait Kind {
    const TABLE: Table;
    /// Reads a page of a source: the rows behind the id `$1`, at most `$2`, in the order of their ids.
    const SOURCE: &'static str;
    /// Tells of the same rows how large they are, up to the id `$2` and at most `$3` of them.
    const SIZES: &'static str;
    /// Reads the rows of the clinic behind the id `$1` up to the id `$2`, in the order of their ids.
    const THERE: &'static str;
    /// How many rows are written at a time.
    const AT_A_TIME: usize;
    /// A row of the clinic. No `Debug`: it is a patient's.
    type Row;

    /// Makes a row of the clinic out of one of the source, unless that is to be dropped.
    fn map(old: i64, row: &SourceRow, into: &Into, findings: &mut Findings) -> Result<Option<Self::Row>, sqlx::Error>;

    /// Gets what wasn't read with the page.
    async fn complete(_old: i64, _row: &mut Self::Row, _source: &mut Link) -> Result<(), sqlx::Error> {
        Ok(())
    }

    /// Gives back what is needed no more once the row is written.
    fn written(_row: &mut Self::Row) {}

    /// Says what would become of a row that is not written.
    fn suppose(_state: &mut super::appointments::Calendar, _old: i64, _row: &mut Self::Row, _: &mut Findings) {}

    /// Writes rows, those that are there already left as they are, and tells how many there were not.
    async fn write(tx: &mut Tx, rows: &mut [(i64, Self::Row)], findings: &mut Findings) -> Result<u64, Error>;

    /// Reads a row of the clinic.
    async fn there(row: &Row, tx: &mut Tx) -> Result<Self::Row, Error>;

    /// Hashes a row, its ids as the old ones. Returns `None` if a row has an id that no run made.
    fn hash(hash: RowHash, row: &Self::Row, ids: &Ids) -> Option<RowHash>;
}

/// Makes the text of a statement that writes so many rows.
pub(super) fn values(insert: &str, columns: usize, rows: usize, end: &str) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    format!("{insert} VALUES {} {end}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

/// How many rows the statements that write many have.
pub(super) const ROWS: usize = 50;
/// The most bytes of texts that are repeated to fill a statement.
const FILL: usize = 32 << 10;

/// A statement that adds rows unless their ids are there.
pub(super) struct Insert {
    many: String,
    one: String,
}

impl Insert {
    pub(super) fn new(insert: &str, columns: usize) -> Self {
        let of = |rows| values(insert, columns, rows, "ON CONFLICT (id) DO NOTHING");
        Self { many: of(ROWS), one: of(1) }
    }

    /// Adds up to [`ROWS`] rows, whose texts have so many bytes, and returns how many were not there.
    pub(super) async fn run<T>(
        &'static self,
        tx: &mut Tx,
        rows: &[T],
        bytes: usize,
        bind: impl for<'q> Fn(Query<'q>, &T) -> Query<'q>,
    ) -> Result<u64, Error> {
        if rows.len() == ROWS || bytes < FILL {
            return filled(rows).fold(tx.query(&self.many), &bind).execute().await;
        }
        let mut added = 0;
        for row in rows {
            added += bind(tx.query(&self.one), row).execute().await?;
        }
        Ok(added)
    }
}

/// Repeats the last row until there are [`ROWS`]: `ON CONFLICT … DO NOTHING` takes each once, and doesn't count the others.
pub(super) fn filled<T>(some: &[T]) -> impl Iterator<Item = &T> {
    some.iter().chain(some.last().into_iter().cycle()).take(if some.is_empty() { 0 } else { ROWS })
}
