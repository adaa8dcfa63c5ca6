//! The state-space scan of Mamba-2 (arXiv:2405.21060) as matrix products.
//!
//! Per head, with input x (P numbers a token), B and C (N numbers, shared by the heads of a group),
//! step sizes dt and a decay a < 0: S ← exp(dt·a)·S + dt·x·Bᵀ and y = S·C + D·x. A chunk of tokens
//! is done at once: what its tokens contribute to each other is (C·Bᵀ masked and decayed)·x, what
//! came before contributes C·Sᵀ decayed, and the state moves on by one product.

use std::borrow::Cow;

use super::matrix::{Mat, multiply};
use super::vector;

/// Tokens of a chunk: products within it cost its length per token.
const CHUNK: usize = 64;

/// Sizes of a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanShape {
    pub(crate) heads: usize,
    /// Numbers of a head's input and output (P).
    pub(crate) head_dim: usize,
    /// Groups of heads that share B and C.
    pub(crate) groups: usize,
    /// Numbers of B and C (N).
    pub(crate) state: usize,
}

impl ScanShape {
    /// Numbers of all heads' inputs.
    pub(crate) fn inner(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Numbers of a row `[x | B | C]`.
    pub(crate) fn channels(&self) -> usize {
        self.inner() + 2 * self.groups * self.state
    }

    /// Heads of a group.
    pub(crate) fn group_heads(&self) -> usize {
        self.heads / self.groups
    }

    /// Numbers of the state of a group's heads.
    fn group_state(&self) -> usize {
        self.group_heads() * self.head_dim * self.state
    }
}

/// The parameters of a layer's heads.
#[derive(Clone, Copy)]
pub(crate) struct HeadParameters<'a> {
    /// Negative decay rate.
    pub(crate) a: &'a [f32],
    /// Weight of the input itself.
    pub(crate) d: &'a [f32],
}

/// Consecutive tokens of one sequence.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'a> {
    /// `[tokens, channels]`: x, B and C after the convolution.
    pub(crate) rows: &'a [f32],
    /// `[tokens, heads]`: positive step sizes.
    pub(crate) dt: &'a [f32],
}

/// Scans one group of heads.
///
/// `before` is the whole layer's state `[heads · P, N]`, absent at the start of a sequence. Returns
/// `[tokens, group heads · P]`, and the group's state at the end if `keep`.
pub(crate) fn scan_group(
    shape: ScanShape,
    parameters: HeadParameters<'_>,
    tokens: Tokens<'_>,
    group: usize,
    before: Option<&[f32]>,
    keep: bool,
) -> (Vec<f32>, Option<Vec<f32>>) {
    let count = tokens.dt.len() / shape.heads;
    let width = shape.group_heads() * shape.head_dim;
    let mut y = vec![0.0; count * width];
    let size = shape.group_state();
    let mut state = before.map(|s| Cow::Borrowed(&s[group * size..][..size]));
    for (chunk, y) in y.chunks_mut(CHUNK * width).enumerate() {
        let (from, to) = (chunk * CHUNK, count.min((chunk + 1) * CHUNK));
        let tokens = Tokens {
            rows: &tokens.rows[from * shape.channels()..to * shape.channels()],
            dt: &tokens.dt[from * shape.heads..to * shape.heads],
        };
        let chunk = Chunk { shape, parameters, tokens, group, len: to - from };
        chunk.run(y, &mut state, keep || to < count);
    }
    (y, state.filter(|_| keep).map(Cow::into_owned))
}

struct Chunk<'a> {
    shape: ScanShape,
    parameters: HeadParameters<'a>,
    tokens: Tokens<'a>,
    group: usize,
    len: usize,
}

impl Chunk<'_> {
    /// Writes the chunk's outputs; with `keep` the state moves on to its end.
    fn run(&self, y: &mut [f32], state: &mut Option<Cow<'_, [f32]>>, keep: bool) {
        if self.len == 1 {
            return self.one_token(y, state, keep);
        }
        let mut products = vec![0.0; self.len * self.len];
        multiply(&mut products, self.len, self.c(), self.b().t(), false);
        let size = self.shape.head_dim * self.shape.state;
        for index in 0..self.shape.group_heads() {
            let head = Head::new(self, index);
            let before = state.as_ref().map(|s| &s[index * size..][..size]);
            head.outputs(y, &products, before);
        }
        if keep {
            let state = state.get_or_insert_with(|| vec![0.0; self.shape.group_state()].into());
            for (index, state) in state.to_mut().chunks_mut(size).enumerate() {
                Head::new(self, index).advance(state);
            }
        }
    }

    /// The recurrence itself: a step of generation is too small for products.
    fn one_token(&self, y: &mut [f32], state: &mut Option<Cow<'_, [f32]>>, keep: bool) {
        let (p, n) = (self.shape.head_dim, self.shape.state);
        let from = self.shape.inner() + self.group * n;
        let b = &self.tokens.rows[from..][..n];
        let c = &self.tokens.rows[from + self.shape.groups * n..][..n];
        let state = state.get_or_insert_with(|| vec![0.0; self.shape.group_state()].into());
        let products = vector::dot(b, c);
        for (index, y) in y.chunks_mut(p).enumerate() {
            let number = self.group * self.shape.group_heads() + index;
            let dt = self.tokens.dt[number];
            let decay = (dt * self.parameters.a[number]).exp();
            let x = &self.tokens.rows[number * p..][..p];
            for (i, (y, &x)) in y.iter_mut().zip(x).enumerate() {
                let before = (index * p + i) * n..(index * p + i + 1) * n;
                *y = decay * vector::dot(c, &state[before.clone()])
                    + (dt * products + self.parameters.d[number]) * x;
                if keep {
                    let state = &mut state.to_mut()[before];
                    vector::scale(state, decay);
                    vector::add_scaled(state, b, dt * x);
                }
            }
        }
    }

    /// A part of every row as a matrix.
    fn columns(&self, first: usize, width: usize) -> Mat<'_> {
        Mat::strided(&self.tokens.rows[first..], self.len, width, self.shape.channels())
    }

    fn b(&self) -> Mat<'_> {
        let n = self.shape.state;
        self.columns(self.shape.inner() + self.group * n, n)
    }

    fn c(&self) -> Mat<'_> {
        let n = self.shape.state;
        self.columns(self.shape.inner() + (self.shape.groups + self.group) * n, n)
    }
}

/// One head of a chunk.
struct Head<'a> {
    chunk: &'a Chunk<'a>,
    /// Index in its group, and among all heads.
    index: usize,
    number: usize,
    dt: Vec<f32>,
    /// Sums of dt·a up to and including each token, in f64: only their differences are small.
    decay: Vec<f64>,
}

impl<'a> Head<'a> {
    fn new(chunk: &'a Chunk<'a>, index: usize) -> Self {
        let number = chunk.group * chunk.shape.group_heads() + index;
        let dt: Vec<f32> =
            chunk.tokens.dt.chunks(chunk.shape.heads).map(|row| row[number]).collect();
        let a = f64::from(chunk.parameters.a[number]);
        let mut sum = 0.0;
        let mut add = |&dt: &f32| {
            sum += f64::from(dt) * a;
            sum
        };
        let decay = dt.iter().map(&mut add).collect();
        Self { chunk, index, number, dt, decay }
    }

    /// Writes the head's columns of `y`.
    fn outputs(&self, y: &mut [f32], products: &[f32], before: Option<&[f32]>) {
        let (shape, len) = (self.chunk.shape, self.chunk.len);
        let (p, width) = (shape.head_dim, shape.group_heads() * shape.head_dim);
        let y = &mut y[self.index * p..];
        if let Some(before) = before {
            let s = Mat::new(before, p, shape.state);
            multiply(y, width, self.chunk.c(), s.t(), false);
            for (row, decay) in self.decay.iter().enumerate() {
                vector::scale(&mut y[row * width..][..p], decay.exp() as f32);
            }
        }
        let mut mixing = vec![0.0; len * len];
        for row in 0..len {
            let upto = row * len..row * len + row + 1;
            let (dt, decay) = (&self.dt[..=row], &self.decay[..=row]);
            vector::decayed(&mut mixing[upto.clone()], &products[upto], dt, decay, self.decay[row]);
        }
        let mixing = Mat::new(&mixing, len, len);
        multiply(y, width, mixing, self.inputs(), before.is_some());
        for row in 0..len {
            let x = &self.chunk.tokens.rows[row * shape.channels() + self.number * p..][..p];
            vector::add_scaled(&mut y[row * width..][..p], x, self.chunk.parameters.d[self.number]);
        }
    }

    /// Moves the head's state `[P, N]` to the end of the chunk.
    fn advance(&self, state: &mut [f32]) {
        let (shape, len) = (self.chunk.shape, self.chunk.len);
        let p = shape.head_dim;
        let last = self.decay[len - 1];
        let mut weighted = Vec::with_capacity(len * p);
        for row in 0..len {
            let weight = (last - self.decay[row]).exp() as f32 * self.dt[row];
            let x = &self.chunk.tokens.rows[row * shape.channels() + self.number * p..][..p];
            weighted.extend(x.iter().map(|x| x * weight));
        }
        vector::scale(state, last.exp() as f32);
        let weighted = Mat::new(&weighted, len, p);
        multiply(state, shape.state, weighted.t(), self.chunk.b(), true);
    }

    fn inputs(&self) -> Mat<'_> {
        self.chunk.columns(self.number * self.chunk.shape.head_dim, self.chunk.shape.head_dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ScanShape = ScanShape { heads: 4, head_dim: 3, groups: 2, state: 5 };

    /// The recurrence, token by token.
    fn recurrence(a: &[f32], d: &[f32], rows: &[f32], dt: &[f32]) -> Vec<f32> {
        let ScanShape { heads, head_dim: p, groups, state: n } = SHAPE;
        let mut s = vec![0.0f32; heads * p * n];
        let mut y = vec![];
        for (row, dt) in rows.chunks(SHAPE.channels()).zip(dt.chunks(heads)) {
            for h in 0..heads {
                let group = h / (heads / groups);
                let b = &row[heads * p + group * n..][..n];
                let c = &row[heads * p + (groups + group) * n..][..n];
                for i in 0..p {
                    let x = row[h * p + i];
                    let s = &mut s[(h * p + i) * n..][..n];
                    for j in 0..n {
                        s[j] = (dt[h] * a[h]).exp() * s[j] + dt[h] * x * b[j];
                    }
                    y.push(s.iter().zip(c).map(|(s, c)| s * c).sum::<f32>() + d[h] * x);
                }
            }
        }
        y
    }

    #[test]
    fn chunks_and_kept_states_compute_the_recurrence() {
        let len = 2 * CHUNK + 9;
        let rows: Vec<f32> = (0..len * SHAPE.channels()).map(|i| (i as f32 * 0.13).sin()).collect();
        let dt: Vec<f32> =
            (0..len * 4).map(|i| 0.05 + 0.1 * (i as f32 * 0.7).cos().abs()).collect();
        let (a, d) = ([-1.0, -0.3, -2.0, -0.01], [1.0, 0.5, -1.0, 0.0]);
        let expected = recurrence(&a, &d, &rows, &dt);
        let parameters = HeadParameters { a: &a, d: &d };
        for cut in [1, 17, CHUNK, 2 * CHUNK + 8, len - 1] {
            let (rows, dt) = (rows.split_at(cut * SHAPE.channels()), dt.split_at(cut * 4));
            let parts = [Tokens { rows: rows.0, dt: dt.0 }, Tokens { rows: rows.1, dt: dt.1 }];
            let run =
                |g, tokens, before, keep| scan_group(SHAPE, parameters, tokens, g, before, keep);
            let first = [0, 1].map(|g| run(g, parts[0], None, true));
            let state: Vec<f32> = first.iter().flat_map(|(_, s)| s.clone().unwrap()).collect();
            let second = [0, 1].map(|g| run(g, parts[1], Some(&state), false).0);
            for g in 0..2 {
                let ours = first[g].0.chunks(6).chain(second[g].chunks(6));
                for (row, ours) in ours.enumerate() {
                    let expected = &expected[row * 12 + g * 6..][..6];
                    assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5));
                }
            }
        }
    }
}
