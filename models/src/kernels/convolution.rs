//! Causal depthwise convolution that continues from earlier rows.

use rayon::prelude::*;

use super::vector;

/// One filter of `kernel` taps per channel; the last tap meets the current row.
pub(crate) struct Filters {
    channels: usize,
    /// `[kernel, channels]`
    taps: Vec<f32>,
    bias: Vec<f32>,
}

impl Filters {
    /// Filters from weights `[channels, kernel]`.
    pub(crate) fn new(weight: &[f32], bias: Option<&[f32]>, channels: usize) -> Self {
        let kernel = weight.len() / channels;
        let taps =
            (0..kernel * channels).map(|i| weight[i % channels * kernel + i / channels]).collect();
        let bias = bias.map_or_else(|| vec![0.0; channels], <[f32]>::to_vec);
        Self { channels, taps, bias }
    }

    /// Rows before a segment that its first outputs depend on.
    pub(crate) fn memory(&self) -> usize {
        self.taps.len() / self.channels - 1
    }

    /// Filters `rows` (`[n, channels]`) that follow `before` (`[memory, channels]`), then applies SiLU.
    pub(crate) fn run(&self, before: &[f32], rows: &[f32], out: &mut [f32]) {
        let (channels, memory) = (self.channels, self.memory());
        let input = |row: usize| match row.checked_sub(memory) {
            Some(row) => &rows[row * channels..][..channels],
            None => &before[row * channels..][..channels],
        };
        out.par_chunks_mut(channels).enumerate().with_min_len(16).for_each(|(row, out)| {
            out.copy_from_slice(&self.bias);
            for (tap, weights) in self.taps.chunks(channels).enumerate() {
                vector::add_product(out, input(row + tap), weights);
            }
            vector::silu(out);
        });
    }

    /// The last `memory` rows of `before` and `rows` together.
    pub(crate) fn remember(&self, before: &[f32], rows: &[f32]) -> Vec<f32> {
        let all = before.iter().chain(rows).copied();
        all.skip(rows.len()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_sequence_filters_like_a_whole_one() {
        let (channels, n) = (3, 9);
        let weight: Vec<f32> = (0..channels * 4).map(|i| (i as f32).sin()).collect();
        let filters = Filters::new(&weight, Some(&[0.1, 0.2, 0.3]), channels);
        let rows: Vec<f32> = (0..n * channels).map(|i| (i as f32 * 0.3).cos()).collect();
        let zeros = vec![0.0; 3 * channels];
        let mut whole = vec![0.0; rows.len()];
        filters.run(&zeros, &rows, &mut whole);
        for cut in 1..n {
            let (a, b) = rows.split_at(cut * channels);
            let mut parts = vec![0.0; rows.len()];
            let (out_a, out_b) = parts.split_at_mut(a.len());
            filters.run(&zeros, a, out_a);
            filters.run(&filters.remember(&zeros, a), b, out_b);
            assert_eq!(parts, whole);
        }
    }
}
