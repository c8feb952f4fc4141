//! The five minutes that an appointment takes of its clinician.

use std::ops::Range;

use nadia_tenant_sqlx::{
    Error,
    portable::{Conn, Tx},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::appointment::{Appointment, STEP_MINUTES};

const STEP_SECONDS: i64 = STEP_MINUTES * 60;
/// How far ahead a free time is looked for: two weeks.
const HORIZON: i64 = 14 * 24 * 60 / STEP_MINUTES;

/// Takes the time of an appointment that is new, or that was `before`; returns whether it was free.
///
/// New slots are taken in ascending order and before the old ones are given up. So whoever waits for somebody else holds
/// only earlier slots, and no two appointments that move wait for each other.
pub(super) async fn take(tx: &mut Tx, appointment: &Appointment, before: Option<&Appointment>) -> Result<bool, Error> {
    let wanted = of(appointment);
    let had = before.filter(|before| before.clinician_id == appointment.clinician_id).map_or(0..0, of);
    for slot in wanted.clone().filter(|slot| !had.contains(slot)) {
        let taken = tx
            .query(
                "INSERT INTO appointment_slots (clinician_id, slot, appointment_id) VALUES ($1, $2, $3) \
                 ON CONFLICT (clinician_id, slot) DO NOTHING",
            )
            .bind(appointment.clinician_id)
            .bind(slot)
            .bind(appointment.id)
            .execute()
            .await?;
        if taken == 0 {
            return Ok(false);
        }
    }
    if before.is_some() {
        tx.query(
            "DELETE FROM appointment_slots \
             WHERE appointment_id = $1 AND (clinician_id <> $2 OR slot < $3 OR slot >= $4)",
        )
        .bind(appointment.id)
        .bind(appointment.clinician_id)
        .bind(wanted.start)
        .bind(wanted.end)
        .execute()
        .await?;
    }
    Ok(true)
}

/// Gives up all that an appointment took.
pub(super) async fn free(tx: &mut Tx, appointment: Uuid) -> Result<(), Error> {
    let freed = tx.query("DELETE FROM appointment_slots WHERE appointment_id = $1").bind(appointment);
    freed.execute().await.map(drop)
}

/// Finds the first time from the wanted one on at which the clinician is free for as long.
pub(super) async fn next_free(scope: &mut Conn, wanted: &Appointment) -> Result<Option<OffsetDateTime>, Error> {
    let slots = of(wanted);
    let rows = scope
        .query(
            "SELECT slot FROM appointment_slots \
             WHERE clinician_id = $1 AND slot >= $2 AND slot < $3 AND appointment_id <> $4 ORDER BY slot",
        )
        .bind(wanted.clinician_id)
        .bind(slots.start)
        .bind(slots.start + HORIZON)
        .bind(wanted.id)
        .fetch_all()
        .await?;
    let taken: Vec<i64> = rows.iter().map(|row| row.get("slot")).collect::<Result<_, _>>()?;
    let free = first_gap(&taken, slots.start..slots.start + HORIZON, slots.end - slots.start);
    Ok(free.and_then(|slot| OffsetDateTime::from_unix_timestamp(slot * STEP_SECONDS).ok()))
}

fn of(appointment: &Appointment) -> Range<i64> {
    let first = appointment.starts_at.unix_timestamp() / STEP_SECONDS;
    first..first + appointment.minutes / STEP_MINUTES
}

/// Finds the first `length` slots in a row that are not taken; `taken` is ascending.
fn first_gap(taken: &[i64], within: Range<i64>, length: i64) -> Option<i64> {
    let mut free_from = within.start;
    for slot in taken.iter().copied().chain([within.end]) {
        if slot - free_from >= length {
            return Some(free_from);
        }
        free_from = free_from.max(slot + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::first_gap;

    #[test]
    fn the_first_gap_is_long_enough() {
        assert_eq!(first_gap(&[], 10..100, 6), Some(10));
        assert_eq!(first_gap(&[10, 11, 15, 20], 10..100, 3), Some(12));
        assert_eq!(first_gap(&[10, 11, 15, 20], 10..100, 4), Some(16));
        assert_eq!(first_gap(&[10, 11, 15, 20], 10..100, 5), Some(21));
        assert_eq!(first_gap(&[10, 11, 15, 20], 10..25, 5), None);
        assert_eq!(first_gap(&[12], 10..15, 2), Some(10));
    }
}
