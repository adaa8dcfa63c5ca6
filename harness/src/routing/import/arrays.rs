//! Ids of the experts of every token, as servers return them.
//!
//! vLLM (`routed_experts`: a Base64 `.npy` of `[tokens, hidden layers, top-k]`) and SGLang (`routed_experts`: Base64
//! of raw little-endian int32 in the same order) number *all* hidden layers; rows of layers without experts are zeros.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness_metrics::RoutingCounts;
use harness_reports::manifest::{Capture, RouterManifest};
use harness_reports::routing::{Imported, ImportedLanguages};

use super::counter::{Counter, content};
use super::npy::{self, Ids};
use super::{ImportError, stem, tag};

/// One language's arrays: a file, or a folder with one file a document.
#[derive(Clone, Debug)]
pub struct ArraySource {
    /// The language.
    pub language: String,
    /// File or folder.
    pub path: PathBuf,
}

impl ArraySource {
    /// Reads `he=FOLDER`; `None` for an argument that is not of that form.
    #[must_use]
    pub fn parse(argument: &str) -> Option<Self> {
        let (language, path) = argument.split_once('=')?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (!language.is_empty() && language.chars().all(is_word) && !path.is_empty())
            .then(|| Self { language: tag(language).to_owned(), path: path.into() })
    }
}

/// What arrays do not say themselves.
#[derive(Clone, Debug, Default)]
pub struct ArrayOptions {
    /// Name of the model.
    pub name: String,
    /// Routed experts a layer.
    pub experts: usize,
    /// All hidden layers, of arrays without a header.
    pub layers: Option<usize>,
    /// Experts a token, of arrays without a header.
    pub top_k: Option<usize>,
    /// Layers that have experts; those that are not zero throughout if empty.
    pub moe_layers: Vec<usize>,
}

/// Reads the arrays of two or more languages. Documents are files of equal name; those that a language lacks are
/// left out of all.
///
/// # Errors
/// [`ImportError`] that names file, token and layer: a row of zeros in a layer with experts, an id twice or beyond the
/// experts, arrays of different shapes; and languages without a document in common.
pub fn read_arrays(
    sources: &[ArraySource],
    options: &ArrayOptions,
) -> Result<Imported, ImportError> {
    if sources.len() < 2 {
        return Err(ImportError::Together(
            "two languages are needed: LANGUAGE=FILE LANGUAGE=FILE".to_owned(),
        ));
    }
    if options.experts == 0 {
        return Err(ImportError::Together(
            "--experts N is needed: arrays of ids do not say how many experts a layer has"
                .to_owned(),
        ));
    }
    // A single file a language is one document, whatever the files are called.
    let one_document = sources.iter().all(|source| source.path.is_file());
    let mut documents: BTreeMap<String, Vec<(PathBuf, Ids)>> = BTreeMap::new();
    for source in sources {
        for (name, path) in files(&source.path)? {
            let name = if one_document { "all".to_owned() } else { name };
            let ids = npy::read(&path, options.layers.zip(options.top_k))?;
            documents.entry(name).or_default().push((path, ids));
        }
    }
    let all = documents.len();
    documents.retain(|_, arrays| arrays.len() == sources.len());
    let dropped = all - documents.len();
    if documents.is_empty() {
        return Err(ImportError::Together(
            "no document is there in every language: documents are files of equal name".to_owned(),
        ));
    }
    let moe_layers = moe_layers(&documents, options)?;
    let mut languages: Vec<(String, Vec<RoutingCounts>)> =
        sources.iter().map(|source| (source.language.clone(), Vec::new())).collect();
    for arrays in documents.values() {
        for ((path, ids), (_, counts)) in arrays.iter().zip(&mut languages) {
            counts.push(
                Counter { path, ids, experts: options.experts, moe_layers: &moe_layers }.count()?,
            );
        }
    }
    Ok(imported(documents, languages, moe_layers, dropped, (sources, options)))
}

fn imported(
    documents: BTreeMap<String, Vec<(PathBuf, Ids)>>,
    languages: Vec<(String, Vec<RoutingCounts>)>,
    moe_layers: Vec<usize>,
    dropped: usize,
    (sources, options): (&[ArraySource], &ArrayOptions),
) -> Imported {
    let top_k = languages[0].1.first().map_or(0, |counts| counts.shape.top_k);
    let names: Vec<String> =
        sources.iter().map(|source| source.path.display().to_string()).collect();
    let mut notes = vec![format!(
        "{}: ids only, so there is no selection entropy; layers with experts: {moe_layers:?}.",
        names.join(", ")
    )];
    if documents.len() == 1 {
        notes.push(
            "There is one document a language, so there are no intervals and no controls."
                .to_owned(),
        );
    }
    if dropped > 0 && documents.len() > 1 {
        notes
            .push(format!("{dropped} documents are not there in every language and are left out."));
    }
    Imported {
        model: options.name.clone(),
        corpus: "imported ids".to_owned(),
        router: RouterManifest {
            score_function: "not in the arrays".to_owned(),
            experts: options.experts,
            top_k,
            shared_experts: 0,
            moe_layers,
            capture: Capture::Ids,
        },
        languages: ImportedLanguages::Documents {
            documents: documents.into_keys().collect(),
            languages,
        },
        notes,
    }
}

/// (name, path) of each document, by name.
fn files(path: &Path) -> Result<Vec<(String, PathBuf)>, ImportError> {
    if !path.is_dir() {
        return Ok(vec![(stem(path), path.to_owned())]);
    }
    let unreadable = |source| ImportError::Read { path: path.to_owned(), source };
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            files.push((stem(&path), path));
        }
    }
    files.sort();
    Ok(files)
}

/// The layers with experts: those asked for, else those that are not zero in every token of every document.
fn moe_layers(
    documents: &BTreeMap<String, Vec<(PathBuf, Ids)>>,
    options: &ArrayOptions,
) -> Result<Vec<usize>, ImportError> {
    let arrays = || documents.values().flatten();
    let layers = arrays().map(|(_, ids)| ids.layers).max().unwrap_or(0);
    for (path, ids) in arrays() {
        if ids.layers != layers {
            return Err(content(
                path,
                "the array",
                format!("has {} layers, others have {layers}", ids.layers),
            ));
        }
    }
    if let Some(layer) = options.moe_layers.iter().find(|layer| **layer >= layers) {
        return Err(ImportError::Together(format!(
            "--moe-layers names layer {layer}; the arrays have layers 0 to {}",
            layers.saturating_sub(1)
        )));
    }
    if !options.moe_layers.is_empty() {
        return Ok(options.moe_layers.clone());
    }
    let used =
        |layer: &usize| arrays().any(|(_, ids)| (0..ids.tokens).any(|t| !ids.is_zero(t, *layer)));
    let found: Vec<usize> = (0..layers).filter(used).collect();
    if found.is_empty() {
        return Err(ImportError::Together(
            "every id is 0: the server did not record routing (a known fault of some builds)"
                .to_owned(),
        ));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[tokens][layers = 2][top-k = 2]` as raw int32; layer 0 has no experts.
    fn raw(rows: &[[i32; 2]]) -> Vec<u8> {
        rows.iter().flat_map(|row| [0, 0, row[0], row[1]]).flat_map(i32::to_le_bytes).collect()
    }

    fn options() -> ArrayOptions {
        let name = "m".to_owned();
        ArrayOptions { name, experts: 4, layers: Some(2), top_k: Some(2), moe_layers: Vec::new() }
    }

    fn import(he: &[[i32; 2]], en: &[[i32; 2]]) -> Result<Imported, String> {
        let dir = tempfile::tempdir().unwrap();
        let sources = [("he", he), ("en", en)].map(|(language, rows)| {
            let path = dir.path().join(format!("{language}.bin"));
            std::fs::write(&path, raw(rows)).unwrap();
            ArraySource { language: language.to_owned(), path }
        });
        read_arrays(&sources, &options()).map_err(|error| error.to_string())
    }

    #[test]
    fn layers_without_experts_are_left_out() {
        let imported = import(&[[0, 1], [3, 1]], &[[2, 3]]).unwrap();
        assert_eq!((imported.router.moe_layers, imported.router.top_k), (vec![1], 2));
        let ImportedLanguages::Documents { languages, .. } = imported.languages else { panic!() };
        let of = |tag: &str| &languages.iter().find(|(language, _)| language == tag).unwrap().1[0];
        assert_eq!(of("he").selections, [1, 2, 0, 1]);
        assert_eq!((of("en").selections.as_slice(), of("en").check()), (&[0, 0, 1, 1][..], Ok(())));
    }

    #[test]
    fn what_no_router_writes_is_refused() {
        let problem = |he: &[[i32; 2]]| import(he, &[[2, 3]]).unwrap_err();
        assert!(problem(&[[0, 1], [0, 0]]).contains("token 1, layer 1: all ids are 0"));
        assert!(problem(&[[0, 4]]).contains("token 0, layer 1: id 4 of 4 experts"));
        assert!(problem(&[[-1, 1]]).contains("id -1"));
        assert!(problem(&[[1, 1]]).contains("id 1 twice"));
        assert!(import(&[[0, 0]], &[[0, 0]]).unwrap_err().contains("every id is 0"));
    }

    #[test]
    fn documents_are_files_of_equal_name() {
        let dir = tempfile::tempdir().unwrap();
        for (file, rows) in [("he/1.bin", [[0, 1]]), ("he/2.bin", [[1, 2]]), ("en/2.bin", [[2, 3]])]
        {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, raw(&rows)).unwrap();
        }
        let source = |language: &str| ArraySource {
            language: language.to_owned(),
            path: dir.path().join(language),
        };
        let imported = read_arrays(&[source("he"), source("en")], &options()).unwrap();
        let ImportedLanguages::Documents { documents, languages } = imported.languages else {
            panic!()
        };
        assert_eq!(
            (documents, languages[0].1[0].selections.clone()),
            (vec!["2".to_owned()], vec![0, 1, 1, 0])
        );
    }

    #[test]
    fn sources_are_language_and_path() {
        let source = ArraySource::parse("Hebrew=a/b.npy").unwrap();
        assert_eq!((source.language.as_str(), source.path), ("he", PathBuf::from("a/b.npy")));
        assert!(ArraySource::parse("a/b=c.csv").is_none() && ArraySource::parse("x.csv").is_none());
    }
}
