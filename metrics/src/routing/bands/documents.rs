//! Selections of documents.

use crate::routing::{RoutingCounts, RoutingError, RoutingShape};

/// Selections of documents, laid out layer by layer for resampling.
#[derive(Clone, Debug)]
pub struct DocumentCounts {
    shape: RoutingShape,
    tokens: Vec<f64>,
    /// `[layers][documents × experts]`; a layer of 1,000 documents fits a processor's cache.
    layers: Vec<Vec<f32>>,
}

impl DocumentCounts {
    /// No document yet.
    #[must_use]
    pub fn new(shape: RoutingShape) -> Self {
        Self::with_documents(shape, 0)
    }

    /// `documents` documents without tokens.
    #[must_use]
    pub fn with_documents(shape: RoutingShape, documents: usize) -> Self {
        let cells = documents * shape.experts;
        Self { shape, tokens: vec![0.0; documents], layers: vec![vec![0.0; cells]; shape.layers] }
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When its shape differs or its tables do not fit the shape.
    pub fn push(&mut self, counts: &RoutingCounts) -> Result<(), RoutingError> {
        self.tokens.push(0.0);
        let cells = self.len() * self.shape.experts;
        self.layers.iter_mut().for_each(|layer| layer.resize(cells, 0.0));
        self.add(self.len() - 1, counts)
    }

    /// Adds counts to those of a document that is there.
    ///
    /// # Errors
    /// As [`DocumentCounts::push`].
    ///
    /// # Panics
    /// When `document` is not below [`DocumentCounts::len`].
    pub fn add(&mut self, document: usize, counts: &RoutingCounts) -> Result<(), RoutingError> {
        // Joining checks shape and lengths.
        RoutingCounts::zeros(self.shape, counts.scores.is_some()).add(counts)?;
        self.tokens[document] += counts.tokens as f64;
        let cells = document * self.shape.experts..(document + 1) * self.shape.experts;
        for (layer, table) in self.layers.iter_mut().enumerate() {
            let sums = table[cells.clone()].iter_mut();
            sums.zip(counts.layer(layer)).for_each(|(sum, &count)| *sum += count as f32);
        }
        Ok(())
    }

    /// Layers, experts and top-k.
    #[must_use]
    pub fn shape(&self) -> RoutingShape {
        self.shape
    }

    /// Documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Tokens of the documents drawn `times` over.
    pub(super) fn resampled_tokens(&self, times: &[f32]) -> f64 {
        self.tokens.iter().zip(times).map(|(tokens, &times)| tokens * f64::from(times)).sum()
    }

    /// Activation rates of a layer over the documents drawn `times` over.
    pub(super) fn rates(&self, layer: usize, times: &[f32], tokens: f64) -> Vec<f64> {
        let mut sums = vec![0.0_f32; self.shape.experts];
        let documents = self.layers[layer].chunks_exact(self.shape.experts.max(1));
        for (document, &times) in documents.zip(times).filter(|(_, times)| **times > 0.0) {
            sums.iter_mut().zip(document).for_each(|(sum, count)| *sum += times * count);
        }
        sums.into_iter().map(|sum| f64::from(sum) / tokens).collect()
    }
}
