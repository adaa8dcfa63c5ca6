//! `RESULTS.md`, drawn from the record.

use super::claims::{Claim, TASKS, claims, number};
use super::record::{Checkpoint, Record};
use super::routing;
use super::studies::Study;
use crate::train::probe;

const HEAD: &str = "\
# What the demo shows

Written by a command from numbers that the harness measured, never by hand:

```sh
cargo run --release -p harness-demo -- train --out runs/demo-models --stages base,cpt,sft,base+
cargo run --release -- eval --config demo/results/harness.toml --models base,cpt,sft,base-plus \\
    --tasks he-leaderboard,flores200_ja --log-samples --output runs/demo
cargo run --release -p harness-demo -- results --run runs/demo --out demo
```

`base-plus` is the control: base trained on for as long as cpt, on base's own mix. It is not committed.
";

/// The page: what the record says, then the comparisons.
pub fn page(record: &Record, studies: &[Study]) -> String {
    let mut page = HEAD.to_owned();
    page += &section("Claims", &claimed(record));
    page += &section("Scores", &scores(record));
    page += &section("Trivia by fact cell", &cells(record));
    page += &section("Usage entropy by layer", &(figures(record) + &entropies(record)));
    page += &section("Routing in summary", &summary(record));
    page += &section("The tokenizer", &fertility(record));
    for study in studies {
        let body = format!("{}\n\n{}", study.words, from_csv(&study.csv));
        page += &section(study.title, &body);
    }
    page
}

fn section(title: &str, body: &str) -> String {
    format!("\n## {title}\n\n{body}")
}

fn claimed(record: &Record) -> String {
    let verdict = |holds| match holds {
        Some(true) => "shown",
        Some(false) => "**not shown**",
        None => "not measured",
    };
    let told = |claim: &Claim| match claim.otherwise {
        otherwise if claim.holds == Some(false) && !otherwise.is_empty() => {
            format!("- {}: {}. Why, as we think: {otherwise}.\n", verdict(claim.holds), claim.text)
        }
        _ => format!("- {}: {}.\n", verdict(claim.holds), claim.text),
    };
    claims(record).iter().map(told).collect()
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    format!("| {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

fn head<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(str::to_owned).collect();
    let rule = format!("|{}\n", "---|".repeat(cells.len()));
    row(cells) + &rule
}

fn names(record: &Record) -> impl Iterator<Item = &str> {
    record.checkpoints.iter().map(|checkpoint| checkpoint.name.as_str())
}

fn scores(record: &Record) -> String {
    let mut text = "Points of 0 to 100 ± half of the 95 % interval (1.96 standard errors over \
                    documents). Chance is what guessing among the right kind of answers gets; a \
                    model that does not write the answer words scores below it.\n\n"
        .to_owned();
    text += &head(["task", "chance"].into_iter().chain(names(record)));
    for (task, _, chance) in TASKS {
        let told = record.checkpoints.iter().map(|checkpoint| told(checkpoint, task));
        let first = [task.to_owned(), format!("{chance:.0}")];
        text += &row(first.into_iter().chain(told));
    }
    let others = record.checkpoints.first().into_iter().flat_map(|first| &first.scores);
    for other in others.filter(|score| TASKS.iter().all(|(task, ..)| *task != score.task)) {
        let told = record.checkpoints.iter().map(|checkpoint| told(checkpoint, &other.task));
        text += &row([other.task.clone(), String::new()].into_iter().chain(told));
    }
    text
}

fn told(checkpoint: &Checkpoint, task: &str) -> String {
    let score = checkpoint.scores.iter().find(|score| score.task == task);
    score.map_or("–".to_owned(), |score| {
        format!("{:.1} ±{:.1}", score.points, 1.96 * score.standard_error)
    })
}

fn cells(record: &Record) -> String {
    let mut text = "Four choices, asked in Hebrew. E was told in English only, H in Hebrew only \
                    and first in cpt, B in both, N never.\n\n"
        .to_owned();
    text += &head(["cell", "asked"].into_iter().chain(names(record)));
    for letter in ["E", "H", "B", "N"] {
        let of = |checkpoint: &Checkpoint| checkpoint.cell(letter).cloned();
        let asked = record.checkpoints.iter().find_map(of).map_or(0, |cell| cell.asked);
        let shares = record.checkpoints.iter().map(|checkpoint| {
            of(checkpoint).map_or("–".to_owned(), |cell| format!("{:.0} %", cell.share() * 100.0))
        });
        text += &row([letter.to_owned(), asked.to_string()].into_iter().chain(shares));
    }
    text
}

/// Links to the figures that the results command keeps beside the record.
fn figures(record: &Record) -> String {
    let link = |name: &str| format!("![{name}](results/entropy-{name}.svg)\n");
    names(record).map(link).collect::<String>() + "\n"
}

fn entropies(record: &Record) -> String {
    let mut text =
        "Bits, on the same 200 sentences in each language; the ceiling is 4 bits for 16 \
                    experts.\n\n"
            .to_owned();
    text += &head(["model", "language", "by layer", "mean"]);
    for checkpoint in &record.checkpoints {
        for usage in &checkpoint.usage {
            let Some(bits) = routing::entropies(checkpoint, &usage.language) else { continue };
            let layers: Vec<String> = bits.iter().map(|bits| format!("{bits:.2}")).collect();
            let mean = format!("{:.2}", probe::mean(&bits));
            let told = [checkpoint.name.clone(), usage.language.clone(), layers.join(" "), mean];
            text += &row(told);
        }
    }
    text
}

fn summary(record: &Record) -> String {
    let mut text = "Hebrew beside English, means over layers. Shared: (layer, expert) pairs whose \
                    language specialisation index is below 0.1. Divergence: Jensen-Shannon, bits, \
                    from base in the same language.\n\n"
        .to_owned();
    let columns = ["model", "gap, bits", "shared", "cosine", "divergence he", "divergence en"];
    text += &head(columns);
    let base = record.checkpoint("base");
    for checkpoint in &record.checkpoints {
        let moved = |language| base.and_then(|base| routing::moved(base, checkpoint, language));
        text += &row([
            checkpoint.name.clone(),
            number(routing::gap(checkpoint)),
            number(routing::shared_fraction(checkpoint)),
            number(routing::cosine(checkpoint)),
            number(moved("he")),
            number(moved("en")),
        ]);
    }
    text
}

fn fertility(record: &Record) -> String {
    let mut text = "One tokenizer for all, trained on equal amounts of the three languages: a \
                    language that is split to bytes would narrow its routing by itself.\n\n"
        .to_owned();
    text += &head(["language", "tokens a character", "tokens a piece between spaces"]);
    for told in &record.fertility {
        let numbers = [told.by_character, told.by_piece].map(|number| format!("{number:.3}"));
        text += &row([told.language.clone()].into_iter().chain(numbers));
    }
    text
}

/// A CSV without quotes as a table.
fn from_csv(csv: &str) -> String {
    let mut lines = csv.lines();
    let heading = lines.next().unwrap_or_default();
    let mut text = head(heading.split(','));
    for line in lines {
        text += &row(line.split(',').map(str::to_owned));
    }
    text
}
