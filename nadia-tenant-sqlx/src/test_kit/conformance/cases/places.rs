use uuid::Uuid;

use super::clinics;
use crate::{Error, Reason, test_kit::conformance::stage::Stage};

/// A tenant that has a place of its own could be served from the shared one, and every other answer be the same.
pub(super) async fn rows(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let (own, mut right, mut wrong, mut faults) = (stage.own_places(), 0, 0, 0);
    let reason: Reason = "conformance".parse().map_err(|error| Error::Corrupt(Box::new(error)))?;
    let reads = stage.installation().cross_tenant(reason).await?;
    for (place, rows) in reads.each("SELECT tenant_id FROM visits").await {
        let Ok(rows) = rows else {
            faults += 1;
            continue;
        };
        for row in rows {
            let owner = row.get::<Uuid>("tenant_id")?;
            let Some(expected) = own.iter().find(|(tenant, _)| *tenant == owner) else { continue };
            *(if expected.1 == place.as_str() { &mut right } else { &mut wrong }) += 1;
        }
    }
    stage.note("in their tenant's place", right.to_string());
    stage.note("elsewhere", wrong.to_string());
    stage.note("places that can't be read", faults.to_string());
    Ok(())
}
