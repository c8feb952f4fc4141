//! The key file: what signs access tokens and seals cursors.
//!
//! # Shape
//! A private JWK set ([RFC 7517], [RFC 8037]), mode 0600:
//!
//! ```json
//! {"keys": [{
//!     "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
//!     "kid": "20261123-5f0c2a9be1d34c77",
//!     "created": "2026-11-23T15:30:00Z",
//!     "x": "<public key, 32 bytes, base64url>", "d": "<private key, 32 bytes, base64url>"
//! }]}
//! ```
//!
//! The key created last signs; every key verifies. So a rotation is: [`rotate`] the file, restart each
//! node, and after an access token's life (15 minutes) an older key may go. The file keeps the newest 8.
//!
//! [RFC 7517]: https://www.rfc-editor.org/rfc/rfc7517
//! [RFC 8037]: https://www.rfc-editor.org/rfc/rfc8037

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    encoding::AsBigEndian,
    hmac, rand,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, macros::format_description};

/// The keys of an installation, newest first.
pub struct KeyRing {
    // Never empty.
    keys: Vec<Key>,
}

pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
    pub(crate) seal: hmac::Key,
}

#[derive(Default, Serialize, Deserialize)]
struct KeyFile {
    keys: Vec<Jwk>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    alg: String,
    r#use: String,
    kid: String,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    x: String,
    d: String,
}

/// The number of keys a key file keeps.
const KEPT: usize = 8;

/// Says what is wrong with a key file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is none.
    #[error("there is no key file at {path:?}; make it with `nadia keys new --file {}`", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Others than its owner and group may use it.
    #[error("the key file {path:?} is open to every user of this machine; close it with `chmod 600 {}`", path.display())]
    Open {
        /// Where it is.
        path: PathBuf,
    },
    /// It is no key file.
    #[error("the key file {path:?} is malformed: {what}; restore it, or move it away and run `nadia keys new --file {}`", path.display())]
    Malformed {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it; never a part of it.
        what: &'static str,
    },
    /// It could not be read or written.
    #[error("the key file {path:?} can't be {done}; check the folder and its permissions")]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What was tried: read or written.
        done: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl KeyRing {
    /// Reads the key file at `path`.
    ///
    /// # Errors
    /// [`KeyFileError`] when it is missing, malformed, unreadable, or open to every user.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let malformed = |what| KeyFileError::Malformed { path: path.to_owned(), what };
        let mut stored = read(path)?.keys;
        stored.sort_by_key(|key| std::cmp::Reverse(key.created));
        let keys = stored.iter().map(Key::open).collect::<Option<Vec<_>>>();
        let keys = keys.ok_or_else(|| malformed("a key is no Ed25519 key, or its halves don't belong together"))?;
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].iter().any(|other| other.kid == key.kid) {
                return Err(malformed("two keys have the same kid"));
            }
        }
        if keys.is_empty() { Err(malformed("it holds no key")) } else { Ok(Self { keys }) }
    }

    /// Returns the key that signs.
    pub(crate) fn newest(&self) -> &Key {
        &self.keys[0]
    }

    /// Returns the key that a token names.
    pub(crate) fn named(&self, kid: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// Returns all keys, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

#[cfg(test)]
impl KeyRing {
    /// Makes a ring of one key that is stored nowhere.
    pub(crate) fn for_test() -> Self {
        let key = generate().ok().and_then(|jwk| Key::open(&jwk)).expect("a generated key opens");
        Self { keys: vec![key] }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.kid)).finish()
    }
}

impl Key {
    fn open(stored: &Jwk) -> Option<Self> {
        if (stored.kty.as_str(), stored.crv.as_str()) != ("OKP", "Ed25519") {
            return None;
        }
        let seed = URL_SAFE_NO_PAD.decode(&stored.d).ok()?;
        let public = URL_SAFE_NO_PAD.decode(&stored.x).ok()?;
        let pair = Ed25519KeyPair::from_seed_and_public_key(&seed, &public).ok()?;
        // The seal's key is derived, so that the file holds one secret a key.
        let derivation = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        let seal = hmac::sign(&derivation, b"nadia cursor seal, version 1");
        Some(Self {
            kid: stored.kid.clone(),
            signing: EncodingKey::from_ed_der(pair.to_pkcs8v1().ok()?.as_ref()),
            verifying: DecodingKey::from_ed_components(&stored.x).ok()?,
            seal: hmac::Key::new(hmac::HMAC_SHA256, seal.as_ref()),
        })
    }
}

/// Adds a new key to the file at `path`, making file and folder as needed; returns the key's id.
///
/// The file is replaced as a whole: a crash leaves the old one or the new one.
///
/// # Errors
/// [`KeyFileError`] when an existing file is malformed, or reading or writing fails.
pub fn rotate(path: &Path) -> Result<String, KeyFileError> {
    let mut file = match read(path) {
        Ok(file) => file,
        Err(KeyFileError::Missing { .. }) => KeyFile::default(),
        Err(error) => return Err(error),
    };
    let failed = |source| KeyFileError::Io { path: path.to_owned(), done: "written", source };
    let fresh = generate().map_err(|_| failed(io::Error::other("the system gives no random numbers")))?;
    let kid = fresh.kid.clone();
    file.keys.push(fresh);
    file.keys.sort_by_key(|key| std::cmp::Reverse(key.created));
    file.keys.truncate(KEPT);
    let text = serde_json::to_string_pretty(&file).expect("texts are always JSON");
    replace(path, &text).map_err(failed)?;
    Ok(kid)
}

fn generate() -> Result<Jwk, aws_lc_rs::error::Unspecified> {
    let pair = Ed25519KeyPair::generate()?;
    let mut tail = [0; 8];
    rand::fill(&mut tail)?;
    let created = OffsetDateTime::now_utc();
    let day = created.format(format_description!("[year][month][day]")).map_err(|_| aws_lc_rs::error::Unspecified)?;
    let seed = pair.seed()?;
    Ok(Jwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        alg: "EdDSA".to_owned(),
        r#use: "sig".to_owned(),
        kid: format!("{day}-{:016x}", u64::from_be_bytes(tail)),
        created,
        x: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
        d: URL_SAFE_NO_PAD
            .encode(AsBigEndian::<aws_lc_rs::encoding::Curve25519SeedBin<'_>>::as_be_bytes(&seed)?.as_ref()),
    })
}

fn read(path: &Path) -> Result<KeyFile, KeyFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing { path: path.to_owned() },
        _ => KeyFileError::Io { path: path.to_owned(), done: "read", source },
    };
    let text = fs::read_to_string(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o007 != 0 {
            return Err(KeyFileError::Open { path: path.to_owned() });
        }
    }
    // serde's message could quote a secret, so it isn't passed on.
    serde_json::from_str(&text).map_err(|_| KeyFileError::Malformed {
        path: path.to_owned(),
        what: "it is no JWK set of private Ed25519 keys",
    })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let mut draft_name = name.to_owned();
    draft_name.push(format!(".{}.draft", uuid::Uuid::new_v4().simple()));
    let draft = folder.join(draft_name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&draft, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&draft);
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        std::env::temp_dir().join(format!("nadia-keys-{}", uuid::Uuid::new_v4().simple()))
    }

    #[test]
    fn a_rotated_file_signs_with_the_new_key_and_keeps_the_old() {
        let path = folder().join("keys.json");
        assert!(matches!(KeyRing::load(&path), Err(KeyFileError::Missing { .. })));
        let first = rotate(&path).unwrap();
        let second = rotate(&path).unwrap();
        let ring = KeyRing::load(&path).unwrap();
        assert_eq!(ring.newest().kid, second);
        assert!(ring.named(&first).is_some());
        assert!(ring.named("other").is_none());
        for _ in 0..KEPT {
            rotate(&path).unwrap();
        }
        assert_eq!(KeyRing::load(&path).unwrap().iter().count(), KEPT);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let path = folder().join("keys.json");
        rotate(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(KeyRing::load(&path), Err(KeyFileError::Open { .. })));
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_malformed_file_is_refused_without_quoting_it() {
        let path = folder().join("keys.json");
        replace(&path, r#"{"keys":[{"d":"secret-part"}]}"#).unwrap();
        let error = KeyRing::load(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Malformed { .. }));
        assert!(!error.to_string().contains("secret-part"));
        assert!(rotate(&path).is_err(), "a file that can't be read is not overwritten");
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
