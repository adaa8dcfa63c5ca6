//! [`Weights`]: what a family's constructor asks for its tensors.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

use candle_core::Tensor;

use super::Folder;
use super::buffer::Buffer;
use super::convert::readable;
use super::dim::Dim;
use super::header::{Shard, StoredTensor};
use crate::Problem;
use crate::layers::{Linear, RmsNorm};

/// Once so many problems are known, looking for more helps nobody.
const ENOUGH: usize = 1000;

/// Where tensors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Compared with a folder's headers; every tensor returned is empty.
    Check(&'a Folder),
    /// Copied from a folder.
    Copy(&'a Folder),
    /// From nowhere: only the record of what was asked for is wanted.
    List { stacked_experts: bool },
}

/// The tensors of a checkpoint, and the record of what was asked for.
pub(crate) struct WeightStore<'a> {
    source: Source<'a>,
    asked: RefCell<Vec<(String, Vec<usize>)>>,
    problems: RefCell<Vec<Problem>>,
    used: RefCell<BTreeSet<String>>,
    parameters: Cell<u64>,
    routed_parameters: Cell<u64>,
}

impl<'a> WeightStore<'a> {
    /// Checks what is asked for and returns empty tensors.
    pub(crate) fn checking(folder: &'a Folder) -> Self {
        Self::new(Source::Check(folder))
    }

    /// Copies what is asked for.
    pub(crate) fn copying(folder: &'a Folder) -> Self {
        Self::new(Source::Copy(folder))
    }

    /// Only notes names and shapes.
    pub(crate) fn listing(stacked_experts: bool) -> Self {
        Self::new(Source::List { stacked_experts })
    }

    fn new(source: Source<'a>) -> Self {
        let (asked, problems, used) = Default::default();
        let (parameters, routed_parameters) = (Cell::new(0), Cell::new(0));
        Self { source, asked, problems, used, parameters, routed_parameters }
    }

    fn folder(&self) -> Option<&'a Folder> {
        match self.source {
            Source::Check(folder) | Source::Copy(folder) => Some(folder),
            Source::List { .. } => None,
        }
    }

    fn has(&self, name: &str) -> bool {
        match self.source {
            Source::Check(folder) | Source::Copy(folder) => folder.home.contains_key(name),
            Source::List { stacked_experts } => stacked_experts && name.contains("experts."),
        }
    }

    /// Name and shape of every tensor asked for, in order; filled by [`WeightStore::listing`].
    pub(crate) fn into_asked(self) -> Vec<(String, Vec<usize>)> {
        self.asked.into_inner()
    }

    /// The tensors under the root.
    pub(crate) fn root(&self) -> Weights<'_> {
        Weights { store: self, prefix: String::new() }
    }

    /// Parameters asked for, and those of them in routed experts.
    pub(crate) fn parameters(&self) -> (u64, u64) {
        (self.parameters.get(), self.routed_parameters.get())
    }

    /// What was wrong, with the tensors that nobody asked for.
    pub(crate) fn finish(self, family: &str, ignored: impl Fn(&str) -> bool) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        let used = self.used.into_inner();
        let known = |name: &str| used.contains(name) || ignored(name);
        let Source::Check(folder) = self.source else {
            return problems;
        };
        for (name, &shard) in folder.home.iter().filter(|(name, _)| !known(name)) {
            let file = folder.shards[shard].about.name.clone();
            problems.push(Problem::ExtraTensor { file, name: name.clone(), family: family.into() });
        }
        problems
    }

    pub(super) fn copies(&self) -> bool {
        matches!(self.source, Source::Copy(_))
    }

    pub(super) fn count(&self, parameters: usize, routed: bool) {
        self.parameters.set(self.parameters.get().saturating_add(parameters as u64));
        if routed {
            self.routed_parameters
                .set(self.routed_parameters.get().saturating_add(parameters as u64));
        }
    }

    /// Whether asking for more tensors is pointless.
    pub(super) fn has_enough_problems(&self) -> bool {
        self.problems.borrow().len() > ENOUGH
    }

    fn note(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Finds a tensor and checks its type and shape.
    pub(super) fn find(
        &self,
        name: String,
        shape: &[Dim],
    ) -> Option<(&'a Shard, &'a StoredTensor)> {
        if self.has_enough_problems() {
            return None;
        }
        let Some(folder) = self.folder() else {
            self.asked.borrow_mut().push((name, shape.iter().map(|d| d.size).collect()));
            return None;
        };
        let Some((shard, tensor)) = folder.get(&name) else {
            self.note(Problem::MissingTensor { name });
            return None;
        };
        let problem = mismatch(&name, &shard.about.name, tensor, shape);
        self.used.borrow_mut().insert(name);
        match problem {
            Some(problem) => {
                self.note(problem);
                None
            }
            None => Some((shard, tensor)),
        }
    }
}

fn mismatch(name: &str, file: &str, tensor: &StoredTensor, shape: &[Dim]) -> Option<Problem> {
    let (file, name) = (file.to_owned(), name.to_owned());
    if !readable(tensor.dtype) {
        return Some(Problem::Dtype { file, name, dtype: tensor.dtype.to_string() });
    }
    if tensor.shape.iter().eq(shape.iter().map(|d| &d.size)) {
        return None;
    }
    let dims: Vec<String> = shape.iter().map(Dim::to_string).collect();
    let (found, expected) = (format!("{:?}", tensor.shape), format!("[{}]", dims.join(", ")));
    Some(Problem::Shape { file, name, found, expected })
}

/// The tensors whose names begin with a prefix.
pub(crate) struct Weights<'a> {
    pub(super) store: &'a WeightStore<'a>,
    prefix: String,
}

impl<'a> Weights<'a> {
    /// The tensors under `prefix.path`.
    pub(crate) fn at(&self, path: impl fmt::Display) -> Weights<'a> {
        Weights { store: self.store, prefix: self.name(path) }
    }

    /// Whether the folder has this tensor.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.store.has(&self.name(name))
    }

    /// A tensor of the given shape.
    pub(crate) fn tensor(&self, name: &str, shape: &[Dim]) -> Tensor {
        let sizes: Vec<usize> = shape.iter().map(|d| d.size).collect();
        self.joined(&[name], shape, &sizes)
    }

    /// `name.weight` of `[outputs, inputs]`, without bias.
    pub(crate) fn linear(&self, name: &str, outputs: Dim, inputs: Dim) -> Linear {
        Linear { weight: self.at(name).tensor("weight", &[outputs, inputs]), bias: None }
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
    pub(crate) fn stacked_linear(&self, names: &[&str], outputs: Dim, inputs: Dim) -> Linear {
        let names: Vec<String> = names.iter().map(|n| format!("{n}.weight")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let sizes = [names.len() * outputs.size, inputs.size];
        Linear { weight: self.joined(&names, &[outputs, inputs], &sizes), bias: None }
    }

    /// `name.weight` of a norm.
    pub(crate) fn norm(&self, name: &str, width: Dim, eps: f64) -> RmsNorm {
        RmsNorm { weight: self.at(name).tensor("weight", &[width]), eps: eps as f32 }
    }

    /// Tensors of one shape laid end to end as a tensor of `sizes`.
    fn joined(&self, names: &[&str], shape: &[Dim], sizes: &[usize]) -> Tensor {
        let mut buffer = Buffer::new(self.store, sizes);
        for name in names {
            buffer.push(self, name, shape);
        }
        buffer.finish(false)
    }

    pub(super) fn name(&self, name: impl fmt::Display) -> String {
        if self.prefix.is_empty() { name.to_string() } else { format!("{}.{name}", self.prefix) }
    }
}
