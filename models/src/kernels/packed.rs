//! Weight matrices in the order in which products read them.
//!
//! Weights on disk are `[outputs, inputs]`. A product of a few rows would have to reorder them first,
//! which for a dozen tokens costs more than the product; so they are reordered once, at load. bf16
//! weights stay bf16: half the memory, and widening them inside the product costs nothing.

use std::sync::Arc;

use half::bf16;
use rayon::prelude::*;

use super::tile::{Panel, WIDTH};

/// Inputs of a few columns that are moved together: as many lines as a first-level cache holds.
const STRIP: usize = 16;

/// How a matrix holds its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    F32,
    /// bf16 in memory, f32 in products: nothing is rounded if the weights came as bf16.
    Bf16,
    /// bf16 in memory, and products round their rows to bf16 too; sums are f32.
    Bf16Rounding,
}

/// A weight matrix `[outputs, inputs]` in panels of [`WIDTH`] outputs; the last is filled up with zeros.
#[derive(Debug)]
pub(crate) struct Packed {
    outputs: usize,
    inputs: usize,
    numbers: Arc<Numbers>,
    rounds: bool,
}

#[derive(Debug)]
enum Numbers {
    /// `[panel, input]`
    F32(Vec<[f32; WIDTH]>),
    /// `[panel, pair of inputs]`; see [`Panel::Bf16`]
    Bf16(Vec<[u32; WIDTH]>),
}

impl Packed {
    /// A matrix of zeros.
    pub(crate) fn zeros(outputs: usize, inputs: usize, storage: Storage) -> Self {
        let panels = outputs.div_ceil(WIDTH);
        let numbers = match storage {
            Storage::F32 => Numbers::F32(vec![[0.0; WIDTH]; panels * inputs]),
            Storage::Bf16 | Storage::Bf16Rounding => {
                Numbers::Bf16(vec![[0; WIDTH]; panels * inputs.div_ceil(2)])
            }
        };
        let rounds = storage == Storage::Bf16Rounding;
        Self { outputs, inputs, numbers: Arc::new(numbers), rounds }
    }

    /// A matrix with these rows, held in f32.
    #[cfg(test)]
    pub(crate) fn from_rows(rows: &[f32], inputs: usize) -> Self {
        let mut packed = Self::zeros(rows.len() / inputs, inputs, Storage::F32);
        packed.fill(0, rows);
        packed
    }

    /// Some of the outputs, in the given order, held as they are here; of an empty matrix nothing, and
    /// nothing is asked for.
    pub(crate) fn select(&self, outputs: impl FnOnce() -> Vec<usize>) -> Self {
        let storage = match &*self.numbers {
            Numbers::F32(_) => Storage::F32,
            Numbers::Bf16(_) if self.rounds => Storage::Bf16Rounding,
            Numbers::Bf16(_) => Storage::Bf16,
        };
        if self.outputs == 0 {
            return Self::zeros(0, 0, storage);
        }
        let outputs = outputs();
        let mut selected = Self::zeros(outputs.len(), self.inputs, storage);
        let mut row = vec![0.0; self.inputs];
        for (place, &output) in outputs.iter().enumerate() {
            self.row(output, &mut row);
            selected.fill(place, &row);
        }
        selected
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Whether products round their rows to bf16.
    pub(crate) fn rounds(&self) -> bool {
        self.rounds
    }

    /// The same numbers, for products that take their rows as they are.
    pub(crate) fn on_exact_rows(&self) -> Self {
        Self { numbers: self.numbers.clone(), rounds: false, ..*self }
    }

    /// Panels, of which the last may be partly filled.
    pub(crate) fn panels(&self) -> usize {
        self.outputs.div_ceil(WIDTH)
    }

    /// Outputs that a panel stands for.
    pub(crate) fn columns(&self, panel: usize) -> usize {
        WIDTH.min(self.outputs - panel * WIDTH)
    }

    /// One panel, as products take it.
    pub(crate) fn panel(&self, panel: usize) -> Panel<'_> {
        match &*self.numbers {
            Numbers::F32(numbers) => {
                let numbers = &numbers[panel * self.inputs..][..self.inputs];
                Panel::F32 { numbers: numbers.as_flattened(), stride: WIDTH }
            }
            Numbers::Bf16(pairs) => {
                let length = self.inputs.div_ceil(2);
                Panel::Bf16(&pairs[panel * length..][..length])
            }
        }
    }

    /// Replaces the outputs from `first` on by `rows` (`[n, inputs]`).
    ///
    /// # Panics
    /// If there are more rows than outputs from `first` on.
    pub(crate) fn fill(&mut self, first: usize, rows: &[f32]) {
        let inputs = self.inputs.max(1);
        let block = Block { rows, first, inputs };
        assert!(first + block.count() <= self.outputs, "rows of a packed matrix");
        let numbers = Arc::get_mut(&mut self.numbers);
        match numbers.expect("a matrix is filled where it is made, before anyone shares it") {
            Numbers::F32(numbers) => {
                let panels = numbers.par_chunks_mut(inputs).enumerate();
                panels.for_each(|(panel, numbers)| {
                    block.visit(panel, |column, input, value| numbers[input][column] = value);
                });
            }
            Numbers::Bf16(pairs) => {
                let panels = pairs.par_chunks_mut(inputs.div_ceil(2)).enumerate();
                panels.for_each(|(panel, pairs)| {
                    block.visit(panel, |column, input, value| {
                        put_half(&mut pairs[input / 2][column], input % 2 == 1, value);
                    });
                });
            }
        }
    }

    /// Writes one output's weights, `[inputs]`.
    pub(crate) fn row(&self, output: usize, row: &mut [f32]) {
        let (panel, column) = (output / WIDTH, output % WIDTH);
        match self.panel(panel) {
            Panel::F32 { numbers, stride } => {
                let lines = numbers.chunks(stride);
                row.iter_mut().zip(lines).for_each(|(value, line)| *value = line[column]);
            }
            Panel::Bf16(pairs) => {
                for (values, line) in row.chunks_mut(2).zip(pairs) {
                    let halves =
                        [line[column] << 16, line[column] & 0xffff_0000].map(f32::from_bits);
                    values.iter_mut().zip(halves).for_each(|(value, half)| *value = half);
                }
            }
        }
    }
}

/// Some rows of a matrix, from output `first` on.
struct Block<'a> {
    rows: &'a [f32],
    first: usize,
    inputs: usize,
}

impl Block<'_> {
    fn count(&self) -> usize {
        self.rows.len() / self.inputs
    }

    /// Hands over (column, input, value) of the rows that lie in a panel, a strip of inputs at a time.
    fn visit(&self, panel: usize, mut put: impl FnMut(usize, usize, f32)) {
        let outputs = panel * WIDTH..(panel + 1) * WIDTH;
        let mine = outputs.start.max(self.first)..outputs.end.min(self.first + self.count());
        for strip in (0..self.inputs).step_by(STRIP) {
            for output in mine.clone() {
                let row = &self.rows[(output - self.first) * self.inputs..][..self.inputs];
                for (input, &value) in row.iter().enumerate().skip(strip).take(STRIP) {
                    put(output - outputs.start, input, value);
                }
            }
        }
    }
}

/// Writes a number into one half of a pair, as bf16.
fn put_half(pair: &mut u32, odd: bool, value: f32) {
    let half = u32::from(bf16::from_f32(value).to_bits());
    *pair = if odd { *pair & 0xffff | half << 16 } else { *pair & 0xffff_0000 | half };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_filled_in() {
        for (outputs, inputs) in [(1, 1), (31, 5), (33, 16), (70, 33)] {
            let all: Vec<f32> = (0..outputs * inputs).map(|i| i as f32 - 100.0).collect();
            for storage in [Storage::F32, Storage::Bf16] {
                let mut packed = Packed::zeros(outputs, inputs, storage);
                let cut = outputs / 3;
                packed.fill(cut, &all[cut * inputs..]);
                packed.fill(0, &all[..cut * inputs]);
                for (output, expected) in all.chunks(inputs).enumerate() {
                    let mut row = vec![0.0; inputs];
                    packed.row(output, &mut row);
                    let kept = |x: &f32| bf16::from_f32(*x).to_f32();
                    match storage {
                        Storage::F32 => assert_eq!(row, expected),
                        _ => assert_eq!(row, expected.iter().map(kept).collect::<Vec<_>>()),
                    }
                }
                assert_eq!(packed.columns(packed.panels() - 1), (outputs - 1) % WIDTH + 1);
            }
        }
    }
}
