//! The command line of `colocate`.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::dbg_macro, clippy::todo))]

mod cli;

fn main() -> std::process::ExitCode {
    cli::run().into()
}
