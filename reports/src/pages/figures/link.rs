//! Pictures of the link.

use crate::pages::format::{fixed, language};
use crate::pages::svg::{Axis, Dot, DotChart, DotRow, LineChart, Scatter, ScatterPoint, Series};
use crate::summary::Summary;
use crate::summary::link::{
    ChangeRow, CheckpointRow, FlipRow, Link, Predictor, Trajectory, WithinRow,
};

use harness_metrics::Estimate;

use super::{Figure, FigureGroup};

/// Odds ratios, changes, checkpoints and training runs; groups without figures are left out.
pub(in crate::pages) fn link_figures(summary: &Summary) -> Vec<FigureGroup> {
    let link = summary.link();
    let mut groups = vec![odds(link), changes(link), checkpoints(link), trajectories(link)];
    groups.retain(|group| !group.figures.is_empty());
    groups
}

fn odds(link: &Link) -> FigureGroup {
    let is_primary = |predictor: Predictor| predictor == Predictor::PRIMARY;
    let flips = link.flips.iter().filter(|row| is_primary(row.predictor)).filter_map(flip_dot);
    let within = link.within.iter().filter(|row| is_primary(row.predictor)).filter_map(within_dot);
    let rows: Vec<(String, &Estimate)> = flips.chain(within).collect();
    FigureGroup {
        title: "Odds".to_owned(),
        note: "Logarithm (base 2) of the odds ratio for one standard deviation broader routing, with 95 % intervals: 1 is twice the odds, −1 half of them.".to_owned(),
        figures: odds_figure(&rows).into_iter().collect(),
    }
}

fn flip_dot(row: &FlipRow) -> Option<(String, &Estimate)> {
    let link = row.link.as_ref().ok()?;
    Some((format!("gained, {} → {}", row.from, row.to), &link.adjusted.log_odds))
}

fn within_dot(row: &WithinRow) -> Option<(String, &Estimate)> {
    let link = row.link.as_ref().ok()?;
    Some((format!("right, within {}", row.model), &link.adjusted.log_odds))
}

fn odds_figure(rows: &[(String, &Estimate)]) -> Option<Figure> {
    let log2 = |x: f64| x / std::f64::consts::LN_2;
    let ends = |estimate: &Estimate| {
        estimate.interval.as_ref().map(|interval| (log2(interval.low), log2(interval.high)))
    };
    let reach = rows.iter().flat_map(|(_, estimate)| {
        let (low, high) = ends(estimate).unwrap_or((0.0, 0.0));
        [low, high, log2(estimate.value)]
    });
    let chart = DotChart {
        title: "Odds ratios of broader routing".to_owned(),
        description: "one row a comparison of checkpoints or a checkpoint".to_owned(),
        x_label: "log₂ odds ratio".to_owned(),
        axis: Axis::holding((-1.0, 1.0), reach.collect::<Vec<_>>()),
        zero: Some(0.0),
        series: Vec::new(),
        rows: rows
            .iter()
            .map(|(label, estimate)| DotRow {
                label: label.clone(),
                dots: vec![Dot {
                    series: 0,
                    value: log2(estimate.value),
                    interval: ends(estimate),
                }],
            })
            .collect(),
    };
    let row = |(label, estimate): &(String, &Estimate)| {
        let end = |pick: fn((f64, f64)) -> f64| {
            ends(estimate).map_or_else(String::new, |ends| fixed(pick(ends), 3))
        };
        let value = fixed(log2(estimate.value), 3);
        vec![label.clone(), value, end(|e| e.0), end(|e| e.1), estimate.n.to_string()]
    };
    let columns = ["", "log₂ odds ratio", "low", "high", "documents"].map(str::to_owned);
    let table = rows.iter().map(row).collect();
    (!rows.is_empty()).then(|| Figure::new(&chart.title, chart.draw(), columns.into(), table))
}

fn changes(link: &Link) -> FigureGroup {
    FigureGroup {
        title: "Changes from parent to child".to_owned(),
        note: "A point is a task: how its usage entropy in the last eighth of the layers changed, and how its score did.".to_owned(),
        figures: link.changes.iter().filter_map(changes_figure).collect(),
    }
}

fn changes_figure(row: &ChangeRow) -> Option<Figure> {
    let edge = |edge: usize| row.edges.get(edge).map(|(from, to)| format!("{from} → {to}"));
    let task = |task: usize| row.tasks.get(task).cloned().unwrap_or_default();
    let chart = Scatter {
        title: "Change of routing and change of score".to_owned(),
        description: format!(
            "{} tasks on {} edges of the lineage",
            row.tasks.len(),
            row.edges.len()
        ),
        x_label: "change of usage entropy, last eighth (bits)".to_owned(),
        y_label: "change of score (points)".to_owned(),
        series: (0..row.edges.len()).filter_map(edge).collect(),
        points: row
            .deltas
            .iter()
            .map(|d| ScatterPoint { label: task(d.task), series: d.edge, x: d.routing, y: d.score })
            .collect(),
        line: Vec::new(),
    };
    let columns = ["from → to", "task", "routing (bits)", "score (points)"].map(str::to_owned);
    let rows = row.deltas.iter().map(|d| {
        let edge = edge(d.edge).unwrap_or_default();
        vec![edge, task(d.task), fixed(d.routing, 3), fixed(d.score, 2)]
    });
    (row.deltas.len() > 1)
        .then(|| Figure::new(&chart.title, chart.draw(), columns.into(), rows.collect()))
}

fn checkpoints(link: &Link) -> FigureGroup {
    let averages = link.checkpoints.iter().filter(|row| row.is_average && row.points.len() > 2);
    FigureGroup {
        title: "Checkpoints".to_owned(),
        note: "A point is a checkpoint. A line is drawn from five independent lineages on; below, the points describe themselves.".to_owned(),
        figures: averages.map(checkpoint_figure).collect(),
    }
}

fn checkpoint_figure(row: &CheckpointRow) -> Figure {
    let measure = row.measure.name();
    let (first, second) = (language(&row.languages.0), language(&row.languages.1));
    let xs = || row.points.iter().map(|(_, x, _)| *x);
    let (low, high) = xs().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
    let along = |line: &harness_metrics::association::line::Line| {
        let at = |step: i32| low + (high - low) * f64::from(step) / 20.0;
        let point = |x: f64| {
            let (value, low, high) = line.at(x, 0.95);
            (x, value, low, high)
        };
        (0..=20).map(|step| point(at(step))).collect()
    };
    let line = row.link.as_ref().and_then(|link| link.line.as_ref());
    let chart = Scatter {
        title: format!("{measure} of {first} beside {second}, and the average of {}", row.score),
        description: format!("{} checkpoints", row.points.len()),
        x_label: measure.to_owned(),
        y_label: "average".to_owned(),
        series: Vec::new(),
        points: row
            .points
            .iter()
            .map(|(label, x, y)| ScatterPoint { label: label.clone(), series: 0, x: *x, y: *y })
            .collect(),
        line: line.map_or_else(Vec::new, along),
    };
    let columns = ["checkpoint", measure, "average"].map(str::to_owned);
    let rows =
        row.points.iter().map(|(model, x, y)| vec![model.clone(), fixed(*x, 3), fixed(*y, 2)]);
    Figure::new(&chart.title, chart.draw(), columns.into(), rows.collect())
}

fn trajectories(link: &Link) -> FigureGroup {
    FigureGroup {
        title: "Over training".to_owned(),
        note: "Checkpoints of one run are one trajectory: two numbers that both drift look related. So steps are drawn, from each checkpoint to the next, and no p-value is given.".to_owned(),
        figures: link.trajectories.iter().map(trajectory_figure).collect(),
    }
}

fn trajectory_figure(trajectory: &Trajectory) -> Figure {
    let steps = trajectory.first_differences();
    let names: Vec<String> =
        trajectory.models.windows(2).map(|pair| format!("{} → {}", pair[0], pair[1])).collect();
    let scaled = |values: Vec<Option<f64>>| {
        let most = values.iter().flatten().map(|x| x.abs()).fold(0.0, f64::max).max(1e-12);
        values.into_iter().map(|value| value.map(|x| x / most)).collect()
    };
    let series = |name: &str, values| Series {
        name: name.to_owned(),
        values: scaled(values),
        band: Vec::new(),
    };
    let chart = LineChart {
        title: format!(
            "Steps from {} to {}",
            trajectory.models[0],
            names.last().map_or("", String::as_str)
        ),
        description: "each divided by its largest".to_owned(),
        x_label: "step".to_owned(),
        y_label: "change, of the largest".to_owned(),
        positions: (1..=steps.len()).collect(),
        axis: Axis::new(-1.0, 1.0),
        references: Vec::new(),
        shade: None,
        series: vec![
            series("usage entropy", steps.iter().map(|step| step.0).collect()),
            series("average score", steps.iter().map(|step| step.1).collect()),
        ],
    };
    let columns = ["step", "usage entropy (bits)", "average (points)"].map(str::to_owned);
    let optional = crate::pages::format::optional;
    let rows = names.iter().zip(&steps).map(|(name, (routing, score))| {
        vec![name.clone(), optional(*routing, 3), optional(*score, 2)]
    });
    Figure::new(&chart.title, chart.draw(), columns.into(), rows.collect())
}
