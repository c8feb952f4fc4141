use std::fmt::Debug;

use nadia_tenant_core::{Isolation, PlanName, TenantId, TenantSlug, TenantStatus};
use serde::{Serialize, de::DeserializeOwned};

#[track_caller]
fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}

#[track_caller]
fn refuses<T: DeserializeOwned + Debug>(json: &[&str]) {
    for json in json {
        assert!(serde_json::from_str::<T>(json).is_err(), "{json}");
    }
}

#[test]
fn values_round_trip() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    round_trips(&id.parse::<TenantId>().unwrap(), &format!("{id:?}"));
    round_trips(&"north-clinic".parse::<TenantSlug>().unwrap(), r#""north-clinic""#);
    round_trips(&"pro".parse::<PlanName>().unwrap(), r#""pro""#);
    for status in TenantStatus::ALL {
        round_trips(&status, &format!("{:?}", status.as_str()));
    }
    for isolation in Isolation::ALL {
        round_trips(&isolation, &format!("{:?}", isolation.as_str()));
    }
}

#[test]
fn malformed_values_are_refused() {
    refuses::<TenantId>(&[r#""00000000-0000-0000-0000-000000000000""#, r#""acme""#, "7", "null"]);
    refuses::<TenantSlug>(&[r#""North""#, r#""admin""#, r#""xn--nrth-0pa""#, r#""ab""#, "null", "7"]);
    refuses::<PlanName>(&[r#""Pro""#, r#""""#, "null"]);
    refuses::<TenantStatus>(&[r#""Active""#, r#""deleted""#, "1"]);
    refuses::<Isolation>(&[r#""row""#, r#""Shared""#, "{}"]);
}
