//! Rotary position embedding (arXiv:2104.09864).

use rayon::prelude::*;

/// Which numbers of a head are rotated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// `(x[i], x[i + d/2])`: GPT-NeoX, and every family unless it says otherwise.
    Halves,
    /// `(x[2i], x[2i + 1])`: DeepSeek.
    Neighbours,
}

/// Rotates, in every head of every row, the `2 · angles` numbers that start at `first`.
///
/// `x` is `[rows, heads, width]`; `cos` and `sin` are `[rows, angles]`.
pub(crate) fn rotate(x: &mut [f32], layout: Layout, cos: &[f32], sin: &[f32]) {
    let Layout { heads, width, first, angles, pairs } = layout;
    let tables = cos.par_chunks(angles).zip(sin.par_chunks(angles));
    x.par_chunks_mut(heads * width).zip(tables).with_min_len(16).for_each(|(row, (cos, sin))| {
        for head in row.chunks_mut(width) {
            let part = &mut head[first..first + 2 * angles];
            match pairs {
                Pairs::Halves => rotate_halves(part, cos, sin),
                Pairs::Neighbours => rotate_neighbours(part, cos, sin),
            }
        }
    });
}

/// Where in a row the rotated numbers lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) heads: usize,
    pub(crate) width: usize,
    pub(crate) first: usize,
    pub(crate) angles: usize,
    pub(crate) pairs: Pairs,
}

fn rotate_halves(x: &mut [f32], cos: &[f32], sin: &[f32]) {
    let (a, b) = x.split_at_mut(cos.len());
    for (((a, b), &cos), &sin) in a.iter_mut().zip(b).zip(cos).zip(sin) {
        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
    }
}

fn rotate_neighbours(x: &mut [f32], cos: &[f32], sin: &[f32]) {
    for ((pair, &cos), &sin) in x.chunks_exact_mut(2).zip(cos).zip(sin) {
        (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[1] * cos + pair[0] * sin);
    }
}
