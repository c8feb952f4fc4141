use std::collections::BTreeMap;

use nadia_tenant_sqlx::{ControlDb, Error, portable::Row};
use serde::Serialize;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use crate::usage::Period;

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    TenantsOverTime,
    PatientsOverTime,
    ActiveUsers,
    UsageByPlan,
    HeaviestTenants,
}

impl Question {
    pub(crate) const ALL: [Self; 5] =
        [Self::TenantsOverTime, Self::PatientsOverTime, Self::ActiveUsers, Self::UsageByPlan, Self::HeaviestTenants];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TenantsOverTime => "tenants_over_time",
            Self::PatientsOverTime => "patients_over_time",
            Self::ActiveUsers => "active_users",
            Self::UsageByPlan => "usage_by_plan",
            Self::HeaviestTenants => "heaviest_tenants",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::TenantsOverTime => "Tenants over time",
            Self::PatientsOverTime => "Patients over time",
            Self::ActiveUsers => "Active users a day",
            Self::UsageByPlan => "Requests by plan",
            Self::HeaviestTenants => "Heaviest tenants",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.as_str() == name)
    }
}

/// A line of an answer: a day, a plan or a tenant, and its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AnalyticsLine)]
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) value: i64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AnalyticsAnswer)]
pub(crate) struct Answer {
    pub(crate) question: &'static str,
    /// When what is asked about was gathered last; nothing before the first time.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) refreshed_at: Option<OffsetDateTime>,
    pub(crate) data: Vec<Line>,
    /// The days, where a line is one.
    #[serde(skip)]
    pub(crate) days: Vec<(Date, i64)>,
}

/// Returns when usage was gathered last.
pub(crate) async fn freshness(control: &ControlDb) -> Result<Option<OffsetDateTime>, Error> {
    let mut scope = control.conn().await?;
    let row = scope.query("SELECT refreshed_at FROM rollups WHERE name = 'usage'").fetch_optional().await?;
    row.map(|row| row.get("refreshed_at")).transpose()
}

/// Answers a question.
pub(crate) async fn ask(control: &ControlDb, question: Question, period: Period) -> Result<Answer, Error> {
    let refreshed_at = freshness(control).await?;
    let (data, days) = match question {
        Question::TenantsOverTime => by_day(tenants(control, period).await?),
        Question::PatientsOverTime => by_day(patients(control, period).await?),
        Question::ActiveUsers => by_day(active(control, period).await?),
        Question::UsageByPlan => (by_plan(control, period).await?, Vec::new()),
        Question::HeaviestTenants => (heaviest(control, period).await?, Vec::new()),
    };
    Ok(Answer { question: question.as_str(), refreshed_at, data, days })
}

fn by_day(days: Vec<(Date, i64)>) -> (Vec<Line>, Vec<(Date, i64)>) {
    let line = |(day, value): &(Date, i64)| Line { label: day.to_string(), value: *value };
    (days.iter().map(line).collect(), days)
}

/// Gives each day of the period its number, by a function of the one before it.
fn filled(period: Period, mut of: impl FnMut(Date) -> i64) -> Vec<(Date, i64)> {
    let mut days = Vec::new();
    let mut day = period.from;
    loop {
        days.push((day, of(day)));
        match day.next_day() {
            Some(next) if next <= period.to => day = next,
            _ => return days,
        }
    }
}

/// Counts the tenants that there were at the end of each day; one that was removed counts until its record changed last.
async fn tenants(control: &ControlDb, period: Period) -> Result<Vec<(Date, i64)>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT created_at, updated_at, status FROM tenants").fetch_all().await?;
    let mut changes: BTreeMap<Date, i64> = BTreeMap::new();
    for row in &rows {
        *changes.entry(row.get::<OffsetDateTime>("created_at")?.date()).or_default() += 1;
        if row.get::<String>("status")? == "purged" {
            *changes.entry(row.get::<OffsetDateTime>("updated_at")?.date()).or_default() -= 1;
        }
    }
    let mut present = changes.range(..period.from).map(|(_, change)| change).sum::<i64>();
    Ok(filled(period, |day| {
        present += changes.get(&day).copied().unwrap_or_default();
        present
    }))
}

/// Sums the patients of all tenants at the end of each day; a tenant that was not measured on a day has those of the last, and
/// one that was removed has none from that day on.
async fn patients(control: &ControlDb, period: Period) -> Result<Vec<(Date, i64)>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT id, updated_at FROM tenants WHERE status = 'purged'").fetch_all().await?;
    let removed = |row: &Row| Ok((row.get("id")?, row.get::<OffsetDateTime>("updated_at")?.date()));
    let removed: BTreeMap<uuid::Uuid, Date> = rows.iter().map(removed).collect::<Result<_, Error>>()?;
    let rows = scope
        .query(
            "SELECT tenant_id, day, value FROM usage_daily WHERE meter = 'patients' AND day <= $1 \
             ORDER BY day, tenant_id",
        )
        .bind(period.to)
        .fetch_all()
        .await?;
    let mut measured: BTreeMap<Date, Vec<(uuid::Uuid, i64)>> = BTreeMap::new();
    for row in &rows {
        measured.entry(row.get("day")?).or_default().push((row.get("tenant_id")?, row.get("value")?));
    }
    let mut last: BTreeMap<uuid::Uuid, i64> = BTreeMap::new();
    for (tenant, value) in measured.range(..period.from).flat_map(|(_, tenants)| tenants) {
        last.insert(*tenant, *value);
    }
    Ok(filled(period, |day| {
        last.extend(measured.get(&day).into_iter().flatten().copied());
        last.retain(|tenant, _| removed.get(tenant).is_none_or(|gone| day < *gone));
        last.values().sum()
    }))
}

async fn active(control: &ControlDb, period: Period) -> Result<Vec<(Date, i64)>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT day, count(DISTINCT identity_id) AS people FROM active_people WHERE day >= $1 AND day <= $2 \
             GROUP BY day ORDER BY day",
        )
        .bind(period.from)
        .bind(period.to)
        .fetch_all()
        .await?;
    let pair = |row: &Row| Ok((row.get::<Date>("day")?, row.get::<i64>("people")?));
    let found: BTreeMap<Date, i64> = rows.iter().map(pair).collect::<Result<_, Error>>()?;
    Ok(filled(period, |day| found.get(&day).copied().unwrap_or_default()))
}

async fn by_plan(control: &ControlDb, period: Period) -> Result<Vec<Line>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT tenants.plan AS label, CAST(sum(usage_daily.value) AS bigint) AS value FROM usage_daily \
             JOIN tenants ON tenants.id = usage_daily.tenant_id \
             WHERE usage_daily.meter = 'requests' AND usage_daily.day >= $1 AND usage_daily.day <= $2 \
             GROUP BY tenants.plan ORDER BY tenants.plan",
        )
        .bind(period.from)
        .bind(period.to)
        .fetch_all()
        .await?;
    rows.iter().map(line).collect()
}

async fn heaviest(control: &ControlDb, period: Period) -> Result<Vec<Line>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT tenants.slug AS label, CAST(sum(usage_daily.value) AS bigint) AS value FROM usage_daily \
             JOIN tenants ON tenants.id = usage_daily.tenant_id \
             WHERE usage_daily.meter = 'requests' AND usage_daily.day >= $1 AND usage_daily.day <= $2 \
             GROUP BY tenants.slug ORDER BY value DESC, label LIMIT 20",
        )
        .bind(period.from)
        .bind(period.to)
        .fetch_all()
        .await?;
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line, Error> {
    Ok(Line { label: row.get("label")?, value: row.get("value")? })
}

#[cfg(test)]
mod tests {
    use nadia_tenant_core::{Isolation, Tenant, TenantId};
    use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig};
    use time::Duration;

    use super::*;
    use crate::{
        plans::PLANS,
        startup::{CONTROL, PLACE},
    };

    #[tokio::test]
    async fn patients_of_a_clinic_that_was_removed_are_counted_no_more() {
        let folder = tempfile::TempDir::new().unwrap();
        let config = InstallationConfig::new(DatabaseUrl::sqlite(folder.path()), &PLACE).with_control(&CONTROL);
        let installation = Installation::provision(config).await.unwrap();
        let (control, now) = (installation.control(), OffsetDateTime::now_utc());
        let (kept, gone, today) = (TenantId::new(), TenantId::new(), now.date());
        for (tenant, slug, value) in [(kept, "kept", 2_i64), (gone, "gone", 5)] {
            let made = Tenant::new(tenant, slug.parse().unwrap(), PLANS[0].plan_name());
            let mut tx = control.begin().await.unwrap();
            installation.reserve_tenant(&mut tx, &made.with_isolation(Isolation::Database)).await.unwrap();
            let sql = "INSERT INTO usage_daily (tenant_id, day, meter, value) VALUES ($1, $2, 'patients', $3)";
            let noted = tx.query(sql).bind(tenant.as_uuid()).bind(today - Duration::days(3)).bind(value);
            noted.execute().await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut scope = control.conn().await.unwrap();
        let removed = scope.query("UPDATE tenants SET status = 'purged', updated_at = $1 WHERE id = $2");
        removed.bind(now - Duration::days(1)).bind(gone.as_uuid()).execute().await.unwrap();
        drop(scope);

        let period = Period { from: today - Duration::days(3), to: today, by_month: false };
        let answer = ask(control, Question::PatientsOverTime, period).await.unwrap();
        assert_eq!(answer.days.iter().map(|(_, sum)| *sum).collect::<Vec<_>>(), [7, 7, 2, 2]);
    }
}
