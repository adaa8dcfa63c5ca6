use std::path::{Path, PathBuf};

use harness_metrics::scores::Resampling;
use harness_reports::Record;
use harness_reports::routing::report::{FACT_COLUMNS, Fact, ReportOptions, RoutingReport};

use super::error::CommandError;
use super::output;
use super::routing_args::{
    ExportFormat, RoutingArgs, RoutingCommand, RoutingImportArgs, RoutingShowArgs, TableFormat,
};
use crate::exit::Exit;
use crate::routing::export::{
    CsvSink, ExportError, JsonSink, ParquetSink, RowSink, write_rows, write_wide,
};
use crate::routing::import::{self, ArrayOptions, ArraySource, ImportError};

/// Routing of a run, or of files of other programs.
pub(super) fn run(args: &RoutingArgs) -> Result<Exit, CommandError> {
    match &args.command {
        RoutingCommand::Show(args) => show(args),
        RoutingCommand::Import(args) => imported(args),
        RoutingCommand::Export { run, format, output } => export(run, *format, output.as_deref()),
    }
}

fn show(args: &RoutingShowArgs) -> Result<Exit, CommandError> {
    let record = Record::read(&args.run)?;
    let options = ReportOptions { tasks: !args.no_tasks, resampling: Resampling::default() };
    let mut report = RoutingReport::draw(&record, &options)?;
    report.keep_models(&args.models).map_err(CommandError::usage)?;
    print(&report, args.format)
}

fn imported(args: &RoutingImportArgs) -> Result<Exit, CommandError> {
    let mut report = RoutingReport::default();
    let arrays: Vec<ArraySource> =
        args.files.iter().filter_map(|f| ArraySource::parse(f)).collect();
    let mut found = Vec::new();
    if arrays.is_empty() {
        for file in &args.files {
            found.extend(import::read(Path::new(file), args.scores.as_deref())?);
        }
    } else if arrays.len() == args.files.len() {
        found.push(import::read_arrays(&arrays, &array_options(args))?);
    } else {
        return Err(CommandError::usage("give either tables, or LANGUAGE=FILE for every file"));
    }
    for imported in found {
        let name = imported.corpus.clone();
        let measured = RoutingReport::of_imported(imported, Resampling::default());
        report.append(measured.map_err(|error| CommandError::usage(format!("{name}: {error}")))?);
    }
    print(&report, args.format)
}

fn array_options(args: &RoutingImportArgs) -> ArrayOptions {
    ArrayOptions {
        name: args.name.clone(),
        experts: args.experts.unwrap_or_default(),
        layers: args.layers,
        top_k: args.top_k,
        moe_layers: args.moe_layers.clone(),
    }
}

fn print(report: &RoutingReport, format: TableFormat) -> Result<Exit, CommandError> {
    match format {
        TableFormat::Table => output::print(&report.terminal(output::width(), output::color()))?,
        TableFormat::Md => output::print(&report.markdown())?,
        TableFormat::Json => output::print_json(&report.json())?,
        TableFormat::Csv => output::print(&csv(&report.facts())?)?,
    }
    Ok(Exit::Success)
}

fn csv(facts: &[Fact]) -> Result<String, CommandError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| CommandError::new(Exit::Failure, error);
    writer.write_record(FACT_COLUMNS).map_err(failed)?;
    for fact in facts {
        writer.write_record(fact.cells()).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| CommandError::new(Exit::Failure, error.into_error()))?;
    String::from_utf8(bytes).map_err(|error| CommandError::new(Exit::Failure, error))
}

fn export(run: &Path, format: ExportFormat, output: Option<&Path>) -> Result<Exit, CommandError> {
    let record = Record::read(run)?;
    let target = output.map_or_else(|| default_target(run, format), Path::to_owned);
    let mut sink: Box<dyn RowSink> = match format {
        ExportFormat::Wide => {
            let files = write_wide(&record, &target)?;
            let list: String = files.iter().map(|file| format!("{}\n", file.display())).collect();
            output::print(&list)?;
            return Ok(Exit::Success);
        }
        ExportFormat::Csv => Box::new(CsvSink::create(&target)?),
        ExportFormat::Json => Box::new(JsonSink::create(&target)?),
        ExportFormat::Parquet => Box::new(ParquetSink::create(&target)?),
    };
    let rows = write_rows(&record, sink.as_mut())?;
    output::print(&format!("{} ({rows} rows)", target.display()))?;
    Ok(Exit::Success)
}

fn default_target(run: &Path, format: ExportFormat) -> PathBuf {
    let folder = run.join("routing");
    match format {
        ExportFormat::Wide => folder,
        ExportFormat::Csv => folder.join("counts.csv"),
        ExportFormat::Json => folder.join("counts.jsonl"),
        ExportFormat::Parquet => folder.join("counts.parquet"),
    }
}

impl From<ImportError> for CommandError {
    fn from(error: ImportError) -> Self {
        let exit = match &error {
            ImportError::Read { .. } => Exit::Failure,
            ImportError::Format { .. } | ImportError::Together(_) => Exit::Usage,
            ImportError::Content { .. } | ImportError::Counts { .. } => Exit::Unusable,
        };
        Self::new(exit, error)
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Record(error) => error.into(),
            ExportError::Nothing(_) => Self::new(Exit::Unusable, error),
            ExportError::Write { .. } => Self::new(Exit::Failure, error),
        }
    }
}
