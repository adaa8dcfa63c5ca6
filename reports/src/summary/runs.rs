//! Models of one or several runs, by one name each.

use thiserror::Error;

use super::Summary;
use super::comparison::{Relation, Side};

/// One or several runs and their models.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    runs: Vec<Run>,
    models: Vec<Contender>,
}

/// A run and the name that tells it from the others.
#[derive(Clone, Debug)]
pub struct Run {
    /// Folder name, or the path where folders share one.
    pub name: String,
    /// Its numbers.
    pub summary: Summary,
}

/// A model of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contender {
    /// Which run.
    pub run: usize,
    /// Its alias there.
    pub alias: String,
    /// Its alias where only one run has it, else `RUN/ALIAS`.
    pub label: String,
}

/// A name that stands for no model, or for several.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum UnknownModel {
    /// No run has it.
    #[error("no model `{name}` in the record; there is {}", known.join(", "))]
    Absent {
        /// As given.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Several runs have it.
    #[error("several runs have a model `{name}`; say which: {}", labels.join(", "))]
    Ambiguous {
        /// As given.
        name: String,
        /// The names that tell them apart.
        labels: Vec<String>,
    },
    /// Fewer than two models.
    #[error("there is only one model to look at; a comparison takes two")]
    Alone,
}

impl Runs {
    /// Runs by path, in the order given.
    #[must_use]
    pub fn new(runs: Vec<(String, Summary)>) -> Self {
        let names: Vec<String> = runs.iter().map(|(path, _)| last_part(path)).collect();
        let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
        let named = runs.into_iter().zip(&names).map(|((path, summary), name)| {
            let name = if is_unique(name) { name.clone() } else { path };
            Run { name, summary }
        });
        let runs: Vec<Run> = named.collect();
        let models = contenders(&runs);
        Self { runs, models }
    }

    /// The runs.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Every model of every run.
    #[must_use]
    pub fn models(&self) -> &[Contender] {
        &self.models
    }

    /// The model of that label or, where one run only has it, alias.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn find(&self, name: &str) -> Result<&Contender, UnknownModel> {
        if let Some(found) = self.models.iter().find(|model| model.label == name) {
            return Ok(found);
        }
        let found: Vec<&Contender> = self.models.iter().filter(|m| m.alias == name).collect();
        let labels = |models: &[&Contender]| models.iter().map(|m| m.label.clone()).collect();
        let name = name.to_owned();
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let known = labels(&self.models.iter().collect::<Vec<_>>());
                Err(UnknownModel::Absent { name, known })
            }
            several => Err(UnknownModel::Ambiguous { name, labels: labels(several) }),
        }
    }

    /// A model as one side of a comparison.
    #[must_use]
    pub fn side<'a>(&'a self, model: &'a Contender) -> Side<'a> {
        Side { summary: &self.runs[model.run].summary, alias: &model.alias, label: &model.label }
    }

    /// What to compare: `models` (all when empty) with `baseline`; without one each with its
    /// `compare_to` and parent, and where no lineage is known with the first model.
    ///
    /// # Errors
    /// When a name is unknown or there are fewer than two models.
    pub fn pairs(
        &self,
        baseline: Option<&str>,
        models: &[String],
    ) -> Result<Vec<(&Contender, &Contender, Relation)>, UnknownModel> {
        let chosen: Vec<&Contender> = if models.is_empty() {
            self.models.iter().collect()
        } else {
            models.iter().map(|name| self.find(name)).collect::<Result<_, _>>()?
        };
        let against = |baseline, relation| -> Vec<_> {
            let others = chosen.iter().filter(|model| **model != baseline);
            others.map(|model| (baseline, *model, relation)).collect()
        };
        let pairs = match baseline {
            Some(name) => against(self.find(name)?, Relation::Chosen),
            None => {
                let edges: Vec<_> = chosen.iter().flat_map(|model| self.edges(model)).collect();
                match (edges.is_empty(), self.models.first()) {
                    (true, Some(first)) => against(first, Relation::First),
                    _ => edges,
                }
            }
        };
        if pairs.is_empty() { Err(UnknownModel::Alone) } else { Ok(pairs) }
    }

    /// `compare_to` and parent of a model, from its own run before others.
    fn edges<'a>(&'a self, model: &'a Contender) -> Vec<(&'a Contender, &'a Contender, Relation)> {
        let Some(manifest) = self.runs[model.run].summary.manifest.models.get(&model.alias) else {
            return Vec::new();
        };
        let resolve = |name: &Option<String>| {
            let name = name.as_deref()?;
            let own =
                self.models.iter().find(|other| other.run == model.run && other.alias == name);
            own.or_else(|| self.find(name).ok()).filter(|other| *other != model)
        };
        let (parent, compare_to) = (resolve(&manifest.parent), resolve(&manifest.compare_to));
        let named = compare_to.filter(|baseline| Some(*baseline) != parent);
        let named = named.map(|baseline| (baseline, model, Relation::CompareTo));
        named.into_iter().chain(parent.map(|parent| (parent, model, Relation::Parent))).collect()
    }
}

fn last_part(path: &str) -> String {
    let name = std::path::Path::new(path).file_name();
    name.map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

fn contenders(runs: &[Run]) -> Vec<Contender> {
    let aliases = |run: &Run| run.summary.manifest.models.keys().cloned().collect::<Vec<_>>();
    let all: Vec<(usize, String)> = runs
        .iter()
        .enumerate()
        .flat_map(|(number, run)| aliases(run).into_iter().map(move |alias| (number, alias)))
        .collect();
    let label = |(run, alias): &(usize, String)| {
        let is_unique = all.iter().filter(|(_, other)| other == alias).count() == 1;
        let label = if is_unique { alias.clone() } else { format!("{}/{alias}", runs[*run].name) };
        Contender { run: *run, alias: alias.clone(), label }
    };
    all.iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn summary() -> Summary {
        let (_dir, record) = testing::filled();
        Summary::draw(&record).unwrap()
    }

    fn named(pairs: Result<Vec<(&Contender, &Contender, Relation)>, UnknownModel>) -> Vec<String> {
        let text = |(old, new, relation): (&Contender, &Contender, Relation)| {
            format!("{} {} {}", new.label, relation.name(), old.label)
        };
        pairs.unwrap().into_iter().map(text).collect()
    }

    #[test]
    fn one_run_goes_by_aliases() {
        let runs = Runs::new(vec![("runs/a".to_owned(), summary())]);
        assert_eq!(named(runs.pairs(None, &[])), ["cpt its parent base"]);
        assert_eq!(named(runs.pairs(Some("cpt"), &[])), ["base the chosen baseline cpt"]);
        let absent = runs.pairs(Some("sft"), &[]).unwrap_err();
        assert_eq!(absent.to_string(), "no model `sft` in the record; there is cpt, base");
    }

    #[test]
    fn runs_that_share_an_alias_are_told_apart() {
        let runs = vec![("x/run".to_owned(), summary()), ("y/run".to_owned(), summary())];
        let runs = Runs::new(runs);
        let labels: Vec<&str> = runs.models().iter().map(|m| m.label.as_str()).collect();
        assert_eq!(labels, ["x/run/cpt", "x/run/base", "y/run/cpt", "y/run/base"]);
        assert!(matches!(runs.find("cpt"), Err(UnknownModel::Ambiguous { .. })));
        let pairs = runs.pairs(Some("x/run/cpt"), &["y/run/cpt".to_owned()]);
        assert_eq!(named(pairs), ["y/run/cpt the chosen baseline x/run/cpt"]);
        let lineage = named(runs.pairs(None, &[]));
        assert_eq!(lineage, ["x/run/cpt its parent x/run/base", "y/run/cpt its parent y/run/base"]);
    }

    #[test]
    fn one_model_has_nothing_to_compare() {
        let mut manifest = testing::manifest();
        manifest.models.truncate(1);
        let dir = tempfile::tempdir().unwrap();
        let record = crate::record::Record::open(dir.path(), &manifest).unwrap();
        let runs = Runs::new(vec![("a".to_owned(), Summary::draw(&record).unwrap())]);
        assert_eq!(runs.pairs(None, &[]), Err(UnknownModel::Alone));
    }
}
