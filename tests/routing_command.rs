//! `harness routing`: what it imports, measures and exports.

use std::path::Path;

use serde_json::Value;

use crate::support::{arg, json, run_to, shared};

/// Two demo models, twelve rows of FLORES-200 in three languages and a benchmark task, with traces.
fn evaluate(run: &Path) {
    let tasks = "flores200_en,flores200_he,flores200_ja,heb_lb_snli";
    let arguments = ["eval", "--models", "base,cpt", "--tasks", tasks, "--limit", "12"];
    let more = ["--routing-trace", "--quiet", "--output", arg(run)];
    run_to(0, &[&arguments[..], &more].concat());
}

fn shown(arguments: &[&str]) -> Value {
    let (stdout, _) = run_to(0, &[&["routing"], arguments, &["--format", "json"]].concat());
    serde_json::from_str(&stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn pair<'v>(report: &'v Value, model: &str, languages: [&str; 2]) -> &'v Value {
    let pairs = report["pairs"].as_array().unwrap();
    let wanted = |pair: &&Value| {
        pair["model"] == model
            && [&pair["a"]["language"], &pair["b"]["language"]] == [languages[0], languages[1]]
    };
    pairs.iter().find(wanted).unwrap_or_else(|| panic!("no pair {languages:?} of {model}"))
}

#[test]
fn a_run_is_measured_exported_and_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    evaluate(&run);
    let report = shown(&["show", arg(&run)]);
    everything_is_there(&report);
    let wide = folder.path().join("wide");
    run_to(0, &["routing", "export", arg(&run), "--output", arg(&wide)]);
    let imported = shown(&["import", arg(&wide.join("cpt_flores200_avg_activation.csv"))]);
    for languages in [["he", "en"], ["ja", "en"], ["he", "ja"]] {
        let ours = pair(&report, "cpt", languages);
        let again = pair(&imported, "cpt_flores200", languages);
        for measure in ["cosine", "score_cosine", "jensen_shannon", "kendall", "lsi_values"] {
            assert_eq!(ours[measure], again[measure], "{languages:?}: {measure}");
        }
        assert!(again["curves"]["cosine"]["mean"]["interval"].is_null(), "rates have no interval");
    }
    rows_are_the_counts(&run, folder.path());
}

fn everything_is_there(report: &Value) {
    assert_eq!(report["routers"].as_array().unwrap().len(), 2);
    let pair = pair(report, "cpt", ["he", "en"]);
    let gap = &pair["curves"]["usage_entropy_gap_bits"]["mean"];
    assert!(number(&gap["interval"]["low"]) < number(&gap["value"]));
    assert_eq!(gap["n"], 12);
    assert!(number(&pair["a"]["controls"]["halves"]["cosine"][0]["low"]) > 0.5);
    assert!(number(&pair["a"]["text"]["tokens_per_character"]) > 0.1);
    assert!(number(&pair["a"]["text"]["size"]["masked"]) >= 12.0, "the prefix token of each row");
    assert!(number(&pair["equal_text"]["bytes"][1]["mean"]) > 0.0);
    let stages = report["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 3, "three pairs of languages of cpt against base");
    assert_eq!(stages[0]["changes"].as_array().unwrap().len(), 35, "7 quantities in 5 parts");
    assert_eq!(report["gap_agreement"].as_array().unwrap().len(), 2);
    let saturation = &report["traces"]["saturation"];
    assert_eq!(saturation.as_array().unwrap().len(), 4, "every task was traced by both");
    let shared = number(&saturation[0]["shared"]["mean"]["value"]);
    assert!(shared > number(&saturation[0]["unrelated"]) && shared < 1.0, "{shared}");
    let tasks: Vec<&Value> = report["tasks"].as_array().unwrap().iter().collect();
    assert!(tasks.iter().any(|task| task["routing"][0]["task"] == "heb_lb_snli"));
}

/// CSV, JSON Lines and Parquet hold the same rows, which add up to routing.json's counts.
fn rows_are_the_counts(run: &Path, folder: &Path) {
    let file = |format: &str| {
        let path = folder.join(format!("counts.{format}"));
        run_to(0, &["routing", "export", arg(run), "--format", format, "--output", arg(&path)]);
        path
    };
    let [csv, lines, parquet] = ["csv", "json", "parquet"].map(file);
    let mut reader = csv::Reader::from_path(&csv).unwrap();
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(head, harness::routing::export::COLUMNS);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let routing = json(&run.join("cpt/routing.json"));
    let groups = routing["groups"].as_array().unwrap();
    let wanted = |g: &&Value| g["task"] == "flores200_he" && g["span"] == "question";
    let counted = &groups.iter().find(wanted).unwrap()["selection_counts"][1][3];
    let same = |row: &&Vec<String>| {
        row[0] == "cpt" && row[1] == "flores200_he" && row[7] == "1" && row[8] == "3"
    };
    let sum: u64 = rows.iter().filter(same).map(|row| row[9].parse::<u64>().unwrap()).sum();
    assert_eq!(Some(sum), counted.as_u64());
    let text = std::fs::read_to_string(lines).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(text.lines().count(), rows.len());
    assert_eq!(last["expert"].to_string(), rows.last().unwrap()[8]);
    parquet_holds(&parquet, &rows);
}

fn parquet_holds(path: &Path, rows: &[Vec<String>]) {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut found = 0;
    for (row, expected) in reader.get_row_iter(None).unwrap().zip(rows) {
        let row = row.unwrap().to_json_value();
        for (column, name) in harness::routing::export::COLUMNS.iter().enumerate() {
            let cell = match &row[*name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let same = cell == expected[column]
                || cell.parse::<f64>().ok() == expected[column].parse::<f64>().ok();
            assert!(same, "row {found}, {name}: {cell} is not {}", expected[column]);
        }
        found += 1;
    }
    assert_eq!(found, rows.len());
}

/// Figures of specs that other programs computed from the same tables, to six digits.
#[test]
fn published_activations_are_measured_as_elsewhere() {
    let Some(shared) = shared() else { return };
    let expected = [
        (
            "ted_he_en_chunks",
            [0.725989, 0.137881, 0.866000, 0.754235, 0.578125],
            0.895448,
            [28, 44, 56],
        ),
        (
            "arc_en_he_500",
            [0.643736, 0.165075, 0.788739, 0.640021, 0.398438],
            0.808764,
            [27, 45, 56],
        ),
        (
            "gsm_en_he_500",
            [0.755424, 0.114471, 0.835497, 0.693283, 0.598958],
            0.806581,
            [25, 33, 70],
        ),
    ];
    let file = |name: &str| {
        let name = format!("reference/routing/qwen3-30b-a3b_{name}_avg_activation.csv");
        shared.join(name)
    };
    let files = expected.map(|(name, ..)| file(name));
    let arguments: Vec<&str> =
        std::iter::once("import").chain(files.iter().map(|f| arg(f))).collect();
    let report = shown(&arguments);
    for (pair, (name, means, excess, by_index)) in
        report["pairs"].as_array().unwrap().iter().zip(expected)
    {
        let measures = ["cosine", "jensen_shannon", "spearman", "kendall", "top_k_overlap"];
        for (measure, mean) in measures.iter().zip(means) {
            let found = number(&pair["curves"][measure]["mean"]["value"]);
            assert!((found - mean).abs() < 6e-7, "{name}, {measure}: {found}");
        }
        assert!((number(&pair["excess_collapse"]) - excess).abs() < 6e-7, "{name}");
        let classes = ["a", "b", "shared"].map(|class| pair["lsi"][class].as_u64().unwrap());
        assert_eq!(classes, by_index, "{name}");
        // The table of mean scores beside it was found.
        assert!(pair["score_cosine"].is_array());
    }
}

#[test]
fn bad_tables_are_refused_with_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.csv");
    let table = "Layer,Language,Expert_0,Expert_1\n0,English,1,1\n0,Hebrew,2,-0.5\n";
    std::fs::write(&path, table).unwrap();
    let (_, stderr) = run_to(6, &["routing", "import", arg(&path)]);
    assert!(stderr.contains("line 3, column Expert_1: `-0.5`"), "{stderr}");
    let (_, stderr) = run_to(2, &["routing", "import", arg(&folder.path().join("x.xlsx"))]);
    assert!(stderr.contains("measured routing is read from .csv"), "{stderr}");
    let (_, stderr) = run_to(2, &["routing", "import", "he=a.npy", "en=b.npy"]);
    assert!(stderr.contains("--experts"), "{stderr}");
}
