use std::fmt::Write as _;

use harness_reports::record::Damage;
use harness_reports::{Record, TaskStatus};

use super::args::VerifyArgs;
use super::error::CommandError;
use super::output;
use crate::exit::Exit;

/// Checks every row of a record against its digest and says what is unfinished.
pub(super) fn run(args: &VerifyArgs) -> Result<Exit, CommandError> {
    let record = Record::read(&args.run)?;
    let damages = record.verify()?;
    let mut text = String::new();
    for damage in &damages {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "damaged: {damage}");
    }
    if args.repair && !damages.is_empty() {
        drop(record);
        repair(args, damages)?;
        text +=
            "what is damaged, and the windows after it, are taken out; the same eval redoes them\n";
        output::print(&text)?;
        return Ok(Exit::Success);
    }
    let unfinished = unfinished(&record)?;
    for line in &unfinished {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(
        text,
        "{}: {} damaged parts, {} tasks without a result",
        args.run.display(),
        damages.len(),
        unfinished.len()
    );
    output::print(&text)?;
    Ok(match (damages.is_empty(), unfinished.is_empty()) {
        (false, _) => Exit::Unusable,
        (true, false) => Exit::Incomplete,
        (true, true) => Exit::Success,
    })
}

/// Damage is taken out window by window; what came after one is gone with it.
fn repair(args: &VerifyArgs, mut damages: Vec<Damage>) -> Result<(), CommandError> {
    let manifest = Record::read(&args.run)?.manifest().clone();
    let mut record = Record::open(&args.run, &manifest)?;
    while let Some(damage) = damages.first() {
        record.remove_damage(damage)?;
        damages = record.verify()?;
    }
    Ok(())
}

/// A line a (model, task) that has no result, with the reason.
pub(super) fn unfinished(record: &Record) -> Result<Vec<String>, CommandError> {
    let mut lines = Vec::new();
    let manifest = record.manifest();
    for model in manifest.models.keys() {
        for (task, description) in &manifest.tasks {
            let reason = match (&description.missing, record.outcome(model, task)?) {
                (Some(missing), _) => Some(format!("no data: {missing}")),
                (None, None) => Some("unfinished; the same eval continues it".to_owned()),
                (None, Some(outcome)) => match outcome.status {
                    TaskStatus::Finished => None,
                    TaskStatus::Failed { reason } => Some(format!("failed: {reason}")),
                },
            };
            let line = reason.map(|reason| format!("{model}, {task}: {reason}"));
            lines.extend(line.map(|line| harness_reports::terminal_safe(&line)));
        }
    }
    Ok(lines)
}
