//! Routed experts: tokens sorted by expert, one pair of products per expert.

use std::ops::Range;

use rayon::prelude::*;

use super::activation::Activation;
use super::matrix::{product, product_of_rows, row_stride, rows_of};
use super::norm::add_bias;
use super::packed::Packed;
use super::vector;

/// Rows of one expert that one task multiplies: larger experts are split so that cores stay busy.
const ROWS: usize = 256;
/// Numbers of expert output held at once (32 MiB); more tokens are done in waves.
const WAVE: usize = 8 << 20;

/// The weights of one layer's experts.
#[derive(Clone, Copy)]
pub(crate) struct Stack<'a> {
    /// Of each expert `[outer(inner), hidden]`.
    pub(crate) up: &'a [Packed],
    /// Of each expert `[hidden, inner]`.
    pub(crate) down: &'a [Packed],
    pub(crate) biases: Option<Biases<'a>>,
    pub(crate) hidden: usize,
    pub(crate) activation: Activation,
}

/// What experts add after their two products.
#[derive(Clone, Copy)]
pub(crate) struct Biases<'a> {
    /// `[experts, outer(inner)]`.
    pub(crate) up: &'a [f32],
    /// `[experts, hidden]`.
    pub(crate) down: &'a [f32],
}

/// Who goes where: for every token its experts and their weights, `[tokens, top_k]`.
#[derive(Clone, Copy)]
pub(crate) struct Chosen<'a> {
    pub(crate) ids: &'a [u32],
    pub(crate) weights: &'a [f32],
    pub(crate) top_k: usize,
}

/// The weighted sum of each token's experts, `[tokens, hidden]`.
pub(crate) fn mix(x: &[f32], chosen: Chosen<'_>, stack: Stack<'_>) -> Vec<f32> {
    let sorted = Sorted::new(chosen.ids, stack.up.len());
    let mut out = vec![0.0; x.len()];
    for wave in sorted.waves(stack.hidden) {
        let first = wave[0].rows.start;
        let outputs = run_wave(x, chosen.top_k, &sorted, &wave, stack);
        add_wave(&mut out, chosen, &sorted, first, &outputs, stack.hidden);
    }
    out
}

/// Choices (token · top_k + rank) in the order of their experts, by a counting sort.
pub(crate) struct Sorted {
    /// The choice at every place.
    pub(crate) order: Vec<u32>,
    /// The place of every choice.
    pub(crate) place: Vec<u32>,
    /// Where each expert's choices start, and the end.
    pub(crate) starts: Vec<usize>,
}

/// Some rows of the sorted order that go to one expert.
struct Task {
    expert: usize,
    rows: Range<usize>,
}

impl Sorted {
    pub(crate) fn new(ids: &[u32], experts: usize) -> Self {
        let mut starts = vec![0; experts + 1];
        for &id in ids {
            starts[id as usize + 1] += 1;
        }
        for expert in 0..experts {
            starts[expert + 1] += starts[expert];
        }
        let mut next = starts.clone();
        let (mut order, mut place) = (vec![0; ids.len()], vec![0; ids.len()]);
        for (choice, &id) in ids.iter().enumerate() {
            let at = next[id as usize];
            next[id as usize] += 1;
            order[at] = choice as u32;
            place[choice] = at as u32;
        }
        Self { order, place, starts }
    }

    fn tasks(&self) -> impl Iterator<Item = Task> {
        self.starts.windows(2).enumerate().flat_map(|(expert, bounds)| {
            let end = bounds[1];
            let rows = move |start| start..end.min(start + ROWS);
            (bounds[0]..end).step_by(ROWS).map(move |start| Task { expert, rows: rows(start) })
        })
    }

    fn waves(&self, hidden: usize) -> Vec<Vec<Task>> {
        let mut waves: Vec<Vec<Task>> = vec![];
        let mut room = 0;
        for task in self.tasks() {
            let numbers = task.rows.len() * hidden;
            if waves.is_empty() || numbers > room {
                waves.push(vec![]);
                room = WAVE.max(numbers);
            }
            room -= numbers;
            waves.last_mut().expect("one was just pushed if there was none").push(task);
        }
        waves
    }
}

fn run_wave(x: &[f32], top_k: usize, sorted: &Sorted, wave: &[Task], stack: Stack<'_>) -> Vec<f32> {
    let rows: usize = wave.iter().map(|t| t.rows.len()).sum();
    let mut outputs = vec![0.0; rows * stack.hidden];
    let mut rest = outputs.as_mut_slice();
    let mut work = Vec::with_capacity(wave.len());
    for task in wave {
        let (mine, others) = rest.split_at_mut(task.rows.len() * stack.hidden);
        work.push((task, mine));
        rest = others;
    }
    work.into_par_iter().for_each(|(task, out)| {
        let token = |&choice: &u32| choice as usize / top_k;
        let rows = sorted.order[task.rows.clone()].iter().map(token);
        let x = gather_apart(x, rows, stack.hidden);
        stack.run(task.expert, &x, task.rows.len(), out);
    });
    outputs
}

/// Copies the given rows of a matrix.
pub(crate) fn gather(
    x: &[f32],
    rows: impl ExactSizeIterator<Item = usize>,
    width: usize,
) -> Vec<f32> {
    let mut gathered = Vec::with_capacity(rows.len() * width);
    rows.for_each(|row| gathered.extend_from_slice(&x[row * width..][..width]));
    gathered
}

/// Copies the given rows of a matrix, [`row_stride`] apart.
fn gather_apart(x: &[f32], rows: impl ExactSizeIterator<Item = usize>, width: usize) -> Vec<f32> {
    let stride = row_stride(width);
    let mut gathered = vec![0.0; rows.len() * stride];
    for (line, row) in gathered.chunks_mut(stride).zip(rows) {
        line[..width].copy_from_slice(&x[row * width..][..width]);
    }
    gathered
}

impl Stack<'_> {
    /// One expert on gathered rows.
    fn run(&self, expert: usize, x: &[f32], rows: usize, out: &mut [f32]) {
        let (up, down) = (&self.up[expert], &self.down[expert]);
        let mut middle = vec![0.0; rows * up.outputs()];
        product_of_rows(rows_of(x, rows, self.hidden), up, 0..up.panels(), &mut middle);
        if let Some(biases) = self.biases {
            add_bias(&mut middle, &biases.up[expert * up.outputs()..][..up.outputs()]);
        }
        product(&self.activation.apply(middle, down.inputs()), down, 0..down.panels(), out);
        if let Some(biases) = self.biases {
            add_bias(out, &biases.down[expert * self.hidden..][..self.hidden]);
        }
    }
}

/// Adds a wave's outputs to their tokens, best-ranked expert first.
fn add_wave(
    out: &mut [f32],
    chosen: Chosen<'_>,
    sorted: &Sorted,
    first: usize,
    outputs: &[f32],
    hidden: usize,
) {
    let span = first..first + outputs.len() / hidden;
    out.par_chunks_mut(hidden).enumerate().with_min_len(16).for_each(|(token, out)| {
        let choices = token * chosen.top_k..(token + 1) * chosen.top_k;
        for (&place, &weight) in sorted.place[choices.clone()].iter().zip(&chosen.weights[choices])
        {
            if span.contains(&(place as usize)) {
                let row = (place as usize - first) * hidden;
                vector::add_scaled(out, &outputs[row..][..hidden], weight);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_keeps_every_choice_and_its_place() {
        let ids = [2, 0, 1, 2, 2, 0];
        let sorted = Sorted::new(&ids, 4);
        assert_eq!(sorted.order, [1, 5, 2, 0, 3, 4]);
        assert_eq!(sorted.starts, [0, 2, 3, 6, 6]);
        assert!(
            sorted.place.iter().enumerate().all(|(c, &p)| sorted.order[p as usize] as usize == c)
        );
    }

    #[test]
    fn waves_cover_every_row_once_within_their_bound() {
        let ids: Vec<u32> = (0..5000).map(|i| i % 3).collect();
        let sorted = Sorted::new(&ids, 3);
        let waves = sorted.waves(WAVE / 1000);
        assert!(waves.iter().all(|w| w.iter().map(|t| t.rows.len()).sum::<usize>() <= 1000));
        let rows: Vec<usize> = waves.iter().flatten().flat_map(|t| t.rows.clone()).collect();
        assert_eq!(rows, (0..5000).collect::<Vec<_>>());
    }

    #[test]
    fn relu_squared_experts_are_weighted_and_added() {
        // One hidden number, one inner: expert 0 computes relu(x)², expert 1 relu(2x + 1)² + 0.5.
        let weights = |numbers: [f32; 2]| numbers.map(|w| Packed::from_rows(&[w], 1));
        let (up, down) = (weights([1.0, 2.0]), weights([1.0, 1.0]));
        let biases = Some(Biases { up: &[0.0, 1.0], down: &[0.0, 0.5] });
        let activation = Activation::ReluSquared;
        let stack = Stack { up: &up, down: &down, biases, hidden: 1, activation };
        let chosen = Chosen { ids: &[0, 1, 1, 0], weights: &[1.0, 0.5, 2.0, 1.0], top_k: 2 };
        assert_eq!(mix(&[3.0, -1.0], chosen, stack), [9.0 + 0.5 * 49.5, 1.0]);
    }
}
