//! The command line of `colocate`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run().into()
}
