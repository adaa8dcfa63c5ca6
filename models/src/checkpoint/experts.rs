//! Routed experts on disk: a tensor per expert, or one per layer.

use candle_core::{Result, Tensor};

use super::buffer::{pack, pack_arranged};
use super::dim::Dim;
use super::part::Part;
use super::weights::{Weights, empty};
use crate::kernels::activation::Activation;
use crate::layers::Experts;
use crate::ops::{ExpertBiases, Matrix, Stack};

/// What a family calls the parts of its experts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpertNames {
    /// Where they lie under the layer's part.
    pub(crate) path: &'static str,
    /// Parts of the first product per expert, top first: gate and up, or up alone. None where all
    /// experts always come in one tensor.
    pub(crate) up: &'static [&'static str],
    /// The second product per expert.
    pub(crate) down: &'static str,
    /// The first product of all experts in one tensor.
    pub(crate) stacked_up: &'static str,
    /// The second product of all experts in one tensor.
    pub(crate) stacked_down: &'static str,
    pub(crate) stack: Stacking,
}

/// How tensors of all experts are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stacking {
    /// `[experts, outputs, inputs]`, gate above up.
    Rows,
    /// `[experts, inputs, outputs]` with gate and up in turn, and biases beside (gpt-oss).
    Columns,
}

impl ExpertNames {
    /// SwiGLU experts in most families.
    pub(crate) const SWIGLU: ExpertNames = ExpertNames {
        path: "experts",
        up: &["gate_proj", "up_proj"],
        down: "down_proj",
        stacked_up: "gate_up_proj",
        stacked_down: "down_proj",
        stack: Stacking::Rows,
    };

    /// Mixtral's: `w1` is the gate, `w3` up, `w2` down.
    pub(crate) const MIXTRAL: ExpertNames =
        ExpertNames { up: &["w1", "w3"], down: "w2", ..ExpertNames::SWIGLU };

    /// Experts without a gate.
    pub(crate) const UNGATED: ExpertNames =
        ExpertNames { up: &["up_proj"], stacked_up: "up_proj", ..ExpertNames::SWIGLU };
}

/// The sizes of a layer's experts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpertSizes {
    pub(crate) experts: Dim,
    pub(crate) hidden: Dim,
    pub(crate) inner: Dim,
}

impl Weights<'_> {
    /// The experts of the layer's part under this prefix, in whichever layout they come.
    pub(crate) fn experts(
        &self,
        names: &ExpertNames,
        sizes: ExpertSizes,
        activation: Activation,
    ) -> Experts {
        let place = Place { weights: self.at(names.path), names, sizes, activation };
        let stacked = [names.stacked_up, names.stacked_down].iter().any(|n| place.weights.has(n));
        match names.stack {
            Stacking::Columns => place.columns(),
            Stacking::Rows if stacked || names.up.is_empty() => place.stacked(),
            Stacking::Rows => place.single(),
        }
    }
}

/// Where experts are read from.
struct Place<'a> {
    weights: Weights<'a>,
    names: &'a ExpertNames,
    sizes: ExpertSizes,
    activation: Activation,
}

impl Place<'_> {
    /// Outputs of the first product.
    fn outer(&self) -> Dim {
        let ExpertSizes { inner, .. } = self.sizes;
        Dim { size: self.activation.outer(inner.size), ..inner }
    }

    fn finish(&self, up: Vec<Matrix>, down: Vec<Matrix>, biases: Option<ExpertBiases>) -> Experts {
        let stack = |matrices| {
            let stack = self.weights.store.placed(Stack::new(matrices));
            stack.unwrap_or_else(|| Stack::Packed(vec![]))
        };
        Experts { up: stack(up), down: stack(down), biases, activation: self.activation }
    }

    /// Each expert's part of a tensor of all of them; none of one that is not there.
    fn pieces(&self, name: &str, shape: [Dim; 3]) -> Vec<Option<Part<'_>>> {
        let Some(found) = self.weights.find(name, &shape) else {
            return vec![];
        };
        let (whole, count) = (Part::whole(found), self.sizes.experts.size);
        (0..count).map(|index| Some(whole.piece(index, count))).collect()
    }

    fn stacked(&self) -> Experts {
        let ExpertSizes { experts, hidden, inner } = self.sizes;
        let read = |name: &str, outputs: Dim, inputs: Dim| -> Vec<Matrix> {
            let one = |piece| pack(self.weights.store, &[piece], (outputs.size, inputs.size), true);
            self.pieces(name, [experts, outputs, inputs]).into_iter().map(one).collect()
        };
        let up = read(self.names.stacked_up, self.outer(), hidden);
        self.finish(up, read(self.names.stacked_down, hidden, inner), None)
    }

    fn single(&self) -> Experts {
        let ExpertSizes { experts, hidden, inner } = self.sizes;
        let (mut up, mut down) = (vec![], vec![]);
        let enough = || self.weights.store.has_enough_problems();
        for expert in (0..experts.size).take_while(|_| !enough()) {
            let expert = self.weights.at(expert);
            up.push(expert.matrix(self.names.up, [inner, hidden], true));
            down.push(expert.matrix(&[self.names.down], [hidden, inner], true));
        }
        self.finish(up, down, None)
    }

    /// Transposes every expert, and puts gates above ups.
    fn columns(&self) -> Experts {
        let ExpertSizes { experts, hidden, inner } = self.sizes;
        let (outer, half) = (self.outer(), inner.size);
        // Output 2i is the i-th gate, output 2i + 1 the i-th up.
        let apart = |output: usize| output / 2 + output % 2 * half;
        let read = |name, outputs: Dim, inputs: Dim, place: &dyn Fn(usize) -> usize| {
            let arrange = |numbers: &[f32]| transposed(numbers, inputs.size, place);
            let size = (outputs.size, inputs.size);
            let one = |piece: &Option<Part<'_>>| {
                pack_arranged(self.weights.store, piece.as_ref(), size, arrange)
            };
            let pieces = self.pieces(name, [experts, inputs, outputs]);
            pieces.iter().map(one).collect::<Vec<Matrix>>()
        };
        let (up, down) = (self.names.stacked_up, self.names.stacked_down);
        let bias =
            |name, outputs| self.weights.tensor(&format!("{name}_bias"), &[experts, outputs]);
        let biases = ExpertBiases {
            up: self.weights.store.placed(rows_apart(&bias(up, outer))).unwrap_or_else(empty),
            down: bias(down, hidden),
        };
        let up = read(up, outer, hidden, &apart);
        self.finish(up, read(down, hidden, inner, &|output| output), Some(biases))
    }
}

/// Numbers `[inputs, outputs]` as `[outputs, inputs]`, with each output at its place.
fn transposed(numbers: &[f32], inputs: usize, place: &dyn Fn(usize) -> usize) -> Vec<f32> {
    let outputs = numbers.len() / inputs.max(1);
    let mut out = vec![0.0; numbers.len()];
    for (at, &number) in numbers.iter().enumerate() {
        out[place(at % outputs) * inputs + at / outputs] = number;
    }
    out
}

/// Every row's even numbers, then its odd ones.
fn rows_apart(x: &Tensor) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    if rows == 0 {
        return Ok(x.clone());
    }
    let part = |which: usize| {
        let numbers: Vec<u32> = (which..width).step_by(2).map(|at| at as u32).collect();
        x.index_select(&Tensor::new(numbers, x.device())?, 1)
    };
    Tensor::cat(&[part(0)?, part(1)?], 1)?.force_contiguous()
}
