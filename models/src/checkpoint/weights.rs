//! [`Weights`]: what a family's constructor asks for its tensors.

use std::fmt;

use candle_core::Tensor;

use super::WeightStore;
use super::buffer::pack;
use super::dim::Dim;
use super::part::{Found, Part};
use crate::layers::{LayerNorm, Linear, RmsNorm};
use crate::ops::{Matrix, Placement};

/// The tensors whose names begin with a prefix.
pub(crate) struct Weights<'a> {
    pub(super) store: &'a WeightStore<'a>,
    prefix: String,
}

impl<'a> Weights<'a> {
    /// All tensors of a store.
    pub(super) fn root(store: &'a WeightStore<'a>) -> Self {
        Self { store, prefix: String::new() }
    }

    /// The tensors under `prefix.path`.
    pub(crate) fn at(&self, path: impl fmt::Display) -> Weights<'a> {
        Weights { store: self.store, prefix: self.name(path) }
    }

    /// Whether tensors are copied or drawn, and not only checked or listed.
    pub(crate) fn copies(&self) -> bool {
        self.store.copies()
    }

    /// Whether the folder has this tensor.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.store.has(&self.name(name))
    }

    /// Whether the folder has any tensor under this path.
    pub(crate) fn has_any(&self, path: &str) -> bool {
        let prefix = format!("{}.", self.name(path));
        let Some(folder) = self.store.folder() else {
            return false;
        };
        let next = folder.home.range(prefix.clone()..).next();
        next.is_some_and(|(name, _)| name.starts_with(&prefix))
    }

    /// Where tensors go.
    pub(crate) fn placement(&self) -> Placement {
        self.store.placement().clone()
    }

    /// A tensor of the given shape, in the type that sums are formed in; empty while only checking.
    pub(crate) fn tensor(&self, name: &str, shape: &[Dim]) -> Tensor {
        self.read(self.find(name, shape), shape)
    }

    /// A tensor, where it can be had in the given shape.
    pub(super) fn find(&self, name: &str, shape: &[Dim]) -> Option<Found<'a>> {
        self.store.find(self.name(name), shape, false)
    }

    fn read(&self, found: Option<Found<'_>>, shape: &[Dim]) -> Tensor {
        let mut sizes: Vec<usize> = shape.iter().map(|d| d.size).collect();
        let length = sizes.iter().fold(1, |n: usize, &size| n.saturating_mul(size));
        self.store.count_matrix(length, false, false);
        let found = found.filter(|_| self.store.copies());
        if found.is_none() {
            sizes.fill(0);
        }
        let numbers = found.map(|found| Part::whole(found).numbers()).unwrap_or_default();
        let placed = self.store.placement().vector(numbers, &sizes);
        self.store.placed(placed).unwrap_or_else(empty)
    }

    /// The `weight`s of several `[outputs, inputs]` projections of one input, one above the other.
    pub(super) fn matrix(&self, names: &[&str], shape: [Dim; 2], routed: bool) -> Matrix {
        let find = |name: &&str| self.find(&format!("{name}.weight"), &shape);
        let parts: Vec<Option<Part<'_>>> =
            names.iter().map(|name| find(name).map(Part::whole)).collect();
        let [outputs, inputs] = shape.map(|dim| dim.size);
        pack(self.store, &parts, (names.len().saturating_mul(outputs), inputs), routed)
    }

    /// `name.weight` of `[vocab, hidden]`: an embedding, or a head.
    pub(crate) fn vocabulary(&self, name: &str, vocab: Dim, hidden: Dim) -> Matrix {
        self.matrix(&[name], [vocab, hidden], false)
    }

    /// `name.weight` of `[outputs, inputs]`, without bias.
    pub(crate) fn linear(&self, name: &str, outputs: Dim, inputs: Dim) -> Linear {
        self.stacked_linear(&[name], outputs, inputs, false)
    }

    /// `name.weight` and, where the config says so, `name.bias`.
    pub(crate) fn biased_linear(
        &self,
        name: &str,
        outputs: Dim,
        inputs: Dim,
        bias: bool,
    ) -> Linear {
        let bias = bias.then(|| self.at(name).tensor("bias", &[outputs]));
        Linear { bias, ..self.linear(name, outputs, inputs) }
    }

    /// Several `[outputs, inputs]` projections of one input, one above the other.
    pub(crate) fn stacked_linear(
        &self,
        names: &[&str],
        outputs: Dim,
        inputs: Dim,
        bias: bool,
    ) -> Linear {
        let weight = self.matrix(names, [outputs, inputs], false);
        let one = |name: &&str| self.at(name).tensor("bias", &[outputs]);
        let join = |parts: Vec<Tensor>| self.store.placed(Tensor::cat(&parts, 0));
        let bias = if bias { join(names.iter().map(one).collect()) } else { None };
        Linear { weight, bias }
    }

    /// The projection to some of the outputs of one without bias, in the given order.
    pub(crate) fn outputs(&self, linear: &Linear, outputs: impl FnOnce() -> Vec<usize>) -> Linear {
        let selected = self.store.placed(linear.weight.select(outputs));
        Linear { weight: selected.unwrap_or_else(Matrix::empty), bias: None }
    }

    /// `name.weight` of a norm.
    pub(crate) fn norm(&self, name: &str, width: Dim, eps: f64) -> RmsNorm {
        RmsNorm { weight: self.at(name).tensor("weight", &[width]), eps: eps as f32 }
    }

    /// `name.weight` of a norm that multiplies by one plus its weight.
    pub(crate) fn norm_plus_one(&self, name: &str, width: Dim, eps: f64) -> RmsNorm {
        let found = self.store.find(self.name(format_args!("{name}.weight")), &[width], true);
        let weight = self.store.placed(self.read(found, &[width]) + 1.0).unwrap_or_else(empty);
        RmsNorm { weight, eps: eps as f32 }
    }

    /// `name.weight` and `name.bias` of a layer normalisation.
    pub(crate) fn layer_norm(&self, name: &str, width: Dim, eps: f64) -> LayerNorm {
        let part = |part| self.at(name).tensor(part, &[width]);
        LayerNorm { weight: part("weight"), bias: part("bias"), eps: eps as f32 }
    }

    pub(super) fn name(&self, name: impl fmt::Display) -> String {
        let name = name.to_string();
        match (self.prefix.as_str(), name.as_str()) {
            ("", _) => name,
            (prefix, "") => prefix.to_owned(),
            (prefix, _) => format!("{prefix}.{name}"),
        }
    }
}

/// What stands for a tensor that could not be made.
pub(super) fn empty() -> Tensor {
    Tensor::from_slice::<_, f32>(&[], 0, &candle_core::Device::Cpu)
        .expect("no memory is asked for in host memory")
}
