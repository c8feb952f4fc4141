//! Teams in the clinic's place: no statement names the tenant.

use nadia_tenant_sqlx::{
    Error,
    portable::{Conn, Row},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock;

/// A team as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Team {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

impl Team {
    pub(super) fn new(name: String) -> Self {
        Self { id: Uuid::now_v7(), name, created_at: clock::now() }
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self { id: row.get("id")?, name: row.get("name")?, created_at: row.get("created_at")? })
    }
}

/// Lists the teams by their names.
pub(super) async fn list(scope: &mut Conn) -> Result<Vec<Team>, Error> {
    let rows = scope.query("SELECT id, name, created_at FROM teams ORDER BY name, id").fetch_all().await?;
    rows.iter().map(Team::read).collect()
}

/// Lists who is in which team.
pub(super) async fn all_members(scope: &mut Conn) -> Result<Vec<(Uuid, Uuid)>, Error> {
    let rows = scope.query("SELECT team_id, identity_id FROM team_members").fetch_all().await?;
    rows.iter().map(|row| Ok((row.get("team_id")?, row.get("identity_id")?))).collect()
}

pub(super) async fn find(scope: &mut Conn, id: Uuid) -> Result<Option<Team>, Error> {
    let row = scope.query("SELECT id, name, created_at FROM teams WHERE id = $1").bind(id).fetch_optional().await?;
    row.as_ref().map(Team::read).transpose()
}

/// Lists the ids of who is in a team.
pub(super) async fn members(scope: &mut Conn, team: Uuid) -> Result<Vec<Uuid>, Error> {
    let rows = scope.query("SELECT identity_id FROM team_members WHERE team_id = $1").bind(team).fetch_all().await?;
    rows.iter().map(|row| row.get("identity_id")).collect()
}

pub(super) async fn count(scope: &mut Conn) -> Result<i64, Error> {
    scope.query("SELECT count(*) AS teams FROM teams").fetch_one().await?.get("teams")
}

/// Adds a team.
///
/// # Errors
/// A unique violation when another has the name.
pub(super) async fn add(scope: &mut Conn, team: &Team) -> Result<(), Error> {
    scope
        .query("INSERT INTO teams (id, name, created_at) VALUES ($1, $2, $3)")
        .bind(team.id)
        .bind(team.name.clone())
        .bind(team.created_at)
        .execute()
        .await
        .map(drop)
}

/// Gives a team another name; returns whether it is there.
///
/// # Errors
/// As [`add`].
pub(super) async fn rename(scope: &mut Conn, id: Uuid, name: String) -> Result<bool, Error> {
    Ok(scope.query("UPDATE teams SET name = $1 WHERE id = $2").bind(name).bind(id).execute().await? == 1)
}

/// Removes a team, which its members leave; returns whether it was there.
pub(super) async fn remove(scope: &mut Conn, id: Uuid) -> Result<bool, Error> {
    Ok(scope.query("DELETE FROM teams WHERE id = $1").bind(id).execute().await? == 1)
}

/// Puts somebody into a team; returns whether they were not in it.
pub(super) async fn add_member(scope: &mut Conn, team: Uuid, identity: Uuid) -> Result<bool, Error> {
    let added = scope.query(
        "INSERT INTO team_members (team_id, identity_id, added_at) VALUES ($1, $2, $3) \
         ON CONFLICT (team_id, identity_id) DO NOTHING",
    );
    Ok(added.bind(team).bind(identity).bind(clock::now()).execute().await? == 1)
}

/// Takes somebody out of a team; returns whether they were in it.
pub(super) async fn remove_member(scope: &mut Conn, team: Uuid, identity: Uuid) -> Result<bool, Error> {
    let removed = scope.query("DELETE FROM team_members WHERE team_id = $1 AND identity_id = $2");
    Ok(removed.bind(team).bind(identity).execute().await? == 1)
}

/// Takes somebody out of every team.
pub(super) async fn forget(scope: &mut Conn, identity: Uuid) -> Result<(), Error> {
    scope.query("DELETE FROM team_members WHERE identity_id = $1").bind(identity).execute().await.map(drop)
}
