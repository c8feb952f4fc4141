//! `nadia operator`: who runs the platform.

use std::io::Write;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{CommandError, DatabaseArgs, password::FirstPassword};
use crate::{
    audit::{self, Action, Actor, Entry},
    operators,
    people::{EMAIL_FIX, Email},
};

const PASSWORD: &str = "NADIA_OPERATOR_PASSWORD";
const ADDED: Action = Action::new("operator.added");
const DISABLED: Action = Action::new("operator.disabled");

/// The command below `nadia operator`.
#[derive(Args, Debug)]
pub struct OperatorArgs {
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Add an operator, who logs in on the host `admin` of the base domain
    #[command(after_help = "\
The password is taken from NADIA_OPERATOR_PASSWORD. Without it a random one is made and printed, once.

Examples:
  nadia operator create ops@example.org
  NADIA_OPERATOR_PASSWORD=... nadia operator create ops@example.org --database-url postgres://USER@HOST/nadia")]
    Create(AddressArgs),
    /// Shut an operator out, at once and for good
    #[command(after_help = "\
Examples:
  nadia operator disable ops@example.org")]
    Disable(AddressArgs),
    /// List the operators
    #[command(after_help = "\
Examples:
  nadia operator list
  nadia operator list --json | jq -r '.[].email'")]
    List(ListArgs),
}

#[derive(Args, Debug)]
struct AddressArgs {
    /// The operator's e-mail address
    #[arg(value_name = "ADDRESS")]
    email: String,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Write one JSON array
    #[arg(long)]
    json: bool,
    /// The database.
    #[command(flatten)]
    database: DatabaseArgs,
}

impl OperatorArgs {
    /// Does it, and writes what came of it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        match &self.command {
            OperatorCommand::Create(args) => args.create(out).await,
            OperatorCommand::Disable(args) => args.disable(out).await,
            OperatorCommand::List(args) => args.list(out).await,
        }
    }
}

impl AddressArgs {
    fn email(&self) -> Result<Email, CommandError> {
        let misuse = || CommandError::Misuse(format!("{:?} is no e-mail address; {EMAIL_FIX}", self.email));
        Email::parse(&self.email).ok_or_else(misuse)
    }

    async fn create(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let email = self.email()?;
        let first = FirstPassword::new(PASSWORD, &email)?;
        let hash = first.hash().await?;
        self.database
            .with_control(async |control| {
                let id = Uuid::now_v7();
                let mut tx = control.begin().await?;
                match operators::add(&mut tx, id, &email, hash).await {
                    Ok(()) => {}
                    Err(error) if error.is_unique_violation() => {
                        tx.rollback().await?;
                        let taken = "there is an operator with this address, or was; give another";
                        return Err(CommandError::Misuse(taken.to_owned()));
                    }
                    Err(error) => return Err(error.into()),
                }
                let entry = Entry::of_platform(ADDED, Actor::Command).with_subject("operator", id);
                audit::record(&mut tx, entry).await?;
                tx.commit().await?;
                writeln!(out, "{} is an operator", email.as_str())?;
                if first.random {
                    writeln!(out, "their password is {}", first.password.expose_secret())?;
                }
                Ok(())
            })
            .await
    }

    async fn disable(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        let email = self.email()?;
        self.database
            .with_control(async |control| {
                let mut tx = control.begin().await?;
                let Some(id) = operators::disable(&mut tx, &email).await? else {
                    tx.rollback().await?;
                    let nobody = "no operator who may log in has this address; `nadia operator list` shows all";
                    return Err(CommandError::Misuse(nobody.to_owned()));
                };
                let entry = Entry::of_platform(DISABLED, Actor::Command).with_subject("operator", id);
                audit::record(&mut tx, entry).await?;
                tx.commit().await?;
                Ok(writeln!(out, "{} is shut out", email.as_str())?)
            })
            .await
    }
}

impl ListArgs {
    async fn list(&self, out: &mut dyn Write) -> Result<(), CommandError> {
        self.database
            .with_control(async |control| {
                let operators = operators::list(control).await?;
                if self.json {
                    let text = serde_json::to_string(&operators).map_err(std::io::Error::from)?;
                    return Ok(writeln!(out, "{text}")?);
                }
                for operator in operators {
                    let state = if operator.disabled_at.is_some() { "shut out" } else { "active" };
                    writeln!(out, "{}  {state}", operator.email)?;
                }
                Ok(())
            })
            .await
    }
}
