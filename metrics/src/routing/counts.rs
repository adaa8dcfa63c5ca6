//! What the routers did with a set of tokens, summed.

use serde::{Deserialize, Serialize};

use super::RoutingError;

/// What the routers of one model look like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RoutingShape {
    /// Mixture-of-Experts layers; other layers are not counted.
    pub layers: usize,
    /// Routed experts of each of those layers; shared experts are not counted.
    pub experts: usize,
    /// Experts chosen for a token in a layer.
    pub top_k: usize,
}

impl RoutingShape {
    /// Numbers in a `[layers × experts]` table.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.layers * self.experts
    }
}

/// Routing of a set of tokens, summed over the tokens. Tables are row-major `[layers × experts]`.
///
/// Everything here is a sum, so counts of two sets of tokens add to the counts of their union.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RoutingCounts {
    /// Layers, experts and top-k.
    pub shape: RoutingShape,
    /// Tokens that were counted.
    pub tokens: u64,
    /// How often each expert was among a token's top-k, `[layers × experts]`.
    pub selections: Vec<u64>,
    /// Sum over tokens of the entropy, in bits, of scores / sum(scores) over all experts,
    /// `[layers]`.
    pub entropy_bits: Vec<f64>,
    /// Sum over tokens of the raw scores (after the router's score function, before any
    /// normalisation), `[layers × experts]`; `None` where only selections were kept.
    pub scores: Option<Vec<f64>>,
}

impl RoutingCounts {
    /// Counts of no token.
    #[must_use]
    pub fn zeros(shape: RoutingShape, with_scores: bool) -> Self {
        Self {
            shape,
            tokens: 0,
            selections: vec![0; shape.cells()],
            entropy_bits: vec![0.0; shape.layers],
            scores: with_scores.then(|| vec![0.0; shape.cells()]),
        }
    }

    /// Adds the counts of further tokens.
    ///
    /// # Errors
    /// When shapes differ, or one side has score sums and the other has none.
    pub fn add(&mut self, other: &Self) -> Result<(), RoutingError> {
        self.joins(other)?;
        self.tokens += other.tokens;
        add_into(&mut self.selections, &other.selections);
        add_into(&mut self.entropy_bits, &other.entropy_bits);
        if let (Some(sums), Some(more)) = (&mut self.scores, &other.scores) {
            add_into(sums, more);
        }
        Ok(())
    }

    /// Whether the numbers fit the shape and each other.
    ///
    /// # Errors
    /// Names the first table, layer and expert that contradict.
    pub fn check(&self) -> Result<(), RoutingError> {
        self.check_lengths()?;
        for layer in 0..self.shape.layers {
            self.check_layer(layer)?;
        }
        check_sums("entropy_bits", &self.entropy_bits)?;
        check_sums("scores", self.scores.as_deref().unwrap_or_default())
    }

    /// Selections of MoE layer `layer`, one number an expert.
    ///
    /// # Panics
    /// When `layer` is not below `shape.layers`.
    #[must_use]
    pub fn layer(&self, layer: usize) -> &[u64] {
        &self.selections[self.row(layer)]
    }

    /// Activation rate of each expert of a layer: selections / tokens, in [0, 1] and summing to
    /// top-k. `None` without tokens.
    ///
    /// # Panics
    /// When `layer` is not below `shape.layers`.
    #[must_use]
    pub fn rates(&self, layer: usize) -> Option<Vec<f64>> {
        let tokens = (self.tokens > 0).then_some(self.tokens as f64)?;
        Some(self.layer(layer).iter().map(|&count| count as f64 / tokens).collect())
    }

    /// Activation rates of every layer, `[layers][experts]`. `None` without tokens.
    #[must_use]
    pub fn profile(&self) -> Option<Vec<Vec<f64>>> {
        (0..self.shape.layers).map(|layer| self.rates(layer)).collect()
    }

    /// Mean raw score of each expert of every layer, `[layers][experts]`. `None` without tokens
    /// or without score sums.
    #[must_use]
    pub fn mean_scores(&self) -> Option<Vec<Vec<f64>>> {
        let tokens = (self.tokens > 0).then_some(self.tokens as f64)?;
        let sums = self.scores.as_ref()?;
        let mean = |layer| sums[self.row(layer)].iter().map(|sum| sum / tokens).collect();
        Some((0..self.shape.layers).map(mean).collect())
    }

    fn row(&self, layer: usize) -> std::ops::Range<usize> {
        layer * self.shape.experts..(layer + 1) * self.shape.experts
    }

    fn joins(&self, other: &Self) -> Result<(), RoutingError> {
        let (left, right) = (self.shape, other.shape);
        if left != right {
            return Err(RoutingError::Shape {
                left_layers: left.layers,
                left_experts: left.experts,
                left_k: left.top_k,
                right_layers: right.layers,
                right_experts: right.experts,
                right_k: right.top_k,
            });
        }
        if self.scores.is_some() != other.scores.is_some() {
            return Err(RoutingError::Scores);
        }
        self.check_lengths()?;
        other.check_lengths()
    }

    fn check_lengths(&self) -> Result<(), RoutingError> {
        let cells = self.shape.cells();
        check_length("selections", cells, self.selections.len())?;
        check_length("entropy_bits", self.shape.layers, self.entropy_bits.len())?;
        self.scores.as_ref().map_or(Ok(()), |sums| check_length("scores", cells, sums.len()))
    }

    fn check_layer(&self, layer: usize) -> Result<(), RoutingError> {
        let (row, tokens, top_k) = (self.layer(layer), self.tokens, self.shape.top_k);
        if let Some(expert) = row.iter().position(|&count| count > tokens) {
            return Err(RoutingError::Overused { layer, expert, found: row[expert], tokens });
        }
        let (expected, found) = (tokens.saturating_mul(top_k as u64), row.iter().sum());
        if expected == found {
            return Ok(());
        }
        Err(RoutingError::LayerSum { layer, tokens, top_k, expected, found })
    }
}

fn add_into<T: Copy + std::ops::AddAssign>(sums: &mut [T], more: &[T]) {
    for (sum, &term) in sums.iter_mut().zip(more) {
        *sum += term;
    }
}

fn check_length(table: &'static str, expected: usize, found: usize) -> Result<(), RoutingError> {
    if expected == found {
        return Ok(());
    }
    Err(RoutingError::Length { table, expected, found })
}

fn check_sums(table: &'static str, sums: &[f64]) -> Result<(), RoutingError> {
    let bad = sums.iter().position(|sum| !sum.is_finite() || *sum < 0.0);
    bad.map_or(Ok(()), |position| {
        Err(RoutingError::NotFinite { table, position, value: sums[position].to_string() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_token() -> RoutingCounts {
        RoutingCounts {
            shape: RoutingShape { layers: 1, experts: 4, top_k: 2 },
            tokens: 1,
            selections: vec![1, 0, 1, 0],
            entropy_bits: vec![1.5],
            scores: None,
        }
    }

    #[test]
    fn sums_of_two_sets_are_the_sums_of_their_union() {
        let mut sum = RoutingCounts::zeros(one_token().shape, false);
        sum.add(&one_token()).unwrap();
        sum.add(&one_token()).unwrap();
        assert_eq!(sum.check(), Ok(()));
        assert_eq!((sum.tokens, sum.layer(0)), (2, &[2, 0, 2, 0][..]));
        assert_eq!(sum.rates(0).unwrap(), [1.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn contradictions_are_named() {
        let mut counts = one_token();
        counts.selections[1] = 1;
        assert!(counts.check().unwrap_err().to_string().starts_with("layer 0: 3 selections"));
        counts.selections = vec![2, 0, 0, 0];
        assert!(counts.check().unwrap_err().to_string().contains("expert 0: chosen 2 times"));
        counts = one_token();
        counts.entropy_bits[0] = f64::NAN;
        assert!(counts.check().unwrap_err().to_string().starts_with("entropy_bits, position 0"));
        counts.entropy_bits.clear();
        assert!(matches!(counts.check(), Err(RoutingError::Length { .. })));
    }

    #[test]
    fn other_shapes_and_missing_scores_do_not_join() {
        let mut sum = RoutingCounts::zeros(RoutingShape { layers: 1, experts: 4, top_k: 1 }, false);
        assert!(matches!(sum.add(&one_token()), Err(RoutingError::Shape { .. })));
        let mut sum = RoutingCounts::zeros(one_token().shape, true);
        assert_eq!(sum.add(&one_token()), Err(RoutingError::Scores));
    }

    #[test]
    fn no_token_has_no_rate() {
        let none = RoutingCounts::zeros(one_token().shape, true);
        assert_eq!((none.rates(0), none.profile(), none.mean_scores()), (None, None, None));
    }
}
