//! The link over tasks and checkpoints in sentences, each generated from its numbers.

use super::format::{self, counted, fixed, listed};
use super::link_text::equals;
use crate::summary::link::{ChangeRow, CheckpointRow, RoutingMeasure, Trajectory};

/// Over tasks on the edges of the lineage.
pub(super) fn changes(row: &ChangeRow) -> String {
    let Some(link) = &row.link else {
        return "Changes of tasks from parent to child: too few tasks that every edge has."
            .to_owned();
    };
    let slope = link.interval.as_ref().map_or_else(String::new, |ends| {
        format!(" ({} to {}, clustered by task)", fixed(ends.low, 1), fixed(ends.high, 1))
    });
    let p = link.p.map_or_else(
        || "too few tasks for a test".to_owned(),
        |p| format!("exchanging whole tasks p {}", equals(p)),
    );
    format!(
        "Over {} on {} of the lineage, the change of usage entropy in the last eighth of the layers and the change of score correlate with r = {} \
         (edges' means taken out); {} points a bit{slope}; {p}. The independent units are the {}, not the {} points.",
        counted(link.tasks, "task", "tasks"),
        counted(link.edges, "edge", "edges"),
        fixed(link.r, 2),
        fixed(link.slope, 1),
        counted(link.tasks, "task", "tasks"),
        link.n
    )
}

/// Over checkpoints: what can be said, and what cannot.
pub(super) fn checkpoints(rows: &[CheckpointRow]) -> Vec<String> {
    let is_first = |row: &&CheckpointRow| row.is_average && row.measure == RoutingMeasure::Entropy;
    rows.iter().filter(is_first).map(checkpoint_sentence).collect()
}

fn checkpoint_sentence(row: &CheckpointRow) -> String {
    let first = format::language(&row.languages.0);
    let Some(link) = &row.link else {
        return format!(
            "{}: too few to set the usage entropy of {first} beside the average of {}; two points always lie on a line.",
            counted(row.points.len(), "checkpoint", "checkpoints"),
            row.score
        );
    };
    let interval = match link.interval {
        Some((low, high)) => format!(
            "if they were independent, the 95 % interval would be {} to {}",
            fixed(low, 2),
            fixed(high, 2)
        ),
        None => format!("at {} points no interval exists", link.points),
    };
    let p = link.p_if_independent.map_or_else(String::new, |p| format!(", and p {}", equals(p)));
    let within = link
        .p_within_lineages
        .map_or_else(String::new, |p| format!("; exchanging within lineages p {}", equals(p)));
    let range = link.leave_one_out.map_or_else(String::new, |(low, high)| {
        format!("; without one of them r is between {} and {}", fixed(low, 2), fixed(high, 2))
    });
    let end = if link.is_descriptive() {
        format!(
            " {} say what these checkpoints look like, and nothing about others.",
            counted(link.lineages, "lineage", "lineages")
        )
    } else {
        String::new()
    };
    format!(
        "Over {} of {}, the usage entropy of {first} and the average of {} correlate with r = {}: {interval}{p}{within}{range}.{}",
        counted(link.points, "checkpoint", "checkpoints"),
        counted(link.lineages, "lineage", "lineages"),
        row.score,
        fixed(link.r, 2),
        end.replacen("1 lineage say", "1 lineage says", 1)
    )
}

/// Over a training run.
pub(super) fn trajectory(trajectory: &Trajectory) -> String {
    let steps = trajectory.first_differences();
    let both = steps.iter().filter_map(|(routing, score)| Some((*routing)? * (*score)?));
    let (together, all) = both
        .fold((0, 0), |(together, all), product| (together + usize::from(product > 0.0), all + 1));
    format!(
        "{} are one trajectory, not {} independent points: entropy and average moved the same way in {together} of {all} steps.",
        listed(&trajectory.models),
        trajectory.models.len()
    )
}
