//! How long the pages of a large run take, and how much memory.
//!
//! ```sh
//! cargo build --release --workspace --example report
//! target/release/examples/report            # a made-up run
//! target/release/examples/report RUN        # the record of a run
//! ```
//!
//! The made-up run has 3 models of 48 layers with 128 experts, top 8, and 6 tasks of 1,000
//! documents (about 30 tokens each) beside a probe of 1,000 rows in two languages.

#![allow(clippy::print_stdout, reason = "a measurement prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use harness_metrics::random::SplitMix64;
use harness_metrics::{RoutingCounts, RoutingShape};
use harness_reports::manifest::{
    AggregateManifest, Capture, GroupManifest, HEADLINE, Language, Manifest, MetricName,
    ModelManifest, RouterManifest, RunManifest, TaskManifest,
};
use harness_reports::{
    DocumentRow, DocumentState, EstimateRow, PageOptions, Record, Span, TaskOutcome, TaskStatus,
    Unit, Window, Work, write_derived,
};
use serde_json::json;

const SHAPE: RoutingShape = RoutingShape { layers: 48, experts: 128, top_k: 8 };
const DOCUMENTS: usize = 1_000;
const MODELS: [&str; 3] = ["base", "cpt", "sft"];
const TASKS: [&str; 6] = ["snli", "heq", "sentiment", "winograd", "translation", "trivia"];
const PROBES: [(&str, &str); 2] = [("flores_he", "he"), ("flores_en", "en")];

fn main() -> Result<(), Box<dyn Error>> {
    let scratch = std::env::temp_dir().join(format!("harness-report-{}", std::process::id()));
    let run = std::env::args().nth(1).map(std::path::PathBuf::from);
    let begun = Instant::now();
    if run.is_none() {
        std::fs::create_dir_all(&scratch)?;
        fill(&scratch)?;
        println!("record made in {:.1} s", begun.elapsed().as_secs_f64());
    }
    let folder = run.as_deref().unwrap_or(&scratch);
    measure(folder)?;
    if run.is_none() {
        std::fs::remove_dir_all(&scratch)?;
    }
    Ok(())
}

fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let record = Record::read(folder)?;
    write_derived(&record, folder, &PageOptions::default())?;
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("pages written in {wall:.1} s, {cpu:.1} s of CPU time");
    println!("report.html: {} kB", std::fs::metadata(folder.join("report.html"))?.len() / 1000);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    Ok(())
}

/// User and system time of all threads, from the hundredths that Linux keeps; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = status.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn fill(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut record = Record::open(folder, &manifest())?;
    let probes = PROBES.map(|(name, _)| name);
    for model in MODELS {
        for task in TASKS.iter().chain(&probes) {
            for (index, first) in (0..DOCUMENTS).step_by(250).enumerate() {
                record.commit(&window(model, task, index, first))?;
            }
            record.finish_task(model, task, &outcome(task), &[])?;
        }
    }
    Ok(())
}

fn manifest() -> Manifest {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let rule = AggregateManifest {
        metric: HEADLINE.to_owned(),
        filters: names(&["none"]),
        weight_by_size: false,
    };
    let group = GroupManifest {
        name: "board".to_owned(),
        title: "A board".to_owned(),
        tasks: names(&TASKS),
        aggregate: vec![rule],
        routing_probe: names(&PROBES.map(|(name, _)| name)),
        ..GroupManifest::default()
    };
    let probes = PROBES.map(|(name, language)| (name.to_owned(), task(language, true)));
    Manifest {
        run: RunManifest { routing: true, ..RunManifest::default() },
        models: MODELS.iter().map(|alias| ((*alias).to_owned(), model(alias))).collect(),
        tasks: TASKS
            .iter()
            .map(|name| ((*name).to_owned(), task("he", false)))
            .chain(probes)
            .collect(),
        groups: vec![group],
    }
}

fn model(alias: &str) -> ModelManifest {
    ModelManifest {
        source: alias.to_owned(),
        parent: (alias != "base").then(|| "base".to_owned()),
        family: Some("made-up".to_owned()),
        tokenizer_digest: "t".to_owned(),
        router: Some(RouterManifest {
            score_function: "softmax".to_owned(),
            experts: SHAPE.experts,
            top_k: SHAPE.top_k,
            shared_experts: 0,
            moe_layers: (0..SHAPE.layers).collect(),
            capture: Capture::Full,
        }),
        ..ModelManifest::default()
    }
}

fn task(language: &str, probe: bool) -> TaskManifest {
    let metric = if probe { "bits_per_byte" } else { "acc" };
    TaskManifest {
        output_type: if probe { "loglikelihood_rolling" } else { "multiple_choice" }.to_owned(),
        language: Language::only(language),
        headline: Some(MetricName { metric: metric.to_owned(), filter: "none".to_owned() }),
        data_digest: Some("d".to_owned()),
        probe,
        ..TaskManifest::default()
    }
}

fn window(model: &str, task: &str, index: usize, first: usize) -> Window {
    let documents: Vec<DocumentRow> =
        (first..first + 250).map(|id| document(model, task, id)).collect();
    let mut total = RoutingCounts::zeros(SHAPE, false);
    for row in &documents {
        total.add(&row.routing[0].1).expect("all documents have one shape");
    }
    Window {
        model: model.to_owned(),
        task: task.to_owned(),
        index,
        first_doc: first,
        end_doc: first + 250,
        documents,
        routing: vec![(Span::Question, total)],
        details: Vec::new(),
        work: Work::default(),
    }
}

fn document(model: &str, task: &str, id: usize) -> DocumentRow {
    let seed = (model.len() * 100 + task.len()) as u64 + u64::from(task.as_bytes()[0]);
    let mut random = SplitMix64::stream(seed, id as u64);
    let probe = task.starts_with("flores");
    let metrics = if probe {
        json!({"bits_per_byte": {"sum": -90.0 - (id % 7) as f64, "weight": 100.0}})
    } else {
        json!({"acc": f64::from(u8::from(random.below(100) < 40 + model.len() * 5))})
    };
    // Both checkpoints of a pair read the same tokens.
    let tokens = 15 + SplitMix64::stream(task.len() as u64, id as u64).below(30);
    DocumentRow {
        doc_id: id,
        doc_hash: format!("{task}-{id}"),
        prompt_hash: String::new(),
        target_hash: String::new(),
        cluster: format!("c{}", id / 2),
        row_id: probe.then(|| id.to_string()),
        target: json!(0),
        responses: json!([{}, {}, {}]),
        scores: json!([{"filter": "none", "filtered": null, "metrics": metrics}]),
        state: DocumentState::Scored,
        routing: vec![(Span::Question, counts(&mut random, tokens))],
        sample: None,
    }
}

/// Low expert numbers more often, eight different ones a token.
fn counts(random: &mut SplitMix64, tokens: usize) -> RoutingCounts {
    let mut counts = RoutingCounts::zeros(SHAPE, false);
    counts.tokens = tokens as u64;
    for layer in 0..SHAPE.layers {
        for _ in 0..tokens {
            let mut chosen = [usize::MAX; 8];
            for place in 0..SHAPE.top_k {
                let expert = loop {
                    let draw = random.below(SHAPE.experts).min(random.below(SHAPE.experts));
                    if !chosen[..place].contains(&draw) {
                        break draw;
                    }
                };
                chosen[place] = expert;
                counts.selections[layer * SHAPE.experts + expert] += 1;
            }
        }
        counts.entropy_bits[layer] = 5.0 * tokens as f64;
    }
    counts
}

fn outcome(task: &str) -> TaskOutcome {
    let probe = task.starts_with("flores");
    let estimate = EstimateRow {
        metric: if probe { "bits_per_byte" } else { "acc" }.to_owned(),
        filter: "none".to_owned(),
        value: Some(0.5),
        unscored: None,
        stderr: Some(0.015),
        n: DOCUMENTS,
        higher_is_better: !probe,
        per_document: !probe,
        unit: if probe { Unit::Plain } else { Unit::Fraction },
        signature: None,
    };
    TaskOutcome {
        status: TaskStatus::Finished,
        estimates: vec![estimate],
        documents_available: DOCUMENTS,
        documents: DOCUMENTS,
        unscored: 0,
        truncated: 0,
        tokens: 0,
        tokens_requested: 0,
        seconds: 0.0,
    }
}
