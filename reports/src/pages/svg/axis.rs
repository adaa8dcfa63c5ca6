//! The range of a chart's axis and its round numbers.

/// A range from `low` to `high`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::pages) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axis {
    /// From `low` to `high`; a range of no width or without finite ends becomes 0 to 1.
    pub(in crate::pages) fn new(low: f64, high: f64) -> Self {
        match low.is_finite() && high.is_finite() && high > low {
            true => Self { low, high },
            false => Self { low: 0.0, high: 1.0 },
        }
    }

    /// The smallest range that holds `least`, `most` and every finite value, with a little room
    /// beyond what only the values reach.
    pub(in crate::pages) fn holding(
        (least, most): (f64, f64),
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let finite = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = finite.fold((least, most), |(a, b), x| (a.min(x), b.max(x)));
        let room = 0.05 * (high - low);
        Self::new(
            if low < least { low - room } else { low },
            if high > most { high + room } else { high },
        )
    }

    /// Where `value` lies, 0 at the low end and 1 at the high end, never beyond.
    pub(super) fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Whether `value` lies in the range.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Four to eight round values within the range.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let rough = (self.high - self.low) / 6.0;
        let unit = 10.0_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|m| m * unit)
            .find(|step| *step >= rough * (1.0 - 1e-9))
            .unwrap_or(unit);
        let first = (self.low / step - 1e-9).ceil();
        let values = (0..=20).map(|i| (first + f64::from(i)) * step);
        values.take_while(|value| *value <= self.high + 1e-9 * step).collect()
    }
}

/// A tick as short as it can be: `0.25`, `−1`, `40`.
pub(super) fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text.strip_prefix('-') {
        Some("0") => "0".to_owned(),
        Some(magnitude) => format!("\u{2212}{magnitude}"),
        None => text.to_owned(),
    }
}
