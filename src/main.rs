//! Parses the command line, runs it, and turns the answer into an exit code.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(zaqarcheck::cli::run(std::env::args_os()).code())
}
