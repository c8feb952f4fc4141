use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

use nadia_tenant_sqlx::{
    Error,
    portable::{NestedTx, Query, Row, Tx},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Findings, Rule, Table,
    chain::RowHash,
    dates,
    documents::patient_created,
    finding::Noted,
    ids::Ids,
    kind::{Into, Kind, ROWS, filled, values},
    link::SourceRow,
    notes::patient,
    text,
};

const SLOT_SECONDS: i64 = 5 * 60;
const USUAL_MINUTES: i64 = 30;
const MAX_MINUTES: i64 = 8 * 60;
/// How long a reason is that a form takes.
const REASON: usize = 500;
/// The most bytes of reasons that are written together.
const TOGETHER: usize = 32 << 10;

static INSERT: LazyLock<String> = LazyLock::new(|| {
    values(
        "INSERT INTO appointments (id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, \
         created_at, updated_at)",
        10,
        ROWS,
        "ON CONFLICT (id) DO NOTHING",
    )
});
static TAKE: LazyLock<String> = LazyLock::new(|| {
    let insert = "INSERT INTO appointment_slots (clinician_id, slot, appointment_id)";
    values(insert, 3, ROWS, "ON CONFLICT (clinician_id, slot) DO NOTHING")
});

pub(super) struct Appointments;

pub(super) struct Appointment {
    id: Uuid,
    patient_id: Uuid,
    clinician_id: Uuid,
    starts_at: OffsetDateTime,
    ends_at: OffsetDateTime,
    status: &'static str,
    reason: Option<String>,
    created_at: OffsetDateTime,
}

const BOOKED: &str = "booked";
const DONE: &str = "done";
const CANCELLED: &str = "cancelled";

impl Kind for Appointments {
    const TABLE: Table = Table::Appointments;
    const SOURCE: &'static str = "SELECT CAST(appointments.id AS bigint) AS id, \
        CAST(patients.id AS bigint) AS patient_id, CAST(appointments.starts_at AS text) AS starts_at, \
        CAST(appointments.minutes AS bigint) AS minutes, CAST(appointments.reason AS text) AS reason, \
        CAST(appointments.status AS text) AS status, CAST(patients.created_at AS text) AS created_at \
        FROM appointments LEFT JOIN patients ON patients.id = appointments.patient_id \
        WHERE appointments.id > $1 ORDER BY appointments.id LIMIT $2";
    const SIZES: &'static str = "SELECT id, CAST(coalesce(length(reason), 0) AS bigint) AS size FROM appointments \
        WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    const THERE: &'static str = "SELECT id, patient_id, clinician_id, starts_at, ends_at, status, reason, created_at \
        FROM appointments WHERE id > $1 AND id <= $2 ORDER BY id";
    const AT_A_TIME: usize = ROWS;
    type Row = Appointment;

    fn map(
        old: i64,
        row: &SourceRow,
        into: &Into,
        findings: &mut Findings,
    ) -> Result<Option<Appointment>, sqlx::Error> {
        let noted = &mut Noted::new(findings, old);
        let Some(patient_id) = patient(row, into, noted)? else { return Ok(None) };
        let starts_at = text::text(row, "starts_at", noted)?.and_then(|text| dates::instant(&text, false));
        let Some(starts_at) = starts_at else {
            noted.add(Rule::TimeUnreadable);
            return Ok(None);
        };
        let said = row.number("minutes")?.unwrap_or_default();
        let minutes = if said <= 0 { USUAL_MINUTES } else { said.min(MAX_MINUTES) };
        if minutes != said {
            noted.add(Rule::LengthChanged);
        }
        let ends_at = starts_at + Duration::minutes(minutes);
        if starts_at.unix_timestamp_nanos() % (i128::from(SLOT_SECONDS) * 1_000_000_000) != 0 || minutes % 5 != 0 {
            noted.add(Rule::OffGrid);
        }
        let mut reason = text::text(row, "reason", noted)?;
        let said = text::text(row, "status", noted)?.unwrap_or_default();
        let status = status(&said).unwrap_or_else(|| {
            noted.add(Rule::StatusUnknown);
            let before = reason.take().map(|reason| format!("{reason}\n")).unwrap_or_default();
            reason = Some(format!("{before}Status as it was before: {said}"));
            BOOKED
        });
        text::note_long(reason.as_ref(), REASON, noted);
        Ok(Some(Appointment {
            id: into.ids.id(Table::Appointments, old),
            patient_id,
            clinician_id: into.clinician,
            starts_at,
            ends_at,
            status,
            reason,
            created_at: patient_created(row)?,
        }))
    }

    fn suppose(calendar: &mut Calendar, old: i64, row: &mut Appointment, findings: &mut Findings) {
        if row.status != CANCELLED && !calendar.take(row.slots()) {
            row.gives_way(old, findings);
        }
    }

    async fn write(tx: &mut Tx, rows: &mut [(i64, Appointment)], findings: &mut Findings) -> Result<u64, Error> {
        // What is decided here is what would come of one after the other, unless one of them is there or meets one that is.
        let mut calendar = Calendar::default();
        let has_time = |(_, row): &(i64, Appointment)| row.status == CANCELLED || calendar.take(row.slots());
        let have_time: Vec<bool> = rows.iter().map(has_time).collect();
        let bytes: usize = rows.iter().filter_map(|(_, row)| row.reason.as_ref()).map(String::len).sum();
        let mut together = tx.begin().await?;
        if bytes <= TOGETHER && write_together(&mut together, rows, &have_time).await? {
            together.commit().await?;
            for ((old, row), _) in rows.iter_mut().zip(have_time).filter(|(_, has_time)| !has_time) {
                row.gives_way(*old, findings);
            }
            return Ok(rows.len() as u64);
        }
        together.rollback().await?;
        let mut added = 0;
        for (old, row) in rows {
            added += u64::from(write_one(tx, *old, row, findings).await?);
        }
        Ok(added)
    }

    async fn there(row: &Row, _: &mut Tx) -> Result<Appointment, Error> {
        let status: String = row.get("status")?;
        Ok(Appointment {
            id: row.get("id")?,
            patient_id: row.get("patient_id")?,
            clinician_id: row.get("clinician_id")?,
            starts_at: row.get("starts_at")?,
            ends_at: row.get("ends_at")?,
            // One that no run writes is none that was written.
            status: [BOOKED, DONE, CANCELLED].into_iter().find(|known| *known == status).unwrap_or_default(),
            reason: row.get("reason")?,
            created_at: row.get("created_at")?,
        })
    }

    fn hash(hash: RowHash, row: &Appointment, ids: &Ids) -> Option<RowHash> {
        let hash = hash.shown(ids.old(Table::Appointments, row.id)?).shown(ids.old(Table::Patients, row.patient_id)?);
        let hash = hash.shown(dates::micros(row.starts_at)).shown(dates::micros(row.ends_at)).text(row.status);
        Some(hash.part(row.reason.as_deref().map(str::as_bytes)).shown(dates::micros(row.created_at)))
    }
}

impl Appointment {
    /// The five minutes that it touches, counted from 1970.
    fn slots(&self) -> Range<i64> {
        let (start, end) = (self.starts_at.unix_timestamp(), self.ends_at.unix_timestamp());
        // A part of a second touches the next slot as well.
        let end = end + i64::from(self.ends_at.nanosecond() > 0);
        start.div_euclid(SLOT_SECONDS)..(end + SLOT_SECONDS - 1).div_euclid(SLOT_SECONDS)
    }

    /// Makes it what it can be beside the one that has its time. What was done was done: it only takes no time.
    fn gives_way(&mut self, old: i64, findings: &mut Findings) {
        findings.add(if self.status == DONE { Rule::DoubleDone } else { Rule::DoubleBooked }, old);
        self.status = self.status_without_time();
    }

    fn status_without_time(&self) -> &'static str {
        if self.status == DONE { DONE } else { CANCELLED }
    }

    fn bind<'q>(&self, query: Query<'q>, status: &str) -> Query<'q> {
        query
            .bind(self.id)
            .bind(self.patient_id)
            .bind(self.clinician_id)
            .bind(self.starts_at)
            .bind(self.ends_at)
            .bind(status.to_owned())
            .bind(self.reason.clone())
            .bind(1_i64)
            .bind(self.created_at)
            .bind(self.created_at)
    }
}

/// Writes appointments and takes their time; returns whether none was there and all that was to be taken was free.
async fn write_together(tx: &mut NestedTx<'_>, rows: &[(i64, Appointment)], have_time: &[bool]) -> Result<bool, Error> {
    let decided: Vec<_> = rows.iter().zip(have_time).map(|((_, row), has_time)| (row, *has_time)).collect();
    let insert = filled(&decided).fold(tx.query(&INSERT), |query, (row, has_time)| {
        row.bind(query, if *has_time { row.status } else { row.status_without_time() })
    });
    if insert.execute().await? < rows.len() as u64 {
        return Ok(false);
    }
    let taking = decided.iter().filter(|(row, has_time)| *has_time && row.status != CANCELLED);
    let slots: Vec<_> = taking.flat_map(|(row, _)| row.slots().map(move |slot| (*row, slot))).collect();
    for some in slots.chunks(ROWS) {
        let take = filled(some)
            .fold(tx.query(&TAKE), |query, (row, slot)| query.bind(row.clinician_id).bind(*slot).bind(row.id));
        if take.execute().await? < some.len() as u64 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes an appointment unless it is there, and takes its time if that is free; returns whether it was not there.
async fn write_one(tx: &mut Tx, old: i64, row: &mut Appointment, findings: &mut Findings) -> Result<bool, Error> {
    let insert = tx.query(
        "INSERT INTO appointments (id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING",
    );
    let is_new = row.bind(insert, row.status).execute().await? == 1;
    if row.status == CANCELLED {
        return Ok(is_new);
    }
    // One that a run wrote which was killed before it could note that keeps what it got.
    let has_its_time = if is_new { take(tx, row).await? } else { has_time(tx, row).await? };
    if !has_its_time {
        row.gives_way(old, findings);
        if is_new {
            let changed = tx.query("UPDATE appointments SET status = $1 WHERE id = $2");
            changed.bind(row.status.to_owned()).bind(row.id).execute().await?;
        }
    }
    Ok(is_new)
}

/// Takes an appointment's time, all of it or nothing; returns whether it was free.
async fn take(tx: &mut Tx, row: &Appointment) -> Result<bool, Error> {
    let slots: Vec<i64> = row.slots().collect();
    for some in slots.chunks(ROWS) {
        let take =
            filled(some).fold(tx.query(&TAKE), |query, slot| query.bind(row.clinician_id).bind(*slot).bind(row.id));
        if take.execute().await? < some.len() as u64 {
            let free = tx.query("DELETE FROM appointment_slots WHERE appointment_id = $1");
            free.bind(row.id).execute().await?;
            return Ok(false);
        }
    }
    Ok(true)
}

async fn has_time(tx: &mut Tx, row: &Appointment) -> Result<bool, Error> {
    let found = tx.query("SELECT slot FROM appointment_slots WHERE appointment_id = $1 LIMIT 1");
    Ok(found.bind(row.id).fetch_optional().await?.is_some())
}

/// Reads what became of an appointment.
fn status(said: &str) -> Option<&'static str> {
    let said: String = said.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    match &*said {
        "" | "scheduled" | "booked" | "confirmed" | "open" | "pending" | "new" => Some(BOOKED),
        "done" | "completed" | "complete" | "attended" | "finished" | "arrived" => Some(DONE),
        "cancelled" | "canceled" | "noshow" | "missed" | "deleted" => Some(CANCELLED),
        _ => None,
    }
}

/// The time that appointments take, for telling without writing which of them would meet: five words a day.
#[derive(Debug, Default)]
pub(super) struct Calendar(BTreeMap<i64, [u64; 5]>);

impl Calendar {
    /// Takes slots, all of them or none; returns whether they were free.
    fn take(&mut self, slots: Range<i64>) -> bool {
        let place = |slot: i64| (slot.div_euclid(288), slot.rem_euclid(288));
        let bit = |at: i64| 1_u64 << (at % 64);
        let taken = slots.clone().map(place).any(|(day, at)| {
            self.0.get(&day).is_some_and(|words| words.get((at / 64) as usize).is_some_and(|word| word & bit(at) != 0))
        });
        if !taken {
            for (day, at) in slots.map(place) {
                self.0.entry(day).or_default()[(at / 64) as usize] |= bit(at);
            }
        }
        !taken
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn slots_are_those_that_are_touched() {
        let check = |starts_at, minutes, count: i64| {
            let ends_at = starts_at + Duration::minutes(minutes);
            let nil = Uuid::nil();
            let row = Appointment {
                id: nil,
                patient_id: nil,
                clinician_id: nil,
                starts_at,
                ends_at,
                status: BOOKED,
                reason: None,
                created_at: starts_at,
            };
            let slots = row.slots();
            assert_eq!((slots.start, slots.end - slots.start), (starts_at.unix_timestamp().div_euclid(300), count));
        };
        check(datetime!(2024-03-01 10:30 UTC), 30, 6);
        check(datetime!(2024-03-01 10:32 UTC), 30, 7);
        check(datetime!(2024-03-01 10:30 UTC), 7, 2);
        check(datetime!(2024-03-01 10:34:59.5 UTC), 5, 2);
        check(datetime!(1962-03-01 10:30 UTC), 30, 6);
    }

    #[test]
    fn a_calendar_gives_no_time_twice() {
        let mut calendar = Calendar::default();
        assert!(calendar.take(280..300));
        assert!(!calendar.take(299..301) && !calendar.take(270..281));
        assert!(calendar.take(300..301) && calendar.take(-3..0) && !calendar.take(-1..1));
    }

    #[test]
    fn a_status_is_known_by_its_letters() {
        for (said, is) in [
            ("No-Show", Some(CANCELLED)),
            (" CONFIRMED", Some(BOOKED)),
            ("done", Some(DONE)),
            ("?!", Some(BOOKED)),
            ("rescheduled", None),
        ] {
            assert_eq!(status(said), is, "{said}");
        }
    }
}
