//! Counted limits: what is used never exceeds what is allowed, and what is counted is what is there.

use futures_util::future::{join, join_all};
use nadia_tests::{Answer, Server, at_both_places};

use super::clinic_support::{clinic_of, counted, id_of, in_place, isolations, limit, new_patient, upload};

fn status(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

at_both_places! {
    async fn of_many_patients_at_once_as_many_are_added_as_the_limit_allows(place) {
        let server = Server::start(place).await;
        for isolation in isolations(place) {
            let clinic = clinic_of(&server, isolation).await;
            limit(&server, &clinic, "patients", 10).await;
            let answers = join_all((0..64).map(|_| new_patient(&server.http, &clinic, "Ann").send())).await;
            assert_eq!((status(&answers, 201), status(&answers, 403)), (10, 54), "{isolation}");
            for refused in answers.iter().filter(|answer| answer.status == 403) {
                let problem = refused.problem(403, "limit_reached");
                let detail = problem["detail"].as_str().unwrap();
                assert!(detail.contains("includes 10 patients") && detail.contains("10 are used"), "{detail}");
            }
            assert_eq!(counted(&server, &clinic.slug).await, [[10, 0], [10, 0]]);

            let removed = server.patients(&clinic).await[0].clone();
            let path = format!("/api/v1/patients/{}", id_of(&removed));
            let remove = || server.http.delete(&clinic.host, &path).token(&clinic.token).send();
            let answers = join_all((0..4).map(|_| remove())).await;
            assert_eq!(status(&answers, 204), 1, "{answers:?}");
            assert_eq!(counted(&server, &clinic.slug).await, [[9, 0], [9, 0]]);
            new_patient(&server.http, &clinic, "Bea").send().await.expect(201);
            new_patient(&server.http, &clinic, "Cleo").send().await.problem(403, "limit_reached");
        }
    }

    async fn of_many_documents_at_once_as_many_are_stored_as_the_limit_allows(place) {
        let server = Server::start(place).await;
        let clinic = &server.north;
        let ann = id_of(&server.add_patient(clinic, "Ann").await);
        limit(&server, clinic, "storage", 1_050).await;
        let uploads = (0..24).map(|_| upload(&server.http, clinic, &ann, "a.txt", "x".repeat(100)).send());
        let answers = join_all(uploads).await;
        assert_eq!((status(&answers, 201), status(&answers, 403)), (10, 14), "{answers:?}");
        assert_eq!(counted(&server, &clinic.slug).await, [[1, 1_000], [1, 1_000]]);
        // A smaller one still fits.
        upload(&server.http, clinic, &ann, "b.txt", "x".repeat(50)).send().await.expect(201);
        upload(&server.http, clinic, &ann, "c.txt", "x").send().await.problem(403, "limit_reached");
        let path = format!("/api/v1/documents/{}", id_of(&answers.iter().find(|a| a.status == 201).unwrap().json()));
        let removals = (0..4).map(|_| server.http.delete(&clinic.host, &path).token(&clinic.token).send());
        assert_eq!(status(&join_all(removals).await, 204), 1);
        assert_eq!(counted(&server, &clinic.slug).await, [[1, 950], [1, 950]]);
    }

    async fn a_patient_who_goes_gives_back_what_their_documents_took(place) {
        let server = Server::start(place).await;
        for isolation in isolations(place) {
            let clinic = clinic_of(&server, isolation).await;
            for _ in 0..4 {
                let ann = id_of(&server.add_patient(&clinic, "Ann").await);
                upload(&server.http, &clinic, &ann, "a.txt", "x".repeat(70)).send().await.expect(201);
                // Some of these come before the patient goes and some after, or during it.
                let uploads = join_all((0..6).map(|_| upload(&server.http, &clinic, &ann, "b.txt", "x".repeat(30)).send()));
                let path = format!("/api/v1/patients/{ann}");
                let removal = server.http.delete(&clinic.host, &path).token(&clinic.token).send();
                let (uploads, removed) = join(uploads, removal).await;
                removed.expect(204);
                for upload in &uploads {
                    assert!(upload.status == 201 || upload.outcome() == "404 not_found", "{upload:?}");
                }
                assert_eq!(counted(&server, &clinic.slug).await, [[0, 0], [0, 0]], "{isolation}");
            }
        }
    }

    async fn a_place_that_counted_nothing_yet_begins_with_what_is_there(place) {
        let server = Server::start(place).await;
        let clinic = &server.north;
        let mut patients = Vec::new();
        for name in ["Ann", "Bea", "Cleo"] {
            let id = id_of(&server.add_patient(clinic, name).await);
            upload(&server.http, clinic, &id, "a.txt", "12345").send().await.expect(201);
            patients.push(id);
        }
        in_place(&server, &clinic.slug, "DELETE FROM counters").await;
        let first = format!("/api/v1/patients/{}", patients[0]);
        server.http.delete(&clinic.host, &first).token(&clinic.token).send().await.expect(204);
        assert_eq!(counted(&server, &clinic.slug).await, [[2, 10], [2, 10]]);

        in_place(&server, &clinic.slug, "DELETE FROM counters").await;
        limit(&server, clinic, "patients", 4).await;
        let answers = join_all((0..8).map(|_| new_patient(&server.http, clinic, "Dora").send())).await;
        assert_eq!(status(&answers, 201), 2, "{answers:?}");
        upload(&server.http, clinic, &patients[1], "b.txt", "123").send().await.expect(201);
        assert_eq!(counted(&server, &clinic.slug).await, [[4, 13], [4, 13]]);
    }

    async fn what_is_added_beside_the_counters_is_counted(place) {
        let server = Server::start_with(place, |config| config.demo = true).await;
        for clinic in server.running().demo() {
            assert_eq!(counted(&server, clinic.slug).await, [[12, 0], [12, 0]]);
        }
    }
}
