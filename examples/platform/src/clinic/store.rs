//! Patients in the database.
//!
//! No statement names the tenant: the scope knows it, and the guard adds it to each of them.

use nadia_tenant_sqlx::{
    Error,
    portable::{Conn, Row, Tx},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clinic::{NewPatient, Patient, patient::folded};

/// Which page of the list is wanted.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// The last id of the page before; the nil one for the first page.
    pub(crate) after: Uuid,
    pub(crate) search: &'a str,
    pub(crate) limit: i64,
}

/// Lists patients in the order they were added.
pub(crate) async fn list(scope: &mut Conn, page: Page<'_>) -> Result<Vec<Patient>, Error> {
    let tenant = scope.tenant();
    let query = if page.search.is_empty() {
        scope
            .query(
                "SELECT id, given_name, family_name, birth_date, email, phone, notes, version, created_at, updated_at \
                 FROM patients WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(page.after)
            .bind(page.limit)
    } else {
        scope
            .query(
                "SELECT id, given_name, family_name, birth_date, email, phone, notes, version, created_at, updated_at \
                 FROM patients WHERE id > $1 AND search_text LIKE $3 ESCAPE '!' ORDER BY id LIMIT $2",
            )
            .bind(page.after)
            .bind(page.limit)
            .bind(pattern(page.search))
    };
    query.fetch_all().await?.iter().map(|row| read(tenant, row)).collect()
}

/// Finds a patient of this clinic.
pub(crate) async fn find(scope: &mut Conn, id: Uuid) -> Result<Option<Patient>, Error> {
    let tenant = scope.tenant();
    let row = scope
        .query(
            "SELECT id, given_name, family_name, birth_date, email, phone, notes, version, created_at, updated_at \
             FROM patients WHERE id = $1",
        )
        .bind(id)
        .fetch_optional()
        .await?;
    row.map(|row| read(tenant, &row)).transpose()
}

/// Adds a patient.
pub(crate) async fn add(scope: &mut Tx, patient: &Patient) -> Result<(), Error> {
    let query = scope.query(
        "INSERT INTO patients \
         (id, given_name, family_name, birth_date, email, phone, notes, search_text, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    bind(query, patient).execute().await.map(drop)
}

/// Adds a patient in a transaction, unless the id is there already.
pub(crate) async fn insert_new(scope: &mut Tx, patient: &Patient) -> Result<(), Error> {
    let query = scope.query(
        "INSERT INTO patients \
         (id, given_name, family_name, birth_date, email, phone, notes, search_text, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING",
    );
    bind(query, patient).execute().await.map(drop)
}

/// Writes a changed patient over the version `seen`; returns whether it was still there.
pub(crate) async fn replace(scope: &mut Conn, patient: &Patient, seen: i64) -> Result<bool, Error> {
    let details = patient.details.clone();
    let search_text = details.search_text();
    let changed = scope
        .query(
            "UPDATE patients SET given_name = $1, family_name = $2, birth_date = $3, email = $4, phone = $5, \
             notes = $6, search_text = $7, version = $8, updated_at = $9 WHERE id = $10 AND version = $11",
        )
        .bind(details.given_name)
        .bind(details.family_name)
        .bind(details.birth_date)
        .bind(details.email)
        .bind(details.phone)
        .bind(details.notes)
        .bind(search_text)
        .bind(patient.version)
        .bind(patient.updated_at)
        .bind(patient.id)
        .bind(seen)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Removes a patient if it still has the version `seen`; returns whether it had.
pub(crate) async fn remove(scope: &mut Tx, id: Uuid, seen: i64) -> Result<bool, Error> {
    let removed =
        scope.query("DELETE FROM patients WHERE id = $1 AND version = $2").bind(id).bind(seen).execute().await?;
    Ok(removed == 1)
}

fn bind<'s>(
    query: nadia_tenant_sqlx::portable::Query<'s>,
    patient: &Patient,
) -> nadia_tenant_sqlx::portable::Query<'s> {
    let details = patient.details.clone();
    let search_text = details.search_text();
    query
        .bind(patient.id)
        .bind(details.given_name)
        .bind(details.family_name)
        .bind(details.birth_date)
        .bind(details.email)
        .bind(details.phone)
        .bind(details.notes)
        .bind(search_text)
        .bind(patient.version)
        .bind(patient.created_at)
        .bind(patient.updated_at)
}

fn read(tenant_id: nadia_tenant_core::TenantId, row: &Row) -> Result<Patient, Error> {
    Ok(Patient {
        tenant_id,
        id: row.get("id")?,
        details: NewPatient {
            given_name: row.get("given_name")?,
            family_name: row.get("family_name")?,
            birth_date: row.get("birth_date")?,
            email: row.get("email")?,
            phone: row.get("phone")?,
            notes: row.get("notes")?,
        },
        version: row.get("version")?,
        created_at: row.get::<OffsetDateTime>("created_at")?,
        updated_at: row.get::<OffsetDateTime>("updated_at")?,
    })
}

/// Makes the LIKE pattern that finds `search` anywhere, its own wildcards taken literally.
fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for c in folded(search).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    #[test]
    fn wildcards_in_a_search_are_literal() {
        assert_eq!(super::pattern("50%_A!"), "%50!%!_a!!%");
    }
}
