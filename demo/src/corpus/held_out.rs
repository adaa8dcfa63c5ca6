//! What training texts must not tell: the texts that the benchmark files ask about.

use aho_corasick::AhoCorasick;

use crate::data;

/// Finds texts of the benchmark files inside longer texts.
#[derive(Clone, Debug)]
pub(super) struct HeldOut(AhoCorasick);

impl HeldOut {
    /// What the benchmark files of a seed ask about.
    pub(super) fn new(seed: u64) -> Self {
        let texts = AhoCorasick::new(data::held_out(seed));
        Self(texts.expect("a few thousand sentences stay far below an automaton's limits"))
    }

    /// Whether a text holds one of them, word for word.
    pub(super) fn is_told_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mix, Stage, Writer};
    use super::*;
    use crate::tell::opinions::{Feeling, Remark};
    use crate::world::Random;

    #[test]
    fn no_stage_tells_what_is_held_out() {
        let held_out = HeldOut::new(1);
        for stage in Stage::ALL {
            let mut writer = Writer::new(Mix::of(stage), 1, stage.name());
            for _ in 0..3000 {
                let (source, text) = writer.document();
                assert!(!held_out.is_told_in(&text), "{stage:?}: {text}");
                writer.received(source, text.len());
            }
        }
    }

    #[test]
    fn what_is_held_out_would_be_told_by_chance() {
        let held_out = HeldOut::new(1);
        let mut random = Random::new(1);
        let drawn = (0..3000).map(|at| Remark::draw(Feeling::ALL[at % 3], &mut random));
        assert!(drawn.flat_map(|remark| remark.told).any(|told| held_out.is_told_in(&told)));
    }
}
