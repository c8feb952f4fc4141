use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use nadia_platform::rotate_keys;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{Http, Place, PostgresTemplate};

/// Nothing here takes a tenth of it, unless the machine is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The variable with a new owner's password.
const OWNER: &str = "NADIA_OWNER_PASSWORD";

/// Empty, so that each clone's roles are named after itself, as in an installation.
static TEMPLATE: PostgresTemplate = PostgresTemplate::new("process");

/// An installation for the real binary: a folder, and on PostgreSQL a database.
#[derive(Debug)]
pub struct Ground {
    folder: TempDir,
    database: Option<String>,
}

/// What a command of the real binary came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to the standard output.
    pub out: String,
    /// What it wrote to the standard error.
    pub err: String,
}

/// The real binary `nadia serve`, running; killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    /// The way to it.
    pub http: Http,
    child: Child,
    log: PathBuf,
}

impl Ground {
    /// Makes one with nothing but a key file.
    ///
    /// # Panics
    /// If it can't be made.
    pub async fn new(place: Place) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        rotate_keys(&folder.path().join("keys.json")).expect("a key file");
        let database = match place {
            Place::Sqlite => None,
            Place::Postgres => Some(TEMPLATE.clone_database(|_| async {}).await),
        };
        Self { folder, database }
    }

    /// Returns the folder with the key file, and on SQLite with the database.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the superuser's URL of the database, on PostgreSQL.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Starts the binary here and waits until it serves. Its log is in JSON, of the levels in `log`.
    ///
    /// # Panics
    /// If it doesn't serve.
    pub async fn serve(&self, log: &str) -> Process {
        self.serve_with(log, &[]).await
    }

    /// Starts the binary as [`serve`](Self::serve) does, with further options.
    ///
    /// # Panics
    /// If it doesn't serve.
    pub async fn serve_with(&self, log: &str, options: &[&str]) -> Process {
        let path = self.folder.path().join("log.json");
        let file = File::options().create(true).append(true).open(&path).expect("a log file");
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--log", log]).args(options);
        command.stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let served = timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.expect("the binary writes text") {
                let rest = line.strip_prefix("Nadia serves on ").and_then(|rest| rest.split(',').next());
                if let Some(address) = rest {
                    return address.parse::<SocketAddr>().expect("an address and port");
                }
            }
            panic!("the binary ended: {}", fs::read_to_string(&path).unwrap_or_default());
        });
        let address = served.await.expect("the binary serves in time");
        // The rest of the greeting waits in the pipe, which must stay open until it is written.
        let drained = async move { while lines.next_line().await.is_ok_and(|line| line.is_some()) {} };
        tokio::spawn(drained);
        Process { http: Http::new(address), child, log: path }
    }

    /// Runs the binary here with these arguments and waits until it ends.
    ///
    /// # Panics
    /// If it doesn't, or writes what isn't UTF-8.
    pub async fn run(&self, args: &[&str]) -> Outcome {
        ended(self.command().args(args)).await
    }

    /// Runs the binary as [`run`](Self::run) does, with [`PASSWORD`](crate::PASSWORD) as a new owner's password, and kills
    /// it by SIGKILL after some time, unless it has ended by then.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_killed(&self, args: &[&str], after: Duration) -> Outcome {
        let mut command = self.command();
        command.args(args).env(OWNER, crate::PASSWORD).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        if timeout(after, child.wait()).await.is_err() {
            child.start_kill().expect("our child can be killed");
        }
        outcome(child.wait_with_output().await.expect("our child"))
    }

    /// Runs the binary as [`run`](Self::run) does, with [`PASSWORD`](crate::PASSWORD) as a new owner's password.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_with_password(&self, args: &[&str]) -> Outcome {
        ended(self.command().args(args).env(OWNER, crate::PASSWORD)).await
    }

    /// Runs the binary as [`run`](Self::run) does, with further variables.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Outcome {
        ended(self.command().args(args).envs(variables.iter().copied())).await
    }

    /// Runs the binary as [`run`](Self::run) does where no file can grow beyond this size, as on a disk that is full.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub async fn run_on_full_disk(&self, args: &[&str], kib: u32) -> Outcome {
        let mut command = self.place(Command::new("sh"));
        // Else the signal that comes with the error would end the process. The unit of `ulimit` is 512 bytes.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
        ended(command.arg("-c").arg(script).arg(binary()).args(args)).await
    }

    /// Starts the binary here with these arguments.
    ///
    /// # Panics
    /// If it doesn't start.
    #[must_use]
    pub fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command();
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary starts")
    }

    /// Starts the binary here with these arguments and pipes to its input and from its output.
    ///
    /// # Panics
    /// If it can't be started.
    #[must_use]
    pub fn filter(&self, args: &[&str]) -> Child {
        let mut command = self.command();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().expect("the binary starts")
    }

    /// Returns the binary, which finds the database and the folder by its environment.
    fn command(&self) -> Command {
        self.place(Command::new(binary()))
    }

    fn place(&self, mut command: Command) -> Command {
        let named =
            ["DATABASE_URL", "NADIA_DATABASE_URL", "NADIA_SERVERS", "NADIA_KEYS_FILE", "NADIA_BASE_DOMAIN", OWNER];
        for variable in named {
            command.env_remove(variable);
        }
        if let Some(url) = &self.database {
            command.env("NADIA_DATABASE_URL", url);
        }
        command.env("NADIA_DATA", self.folder.path()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

impl Outcome {
    /// Checks that all went well, and returns what it wrote.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    pub fn done(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.err, "", "{self:?}");
        &self.out
    }

    /// Checks that it failed by this exit code with nothing on its standard output, and returns why.
    ///
    /// # Panics
    /// If it didn't.
    #[track_caller]
    pub fn failed(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        &self.err
    }
}

impl Process {
    /// Kills it by SIGKILL, at once and wherever it is, and waits until it is gone.
    ///
    /// # Panics
    /// If it was gone before.
    pub async fn kill(&mut self) {
        assert!(self.child.try_wait().expect("our child").is_none(), "the binary runs until it is killed");
        self.child.kill().await.expect("our child can be killed");
    }

    /// Asks it to stop, by SIGTERM.
    ///
    /// # Panics
    /// If it is gone.
    pub async fn terminate(&self) {
        let id = self.child.id().expect("the binary runs").to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(sent.expect("the program `kill` is there").success());
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it doesn't.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("the binary ends in time").expect("our child")
    }

    /// Returns what was logged so far, by this one and those before it on the same ground.
    ///
    /// # Panics
    /// If it can't be read.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("a log in UTF-8")
    }
}

async fn ended(command: &mut Command) -> Outcome {
    let output = timeout(PATIENCE, command.output()).await;
    outcome(output.expect("the binary ends in time").expect("the binary starts"))
}

fn outcome(output: Output) -> Outcome {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Finds the binary beside the test's own executable, where `cargo test --workspace` puts both.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has an executable");
    let profile = test.parent().and_then(Path::parent).expect("it is in target/<profile>/deps");
    let binary = profile.join("nadia");
    assert!(
        binary.is_file(),
        "{} is missing; build it by `cargo build -p nadia-platform`, or run the tests of the whole workspace",
        binary.display()
    );
    binary
}
