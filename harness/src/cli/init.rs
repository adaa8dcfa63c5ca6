use std::io::Write;

use super::args::InitArgs;
use super::error::CommandError;
use super::output;
use crate::config::TEMPLATE;
use crate::exit::Exit;

/// Writes harness.toml; never over an existing one.
pub(super) fn run(args: &InitArgs) -> Result<Exit, CommandError> {
    let path = args.folder.join("harness.toml");
    let explain = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CommandError::usage(format!("{} exists already", path.display()))
        }
        _ => CommandError::usage(format!("cannot write {}: {error}", path.display())),
    };
    let mut file = std::fs::File::create_new(&path).map_err(explain)?;
    file.write_all(TEMPLATE.as_bytes())?;
    output::print(&format!("wrote {}", path.display()))?;
    Ok(Exit::Success)
}
