mod coverage;
#[cfg(feature = "sqlite")]
mod files;
mod output;
#[cfg(feature = "postgres")]
mod postgres;
