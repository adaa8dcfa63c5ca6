//! The wide tables of arXiv:2605.17598's authors.

use std::path::{Path, PathBuf};

use harness_reports::Record;
use harness_reports::routing::{ExportedCorpus, ImportedRates, RoutingStudy};

use super::ExportError;

/// Writes `MODEL_TEXT_avg_activation.csv` and, where scores were seen, `MODEL_TEXT_avg_dist.csv` of every model and
/// parallel text into `folder`; returns the paths. Rows are MoE layers from 0, English first; numbers have as many
/// digits as they need to read back exactly.
///
/// # Errors
/// When the record is damaged or holds no parallel text, or a file cannot be written.
pub fn write_wide(record: &Record, folder: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let mut written = Vec::new();
    for corpus in RoutingStudy::rates(record)? {
        let name = format!("{}_{}", corpus.model, corpus.corpus);
        let path = |kind: &str| folder.join(format!("{}_{kind}.csv", safe(&name)));
        write(&path("avg_activation"), &corpus, |language| Some(&language.activation))?;
        written.push(path("avg_activation"));
        if corpus.languages.iter().all(|language| language.mean_scores.is_some()) {
            write(&path("avg_dist"), &corpus, |language| language.mean_scores.as_ref())?;
            written.push(path("avg_dist"));
        }
    }
    if written.is_empty() {
        let message = "the record holds no parallel text in two languages: run a group with a routing probe, or \
                       routing-probes";
        return Err(ExportError::Nothing(message.to_owned()));
    }
    Ok(written)
}

fn write(
    path: &Path,
    corpus: &ExportedCorpus,
    table: impl Fn(&ImportedRates) -> Option<&Vec<Vec<f64>>>,
) -> Result<(), ExportError> {
    super::rows::make_folder(path)?;
    let failed = |error: csv::Error| ExportError::write(path, error);
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    let experts = corpus.languages.first().map_or(0, |l| l.activation.first().map_or(0, Vec::len));
    let head = ["Layer".to_owned(), "Language".to_owned()];
    let columns = (0..experts).map(|expert| format!("Expert_{expert}"));
    writer.write_record(head.into_iter().chain(columns)).map_err(failed)?;
    for language in &corpus.languages {
        for (layer, rates) in table(language).into_iter().flatten().enumerate() {
            let head = [layer.to_string(), name(&language.language).to_owned()];
            let cells = rates.iter().map(f64::to_string);
            writer.write_record(head.into_iter().chain(cells)).map_err(failed)?;
        }
    }
    writer.flush().map_err(|error| ExportError::write(path, error))
}

/// The tables' word for a language.
fn name(tag: &str) -> &str {
    match tag {
        "en" => "English",
        "he" => "Hebrew",
        "ja" => "Japanese",
        "ar" => "Arabic",
        other => other,
    }
}

fn safe(name: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    name.chars().map(safe).collect()
}
