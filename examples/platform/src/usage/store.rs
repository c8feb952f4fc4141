use std::collections::BTreeMap;

use axum::http::StatusCode;
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, Error};
use serde::Serialize;
use time::{Date, Duration, OffsetDateTime, macros::format_description};
use utoipa::ToSchema;

use super::Meter;
use crate::problem::Problem;

/// The days that are asked about, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: Date,
    pub(crate) to: Date,
    /// Whether a line is a month.
    pub(crate) by_month: bool,
}

/// What was used on a day, or in a month that begins with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UsageDay)]
pub(crate) struct Day {
    #[serde(serialize_with = "as_text")]
    pub(crate) day: Date,
    pub(crate) requests: i64,
    pub(crate) patients: i64,
    pub(crate) seats: i64,
    pub(crate) storage: i64,
}

fn as_text<S: serde::Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

impl Day {
    const fn empty(day: Date) -> Self {
        Self { day, requests: 0, patients: 0, seats: 0, storage: 0 }
    }

    pub(crate) const fn value(&self, meter: Meter) -> i64 {
        match meter {
            Meter::Requests => self.requests,
            Meter::Patients => self.patients,
            Meter::Seats => self.seats,
            Meter::Storage => self.storage,
        }
    }

    fn set(&mut self, meter: &str, value: i64) {
        match meter {
            "requests" => self.requests = value,
            "patients" => self.patients = value,
            "seats" => self.seats = value,
            "storage" => self.storage = value,
            _ => {}
        }
    }
}

impl Period {
    /// Reads `?from=&to=&by=` of a query; the last 30 days by default.
    ///
    /// # Errors
    /// 400 `query_invalid`.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Problem> {
        let today = OffsetDateTime::now_utc().date();
        let mut period = Self { from: today - Duration::days(29), to: today, by_month: false };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let day = || Date::parse(&value, format_description!("[year]-[month]-[day]")).map_err(|_| invalid());
            match &*name {
                "from" => period.from = day()?,
                "to" => period.to = day()?,
                "by" if value == "day" => period.by_month = false,
                "by" if value == "month" => period.by_month = true,
                _ => return Err(invalid()),
            }
        }
        let days = (period.to - period.from).whole_days();
        if (0..=800).contains(&days) { Ok(period) } else { Err(invalid()) }
    }
}

fn invalid() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "query_invalid",
        "the query is not one of days",
        "send from and to as YYYY-MM-DD, at most 800 days apart, and by=day or by=month",
    )
}

/// Returns what a clinic used in a period: a line for each day, those as well on which nothing was noted.
///
/// What is measured stays as it was until it is measured anew.
pub(crate) async fn days(control: &ControlDb, tenant: TenantId, period: Period) -> Result<Vec<Day>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT day, meter, value FROM usage_daily WHERE tenant_id = $1 AND day >= $2 AND day <= $3 \
             ORDER BY day, meter",
        )
        .bind(tenant.as_uuid())
        .bind(period.from)
        .bind(period.to)
        .fetch_all()
        .await?;
    let mut noted: BTreeMap<Date, Vec<(String, i64)>> = BTreeMap::new();
    for row in &rows {
        noted.entry(row.get("day")?).or_default().push((row.get("meter")?, row.get("value")?));
    }
    let mut days = Vec::new();
    let (mut day, mut last) = (period.from, Day::empty(period.from));
    loop {
        last = Day { day, requests: 0, ..last };
        for (meter, value) in noted.get(&day).into_iter().flatten() {
            last.set(meter, *value);
        }
        days.push(last);
        match day.next_day() {
            Some(next) if next <= period.to => day = next,
            _ => break,
        }
    }
    Ok(if period.by_month { months(&days) } else { days })
}

/// Gathers days by month: the sum of what is counted, the last of what is measured.
fn months(days: &[Day]) -> Vec<Day> {
    let mut months: Vec<Day> = Vec::new();
    for day in days {
        let first = day.day.replace_day(1).unwrap_or(day.day);
        match months.last_mut().filter(|month| month.day == first) {
            Some(month) => *month = Day { day: first, requests: month.requests + day.requests, ..*day },
            None => months.push(Day { day: first, ..*day }),
        }
    }
    months
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_month_sums_what_is_counted_and_keeps_the_last_of_what_is_measured() {
        let day = |day, requests, patients| Day { requests, patients, ..Day::empty(day) };
        let days =
            [day(date!(2025 - 12 - 31), 1, 10), day(date!(2026 - 01 - 01), 2, 11), day(date!(2026 - 01 - 02), 3, 9)];
        assert_eq!(months(&days), [day(date!(2025 - 12 - 01), 1, 10), day(date!(2026 - 01 - 01), 5, 9)]);
    }

    #[test]
    fn a_period_is_of_days() {
        let period = Period::parse(Some("from=2026-01-01&to=2026-01-31&by=month")).unwrap();
        assert_eq!(period, Period { from: date!(2026 - 01 - 01), to: date!(2026 - 01 - 31), by_month: true });
        for query in ["from=yesterday", "from=2026-02-01&to=2026-01-01", "from=1000-01-01", "by=week", "x=1"] {
            assert_eq!(Period::parse(Some(query)).unwrap_err().code(), "query_invalid", "{query}");
        }
    }
}
