/// A window of lm-eval's rolling log-likelihood over a token list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollingWindow {
    /// Fed tokens of the list: `list[start..end - 1]`, after the prefix token when `prefixed`.
    pub start: usize,
    /// One past the last predicted token.
    pub end: usize,
    /// How many tokens are predicted: `list[end - predicted..end]`.
    pub predicted: usize,
    /// Whether the prefix token is fed in front.
    pub prefixed: bool,
}

/// Cuts `length` tokens into windows as `get_rolling_token_windows` with `context_len = 1` and
/// `make_disjoint_window` (`lm_eval/utils.py`): every token is predicted once; a later window is back-filled with
/// context to `max_length` tokens.
pub fn windows(length: usize, max_length: usize) -> Vec<RollingWindow> {
    let first = length.min(max_length);
    let mut found = Vec::new();
    if first == 0 {
        return found;
    }
    found.push(RollingWindow { start: 0, end: first, predicted: first, prefixed: true });
    let mut done = first;
    while done < length {
        let predicted = (length - done).min(max_length);
        let end = done + predicted;
        found.push(RollingWindow { start: end - max_length - 1, end, predicted, prefixed: false });
        done = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_one_prefixed_window() {
        assert_eq!(
            windows(3, 10),
            [RollingWindow { start: 0, end: 3, predicted: 3, prefixed: true }]
        );
        assert!(windows(0, 10).is_empty());
    }

    /// The example in lm-eval's `get_rolling_token_windows` documentation shape: 10 tokens, windows of 4.
    #[test]
    fn last_window_is_back_filled() {
        let found = windows(10, 4);
        let fed: Vec<_> = found.iter().map(|w| (w.start, w.end - 1, w.predicted)).collect();
        assert_eq!(fed, [(0, 3, 4), (3, 7, 4), (5, 9, 2)]);
    }

    #[test]
    fn every_token_is_predicted_once() {
        for length in 1..40 {
            for max_length in 1..12 {
                let predicted: Vec<_> = windows(length, max_length)
                    .iter()
                    .flat_map(|w| w.end - w.predicted..w.end)
                    .collect();
                assert_eq!(predicted, (0..length).collect::<Vec<_>>());
            }
        }
    }
}
