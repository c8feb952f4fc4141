use nadia_tenant_sqlx::{FleetStatus, MigrateReport, MigratedPlace};
use serde::Serialize;

/// What a run did, and how things are after it.
pub(super) struct Report<'r> {
    pub(super) provisioned: &'r [MigratedPlace],
    pub(super) run: &'r MigrateReport,
    pub(super) status: &'r FleetStatus,
}

/// The report as `--json` shows it. Members are added, never renamed.
#[derive(Serialize)]
struct ReportJson<'r> {
    run: Option<String>,
    touched: Vec<PlaceJson<'r>>,
    left: usize,
    stopped: Option<&'r str>,
    complete: bool,
    status: StatusJson,
}

#[derive(Serialize)]
struct PlaceJson<'r> {
    place: &'r str,
    tenant: Option<String>,
    applied: &'r [i64],
    duration_ms: u128,
    error: Option<&'r str>,
}

/// The answer of `--status --json`.
#[derive(Serialize)]
pub(super) struct StatusJson {
    target: i64,
    places: usize,
    current: usize,
    failed: usize,
    is_current: bool,
}

/// The answer of `--drift --json`.
#[derive(Serialize)]
pub(super) struct DriftJson<'d> {
    pub(super) drift: &'d [String],
}

impl StatusJson {
    pub(super) const fn of(status: &FleetStatus) -> Self {
        let FleetStatus { target, places, current, failed, .. } = *status;
        Self { target, places, current, failed, is_current: status.is_current() }
    }
}

impl Report<'_> {
    fn touched(&self) -> impl Iterator<Item = &MigratedPlace> {
        self.provisioned.iter().chain(&self.run.touched)
    }

    pub(super) fn json(&self) -> String {
        let Self { run, status, .. } = self;
        let touched = self.touched().map(|place| PlaceJson {
            place: &place.place,
            tenant: place.tenant.map(|tenant| tenant.to_string()),
            applied: &place.applied,
            duration_ms: place.duration.as_millis(),
            error: place.error.as_deref(),
        });
        json_line(&ReportJson {
            run: run.run.map(|id| id.to_string()),
            touched: touched.collect(),
            left: run.left,
            stopped: run.stopped.as_deref(),
            complete: run.is_complete(),
            status: StatusJson::of(status),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for MigratedPlace { place, applied, duration, error, .. } in self.touched() {
            let versions = applied.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let versions = if versions.is_empty() { "nothing".to_owned() } else { versions };
            text.push_str(&format!("{place}: applied {versions} in {} ms\n", duration.as_millis()));
            if let Some(error) = error {
                text.push_str(&format!("  FAILED: {error}\n"));
            }
        }
        text.push_str(&format!("{}\n", self.status));
        text
    }
}

pub(super) fn json_line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("a struct of texts and numbers is always JSON");
    line.push('\n');
    line
}
