use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::error::CommandError;
use super::output;
use crate::exit::Exit;

/// Prints completions for a shell.
pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "harness", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
