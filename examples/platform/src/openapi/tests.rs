use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::routes::TABLES;

const DOCUMENTS: [ApiDocument; 2] = [ApiDocument::Clinics, ApiDocument::Operators];

#[test]
fn every_route_of_the_api_has_one_operation_and_no_other() {
    for (rows, operations) in TABLES {
        let mut routes: Vec<_> =
            rows.iter().filter(|row| ApiDocument::of(row).is_some()).map(|row| (row.1, row.0.as_str())).collect();
        let mut described: Vec<_> =
            operations.iter().map(|operation| (operation.path, operation.method.as_str())).collect();
        described.sort_unstable();
        routes.sort_unstable();
        // One that stands on several hosts is described once.
        routes.dedup();
        assert_eq!(described, routes);
    }
}

#[test]
fn a_document_has_the_routes_of_its_hosts_and_their_parameters() {
    for document in DOCUMENTS {
        let mut routes = BTreeMap::new();
        for row in TABLES.iter().flat_map(|(rows, _)| *rows).filter(|row| ApiDocument::of(row) == Some(document)) {
            let named: Vec<_> = row.1.split(['{', '}']).skip(1).step_by(2).map(str::to_owned).collect();
            routes.insert((row.1.to_owned(), row.0.as_str().to_lowercase()), named);
        }
        let served: Value = serde_json::from_str(document.text()).unwrap();
        let mut described = BTreeMap::new();
        for (path, item) in served["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let of_path = parameters.filter(|parameter| parameter["in"] == "path");
                let named = of_path.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
                described.insert((path.clone(), method.clone()), named);
            }
        }
        assert_eq!(described, routes);
    }
}

#[test]
fn every_operation_has_an_id_of_its_own_and_says_what_it_gives() {
    for document in DOCUMENTS {
        let served: Value = serde_json::from_str(document.text()).unwrap();
        let mut ids: Vec<&str> = Vec::new();
        for operation in
            served["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
        {
            ids.push(operation["operationId"].as_str().unwrap());
            assert!(operation["responses"].as_object().unwrap().len() > 1, "{operation}");
            assert!(operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()), "{operation}");
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
