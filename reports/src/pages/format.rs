//! Numbers and dates as readers see them.

use harness_metrics::Interval;

use crate::estimates::Unit;
use crate::summary::Scored;

/// `digits` decimals, a real minus sign, no minus before zero.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.chars().all(|c| matches!(c, '0' | '.')) => zero.to_owned(),
        Some(magnitude) => format!("\u{2212}{magnitude}"),
        None => text,
    }
}

/// `fixed`, or a dash where there is no value.
pub(crate) fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| fixed(value, digits))
}

/// A metric's value in its unit: shares and points with one decimal, others with three
/// significant digits at least.
pub(crate) fn metric(unit: Unit, value: f64) -> String {
    let shown = unit.shown(value);
    if unit != Unit::Plain {
        return fixed(shown, 1);
    }
    match shown.abs() {
        size if size >= 1e6 => format!("{shown:.3e}"),
        size if size >= 100.0 => fixed(shown, 1),
        _ => fixed(shown, 3),
    }
}

/// Both ends of an interval in a metric's unit: `52.0 to 62.1`.
pub(crate) fn ends(unit: Unit, interval: &Interval) -> String {
    format!("{} to {}", metric(unit, interval.low), metric(unit, interval.high))
}

/// Value and interval: `57.1 (52.0 to 62.1)`.
pub(crate) fn scored(scored: &Scored) -> Option<String> {
    let value = metric(scored.row.unit, scored.row.value?);
    Some(match &scored.interval {
        Some(interval) => format!("{value} ({})", ends(scored.row.unit, interval)),
        None => value,
    })
}

/// A p-value: `0.34`, `0.021`, `< 0.001`.
pub(crate) fn p_value(p: f64) -> String {
    match p {
        p if p < 0.001 => "< 0.001".to_owned(),
        p if p < 0.0995 => fixed(p, 3),
        p => fixed(p, 2),
    }
}

/// Words after a number of things: `1 task`, `3 tasks`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// A share as per cent: `26.7 %`.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{} %", fixed(share * 100.0, 1)))
}

/// A count with thin groups: `1 234 567` (no-break spaces).
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join("\u{202f}")
}

/// `2026-11-22 17:00 UTC` of seconds since 1970 (Howard Hinnant's `civil_from_days`).
pub(crate) fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3_600, rest / 60 % 60)
}

/// The English name of a language, or its tag.
pub(crate) fn language(tag: &str) -> &str {
    match tag.split('-').next().unwrap_or(tag) {
        "ar" => "Arabic",
        "en" => "English",
        "he" => "Hebrew",
        "ja" => "Japanese",
        _ => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_zeros() {
        assert_eq!(
            (fixed(-1.25, 1), fixed(-0.01, 1), fixed(2.0, 2)),
            ("\u{2212}1.2".into(), "0.0".into(), "2.00".into())
        );
        assert_eq!(optional(None, 2), "–");
    }

    #[test]
    fn units() {
        assert_eq!(metric(Unit::Fraction, 0.571), "57.1");
        assert_eq!(metric(Unit::Points, 33.6), "33.6");
        assert_eq!(metric(Unit::Plain, 4.508_78), "4.509");
        assert_eq!(metric(Unit::Plain, 2.118e14), "2.118e14");
        assert_eq!(percent(Some(0.2666)), "26.7 %");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn p_values_and_lists() {
        let found = [0.000_1, 0.0214, 0.0996, 0.345].map(p_value);
        assert_eq!(found, ["< 0.001", "0.021", "0.10", "0.34"]);
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            [listed(&names), listed(&names[..2]), listed(&[])],
            ["a, b and c", "a and b", ""]
        );
        assert_eq!(counted(1, "task", "tasks"), "1 task");
    }

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_795_366_859), "2026-11-22 17:00 UTC");
    }
}
