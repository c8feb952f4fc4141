use std::{fmt, path::PathBuf, str::FromStr};

use crate::Error;

/// Names the database of an installation.
///
/// | text | meaning |
/// |---|---|
/// | `sqlite:FOLDER` | SQLite files in that folder, which is made if it isn't there |
/// | `postgres://USER:PASSWORD@HOST:PORT/DATABASE` | a PostgreSQL database, by a user who may create roles and schemas in it |
///
/// PostgreSQL's text is that of [libpq's connection URIs], as sqlx reads them. `Display` and `Debug` tell host, port and
/// database, or the folder: never the user or the password.
///
/// [libpq's connection URIs]: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
#[derive(Clone)]
pub struct DatabaseUrl(pub(super) Target);

#[derive(Clone)]
pub(super) enum Target {
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "parsed to say that the feature is off"))]
    Sqlite(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(Box<sqlx::postgres::PgConnectOptions>),
    #[cfg(not(feature = "postgres"))]
    Postgres,
}

impl DatabaseUrl {
    /// Names SQLite files in `folder`.
    #[must_use]
    pub fn sqlite(folder: impl Into<PathBuf>) -> Self {
        Self(Target::Sqlite(folder.into()))
    }
}

impl FromStr for DatabaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(folder) = text.strip_prefix("sqlite:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            if folder.is_empty() || folder.starts_with(':') {
                return Err(Error::Config(
                    "the SQLite database URL names no folder; give one as in sqlite:./data".to_owned(),
                ));
            }
            return Ok(Self::sqlite(folder));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            #[cfg(feature = "postgres")]
            return match text.parse() {
                Ok(options) => Ok(Self(Target::Postgres(Box::new(options)))),
                // sqlx's own message may repeat parts of the URL, which holds a password.
                Err(_) => Err(Error::Config(
                    "the PostgreSQL database URL is malformed; write postgres://user:password@host:port/database"
                        .to_owned(),
                )),
            };
            #[cfg(not(feature = "postgres"))]
            return Ok(Self(Target::Postgres));
        }
        Err(Error::Config(
            "the database URL has an unknown scheme; use postgres://user:password@host:port/database or sqlite:folder"
                .to_owned(),
        ))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Sqlite(folder) => write!(f, "sqlite:{}", folder.display()),
            #[cfg(feature = "postgres")]
            Target::Postgres(options) => write!(
                f,
                "postgres://{}:{}/{}",
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
            #[cfg(not(feature = "postgres"))]
            Target::Postgres => f.write_str("postgres"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_neither_user_nor_password() {
        let shown = |text: &str| {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({url})"));
            url.to_string()
        };
        assert_eq!(shown("sqlite:./data"), "sqlite:./data");
        #[cfg(feature = "postgres")]
        assert_eq!(shown("postgres://ada:secret@db.example:5433/clinics"), "postgres://db.example:5433/clinics");
    }
}
