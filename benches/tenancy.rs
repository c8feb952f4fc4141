//! What tenancy costs: `cargo xtask bench [GROUP…] [--quick]`. Each group says in its file what it measures.

mod groups;

fn main() -> std::process::ExitCode {
    nadia_benches::run(groups::ALL)
}
