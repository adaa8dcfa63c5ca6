//! [`Weights`]: what a family's constructor asks for its tensors.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

use candle_core::{Device, Tensor};

use super::Folder;
use super::buffer::{Part, pack};
use super::convert::{copy, readable};
use super::dim::Dim;
use super::header::{Shard, StoredTensor};
use crate::Problem;
use crate::kernels::packed::Packed;
use crate::layers::{LayerNorm, Linear, RmsNorm};

/// Once so many problems are known, looking for more helps nobody.
const ENOUGH: usize = 1000;

/// Where tensors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Compared with a folder's headers; every tensor returned is empty.
    Check(&'a Folder),
    /// Copied from a folder; matrices that are bf16 stay so unless everything is to be widened.
    Copy { folder: &'a Folder, widen: bool },
    /// From nowhere: only the record of what was asked for is wanted.
    List { stacked_experts: bool },
}

/// A tensor that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Its name on disk.
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// Whether it is the weight of a norm that adds one to it.
    pub(crate) plus_one: bool,
}

/// The tensors of a checkpoint, and the record of what was asked for.
pub(crate) struct WeightStore<'a> {
    source: Source<'a>,
    asked: RefCell<Vec<Asked>>,
    problems: RefCell<Vec<Problem>>,
    used: RefCell<BTreeSet<String>>,
    parameters: Cell<u64>,
    routed_parameters: Cell<u64>,
    bf16_parameters: Cell<u64>,
}

impl<'a> WeightStore<'a> {
    /// Checks what is asked for and returns empty tensors.
    pub(crate) fn checking(folder: &'a Folder) -> Self {
        Self::new(Source::Check(folder))
    }

    /// Copies what is asked for; with `widen` everything becomes f32.
    pub(crate) fn copying(folder: &'a Folder, widen: bool) -> Self {
        Self::new(Source::Copy { folder, widen })
    }

    /// Only notes names and shapes.
    pub(crate) fn listing(stacked_experts: bool) -> Self {
        Self::new(Source::List { stacked_experts })
    }

    fn new(source: Source<'a>) -> Self {
        let (asked, problems, used) = Default::default();
        let (parameters, routed_parameters, bf16_parameters) = Default::default();
        Self { source, asked, problems, used, parameters, routed_parameters, bf16_parameters }
    }

    fn folder(&self) -> Option<&'a Folder> {
        match self.source {
            Source::Check(folder) | Source::Copy { folder, .. } => Some(folder),
            Source::List { .. } => None,
        }
    }

    fn has(&self, name: &str) -> bool {
        match self.source {
            Source::Check(folder) | Source::Copy { folder, .. } => folder.home.contains_key(name),
            Source::List { stacked_experts } => stacked_experts && name.contains("experts."),
        }
    }

    /// Every tensor asked for, in order; filled by [`WeightStore::listing`].
    pub(crate) fn into_asked(self) -> Vec<Asked> {
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

    /// Parameters in matrices that are bf16 on disk.
    pub(crate) fn parameters_in_bf16(&self) -> u64 {
        self.bf16_parameters.get()
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
        matches!(self.source, Source::Copy { .. })
    }

    /// Whether bf16 becomes f32.
    pub(super) fn widens(&self) -> bool {
        matches!(self.source, Source::Copy { widen: true, .. })
    }

    /// Counts the parameters of a matrix.
    pub(super) fn count_matrix(&self, parameters: usize, routed: bool, bf16: bool) {
        let add = |counter: &Cell<u64>| {
            counter.set(counter.get().saturating_add(parameters as u64));
        };
        add(&self.parameters);
        if routed {
            add(&self.routed_parameters);
        }
        if bf16 {
            add(&self.bf16_parameters);
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
            let shape = shape.iter().map(|d| d.size).collect();
            self.asked.borrow_mut().push(Asked { name, shape, plus_one: false });
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

    /// Whether the folder has any tensor under this path.
    pub(crate) fn has_any(&self, path: &str) -> bool {
        let prefix = format!("{}.", self.name(path));
        let Some(folder) = self.store.folder() else {
            return false;
        };
        let next = folder.home.range(prefix.clone()..).next();
        next.is_some_and(|(name, _)| name.starts_with(&prefix))
    }

    /// A tensor of the given shape, in f32; empty while only checking.
    pub(crate) fn tensor(&self, name: &str, shape: &[Dim]) -> Tensor {
        let found = self.store.find(self.name(name), shape);
        let mut sizes: Vec<usize> = shape.iter().map(|d| d.size).collect();
        let length = sizes.iter().fold(1, |n: usize, &size| n.saturating_mul(size));
        self.store.count_matrix(length, false, false);
        if !self.store.copies() {
            sizes = vec![0; sizes.len()];
        }
        let mut numbers = vec![0.0; sizes.iter().product()];
        if let (Some((shard, tensor)), true) = (found, self.store.copies()) {
            copy(&shard.map, tensor.bytes.clone(), tensor.dtype, &mut numbers);
        }
        Tensor::from_vec(numbers, sizes, &Device::Cpu)
            .expect("there are as many numbers as the shape says")
    }

    /// The `weight`s of several `[outputs, inputs]` projections of one input, one above the other.
    pub(super) fn matrix(&self, names: &[&str], shape: [Dim; 2], routed: bool) -> Packed {
        let find = |name: &&str| self.store.find(self.name(format!("{name}.weight")), &shape);
        let parts: Vec<Option<Part<'_>>> =
            names.iter().map(|name| find(name).map(Part::whole)).collect();
        let [outputs, inputs] = shape.map(|dim| dim.size);
        pack(self.store, &parts, (names.len().saturating_mul(outputs), inputs), routed)
    }

    /// `name.weight` of `[vocab, hidden]`: an embedding, or a head.
    pub(crate) fn vocabulary(&self, name: &str, vocab: Dim, hidden: Dim) -> Packed {
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
        let join = |parts: Vec<Tensor>| Tensor::cat(&parts, 0).expect("biases are f32 vectors");
        let bias = bias.then(|| join(names.iter().map(one).collect()));
        Linear { weight, bias }
    }

    /// `name.weight` of a norm.
    pub(crate) fn norm(&self, name: &str, width: Dim, eps: f64) -> RmsNorm {
        RmsNorm { weight: self.at(name).tensor("weight", &[width]), eps: eps as f32 }
    }

    /// `name.weight` of a norm that multiplies by one plus its weight.
    pub(crate) fn norm_plus_one(&self, name: &str, width: Dim, eps: f64) -> RmsNorm {
        let norm = self.norm(name, width, eps);
        if let Some(asked) = self.store.asked.borrow_mut().last_mut() {
            asked.plus_one = true;
        }
        let weight = (norm.weight + 1.0).expect("weights are f32 in host memory");
        RmsNorm { weight, ..norm }
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
