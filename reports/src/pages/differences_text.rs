//! Comparisons in sentences.

use super::differences_view::p_value;
use super::format::{self, fixed};
use crate::summary::comparison::{CompareOptions, Comparison, Shape, Unevenness, Verdict};

/// What a comparison shows, in sentences computed from its numbers.
pub(crate) fn sentences(comparison: &Comparison) -> Vec<String> {
    let unevenness = &comparison.unevenness;
    let (model, baseline) = (&comparison.model, &comparison.baseline);
    if unevenness.tasks() == 0 {
        return vec![format!(
            "{model} cannot be compared with {baseline}: no task has scores of both."
        )];
    }
    let mut sentences = vec![counts(comparison), shape(unevenness, model)];
    sentences.extend(spread(unevenness));
    sentences.extend(probes(comparison));
    sentences
}

/// Plain text is no benchmark, but a loss on it is a loss.
fn probes(comparison: &Comparison) -> Option<String> {
    let with = |verdict: Verdict| -> Vec<&str> {
        let probes = comparison.tasks.iter().filter(|task| task.probe);
        let found = probes.filter(|task| {
            task.outcome.as_ref().is_ok_and(|difference| difference.verdict == verdict)
        });
        found.map(|task| task.task.as_str()).collect()
    };
    let listed = [(Verdict::Better, "better"), (Verdict::Worse, "worse")].map(|(verdict, word)| {
        let names = with(verdict);
        (!names.is_empty()).then(|| format!("{word} on {}", names.join(", ")))
    });
    let found: Vec<String> = listed.into_iter().flatten().collect();
    (!found.is_empty()).then(|| {
        format!(
            "At predicting the plain text of the probes {} is {}.",
            comparison.model,
            found.join(" and ")
        )
    })
}

fn counts(comparison: &Comparison) -> String {
    let found = &comparison.unevenness;
    let (model, baseline) = (&comparison.model, &comparison.baseline);
    let tasks = found.tasks();
    let listed = |verdict: &str, names: &[String]| match names {
        [] => format!("{verdict} on none"),
        names => format!("{verdict} on {} ({})", names.len(), names.join(", ")),
    };
    let mut parts = vec![listed("better", &found.better), listed("worse", &found.worse)];
    for (verdict, names) in [("shown to be the same", &found.same), ("undecided", &found.undecided)]
    {
        if !names.is_empty() {
            parts.push(listed(verdict, names));
        }
    }
    format!(
        "{model} against {baseline}, {}, on the same documents of {tasks} {}: {}.",
        comparison.relation.name(),
        if tasks == 1 { "task" } else { "tasks" },
        parts.join(", ")
    )
}

fn shape(found: &Unevenness, model: &str) -> String {
    let points = format!(
        "gains add up to {} points over the tasks and losses to {}, decided or not",
        fixed(found.gained, 1),
        fixed(found.lost, 1)
    );
    match found.shape() {
        Shape::Broadens => format!("So {model} broadens what it can do: {points}."),
        Shape::Redistributes => {
            format!("So {model} redistributes, better at some and worse at others: {points}.")
        }
        Shape::Declines => format!("So {model} has lost and not won: {points}."),
        Shape::Undecided => format!("No task is decided either way: {points}."),
    }
}

fn spread(found: &Unevenness) -> Option<String> {
    let spread = found.heterogeneity?;
    let verdict = if spread.p <= 0.05 {
        format!(
            "vary more between tasks than chance explains: true gains spread by {} points around their mean",
            fixed(spread.true_sd, 1)
        )
    } else {
        "do not vary between tasks by more than chance explains".to_owned()
    };
    Some(format!(
        "The gains {verdict} (Cochran's Q {} with {} degrees of freedom, p {}, I\u{b2} {} %).",
        fixed(spread.q, 1),
        spread.df,
        with_sign(&p_value(spread.p)),
        fixed(100.0 * spread.i_squared, 0)
    ))
}

fn with_sign(p: &str) -> String {
    if p.starts_with('<') { p.to_owned() } else { format!("= {p}") }
}

/// How the numbers were made, for below the tables.
pub(crate) fn note(options: &CompareOptions) -> String {
    format!(
        "Differences are model minus baseline on the documents that both have a score for; in parentheses the 95 % interval, \
         clusters of documents resampled in both together ({} replicates). p: mid-p McNemar for right and wrong of independent \
         documents, else sign flips or exchange of the models on whole clusters ({} arrangements); adjusted: for all tasks of \
         all comparisons together (Holm). Detectable: the smallest true difference found in four of five cases. The same: \
         the 90 % interval lies within \u{b1}{} points, or \u{b1}{} % of the baseline for metrics that are no shares or points; \
         not finding a difference is undecided.",
        options.resampling.draws,
        format::count(options.permutations as u64),
        fixed(options.margin_points, 1),
        fixed(100.0 * options.margin_share, 0)
    )
}
