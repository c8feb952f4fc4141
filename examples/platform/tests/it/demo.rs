use nadia_platform::{App, StartError};
use tempfile::TempDir;

use crate::support::{Server, config};

async fn counts(server: &Server) -> Vec<usize> {
    let mut counts = Vec::new();
    for clinic in server.running.demo() {
        let grant = server.log_in(clinic.slug, clinic.email, clinic.password).await.expect(200);
        let list = server.patients(clinic.slug, grant["access_token"].as_str().unwrap()).await.expect(200);
        counts.push(list["data"].as_array().unwrap().len());
    }
    counts
}

#[tokio::test]
async fn a_demo_is_not_served_in_earnest() {
    let folder = TempDir::new().unwrap();
    App::start(config(&folder, |config| config.demo = true)).await.unwrap().shutdown().await;

    let refused = App::start(config(&folder, |_| {})).await.unwrap_err();
    assert!(matches!(refused, StartError::DemoPresent { .. }), "{refused}");
    assert!(refused.to_string().contains("--data") && refused.to_string().contains("--demo"), "{refused}");

    let running = App::start(config(&folder, |config| config.demo = true)).await.unwrap();
    assert_eq!(counts(&Server { running, folder }).await, [12, 12, 12]);
}

#[tokio::test]
async fn a_clinic_with_the_slug_of_a_demo_clinic_is_none_of_the_demo() {
    let server = Server::start(|_| {}).await;
    server.sign_up("northside", "owner@north.example", crate::support::PASSWORD).await.expect(201);
    let Server { running, folder } = server;
    running.shutdown().await;
    App::start(config(&folder, |_| {})).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn two_demos_at_once_on_one_database_add_each_patient_once() {
    let folder = TempDir::new().unwrap();
    nadia_platform::rotate_keys(&folder.path().join("keys.json")).unwrap();
    let start = || App::start(config(&folder, |config| config.demo = true));
    let (one, other) = tokio::join!(start(), start());
    let (running, other) = (one.unwrap(), other.unwrap());
    other.shutdown().await;
    assert_eq!(counts(&Server { running, folder }).await, [12, 12, 12]);
}

#[tokio::test]
async fn the_operator_of_a_demo_keeps_it_from_being_served_in_earnest_whatever_became_of_its_clinics() {
    let folder = TempDir::new().unwrap();
    let running = App::start(config(&folder, |config| config.demo = true)).await.unwrap();
    let mut scope = running.installation().control().conn().await.unwrap();
    // As when each was given another host.
    scope.query("UPDATE tenants SET slug = 'new-' || slug").execute().await.unwrap();
    drop(scope);
    running.shutdown().await;

    let refused = App::start(config(&folder, |_| {})).await.unwrap_err();
    assert!(matches!(refused, StartError::DemoOperator), "{refused}");
    assert!(refused.to_string().contains(nadia_platform::DEMO_OPERATOR), "{refused}");
}
