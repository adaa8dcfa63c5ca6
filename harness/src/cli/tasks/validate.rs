//! `harness tasks validate`.

use std::fmt::Write;
use std::path::PathBuf;

use harness_tasks::registry::{CheckedFile, FileKind, validate};

use crate::cli::error::CommandError;
use crate::cli::output;
use crate::eval::EvalError;
use crate::exit::Exit;

/// Prints every mistake with file, line and key, and how many files load.
pub(super) fn run(paths: &[PathBuf]) -> Result<Exit, CommandError> {
    let files = validate(paths).map_err(EvalError::from)?;
    let mut text = String::new();
    for mistake in files.iter().flat_map(|file| &file.mistakes) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mistake}");
    }
    text += &counts(&files);
    output::print(&text)?;
    let right = files.iter().all(|file| file.mistakes.is_empty());
    Ok(if right { Exit::Success } else { Exit::Unusable })
}

fn counts(files: &[CheckedFile]) -> String {
    let count = |holds: &dyn Fn(&CheckedFile) -> bool| files.iter().filter(|f| holds(f)).count();
    let loads = |file: &CheckedFile| file.mistakes.is_empty();
    let plain = |file: &CheckedFile| !file.names_functions;
    let (all, loaded) = (files.len(), count(&loads));
    let (without, loaded_without) = (count(&plain), count(&|file| plain(file) && loads(file)));
    let of_kind = |kind: FileKind| count(&|file| file.kind == kind);
    format!(
        "{all} files: {} tasks, {} groups, {} included by others or unreadable\n\
         {loaded} load{}, {} have mistakes; of the {without} that name no Python function, {loaded_without} load{}\n",
        of_kind(FileKind::Task),
        of_kind(FileKind::Group),
        of_kind(FileKind::Part),
        share(loaded, all),
        all - loaded,
        share(loaded_without, without),
    )
}

fn share(part: usize, all: usize) -> String {
    if all == 0 {
        return String::new();
    }
    format!(" ({:.1} %)", 100.0 * part as f64 / all as f64)
}
