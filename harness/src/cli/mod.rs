//! The command line: flags in, an exit code out.
//!
//! Each command is one file: it resolves its flags into options (no work is done before all of them make sense),
//! calls the pipeline, and prints results to stdout; everything else goes to stderr.

mod args;
mod bench;
mod compare;
mod completions;
mod error;
mod eval;
mod gate;
mod init;
mod merge;
mod models;
mod output;
mod plan;
mod report;
mod routing;
mod routing_args;
mod tasks;
mod verify;

pub use args::{Cli, Command};
pub use error::CommandError;

use crate::exit::Exit;

/// Runs one command.
///
/// # Errors
/// [`CommandError`], which carries the exit code.
pub fn run(cli: Cli) -> Result<Exit, CommandError> {
    match cli.command {
        Command::Eval(args) => eval::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Gate(args) => gate::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Routing(args) => routing::run(&args),
        Command::Tasks(args) => tasks::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}
