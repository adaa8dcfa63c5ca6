//! The link over documents in sentences, each generated from its numbers.

use harness_metrics::Estimate;
use harness_metrics::association::Adjusted;

use super::format::{counted, fixed, listed, p_value};
use crate::summary::Summary;
use crate::summary::link::{FlipRow, Link, Predictor, WithinRow};

/// At this level an adjusted p-value counts.
const ALPHA: f64 = 0.05;

/// What the first screen says: the headline, and the level below it.
pub(super) fn lead(summary: &Summary) -> Vec<String> {
    let link = summary.link();
    let flips = primary_flips(link);
    let within: Vec<&WithinRow> = primary_within(link);
    if flips.iter().all(|row| row.link.is_err()) && within.iter().all(|row| row.link.is_err()) {
        return unanswered(&flips, &within).into_iter().collect();
    }
    let mut sentences = vec![answer(&flips, &within)];
    sentences.extend(flips.iter().map(|row| flip_lead(row)));
    sentences.extend(within_lead(&within));
    sentences
}

/// Whether any adjusted p-value counts.
fn answer(flips: &[&FlipRow], within: &[&WithinRow]) -> String {
    let counts = |p: Option<f64>| p.is_some_and(|p| p <= ALPHA);
    let between = flips.iter().filter(|row| counts(row.p_holm));
    let between = between.map(|row| format!("from {} to {}", row.from, row.to));
    let inside = within.iter().filter(|row| counts(row.p_holm));
    let found: Vec<String> =
        between.chain(inside.map(|row| format!("within {}", row.model))).collect();
    match found.is_empty() {
        true => "Nothing in this run says so: no p-value, adjusted over comparisons or over checkpoints, is below 0.05.".to_owned(),
        false => format!("Yes, beyond chance: {}.", listed(&found)),
    }
}

/// The headline in one line.
fn flip_lead(row: &FlipRow) -> String {
    let (from, to) = (&row.from, &row.to);
    match &row.link {
        Err(reason) => format!("Documents that flipped from {from} to {to} cannot say: {reason}."),
        Ok(link) => format!(
            "Of {} documents that flipped from {from} to {to}, those whose routing broadened more were gained with {} the odds \
             for each standard deviation (adjusted p {}).",
            link.flips.discordant(),
            odds_short(&link.adjusted.log_odds),
            p_value(row.p_holm.unwrap_or(link.adjusted.p))
        ),
    }
}

/// One sentence where no level has an answer; none where there was nothing to ask.
fn unanswered(flips: &[&FlipRow], within: &[&WithinRow]) -> Option<String> {
    let flips = flips.iter().filter_map(|row| row.link.as_ref().err());
    let reasons = flips.chain(within.iter().filter_map(|row| row.link.as_ref().err()));
    let mut distinct: Vec<String> = Vec::new();
    for reason in reasons.filter(|reason| !reason.contains("routing was not captured")) {
        if !distinct.contains(reason) {
            distinct.push(reason.clone());
        }
    }
    (!distinct.is_empty())
        .then(|| format!("This run cannot say whether they do: {}.", distinct.join("; ")))
}

fn primary_flips(link: &Link) -> Vec<&FlipRow> {
    link.flips.iter().filter(|row| row.predictor == Predictor::PRIMARY).collect()
}

fn primary_within(link: &Link) -> Vec<&WithinRow> {
    link.within.iter().filter(|row| row.predictor == Predictor::PRIMARY).collect()
}

/// `From base to cpt, …`.
pub(super) fn flip(row: &FlipRow, comparisons: usize) -> String {
    let (from, to) = (&row.from, &row.to);
    let link = match &row.link {
        Ok(link) => link,
        Err(reason) => {
            return format!("From {from} to {to} the documents that flipped cannot say: {reason}.");
        }
    };
    let (gained, lost) = (link.flips.gained, link.flips.lost);
    format!(
        "From {from} to {to}, {gained} documents flipped to right and {lost} to wrong in {}. {}{}; {}{}",
        counted(link.tasks.len(), "task that has both", "tasks that have both"),
        "Those whose routing broadened by one standard deviation more (",
        format_args!(
            "{} bits, last eighth of the layers) had {} the odds of being gained",
            fixed(link.sd, 2),
            odds(&link.adjusted.log_odds)
        ),
        significance(&link.adjusted, row.p_holm, comparisons, "comparisons"),
        verdict(
            &link.adjusted,
            row.p_holm,
            "which way a document flips goes with how its routing changed",
            "the change of routing does not say which way a document flips"
        ),
    )
}

/// `Within cpt, …`.
pub(super) fn within(row: &WithinRow, comparisons: usize) -> String {
    let model = &row.model;
    let link = match &row.link {
        Ok(link) => link,
        Err(reason) => return format!("Within {model} the documents cannot say: {reason}."),
    };
    let area = link.area_without.zip(link.area_gain.as_ref()).map(|(area, gain)| {
        format!(
            " Telling right from wrong within tasks, an area under the curve of {} becomes {} ({} points{}).",
            fixed(100.0 * area, 1),
            fixed(100.0 * (area + gain.value), 1),
            signed(100.0 * gain.value, 1),
            gain.interval.as_ref().map_or_else(String::new, |ends| format!(
                ", 95 % interval {} to {}",
                fixed(100.0 * ends.low, 1),
                fixed(100.0 * ends.high, 1)
            ))
        )
    });
    let (held, unknown) = held_equal(link.holds_tokens_per_character);
    format!(
        "Within {model}, over {} documents of {}, one standard deviation ({} bits) broader routing goes with {} the odds of a higher score \
         at equal {held}; {}{}{unknown}{}",
        link.n,
        counted(link.tasks.len(), "task", "tasks"),
        fixed(link.sd, 2),
        odds(&link.adjusted.log_odds),
        significance(&link.adjusted, row.p_holm, comparisons, "checkpoints"),
        verdict(
            &link.adjusted,
            row.p_holm,
            "scores go with the breadth of routing",
            "the breadth of a document's routing does not say how it scores"
        ),
        area.unwrap_or_default()
    )
}

/// What is held equal, and what could not be.
fn held_equal(tokens_per_character: bool) -> (&'static str, &'static str) {
    if tokens_per_character {
        ("task, length and tokens per character", "")
    } else {
        (
            "task and length",
            " Tokens per character are not held equal: the record does not hold how many characters the questions have.",
        )
    }
}

/// One sentence over all checkpoints.
fn within_lead(rows: &[&WithinRow]) -> Option<String> {
    let part = |row: &&WithinRow| {
        let link = row.link.as_ref().ok()?;
        let p = row.p_holm.unwrap_or(link.adjusted.p);
        Some(format!(
            "{} {} (adjusted p {})",
            row.model,
            odds_short(&link.adjusted.log_odds),
            p_value(p)
        ))
    };
    let parts: Vec<String> = rows.iter().filter_map(part).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Within one checkpoint, odds of a higher score for a document that is routed one standard deviation more broadly than others of its task and length: {}.",
            listed(&parts)
        )
    })
}

/// `1.34 (95 % interval 1.05 to 1.71) times`.
fn odds(log_odds: &Estimate) -> String {
    let value = fixed(log_odds.value.exp(), 2);
    match &log_odds.interval {
        Some(ends) => format!(
            "{value} (95 % interval {} to {}) times",
            fixed(ends.low.exp(), 2),
            fixed(ends.high.exp(), 2)
        ),
        None => format!("{value} times"),
    }
}

/// `× 1.34 (1.05 to 1.71)`.
pub(super) fn odds_short(log_odds: &Estimate) -> String {
    let value = fixed(log_odds.value.exp(), 2);
    match &log_odds.interval {
        Some(ends) => {
            format!("× {value} ({} to {})", fixed(ends.low.exp(), 2), fixed(ends.high.exp(), 2))
        }
        None => format!("× {value}"),
    }
}

fn significance(
    adjusted: &Adjusted,
    p_holm: Option<f64>,
    comparisons: usize,
    what: &str,
) -> String {
    let p = format!("permutation p {}", equals(adjusted.p));
    match p_holm {
        Some(p_holm) if comparisons > 1 => {
            format!("{p}, {} adjusted over {comparisons} {what}: ", p_value(p_holm))
        }
        Some(_) => format!("{p}: "),
        None => format!("{p}, not adjusted, exploratory."),
    }
}

pub(super) fn equals(p: f64) -> String {
    let text = p_value(p);
    if text.starts_with('<') { text } else { format!("= {text}") }
}

/// Empty for exploratory predictors.
fn verdict(adjusted: &Adjusted, p_holm: Option<f64>, yes: &str, no: &str) -> String {
    match p_holm {
        None => String::new(),
        Some(p) if p <= ALPHA => format!("{yes}."),
        Some(_) if adjusted.p <= ALPHA => format!("{no} once the comparisons are adjusted for."),
        Some(_) => format!("{no} beyond chance."),
    }
}

/// A number that keeps its sign.
pub(super) fn signed(value: f64, digits: usize) -> String {
    let text = fixed(value, digits);
    if value > 0.0 && !text.chars().all(|c| matches!(c, '0' | '.')) {
        format!("+{text}")
    } else {
        text
    }
}
