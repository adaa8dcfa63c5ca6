use std::io::Write as _;
use std::path::Path;

use harness_reports::gate::{
    Candidate, Policy, Report, Verdict, judge, junit_xml, step_summary, verdict_json, verdict_table,
};
use harness_reports::summary::Runs;
use harness_reports::summary::comparison::{CompareOptions, Relation};

use super::args::GateArgs;
use super::compare::read_runs;
use super::error::CommandError;
use super::output;
use crate::config;
use crate::exit::Exit;

/// Judges checkpoints by a policy; the exit code is the verdict.
pub(super) fn run(args: &GateArgs) -> Result<Exit, CommandError> {
    let policy = read_policy(&args.policy)?;
    let runs = read_runs(&args.runs)?;
    let report = judge(&policy, &candidates(args, &policy, &runs)?, &CompareOptions::default());
    write_files(args, &report)?;
    if args.json {
        output::print_json(&verdict_json(&report))?;
    } else {
        output::print(&verdict_table(&report, output::width(), output::color()))?;
    }
    Ok(match report.verdict {
        Verdict::Go => Exit::Success,
        Verdict::NoGo => Exit::NoGo,
        Verdict::Inconclusive | Verdict::Incomparable | Verdict::Missing => Exit::Undecided,
    })
}

fn read_policy(path: &Path) -> Result<Policy, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|source| {
        CommandError::usage(format!("cannot read the policy {}: {source}", path.display()))
    })?;
    let policy: Policy = config::parse(&text, path)?;
    policy.check().map_err(|error| CommandError::usage(format!("{}: {error}", path.display())))?;
    Ok(policy)
}

/// Flags before the policy before lineage. A model that nothing is compared with is no candidate
/// unless it is named.
fn candidates<'a>(
    args: &GateArgs,
    policy: &Policy,
    runs: &'a Runs,
) -> Result<Vec<Candidate<'a>>, CommandError> {
    let named = if args.models.is_empty() { &policy.candidates } else { &args.models };
    let baseline = args.baseline.as_deref().or(policy.baseline.as_deref());
    let mut found = Vec::new();
    let every: Vec<String> = runs.models().iter().map(|model| model.label.clone()).collect();
    for name in if named.is_empty() { &every } else { named } {
        let model = runs.find(name).map_err(CommandError::usage)?;
        let pairs = runs.pairs(baseline, std::slice::from_ref(name));
        let pair = pairs.ok().and_then(|pairs| pairs.into_iter().next());
        // The first model is nobody's baseline unless somebody says so.
        let against = pair.filter(|(_, _, relation)| *relation != Relation::First);
        if !named.is_empty() || against.is_some() {
            let baseline = against.map(|(old, _, relation)| (runs.side(old), relation));
            found.push(Candidate { model: runs.side(model), baseline });
        }
    }
    if let Some(name) = baseline {
        runs.find(name).map_err(CommandError::usage)?;
    }
    if found.is_empty() {
        return Err(CommandError::usage(
            "no model has a baseline; name one with --baseline, or give parent or compare_to in harness.toml",
        ));
    }
    Ok(found)
}

fn write_files(args: &GateArgs, report: &Report) -> Result<(), CommandError> {
    if let Some(path) = &args.junit {
        write(path, &junit_xml(report)?)?;
    }
    if let Some(path) = &args.verdict {
        write(path, &format!("{:#}\n", verdict_json(report)))?;
    }
    if let Some(path) = &args.summary {
        append(path, &step_summary(report))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|source| unwritable(path, &source))
}

/// A job's summary belongs to all of its steps.
fn append(path: &Path, text: &str) -> Result<(), CommandError> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| unwritable(path, &source))
}

fn unwritable(path: &Path, source: &std::io::Error) -> CommandError {
    CommandError::new(Exit::Failure, anyhow::anyhow!("cannot write {}: {source}", path.display()))
}
