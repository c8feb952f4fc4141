//! Appointments in the database.

use nadia_tenant_sqlx::{
    Error,
    portable::{Conn, Row, Tx},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Appointment;

/// Finds an appointment of this clinic.
pub(super) async fn find(scope: &mut Conn, id: Uuid) -> Result<Option<Appointment>, Error> {
    let row = scope
        .query(
            "SELECT id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, created_at, updated_at \
             FROM appointments WHERE id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await?;
    row.as_ref().map(read).transpose()
}

/// Adds an appointment.
///
/// # Errors
/// A violated foreign key when its patient went.
pub(super) async fn add(tx: &mut Tx, appointment: &Appointment) -> Result<(), Error> {
    tx.query(
        "INSERT INTO appointments \
         (id, patient_id, clinician_id, starts_at, ends_at, status, reason, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(appointment.id)
    .bind(appointment.patient_id)
    .bind(appointment.clinician_id)
    .bind(appointment.starts_at)
    .bind(appointment.ends_at)
    .bind(appointment.status.as_str().to_owned())
    .bind(appointment.reason.clone())
    .bind(appointment.version)
    .bind(appointment.created_at)
    .bind(appointment.updated_at)
    .execute()
    .await
    .map(drop)
}

/// Writes a changed appointment over the version `seen`; returns whether it was still there.
pub(super) async fn replace(tx: &mut Tx, appointment: &Appointment, seen: i64) -> Result<bool, Error> {
    let changed = tx
        .query(
            "UPDATE appointments SET clinician_id = $1, starts_at = $2, ends_at = $3, status = $4, reason = $5, \
             version = $6, updated_at = $7 WHERE id = $8 AND version = $9",
        )
        .bind(appointment.clinician_id)
        .bind(appointment.starts_at)
        .bind(appointment.ends_at)
        .bind(appointment.status.as_str().to_owned())
        .bind(appointment.reason.clone())
        .bind(appointment.version)
        .bind(appointment.updated_at)
        .bind(appointment.id)
        .bind(seen)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Removes an appointment if it still has the version `seen`; returns whether it had.
pub(super) async fn remove(tx: &mut Tx, id: Uuid, seen: i64) -> Result<bool, Error> {
    let removed =
        tx.query("DELETE FROM appointments WHERE id = $1 AND version = $2").bind(id).bind(seen).execute().await?;
    Ok(removed == 1)
}

pub(super) fn read(row: &Row) -> Result<Appointment, Error> {
    let (starts_at, ends_at): (OffsetDateTime, OffsetDateTime) = (row.get("starts_at")?, row.get("ends_at")?);
    let status: String = row.get("status")?;
    Ok(Appointment {
        id: row.get("id")?,
        patient_id: row.get("patient_id")?,
        clinician_id: row.get("clinician_id")?,
        starts_at,
        ends_at,
        minutes: (ends_at - starts_at).whole_minutes(),
        status: status.parse().map_err(|error| Error::Sqlx(sqlx::Error::Decode(Box::new(error))))?,
        reason: row.get("reason")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}
