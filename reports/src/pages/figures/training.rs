//! How training went, where a trainer's log is named.

use harness_metrics::training::{first_and_last, largest_rise};

use super::{Figure, FigureGroup};
use crate::manifest::LossCurve;
use crate::pages::format::{count, counted, fixed};
use crate::pages::svg::{Axis, LineChart, Series};
use crate::summary::Summary;

/// Points of a curve that are drawn.
const POINTS: usize = 200;

/// Losses on equal axes.
pub(super) fn training(summary: &Summary) -> FigureGroup {
    let reach = curves(summary).flat_map(|(_, curve)| curve.losses.iter().copied());
    let axis = Axis::holding((0.0, 1.0), reach.collect::<Vec<_>>());
    FigureGroup {
        title: "Training".to_owned(),
        note: "Loss as the trainer logged it, on equal axes; the shade reaches from the lowest to the highest loss of each stretch. Losses of different texts or tokenizers cannot be compared.".to_owned(),
        figures: curves(summary).map(|(alias, curve)| figure(alias, curve, axis)).collect(),
    }
}

/// `cpt: the loss falls from …`, a sentence a checkpoint.
pub(in crate::pages) fn training_sentences(summary: &Summary) -> Vec<String> {
    curves(summary).filter_map(|(alias, curve)| sentence(alias, curve)).collect()
}

fn curves(summary: &Summary) -> impl Iterator<Item = (&String, &LossCurve)> {
    let models = summary.manifest.models.iter();
    let curves = models.filter_map(|(alias, model)| Some((alias, model.loss.as_ref()?)));
    curves.filter(|(_, curve)| !curve.losses.is_empty())
}

fn sentence(alias: &str, curve: &LossCurve) -> Option<String> {
    let (first, last) = first_and_last(&curve.losses)?;
    let steps = curve.steps.last().copied().unwrap_or_default();
    let verb = if last < first { "falls" } else { "does not fall" };
    let left_out = match curve.not_finite {
        0 => String::new(),
        lines => format!("; {} without a finite loss", counted(lines, "line", "lines")),
    };
    Some(format!(
        "Training {alias}: over {} steps the loss {verb} from {} to {} (means of the first and the last tenth); its largest rise over the lowest before is {}{left_out}.",
        count(steps),
        fixed(first, 2),
        fixed(last, 2),
        fixed(largest_rise(&curve.losses), 2)
    ))
}

fn figure(alias: &str, curve: &LossCurve, axis: Axis) -> Figure {
    let thinned = curve.thinned(POINTS);
    let columns = ["step", "loss", "lowest", "highest"].map(str::to_owned);
    let points = thinned.steps.iter().zip(&thinned.means).zip(&thinned.ends);
    let row = |((step, mean), (low, high)): ((&usize, &f64), &(f64, f64))| {
        vec![step.to_string(), fixed(*mean, 4), fixed(*low, 4), fixed(*high, 4)]
    };
    let rows = points.map(row).collect();
    let chart = LineChart {
        title: format!("Training loss: {alias}"),
        description: format!("{} of the log", counted(curve.losses.len(), "line", "lines")),
        x_label: "step".to_owned(),
        y_label: "loss".to_owned(),
        axis,
        references: Vec::new(),
        shade: None,
        series: vec![Series {
            name: alias.to_owned(),
            values: thinned.means.iter().copied().map(Some).collect(),
            band: thinned.ends.iter().copied().map(Some).collect(),
        }],
        positions: thinned.steps,
    };
    Figure::new(&chart.title, chart.draw(), columns.into(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_told_and_drawn() {
        let (_dir, record) = crate::testing::filled();
        let mut summary = Summary::draw(&record).unwrap();
        assert!(training(&summary).figures.is_empty() && training_sentences(&summary).is_empty());
        let losses: Vec<f64> = (0..500).map(|i| 5.0 / f64::from(i + 1) + 1.0).collect();
        let steps = (0..500).collect();
        summary.manifest.models["cpt"].loss = Some(LossCurve { steps, losses, not_finite: 2 });
        let said = training_sentences(&summary);
        assert!(
            said[0].starts_with("Training cpt: over 499 steps the loss falls from 1."),
            "{said:?}"
        );
        assert!(said[0].ends_with("0.00; 2 lines without a finite loss."), "{said:?}");
        let group = training(&summary);
        assert_eq!((group.figures.len(), group.figures[0].rows.len()), (1, 167));
        assert!(group.figures[0].svg.contains("<polygon"));
    }
}
