//! The API's documents. That they say the truth is checked by every suite, at each answer (see `tests/src/promise.rs`).

use nadia_platform::ApiDocument;
use nadia_tests::{BASE, Server, at_both_places};
use serde_json::Value;

/// The [schema of OpenAPI 3.1 documents][schema], by the OpenAPI Initiative under the Apache License 2.0.
///
/// [schema]: https://spec.openapis.org/oas/3.1/schema/2022-10-07
const META: &str = include_str!("../../schemas/openapi-3.1.json");
const DOCUMENTS: [ApiDocument; 2] = [ApiDocument::Clinics, ApiDocument::Operators];

at_both_places! {
    async fn each_host_gives_its_document_to_everybody(place) {
        let server = Server::start(place).await;
        let hosts = [
            (BASE, ApiDocument::Clinics),
            (&server.north.host, ApiDocument::Clinics),
            ("admin.localhost", ApiDocument::Operators),
        ];
        for (host, document) in hosts {
            let answer = server.http.get(host, "/api/v1/openapi.json").send().await;
            let served = answer.expect(200);
            assert_eq!(answer.body, document.text(), "{host}");
            assert_eq!(served["openapi"], "3.1.0");
            assert_eq!(served["info"]["version"], env!("CARGO_PKG_VERSION"));
        }
    }
}

#[test]
fn the_documents_are_of_openapi_3_1_and_their_schemas_of_json_schema() {
    let meta = jsonschema::draft202012::new(&serde_json::from_str(META).unwrap()).unwrap();
    for document in DOCUMENTS {
        let document: Value = serde_json::from_str(document.text()).unwrap();
        let errors: Vec<_> =
            meta.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0]);
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[test]
fn every_reference_leads_to_a_schema_and_every_schema_is_referred_to() {
    for document in DOCUMENTS {
        let text = document.text();
        let document: Value = serde_json::from_str(text).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut referred: Vec<_> =
            text.split("\"#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        referred.sort_unstable();
        referred.dedup();
        assert_eq!(referred, schemas.keys().map(String::as_str).collect::<Vec<_>>());
    }
}
