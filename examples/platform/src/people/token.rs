//! Access tokens: JWTs signed with Ed25519 ([RFC 8037]), good for 15 minutes at one clinic.
//!
//! [RFC 8037]: https://www.rfc-editor.org/rfc/rfc8037

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header, encode};
use nadia_tenant_core::TenantId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{keys::KeyRing, people::Role, problem::Problem};

/// How long an access token is good, in seconds.
pub(crate) const LIFE_SECONDS: u64 = 900;
const AUDIENCE: &str = "nadia-api";
/// Ours have some 500 bytes; longer ones aren't worth decoding.
const MAX_BYTES: usize = 2_048;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    /// The session that the token was issued in.
    pub(crate) sid: Uuid,
    /// The tenant that the token is for.
    pub(crate) tid: TenantId,
    pub(crate) role: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: Uuid,
}

#[cfg(test)]
impl Tokens {
    pub(super) fn for_test() -> Self {
        Self::new(Arc::new(KeyRing::for_test()), "localhost")
    }
}

#[cfg(test)]
impl Claims {
    fn for_test(tid: TenantId) -> Self {
        Self {
            iss: "localhost".to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: Uuid::now_v7(),
            sid: Uuid::now_v7(),
            tid,
            role: "owner".to_owned(),
            iat: 0,
            nbf: 0,
            exp: 0,
            jti: Uuid::now_v7(),
        }
    }
}

/// Issues and verifies access tokens.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    keys: Arc<KeyRing>,
    issuer: String,
    validation: Validation,
}

impl Tokens {
    pub(crate) fn new(keys: Arc<KeyRing>, base_domain: &str) -> Self {
        let issuer = base_domain.to_owned();
        // The algorithm is ours to say, whatever a token's header claims.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation.validate_nbf = true;
        validation.leeway = 5;
        Self { keys, issuer, validation }
    }

    /// Issues a token for a member of `tenant`, in their session there.
    pub(crate) fn issue(&self, identity: Uuid, session: Uuid, tenant: TenantId, role: Role) -> Result<String, Problem> {
        let now = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: identity,
            sid: session,
            tid: tenant,
            role: role.as_str().to_owned(),
            iat: now,
            nbf: now,
            exp: now + LIFE_SECONDS,
            jti: Uuid::new_v4(),
        };
        let key = self.keys.newest();
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, &claims, &key.signing).map_err(|error| Problem::internal(&error))
    }

    /// Verifies that a token is ours and good now; whose it is, and whether its session goes on, is for the caller.
    pub(crate) fn verify(&self, token: &str) -> Option<Claims> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let kid = decode_header(token).ok()?.kid?;
        let key = self.keys.named(&kid)?;
        decode::<Claims>(token, &key.verifying, &self.validation).ok().map(|token| token.claims)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn verifies_its_own_tokens_only() {
        let keys = Arc::new(KeyRing::for_test());
        let tokens = Tokens::new(Arc::clone(&keys), "localhost");
        let tenant = TenantId::new();
        let token = tokens.issue(Uuid::now_v7(), Uuid::now_v7(), tenant, Role::Viewer).unwrap();
        let claims = tokens.verify(&token).unwrap();
        assert_eq!((claims.tid, claims.role.as_str()), (tenant, "viewer"));
        assert_eq!(claims.exp - claims.iat, LIFE_SECONDS);

        assert!(Tokens::for_test().verify(&token).is_none(), "signed by another installation");
        assert!(Tokens::new(keys, "example.org").verify(&token).is_none(), "issued by another platform");
        assert!(tokens.verify("").is_none());
        assert!(tokens.verify(&"a".repeat(10_000)).is_none());
    }

    #[test]
    fn an_altered_token_is_refused() {
        let tokens = Tokens::for_test();
        let token = tokens.issue(Uuid::now_v7(), Uuid::now_v7(), TenantId::new(), Role::Viewer).unwrap();
        let [head, body, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let decoded = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let promoted = URL_SAFE_NO_PAD.encode(decoded(body).replace("viewer", "owner"));
        assert!(tokens.verify(&format!("{head}.{promoted}.{signature}")).is_none());
        for algorithm in ["none", "HS256", "RS256"] {
            let head = URL_SAFE_NO_PAD.encode(decoded(head).replace("EdDSA", algorithm));
            assert!(tokens.verify(&format!("{head}.{body}.{signature}")).is_none(), "{algorithm}");
            assert!(tokens.verify(&format!("{head}.{body}.")).is_none(), "{algorithm}, unsigned");
        }
        let elsewhere = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"EdDSA","kid":"../../etc/passwd"}"#);
        assert!(tokens.verify(&format!("{elsewhere}.{body}.{signature}")).is_none());
    }

    #[test]
    fn an_expired_token_is_refused() {
        let keys = Arc::new(KeyRing::for_test());
        let tokens = Tokens::new(Arc::clone(&keys), "localhost");
        let now = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
        let claims = |nbf, exp| Claims { iat: nbf, nbf, exp, ..Claims::for_test(TenantId::new()) };
        let header = Header { kid: Some(keys.newest().kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let signed = |claims: &Claims| encode(&header, claims, &keys.newest().signing).unwrap();
        assert!(tokens.verify(&signed(&claims(now, now + 60))).is_some());
        assert!(tokens.verify(&signed(&claims(now - 900, now - 60))).is_none());
        assert!(tokens.verify(&signed(&claims(now + 60, now + 900))).is_none());
        let foreign = Claims { aud: "elsewhere".to_owned(), ..claims(now, now + 60) };
        assert!(tokens.verify(&signed(&foreign)).is_none());
    }

    #[test]
    fn a_token_outlives_a_rotation() {
        let path = std::env::temp_dir().join(format!("nadia-token-{}.json", Uuid::new_v4().simple()));
        crate::keys::rotate(&path).unwrap();
        let before = Tokens::new(Arc::new(KeyRing::load(&path).unwrap()), "localhost");
        let token = before.issue(Uuid::now_v7(), Uuid::now_v7(), TenantId::new(), Role::Owner).unwrap();
        crate::keys::rotate(&path).unwrap();
        let after = Tokens::new(Arc::new(KeyRing::load(&path).unwrap()), "localhost");
        std::fs::remove_file(path).unwrap();
        assert!(after.verify(&token).is_some());
        let fresh = after.issue(Uuid::now_v7(), Uuid::now_v7(), TenantId::new(), Role::Owner).unwrap();
        assert!(before.verify(&fresh).is_none());
    }
}
