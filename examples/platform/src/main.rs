//! The command `nadia`.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use nadia_platform::{
    App, Cli, Command, CommandError, Config, DEMO_OPERATOR, GuardArgs, GuardError, KeysCommand, Running, ServeArgs,
    StartError, error_chain, rotate_keys, start_log,
};
use tokio::signal::unix::{SignalKind, signal};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(args) => serve(&args),
        Command::Migrate(args) => command(args.run(&mut io::stdout())),
        Command::Doctor(args) => command(args.run(&mut io::stdout())),
        Command::Tenant(args) => command(args.run(&mut io::stdout())),
        Command::Operator(args) => command(args.run(&mut io::stdout())),
        Command::Audit(args) => command(args.run(&mut io::stdout())),
        Command::VerifyExport(args) => command(async { args.run(&mut io::stdout()) }),
        Command::ImportMvp(args) => command(args.run(&mut io::stdout())),
        Command::MvpDemo(args) => command(args.run(&mut io::stdout())),
        Command::Guard(args) => guard(&args),
        Command::Keys(KeysCommand::New { file }) => match rotate_keys(&file) {
            Ok(kid) => {
                say(&format!("{} holds the new key {kid}, which signs from the next start on\n", file.display()))
            }
            Err(error) => Err(error.into()),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "nadia: {}", error_chain(&*error));
            let asked_wrongly = matches!(
                error.downcast_ref(),
                Some(
                    StartError::Keys(_)
                        | StartError::BaseDomain(_)
                        | StartError::DemoPresent { .. }
                        | StartError::DemoOperator
                )
            ) || error.is::<nadia_tenant_sqlx::Error>()
                || error.downcast_ref().is_some_and(CommandError::is_misuse)
                || error.downcast_ref().is_some_and(GuardError::is_misuse);
            ExitCode::from(if asked_wrongly { 2 } else { 1 })
        }
    }
}

fn serve(args: &ServeArgs) -> Result<(), Failure> {
    start_log(args.log_format, &args.log)?;
    let config = args.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Before the start, so that a signal during it is not lost.
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let running = tokio::select! {
            started = App::start(config.clone()) => started?,
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        };
        say(&greeting(&config, &running))?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        running.shutdown().await;
        Ok(())
    })
}

fn guard(args: &GuardArgs) -> Result<(), Failure> {
    match args.run(io::stdin().lock(), io::stdout().lock()) {
        Err(GuardError::Stream(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

fn command(work: impl Future<Output = Result<(), CommandError>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(work);
    // A thread may still wait for a lock that another process holds.
    runtime.shutdown_background();
    match outcome {
        // As for what is said: a reader that has gone is no failure.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Says what to open and what to type.
fn greeting(config: &Config, running: &Running) -> String {
    let database = match &config.database {
        Some(url) => url.to_string(),
        None => format!("SQLite in {}", config.data.display()),
    };
    let mut text = format!("\nNadia serves on {}, database: {database}\n", running.address());
    text.push_str(&format!("\n  Sign a clinic up   {}\n", running.url(None)));
    if let [first, .., last] = running.demo() {
        text.push_str("\n  Clinics with synthetic patients\n");
        for clinic in running.demo() {
            let url = running.url(Some(clinic.slug));
            text.push_str(&format!(
                "    {}\n      open     {url}\n      log in   {}   password   {}\n",
                clinic.name, clinic.email, clinic.password
            ));
        }
        text.push_str(&format!(
            "  Run the platform\n    open     {}\n    log in   {}   password   {}\n",
            running.url(Some("admin")),
            DEMO_OPERATOR,
            first.password
        ));
        let (home, away) = (running.url(Some(first.slug)), running.url(Some(last.slug)));
        text.push_str(&format!(
            "\n  From a shell: log in, list patients, and be refused by the other clinic\n\
             \x20   TOKEN=$(curl -s {home}/api/v1/auth/login -H 'content-type: application/json' \
             -d '{{\"email\":\"{}\",\"password\":\"{}\"}}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n\
             \x20   curl -s '{home}/api/v1/patients?limit=3' -H \"authorization: Bearer $TOKEN\"; echo\n\
             \x20   curl -s '{away}/api/v1/patients?limit=3' -H \"authorization: Bearer $TOKEN\"; echo\n",
            first.email, first.password
        ));
    }
    text.push_str("\nCtrl-C stops it.\n\n");
    text
}

/// Writes to the standard output; a reader that has gone is no failure.
fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
