//! "Did you mean".

/// How alike two names must be (Jaro-Winkler) for one to be suggested.
const ALIKE: f64 = 0.8;
/// How much less alike than the best a further suggestion may be.
const SLACK: f64 = 0.03;
/// The most names suggested.
const MOST: usize = 3;

/// The names most like `wanted`, best first.
#[must_use]
pub fn similar<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (likeness(wanted, name), name))
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by_key(|(_, name)| *name);
    let best = scored.first().map_or(0.0, |(score, _)| *score);
    scored.retain(|(score, _)| *score >= best - SLACK);
    scored.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// `; did you mean ...?`, or nothing if no name is alike.
#[must_use]
pub fn hint<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    match similar(wanted, names).as_slice() {
        [] => String::new(),
        names => format!("; did you mean `{}`?", names.join("` or `")),
    }
}

fn likeness(wanted: &str, name: &str) -> f64 {
    let flat = |text: &str| text.to_lowercase().replace('-', "_");
    strsim::jaro_winkler(&flat(wanted), &flat(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_nearest() {
        let names = ["doc_to_text", "doc_to_target", "metric_list"];
        assert_eq!(similar("doc_to_txt", names).first(), Some(&"doc_to_text"));
        assert_eq!(hint("Metric-list", names), "; did you mean `metric_list`?");
        assert_eq!(hint("zzz", names), "");
    }
}
