use std::path::PathBuf;

use clap::Subcommand;

/// Commands below `nadia keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Add a new key to the key file, or make the file
    #[command(after_help = "\
The file is a JWK set of private Ed25519 keys, for its owner alone (mode 0600). The newest key signs, every key
verifies. To rotate: run this, restart each server; tokens signed before stay good. The newest 8 keys are kept.

Examples:
  nadia keys new
  nadia keys new --file /etc/nadia/keys.json")]
    New {
        /// The key file
        #[arg(long, env = "NADIA_KEYS_FILE", value_name = "FILE", default_value = "./nadia-data/keys.json")]
        file: PathBuf,
    },
}
