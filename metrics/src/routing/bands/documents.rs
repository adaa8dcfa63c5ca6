//! What was counted of every document, laid out for resampling.

use crate::routing::{RoutingCounts, RoutingError, RoutingShape};

/// One row of numbers a document and layer, all of them sums over the document's tokens.
///
/// The rows of one layer lie together: those of 1,000 documents and 128 experts fit a
/// processor's cache, which is what makes thousands of resamplings cheap.
#[derive(Clone, Debug)]
pub struct DocumentTable {
    columns: usize,
    tokens: Vec<f64>,
    /// `[layers][documents × columns]`.
    layers: Vec<Vec<f32>>,
}

impl DocumentTable {
    /// `documents` documents without tokens.
    #[must_use]
    pub fn new(layers: usize, columns: usize, documents: usize) -> Self {
        let table = vec![0.0; documents * columns];
        Self { columns, tokens: vec![0.0; documents], layers: vec![table; layers] }
    }

    /// Adds a document of `tokens` tokens with its sums, `[layers][columns]`. Numbers beyond the
    /// table's layers and columns are left out, missing ones are 0.
    pub fn push(&mut self, tokens: f64, sums: &[Vec<f32>]) {
        let documents = self.len() + 1;
        self.resize(documents);
        self.tokens[documents - 1] = tokens;
        let start = (documents - 1) * self.columns;
        for (table, sums) in self.layers.iter_mut().zip(sums) {
            table[start..].iter_mut().zip(sums).for_each(|(cell, sum)| *cell = *sum);
        }
    }

    /// Layers.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers.len()
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

    /// Tokens of each document, `[documents]`.
    #[must_use]
    pub fn tokens(&self) -> &[f64] {
        &self.tokens
    }

    /// A document's row of a layer, summed over its tokens, `[columns]`.
    ///
    /// # Panics
    /// When `layer` or `document` is beyond the table.
    #[must_use]
    pub fn row(&self, layer: usize, document: usize) -> &[f32] {
        &self.layers[layer][document * self.columns..(document + 1) * self.columns]
    }

    /// The same documents with the rows of all layers added up, as the paper's per-index
    /// specialisation wants them: one layer.
    #[must_use]
    pub fn over_layers(&self) -> Self {
        let mut sums = vec![0.0; self.len() * self.columns];
        for layer in &self.layers {
            sums.iter_mut().zip(layer).for_each(|(sum, x)| *sum += x);
        }
        Self { columns: self.columns, tokens: self.tokens.clone(), layers: vec![sums] }
    }

    /// Tokens of the documents, each `weights[d]` times.
    pub(super) fn weighted_tokens(&self, weights: &[f32]) -> f64 {
        self.tokens.iter().zip(weights).map(|(tokens, &weight)| tokens * f64::from(weight)).sum()
    }

    /// A layer's sums over the documents, each `weights[d]` times, divided by `tokens`.
    pub(super) fn rates(&self, layer: usize, weights: &[f32], tokens: f64) -> Vec<f64> {
        let mut sums = vec![0.0_f32; self.columns];
        let documents = self.layers[layer].chunks_exact(self.columns.max(1));
        for (document, &weight) in documents.zip(weights).filter(|(_, weight)| **weight > 0.0) {
            sums.iter_mut().zip(document).for_each(|(sum, count)| *sum += weight * count);
        }
        sums.into_iter().map(|sum| f64::from(sum) / tokens).collect()
    }

    fn resize(&mut self, documents: usize) {
        self.tokens.resize(documents, 0.0);
        let cells = documents * self.columns;
        self.layers.iter_mut().for_each(|layer| layer.resize(cells, 0.0));
    }

    fn add<'a, T: Copy + 'a>(
        &mut self,
        document: usize,
        tokens: u64,
        row: impl Fn(usize) -> &'a [T],
        number: impl Fn(T) -> f32,
    ) {
        self.tokens[document] += tokens as f64;
        let cells = document * self.columns..(document + 1) * self.columns;
        for (layer, table) in self.layers.iter_mut().enumerate() {
            let sums = table[cells.clone()].iter_mut();
            sums.zip(row(layer)).for_each(|(sum, &more)| *sum += number(more));
        }
    }
}

/// Routing of every document: selections, selection entropies and, where kept, scores.
#[derive(Clone, Debug)]
pub struct DocumentCounts {
    shape: RoutingShape,
    selections: DocumentTable,
    entropy_bits: DocumentTable,
    scores: DocumentTable,
    /// Documents of which score sums are missing.
    without_scores: usize,
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
        let table = |columns| DocumentTable::new(shape.layers, columns, documents);
        Self {
            shape,
            selections: table(shape.experts),
            entropy_bits: table(1),
            scores: table(shape.experts),
            without_scores: 0,
        }
    }

    /// Adds a document.
    ///
    /// # Errors
    /// When its shape differs or its tables do not fit the shape.
    pub fn push(&mut self, counts: &RoutingCounts) -> Result<(), RoutingError> {
        let documents = self.len() + 1;
        for table in [&mut self.selections, &mut self.entropy_bits, &mut self.scores] {
            table.resize(documents);
        }
        self.add(documents - 1, counts)
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
        let (experts, tokens) = (self.shape.experts, counts.tokens);
        self.selections.add(document, tokens, |layer| counts.layer(layer), |count| count as f32);
        let entropy = |layer: usize| &counts.entropy_bits[layer..=layer];
        self.entropy_bits.add(document, tokens, entropy, |bits: f64| bits as f32);
        match &counts.scores {
            Some(scores) => {
                let row = |layer: usize| &scores[layer * experts..(layer + 1) * experts];
                self.scores.add(document, tokens, row, |score: f64| score as f32);
            }
            None => self.without_scores += 1,
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
        self.selections.len()
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.selections.is_empty()
    }

    /// Selections, a column an expert.
    #[must_use]
    pub fn selections(&self) -> &DocumentTable {
        &self.selections
    }

    /// Selection entropies in bits, one column.
    #[must_use]
    pub fn selection_entropy(&self) -> &DocumentTable {
        &self.entropy_bits
    }

    /// Raw scores, a column an expert; `None` unless every document has them.
    #[must_use]
    pub fn scores(&self) -> Option<&DocumentTable> {
        (self.without_scores == 0).then_some(&self.scores)
    }
}
