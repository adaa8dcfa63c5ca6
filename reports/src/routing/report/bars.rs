//! A compact view by layer.

use harness_metrics::{PairMeasure, SideMeasure};

use super::super::RoutingPair;
use super::languages::heading;
use super::{Cell, RoutingReport, Table};

/// Characters of a full bar.
const WIDTH: usize = 8;

impl RoutingReport {
    /// One table a (model, corpus, two languages): usage entropies as bars, the gap, the cosine
    /// and the shared fraction of every layer.
    pub(super) fn layer_tables(&self) -> Vec<Table> {
        self.pairs.iter().map(|(model, pair)| self.layers(model, pair)).collect()
    }

    fn layers(&self, model: &str, pair: &RoutingPair) -> Table {
        let names = [&pair.corpus, &pair.a.language, &pair.b.language].map(Clone::clone);
        let [_, a, b] = &names;
        let gap = format!("gap, {b} − {a}");
        let columns = ["layer", a, b, &gap, "/SD", "cosine", "halves"];
        let title = format!("{model} by layer. {}", heading("Usage entropy in bits", &names));
        let mut table = Table::new(title, 3, &columns);
        let ceiling = self.ceiling(model).unwrap_or(1.0);
        table.about = format!(
            "A full bar is the ceiling, {ceiling:.2} bits. /SD: the gap over the larger SD of single rows. halves: the \
             cosine of two random halves of one language, the lower 2.5 % of both languages."
        );
        let numbers = self.router(model).map_or_else(Vec::new, |router| router.moe_layers.clone());
        let layers = pair.curve(PairMeasure::Cosine).map_or(0, |curve| curve.values.len());
        table.rows = (0..layers)
            .map(|layer| row(pair, layer, numbers.get(layer).copied().unwrap_or(layer), ceiling))
            .collect();
        table
    }
}

fn row(pair: &RoutingPair, layer: usize, number: usize, ceiling: f64) -> Vec<Cell> {
    let entropies = [&pair.a, &pair.b].map(|side| {
        side.numbers.curve(SideMeasure::UsageEntropy).and_then(|curve| curve.value(layer))
    });
    let gap = pair.curve(PairMeasure::EntropyGap);
    let over_sd = pair.numbers.gap_over_sd.as_ref();
    let value = |measure| pair.curve(measure).and_then(|curve| curve.value(layer));
    let [first, second] = entropies.map(|entropy| match entropy {
        Some(bits) => Cell::Text(format!("{} {bits:.2}", bar(bits, ceiling))),
        None => Cell::None,
    });
    vec![
        Cell::text(number.to_string()),
        first,
        second,
        gap.map_or(Cell::None, |gap| match gap.value(layer) {
            Some(value) => Cell::Around(value, gap.interval(layer).cloned(), 2),
            None => Cell::None,
        }),
        Cell::number(over_sd.and_then(|gap| gap.by_layer.get(layer).copied().flatten()), 1),
        Cell::number(value(PairMeasure::Cosine), 2),
        Cell::number(lowest_half(pair, layer), 2),
    ]
}

fn lowest_half(pair: &RoutingPair, layer: usize) -> Option<f64> {
    let low = |side: &super::super::LanguageSide| {
        let halves = side.controls.halves(PairMeasure::Cosine);
        halves.get(layer).copied().flatten().map(|spread| spread.low)
    };
    Some(low(&pair.a)?.min(low(&pair.b)?))
}

/// Eighths of a character fill the last place.
fn bar(value: f64, ceiling: f64) -> String {
    let share = value / ceiling.max(f64::MIN_POSITIVE);
    let eighths = (share.clamp(0.0, 1.0) * (WIDTH * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.extend(['▏', '▎', '▍', '▌', '▋', '▊', '▉'].get((eighths % 8).wrapping_sub(1)));
    let missing = WIDTH.saturating_sub(bar.chars().count());
    bar + &"·".repeat(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(1.0, 2.0), "████····");
        assert_eq!(bar(2.0, 2.0), "████████");
        assert_eq!(bar(0.28125, 2.0), "█▏······");
        assert_eq!(bar(0.0, 0.0), "········");
    }
}
