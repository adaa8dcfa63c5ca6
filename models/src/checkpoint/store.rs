//! [`WeightStore`]: where tensors come from, and the record of what was asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::convert::readable;
use super::dim::Dim;
use super::drawn::Drawn;
use super::header::StoredTensor;
use super::part::Found;
use super::{Folder, Weights};
use crate::ops::Placement;
use crate::synthetic::SyntheticOptions;
use crate::{ComputeDtype, Problem};

/// Once so many problems are known, looking for more helps nobody.
const ENOUGH: usize = 1000;
/// No checkpoint has as many tensors; a config that asks for more is mistaken.
const MOST_TENSORS: usize = 1 << 20;

/// Where tensors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// Compared with a folder's headers; every tensor returned is empty.
    Check(&'a Folder),
    /// Copied from a folder, to compute in this type at this place.
    Copy { folder: &'a Folder, dtype: ComputeDtype, placement: &'a Placement },
    /// From nowhere: only the record of what was asked for is wanted.
    List(SyntheticOptions),
    /// Random numbers, to compute in this type at this place.
    Draw { options: SyntheticOptions, dtype: ComputeDtype, placement: &'a Placement },
}

/// The tensors of a checkpoint, and the record of what was asked for.
pub(crate) struct WeightStore<'a> {
    source: Source<'a>,
    drawn: RefCell<Vec<Rc<Drawn>>>,
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
    pub(crate) fn copying(
        folder: &'a Folder,
        dtype: ComputeDtype,
        placement: &'a Placement,
    ) -> Self {
        Self::new(Source::Copy { folder, dtype, placement })
    }

    /// Notes what is asked for, as it would be drawn, and returns empty tensors.
    pub(crate) fn listing(options: SyntheticOptions) -> Self {
        Self::new(Source::List(options))
    }

    /// Draws what is asked for.
    pub(crate) fn drawing(
        options: SyntheticOptions,
        dtype: ComputeDtype,
        placement: &'a Placement,
    ) -> Self {
        Self::new(Source::Draw { options, dtype, placement })
    }

    fn new(source: Source<'a>) -> Self {
        let (drawn, problems, used) = Default::default();
        let (parameters, routed_parameters, bf16_parameters) = Default::default();
        Self { source, drawn, problems, used, parameters, routed_parameters, bf16_parameters }
    }

    /// The folder that tensors come from, or how they are drawn.
    fn origin(&self) -> Result<&'a Folder, SyntheticOptions> {
        match self.source {
            Source::Check(folder) | Source::Copy { folder, .. } => Ok(folder),
            Source::List(options) | Source::Draw { options, .. } => Err(options),
        }
    }

    pub(super) fn folder(&self) -> Option<&'a Folder> {
        self.origin().ok()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        match self.origin() {
            Ok(folder) => folder.home.contains_key(name),
            Err(options) => options.stacked_experts && name.contains("experts."),
        }
    }

    /// Every tensor asked for, in order, where they come from no folder.
    pub(crate) fn into_drawn(self) -> Result<Vec<Rc<Drawn>>, Problem> {
        let drawn = self.drawn.into_inner();
        if drawn.len() < MOST_TENSORS {
            return Ok(drawn);
        }
        let problem = format!("config.json: asks for {MOST_TENSORS} tensors or more");
        Err(Problem::Unsupported(problem))
    }

    /// The tensors under the root.
    pub(crate) fn root(&self) -> Weights<'_> {
        Weights::root(self)
    }

    /// Parameters asked for, and those of them in routed experts.
    pub(crate) fn parameters(&self) -> (u64, u64) {
        (self.parameters.get(), self.routed_parameters.get())
    }

    /// Parameters in matrices that are bf16 on disk, or drawn so.
    pub(crate) fn parameters_in_bf16(&self) -> u64 {
        self.bf16_parameters.get()
    }

    /// What was wrong with the tensors that were asked for.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
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
        matches!(self.source, Source::Copy { .. } | Source::Draw { .. })
    }

    /// What products are to be computed in.
    pub(super) fn dtype(&self) -> ComputeDtype {
        match self.source {
            Source::Copy { dtype, .. } | Source::Draw { dtype, .. } => dtype,
            Source::Check(_) | Source::List(_) => ComputeDtype::Auto,
        }
    }

    /// Where weights go.
    pub(super) fn placement(&self) -> &Placement {
        match self.source {
            Source::Copy { placement, .. } | Source::Draw { placement, .. } => placement,
            Source::Check(_) | Source::List(_) => &Placement::HOST,
        }
    }

    /// What a device made, or nothing and a note of why it could not.
    pub(super) fn placed<T>(&self, made: candle_core::Result<T>) -> Option<T> {
        made.map_err(|error| self.note(Problem::Device { reason: error.to_string() })).ok()
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
        self.problems.borrow().len() > ENOUGH || self.drawn.borrow().len() >= MOST_TENSORS
    }

    fn note(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Finds a tensor and checks its type and shape. `plus_one`: it is the weight of a norm that adds one to it.
    pub(super) fn find(&self, name: String, shape: &[Dim], plus_one: bool) -> Option<Found<'a>> {
        if self.has_enough_problems() {
            return None;
        }
        let folder = match self.origin() {
            Ok(folder) => folder,
            Err(SyntheticOptions { seed, dtype, .. }) => {
                let shape = shape.iter().map(|d| d.size).collect();
                let drawn = Rc::new(Drawn { name, shape, plus_one, seed, dtype: dtype.into() });
                self.drawn.borrow_mut().push(drawn.clone());
                return Some(Found::Drawn(drawn));
            }
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
            None => Some(Found::Stored(shard, tensor)),
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
