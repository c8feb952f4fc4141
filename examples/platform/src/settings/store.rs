use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Key;
use crate::openapi::body;

/// What a clinic set; every other key has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored(Vec<(Key, String)>);

impl Stored {
    /// Returns a key's value: what was set, or its default.
    pub(crate) fn value(&self, key: Key) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str()).or(key.default())
    }

    fn text(&self, key: Key) -> String {
        self.value(key).unwrap_or_default().to_owned()
    }

    fn number(&self, key: Key) -> i64 {
        self.value(key).and_then(|value| value.parse().ok()).unwrap_or_default()
    }
}

/// A clinic's settings, all of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    pub(crate) time_zone: String,
    pub(crate) locale: String,
    pub(crate) week_start: String,
    pub(crate) appointment_minutes: i64,
    pub(crate) contact_email: Option<String>,
    pub(crate) contact_phone: Option<String>,
    pub(crate) retention_days: i64,
}

body! {
    /// What of the settings is to change: `null` sets the default.
    #[schema(as = SettingsPatch)]
    pub(crate) struct Patch {
        time_zone: Option<String>,
        locale: Option<String>,
        week_start: Option<String>,
        appointment_minutes: Option<i64>,
        contact_email: Option<String>,
        contact_phone: Option<String>,
        retention_days: Option<i64>,
    }
}

impl Settings {
    fn of(stored: &Stored) -> Self {
        let maybe = |key| stored.value(key).map(str::to_owned);
        Self {
            time_zone: stored.text(Key::TimeZone),
            locale: stored.text(Key::Locale),
            week_start: stored.text(Key::WeekStart),
            appointment_minutes: stored.number(Key::AppointmentMinutes),
            contact_email: maybe(Key::ContactEmail),
            contact_phone: maybe(Key::ContactPhone),
            retention_days: stored.number(Key::RetentionDays),
        }
    }
}

/// Reads a clinic's settings.
pub(crate) async fn read(control: &ControlDb, tenant: TenantId) -> Result<Settings, Error> {
    Ok(Settings::of(&stored(control, tenant).await?))
}

/// Reads what a clinic set. What another version stored under a key that is none here stays, unseen.
pub(crate) async fn stored(control: &ControlDb, tenant: TenantId) -> Result<Stored, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT key, value FROM settings WHERE tenant_id = $1").bind(tenant.as_uuid());
    let mut set = Vec::new();
    for row in rows.fetch_all().await? {
        if let Some(key) = Key::parse(&row.get::<String>("key")?) {
            set.push((key, row.get("value")?));
        }
    }
    Ok(Stored(set))
}

/// Sets keys of a clinic, notes in the history what that changed, and returns it.
///
/// The transaction must have taken its turn in the registry before, so that no other change comes in between.
pub(crate) async fn apply(
    tx: &mut ControlTx,
    tenant: TenantId,
    by: Option<Uuid>,
    wanted: &[(Key, Option<String>)],
) -> Result<Vec<Key>, Error> {
    let now = OffsetDateTime::now_utc();
    let mut changed = Vec::new();
    for (key, value) in wanted {
        let value = value.clone().filter(|value| !value.is_empty() && Some(value.as_str()) != key.default());
        let before = tx
            .query("SELECT value FROM settings WHERE tenant_id = $1 AND key = $2")
            .bind(tenant.as_uuid())
            .bind(key.as_str().to_owned())
            .fetch_optional()
            .await?;
        let before: Option<String> = before.map(|row| row.get("value")).transpose()?;
        if before == value {
            continue;
        }
        match &value {
            Some(value) => {
                tx.query(
                    "INSERT INTO settings (tenant_id, key, value, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (tenant_id, key) DO UPDATE SET value = excluded.value, \
                     changed_at = excluded.changed_at, changed_by = excluded.changed_by",
                )
                .bind(tenant.as_uuid())
                .bind(key.as_str().to_owned())
                .bind(value.clone())
                .bind(now)
                .bind(by)
                .execute()
                .await?
            }
            None => {
                tx.query("DELETE FROM settings WHERE tenant_id = $1 AND key = $2")
                    .bind(tenant.as_uuid())
                    .bind(key.as_str().to_owned())
                    .execute()
                    .await?
            }
        };
        tx.query(
            "INSERT INTO setting_changes (id, tenant_id, key, old_value, new_value, at, actor_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(Uuid::now_v7())
        .bind(tenant.as_uuid())
        .bind(key.as_str().to_owned())
        .bind(before)
        .bind(value)
        .bind(now)
        .bind(by)
        .execute()
        .await?;
        changed.push(*key);
    }
    Ok(changed)
}

/// One change of a setting; without a value it is the default.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SettingChange)]
pub(crate) struct Change {
    #[serde(skip)]
    pub(crate) id: Uuid,
    pub(crate) key: String,
    pub(crate) old_value: Option<String>,
    pub(crate) new_value: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    pub(crate) actor_id: Option<Uuid>,
    /// The actor's address, while somebody has it.
    pub(crate) actor: Option<String>,
}

/// Lists up to `limit` changes before the one with the id `before`, the newest first.
pub(super) async fn changes(
    control: &ControlDb,
    tenant: TenantId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Change>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT setting_changes.id, setting_changes.key, setting_changes.old_value, setting_changes.new_value, \
             setting_changes.at, setting_changes.actor_id, identities.email AS actor FROM setting_changes \
             LEFT JOIN identities ON identities.id = setting_changes.actor_id \
             WHERE setting_changes.tenant_id = $1 AND setting_changes.id < $2 ORDER BY setting_changes.id DESC LIMIT $3",
        )
        .bind(tenant.as_uuid())
        .bind(before.unwrap_or(Uuid::max()))
        .bind(limit)
        .fetch_all()
        .await?;
    let read = |row: &nadia_tenant_sqlx::portable::Row| {
        Ok(Change {
            id: row.get("id")?,
            key: row.get("key")?,
            old_value: row.get("old_value")?,
            new_value: row.get("new_value")?,
            at: row.get("at")?,
            actor_id: row.get("actor_id")?,
            actor: row.get("actor")?,
        })
    };
    rows.iter().map(read).collect()
}
