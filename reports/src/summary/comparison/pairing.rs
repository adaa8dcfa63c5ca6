//! Pairing the documents of two models.

use std::collections::HashMap;

use crate::estimates::{DocumentValue, ScoredDocument};

/// A document that two models have a score for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct PairedDocument {
    /// Its position in the baseline's task, which is the model's too within one run.
    pub(crate) old_id: usize,
    /// Its position in the model's task.
    pub(crate) new_id: usize,
    /// Documents of equal cluster belong together.
    pub(crate) cluster: String,
    /// The baseline's value.
    pub(crate) old: DocumentValue,
    /// The model's value.
    pub(crate) new: DocumentValue,
}

/// Documents of a task, paired.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct PairedDocuments {
    /// In the order of the model's task.
    pub(crate) documents: Vec<PairedDocument>,
    /// Scored documents that the other model lacks: the baseline's, the model's.
    pub(crate) dropped: (usize, usize),
    /// Pairs of which the prompts differ.
    pub(crate) prompts_differ: usize,
}

/// Pairs documents by their content; the second of two equal documents meets the other's second.
pub(crate) fn pair(old: &[ScoredDocument], new: &[ScoredDocument]) -> PairedDocuments {
    let places: HashMap<(&str, usize), &ScoredDocument> = numbered(old).collect();
    let mut paired = PairedDocuments::default();
    for (key, new) in numbered(new) {
        let Some(old) = places.get(&key) else { continue };
        paired.prompts_differ += usize::from(old.document.prompt_hash != new.document.prompt_hash);
        paired.documents.push(PairedDocument {
            old_id: old.document.doc_id,
            new_id: new.document.doc_id,
            cluster: new.document.cluster.clone(),
            old: old.value.clone(),
            new: new.value.clone(),
        });
    }
    let common = paired.documents.len();
    paired.dropped = (old.len() - common, new.len() - common);
    paired
}

/// Each document with its hash and how many documents of that hash came before it.
fn numbered(
    documents: &[ScoredDocument],
) -> impl Iterator<Item = ((&str, usize), &ScoredDocument)> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    documents.iter().map(move |scored| {
        let hash = scored.document.doc_hash.as_str();
        let count = seen.entry(hash).or_default();
        *count += 1;
        ((hash, *count), scored)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::estimates::DocumentKey;

    fn scored(doc_id: usize, hash: &str, value: f64) -> ScoredDocument {
        let document = DocumentKey {
            doc_id,
            doc_hash: hash.to_owned(),
            prompt_hash: hash.to_owned(),
            cluster: "c".to_owned(),
        };
        ScoredDocument { document: Arc::new(document), value: DocumentValue::Number(value) }
    }

    #[test]
    fn content_pairs_whatever_the_order() {
        let old = [scored(0, "a", 1.0), scored(1, "b", 0.0), scored(2, "a", 0.0)];
        let new =
            [scored(0, "b", 1.0), scored(1, "a", 1.0), scored(2, "c", 1.0), scored(3, "a", 1.0)];
        let paired = pair(&old, &new);
        let ids: Vec<_> = paired.documents.iter().map(|d| (d.old_id, d.new_id)).collect();
        assert_eq!(ids, [(1, 0), (0, 1), (2, 3)]);
        assert_eq!((paired.dropped, paired.prompts_differ), ((0, 1), 0));
    }
}
