use std::{
    error::Error,
    io::{IsTerminal, stderr},
    panic,
};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line for people.
    Pretty,
    /// A JSON object a line, for collectors.
    Json,
}

/// Starts writing the log to the standard error.
///
/// A panic is logged by its place alone, whatever it says: its message may quote data.
///
/// What is written is chosen by `filter`, in the [form of tracing](EnvFilter): `info`, or `info,nadia_platform=debug`.
///
/// # Errors
/// When the filter is malformed, or a log is written already.
pub fn start_log(format: LogFormat, filter: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        format!("the log filter {filter:?} is malformed ({error}); use a level, or `info,sqlx=warn`")
    })?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    match format {
        LogFormat::Pretty => log.with_ansi(stderr().is_terminal()).with_target(false).try_init(),
        LogFormat::Json => log.json().with_current_span(false).with_span_list(true).try_init(),
    }?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    Ok(())
}
