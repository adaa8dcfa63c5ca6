//! [`WeightStore`]: where tensors come from, and the record of what was asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::convert::readable;
use super::dim::Dim;
use super::header::{Shard, StoredTensor};
use super::{Folder, Weights};
use crate::{ComputeDtype, Problem};

/// Once so many problems are known, looking for more helps nobody.
const ENOUGH: usize = 1000;

/// Where tensors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Compared with a folder's headers; every tensor returned is empty.
    Check(&'a Folder),
    /// Copied from a folder, to compute in this type.
    Copy { folder: &'a Folder, dtype: ComputeDtype },
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
    pub(super) asked: RefCell<Vec<Asked>>,
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

    /// Copies what is asked for.
    pub(crate) fn copying(folder: &'a Folder, dtype: ComputeDtype) -> Self {
        Self::new(Source::Copy { folder, dtype })
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

    pub(super) fn folder(&self) -> Option<&'a Folder> {
        match self.source {
            Source::Check(folder) | Source::Copy { folder, .. } => Some(folder),
            Source::List { .. } => None,
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
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
        Weights::root(self)
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

    /// What products are to be computed in.
    pub(super) fn dtype(&self) -> ComputeDtype {
        match self.source {
            Source::Copy { dtype, .. } => dtype,
            Source::Check(_) | Source::List { .. } => ComputeDtype::Auto,
        }
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
