//! "Did you mean": the nearest known name, where one is near.

/// `; did you mean `x`?`, or nothing when no candidate is close enough to be a slip of the finger.
pub(crate) fn did_you_mean<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    let near = |candidate: &&str| strsim::jaro_winkler(given, candidate) > 0.75;
    let distance = |candidate: &&str| strsim::damerau_levenshtein(given, candidate);
    match candidates.into_iter().filter(near).min_by_key(distance) {
        Some(candidate) => format!("; did you mean `{candidate}`?"),
        None => String::new(),
    }
}
