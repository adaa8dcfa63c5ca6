//! Which models are set against which.

use crate::manifest::Manifest;

/// Why a model is compared with its baseline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// It was trained from the baseline.
    Parent,
    /// harness.toml names the baseline as `compare_to`.
    CompareTo,
    /// No lineage is known: the baseline is the first model.
    First,
    /// The command named the baseline.
    Chosen,
}

impl Relation {
    /// For readers: "its parent".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parent => "its parent",
            Self::CompareTo => "its baseline",
            Self::First => "the first model",
            Self::Chosen => "the chosen baseline",
        }
    }
}

/// Model, baseline, relation, in the order of models: `compare_to` and `parent` of each that is part
/// of the run, else every model against the first.
pub(crate) fn edges(manifest: &Manifest) -> Vec<(String, String, Relation)> {
    let mut edges = Vec::new();
    for (alias, model) in &manifest.models {
        let known = |other: &Option<String>| {
            other.clone().filter(|other| other != alias && manifest.models.contains_key(other))
        };
        let (parent, compare_to) = (known(&model.parent), known(&model.compare_to));
        if let Some(baseline) = compare_to.clone().filter(|_| compare_to != parent) {
            edges.push((alias.clone(), baseline, Relation::CompareTo));
        }
        edges.extend(parent.map(|parent| (alias.clone(), parent, Relation::Parent)));
    }
    if edges.is_empty() {
        let mut models = manifest.models.keys();
        let first = models.next().into_iter();
        edges.extend(first.flat_map(|first| {
            models.clone().map(|alias| (alias.clone(), first.clone(), Relation::First))
        }));
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn found(manifest: &Manifest) -> Vec<String> {
        let text = |(model, baseline, relation): (String, String, Relation)| {
            format!("{model} {} {baseline}", relation.name())
        };
        edges(manifest).into_iter().map(text).collect()
    }

    #[test]
    fn parents_and_baselines() {
        let mut manifest = testing::manifest();
        assert_eq!(found(&manifest), ["cpt its parent base"]);
        manifest.models["cpt"].compare_to = Some("base".to_owned());
        assert_eq!(found(&manifest), ["cpt its parent base"], "the same two once");
        let instruct = manifest.models["base"].clone();
        manifest.models.insert("instruct".to_owned(), instruct);
        manifest.models["cpt"].compare_to = Some("instruct".to_owned());
        assert_eq!(found(&manifest), ["cpt its baseline instruct", "cpt its parent base"]);
    }

    #[test]
    fn without_lineage_the_first_is_the_baseline() {
        let mut manifest = testing::manifest();
        manifest.models["cpt"].parent = Some("not part of the run".to_owned());
        assert_eq!(found(&manifest), ["base the first model cpt"]);
        manifest.models.shift_remove("base");
        assert!(found(&manifest).is_empty());
    }
}
