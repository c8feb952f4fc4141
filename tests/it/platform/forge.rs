//! Access tokens that the server under test did not issue, made with and without its keys.

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use nadia_tests::{Clinic, Server};
use serde_json::{Value, json};

/// A token taken apart.
pub(crate) struct Forge {
    pub(crate) head: Value,
    pub(crate) claims: Value,
    signature: String,
    pair: Ed25519KeyPair,
}

impl Forge {
    /// Takes the clinic's token apart, with the server's key at hand.
    pub(crate) fn new(server: &Server, clinic: &Clinic) -> Self {
        let [head, claims, signature]: [&str; 3] = clinic.token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let read = |part| serde_json::from_slice::<Value>(&decoded(part)).unwrap();
        let file: Value = serde_json::from_slice(&std::fs::read(server.folder().join("keys.json")).unwrap()).unwrap();
        let key = |member: &str| decoded(file["keys"][0][member].as_str().unwrap());
        let pair = Ed25519KeyPair::from_seed_and_public_key(&key("d"), &key("x")).unwrap();
        Self { head: read(head), claims: read(claims), signature: signature.to_owned(), pair }
    }

    /// Replaces the key by one that the server doesn't know.
    pub(crate) fn with_own_key(mut self) -> Self {
        self.pair = Ed25519KeyPair::generate().unwrap();
        self
    }

    /// Changes members of the header.
    pub(crate) fn head(mut self, changes: Value) -> Self {
        merge(&mut self.head, changes);
        self
    }

    /// Changes claims.
    pub(crate) fn claims(mut self, changes: Value) -> Self {
        merge(&mut self.claims, changes);
        self
    }

    /// Moves the time it is good for by this many seconds.
    pub(crate) fn moved(self, seconds: i64) -> Self {
        let at = |claim: &str| json!(self.claims[claim].as_i64().unwrap() + seconds);
        let changes = json!({"iat": at("iat"), "nbf": at("nbf"), "exp": at("exp")});
        self.claims(changes)
    }

    /// Signs it by the key at hand.
    pub(crate) fn signed(&self) -> String {
        let text = self.text();
        format!("{text}.{}", encoded(self.pair.sign(text.as_bytes()).as_ref()))
    }

    /// Leaves the signature of the token it was made from.
    pub(crate) fn signed_before(&self) -> String {
        format!("{}.{}", self.text(), self.signature)
    }

    /// Leaves the signature out.
    pub(crate) fn unsigned(&self) -> String {
        format!("{}.", self.text())
    }

    /// Signs it by HMAC, with the public key for a secret: `raw` bytes, or their text in the key file.
    pub(crate) fn signed_by_public_key(&self, raw: bool) -> String {
        let public = self.pair.public_key().as_ref();
        let secret = if raw { public.to_vec() } else { encoded(public).into_bytes() };
        let text = self.text();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text.as_bytes());
        format!("{text}.{}", encoded(tag.as_ref()))
    }

    fn text(&self) -> String {
        format!("{}.{}", encoded(self.head.to_string().as_bytes()), encoded(self.claims.to_string().as_bytes()))
    }
}

fn merge(target: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else { panic!("an object") };
    let target = target.as_object_mut().unwrap();
    for (member, value) in changes {
        match value {
            Value::Null => drop(target.remove(&member)),
            value => drop(target.insert(member, value)),
        }
    }
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
