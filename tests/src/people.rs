use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;

use crate::{Clinic, PASSWORD, Server};

/// Somebody who was invited to a clinic and accepted; the password is [`PASSWORD`].
#[derive(Clone, Debug)]
pub struct Joined {
    /// Their id.
    pub id: String,
    /// Their e-mail address.
    pub email: String,
    /// An access token at the clinic.
    pub token: String,
    /// A refresh token of the same session.
    pub refresh_token: String,
}

impl Server {
    /// Makes an invitation by the API, and returns its id and token.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn invite(&self, clinic: &Clinic, email: &str, role: &str) -> (String, String) {
        let body = json!({"email": email, "role": role});
        let made = self.http.post(&clinic.host, "/api/v1/invitations", &body).token(&clinic.token).send().await;
        let made = made.expect(201);
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        (text("id"), text("token"))
    }

    /// Makes somebody a member of a clinic, by an invitation that they accept.
    ///
    /// # Panics
    /// If that is refused.
    pub async fn add_member(&self, clinic: &Clinic, email: &str, role: &str) -> Joined {
        let (_, token) = self.invite(clinic, email, role).await;
        let body = json!({"token": token, "password": PASSWORD});
        let grant = self.http.post(&clinic.host, "/api/v1/invitations/accept", &body).send().await.expect(200);
        let token = grant["access_token"].as_str().expect("an access token").to_owned();
        let me = self.http.get(&clinic.host, "/api/v1/me").token(&token).send().await.expect(200);
        Joined {
            id: me["id"].as_str().expect("an id").to_owned(),
            email: email.to_owned(),
            token,
            refresh_token: grant["refresh_token"].as_str().expect("a refresh token").to_owned(),
        }
    }

    /// Runs changes of a clinic's people at once: lets all of them come as far as they can while another change is not
    /// committed yet, and then ends that.
    ///
    /// # Panics
    /// If the control database refuses it.
    pub async fn at_once<T>(
        &self,
        clinic: &Clinic,
        changes: impl IntoIterator<Item = impl Future<Output = T>>,
    ) -> Vec<T> {
        let installation = self.running().installation();
        let mut other = installation.control().begin().await.expect("the control database answers");
        let held = other.query("UPDATE audit_heads SET number = number WHERE chain_id = $1").bind(clinic.uuid());
        assert_eq!(held.execute().await.expect("the clinic has an audit"), 1);
        let release = async {
            // What is right passes however long this is. What looks before it waits has looked by then.
            tokio::time::sleep(Duration::from_millis(500)).await;
            other.commit().await.expect("the other change is committed");
        };
        tokio::join!(futures_util::future::join_all(changes), release).0
    }

    /// Gives a clinic a feature, as an operator would.
    ///
    /// # Panics
    /// If the control database refuses it.
    pub async fn grant_feature(&self, clinic: &Clinic, feature: &str) {
        let mut scope = self.running().installation().control().conn().await.expect("the control database answers");
        scope
            .query("INSERT INTO feature_overrides (tenant_id, feature, enabled, changed_at) VALUES ($1, $2, $3, $4)")
            .bind(clinic.uuid())
            .bind(feature.to_owned())
            .bind(true)
            .bind(OffsetDateTime::now_utc())
            .execute()
            .await
            .expect("the override is new");
    }
}

impl Clinic {
    /// Returns the tenant's id, to bind it to a statement.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn uuid(&self) -> uuid::Uuid {
        self.id.parse().expect("the id of a tenant")
    }
}
