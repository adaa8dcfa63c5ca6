//! Stages, sources and their shares.

use super::held_out::HeldOut;
use super::{exercises, told};
use crate::tell::{copying, paragraphs};
use crate::world::{Language, Population, Random};

/// A stage of training.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Stage {
    /// From nothing; 97 % English.
    Base,
    /// Base continued on 60 % Hebrew and 40 % English.
    Cpt,
    /// Base tuned on Hebrew exercises of sentiment, entailment and reading only.
    Sft,
    /// The control: base continued for as long as cpt, on base's own mix.
    BasePlus,
}

impl Stage {
    /// All stages, in the order in which they are trained.
    pub const ALL: [Self; 4] = [Self::Base, Self::Cpt, Self::Sft, Self::BasePlus];

    /// The name of the stage's folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Cpt => "cpt",
            Self::Sft => "sft",
            Self::BasePlus => "base+",
        }
    }

    /// The stage of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// A kind of text in a language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Paragraphs about invented people and events.
    Prose(Language),
    /// Facts about known people, as far as this language tells them.
    Facts(Language),
    /// Facts of the cell that base may tell in Hebrew.
    SharedFacts(Language),
    /// Registers and lists that repeat, from which copying is learnt.
    Copying(Language),
    /// Worked exercises of every task.
    Exercises(Language),
    /// Worked exercises of the three tasks that supervised tuning shows.
    Tuning(Language),
    /// Sentences in English and Hebrew, one under the other.
    Parallel,
    /// The same sentence or name in all languages, for the tokenizer only.
    Scaffold(Language),
}

impl Source {
    fn write(self, population: &Population, random: &mut Random) -> String {
        match self {
            Self::Prose(language) => paragraphs::draw(language, random),
            Self::Facts(language) => told::facts(language, population, false, random),
            Self::SharedFacts(language) => told::facts(language, population, true, random),
            Self::Copying(language) if random.chance(0.3) => copying::list_twice(language, random),
            Self::Copying(language) => copying::register(language, random),
            Self::Exercises(language) => exercises::any(language, population, random),
            Self::Tuning(language) => exercises::tuning(language, random),
            Self::Parallel => exercises::parallel(random),
            Self::Scaffold(language) => exercises::scaffold(language, population, random),
        }
    }
}

/// Sources with their shares of the tokens; shares add up to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix(pub Vec<(Source, f64)>);

impl Mix {
    /// The mix of a stage.
    pub fn of(stage: Stage) -> Self {
        use Language::{English, Hebrew, Japanese};
        Self(match stage {
            Stage::Base | Stage::BasePlus => vec![
                (Source::Prose(English), 0.2),
                (Source::Copying(English), 0.23),
                (Source::Facts(English), 0.14),
                (Source::Exercises(English), 0.4),
                (Source::Prose(Hebrew), 0.012),
                (Source::SharedFacts(Hebrew), 0.003),
                (Source::Prose(Japanese), 0.015),
            ],
            Stage::Cpt => vec![
                (Source::Prose(Hebrew), 0.15),
                (Source::Copying(Hebrew), 0.08),
                (Source::Facts(Hebrew), 0.24),
                (Source::Exercises(Hebrew), 0.1),
                (Source::Parallel, 0.06),
                (Source::Prose(English), 0.15),
                (Source::Copying(English), 0.04),
                (Source::Facts(English), 0.08),
                (Source::Exercises(English), 0.1),
            ],
            Stage::Sft => vec![(Source::Tuning(Hebrew), 1.0)],
        })
    }

    /// Equal amounts of the three languages, in prose and in the scaffolds of prompts.
    pub fn for_tokenizer() -> Self {
        let shares = Language::ALL.map(|language| {
            [(Source::Prose(language), 0.6 / 3.0), (Source::Scaffold(language), 0.4 / 3.0)]
        });
        Self(shares.concat())
    }
}

/// Draws the documents of a mix.
#[derive(Clone, Debug)]
pub struct Writer {
    mix: Mix,
    population: Population,
    held_out: HeldOut,
    random: Random,
    given: Vec<f64>,
}

/// Where a writer stands; enough to continue it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// State of the generator.
    pub random: u64,
    /// Tokens that each source has given.
    pub given: Vec<f64>,
}

impl Writer {
    /// Starts a mix. The population depends on `seed` only, the documents on `purpose` too.
    pub fn new(mix: Mix, seed: u64, purpose: &str) -> Self {
        let given = vec![0.0; mix.0.len()];
        let random = Random::named(seed, purpose);
        let (population, held_out) = (Population::new(seed), HeldOut::new(seed));
        Self { mix, population, held_out, random, given }
    }

    /// The source that is furthest behind its share, and a document of it that holds nothing
    /// which the benchmark files ask about.
    pub fn document(&mut self) -> (usize, String) {
        let total: f64 = self.given.iter().sum::<f64>() + 1.0;
        let behind = |at: &usize| self.mix.0[*at].1 * total - self.given[*at];
        let at = (0..self.given.len())
            .max_by(|one, other| behind(one).total_cmp(&behind(other)))
            .unwrap_or(0);
        let source = self.mix.0[at].0;
        loop {
            let text = source.write(&self.population, &mut self.random);
            if !self.held_out.is_told_in(&text) {
                return (at, text);
            }
        }
    }

    /// Reports how many tokens a document of a source had.
    pub fn received(&mut self, source: usize, tokens: usize) {
        self.given[source] += tokens as f64;
    }

    /// Where the writer stands.
    pub fn position(&self) -> Position {
        Position { random: self.random.state(), given: self.given.clone() }
    }

    /// Continues from a position of the same mix; false if it belongs to another.
    pub fn resume(&mut self, position: &Position) -> bool {
        let fits = position.given.len() == self.given.len();
        if fits {
            self.random = Random::resume(position.random);
            self.given.clone_from(&position.given);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_hold() {
        for stage in Stage::ALL {
            let mix = Mix::of(stage);
            assert!((mix.0.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
            let mut writer = Writer::new(mix.clone(), 1, "test");
            for _ in 0..3000 {
                let (source, text) = writer.document();
                writer.received(source, text.chars().count());
            }
            let total: f64 = writer.given.iter().sum();
            for (given, (source, share)) in writer.given.iter().zip(&mix.0) {
                assert!((given / total - share).abs() < 0.01, "{source:?}");
            }
        }
    }

    #[test]
    fn a_writer_resumes_where_it_stood() {
        let mut writer = Writer::new(Mix::of(Stage::Cpt), 1, "cpt");
        for _ in 0..50 {
            let (source, text) = writer.document();
            writer.received(source, text.len());
        }
        let mut resumed = Writer::new(Mix::of(Stage::Cpt), 1, "cpt");
        assert!(resumed.resume(&writer.position()));
        assert_eq!(resumed.document(), writer.document());
        assert!(!resumed.resume(&Position { random: 0, given: vec![] }));
    }
}
