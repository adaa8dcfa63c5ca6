use std::collections::HashSet;
use std::ops::Range;

use harness_models::{
    Batch, Cache, ForwardError, ForwardOutput, Model, NoRouting, Place, RowOutput,
};

use super::batching::{node_id, plan_batch};
use super::budget::Budget;
use super::capture::{Capture, Captured};
use super::generation::Sequence;
use super::groups::Groups;
use super::interrupt::Interrupt;
use super::outcome::{PassAnswer, WindowOutcome};
use crate::encode::{EncodeError, Pass, TextEncoder};
use crate::plan::Forest;

/// While sequences are being continued, cached tokens plus those still to be written stay below this many budgets.
const LIVE_BUDGETS: usize = 4;

/// Numbers that a token keeps in a Transformer of 30 B parameters (keys and values of 48 layers): what budgets of live
/// tokens are meant for.
const NUMBERS_PER_TOKEN: usize = 48 * 1024;

/// Why a window could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The engine refused or failed.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// Generated tokens could not be turned into text.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A signal asked to stop; nothing of the window is kept.
    #[error("interrupted by signal {0}")]
    Interrupted(i32),
}

/// Runs windows of one model.
pub struct Executor<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// Its tokenizer.
    pub encoder: &'a TextEncoder,
    /// Tokens that end a generation: the tokenizer's EOS and those of generation_config.json.
    pub ends: HashSet<u32>,
    /// Tokens a batch.
    pub budget: &'a Budget,
    /// Whether routing is captured.
    pub routing: bool,
    /// Whether the experts of each token of a document's own prompt are kept.
    pub trace: bool,
    /// Whether each document's score sums are kept.
    pub keep_cell_scores: bool,
    /// Bytes of routing sums that may gather before they are added to the documents' counts. No count depends on it.
    pub held_sums: usize,
    /// Looked at between batches.
    pub interrupt: &'a Interrupt,
}

impl Executor<'_> {
    /// Runs all passes of a window; `passes` pairs each with the index of its document in the window.
    ///
    /// `progress` is called after each batch with the tokens it computed. Where a device has no memory for a batch,
    /// the window begins anew with half the budget.
    ///
    /// # Errors
    /// [`RunError`]; a non-finite value is no error but an answer.
    pub fn run(
        &self,
        passes: &[(usize, &Pass)],
        progress: &mut dyn FnMut(usize),
    ) -> Result<WindowOutcome, RunError> {
        loop {
            match self.run_within_budget(passes, progress) {
                Ok(outcome) => return Ok(outcome),
                Err(error) => self.budget.shrink(error)?,
            }
        }
    }

    fn run_within_budget(
        &self,
        passes: &[(usize, &Pass)],
        progress: &mut dyn FnMut(usize),
    ) -> Result<WindowOutcome, RunError> {
        let forest = Forest::new(passes, self.budget.tokens());
        let mut window = WindowRun::new(self, &forest, passes);
        while !window.is_done() {
            if let Some(signal) = self.interrupt.signal() {
                return Err(RunError::Interrupted(signal));
            }
            progress(window.step()?);
        }
        window.finish()
    }
}

/// A window on its way.
struct WindowRun<'a> {
    executor: &'a Executor<'a>,
    forest: &'a Forest,
    passes: &'a [(usize, &'a Pass)],
    cache: Cache,
    /// Nodes below this index are computed.
    next: usize,
    kept: Vec<usize>,
    sequences: Vec<Sequence>,
    rows: Vec<Vec<RowOutput>>,
    non_finite: Vec<Option<Place>>,
    generated: Vec<Option<PassAnswer>>,
    capture: Option<Capture>,
    computed_tokens: usize,
}

impl<'a> WindowRun<'a> {
    fn new(
        executor: &'a Executor<'a>,
        forest: &'a Forest,
        passes: &'a [(usize, &'a Pass)],
    ) -> Self {
        Self {
            executor,
            forest,
            passes,
            cache: executor.model.new_cache(),
            next: 0,
            kept: Vec::new(),
            sequences: Vec::new(),
            rows: vec![Vec::new(); forest.nodes.len()],
            non_finite: vec![None; forest.nodes.len()],
            generated: vec![None; passes.len()],
            capture: Capture::new(executor),
            computed_tokens: 0,
        }
    }

    fn is_done(&self) -> bool {
        self.next == self.forest.nodes.len() && self.sequences.is_empty()
    }

    /// One batch; returns its tokens.
    fn step(&mut self) -> Result<usize, RunError> {
        let nodes = self.choose_nodes();
        let batch = self.plan(nodes.clone())?;
        let output = self.forward(&batch)?;
        let tokens = batch.tokens();
        self.computed_tokens += tokens;
        self.next = nodes.end;
        self.take(nodes, output)?;
        self.release();
        Ok(tokens)
    }

    /// The next nodes that fit beside the running sequences; none when the sequences must finish first.
    fn choose_nodes(&self) -> Range<usize> {
        let budget = self.executor.budget.tokens().saturating_sub(self.sequences.len());
        let nodes = self.forest.batch_from(self.next, budget);
        if self.sequences.is_empty() {
            return nodes;
        }
        let room =
            (LIVE_BUDGETS * self.executor.budget.tokens()).saturating_sub(self.live_tokens());
        let mut cost = 0;
        let fits = |&index: &usize| {
            cost += self.cost(index);
            cost <= room && cost <= budget.max(1) * LIVE_BUDGETS
        };
        let fitting = nodes.clone().take_while(fits).count();
        nodes.start..nodes.start + fitting
    }

    /// Tokens that a node can come to occupy, what its generations may write included. A recurrent state is as many
    /// tokens as it has room for; there are three of a sequence: after its prompt, before and after a step.
    fn cost(&self, index: usize) -> usize {
        let node = &self.forest.nodes[index];
        let state =
            3 * self.executor.model.architecture().state_numbers_per_node / NUMBERS_PER_TOKEN;
        let limit = |&pass: &usize| {
            let limits = self.passes[pass].1.generation.as_ref();
            limits.map_or(0, |limits| limits.max_new_tokens + state)
        };
        node.tokens.len() + node.generating.iter().map(limit).sum::<usize>()
    }

    fn live_tokens(&self) -> usize {
        self.kept.iter().map(|&index| self.cost(index)).sum()
    }

    fn plan(&mut self, nodes: Range<usize>) -> Result<Batch, ForwardError> {
        let (forest, sequences) = (self.forest, &self.sequences);
        let plan =
            |groups: Option<&mut Groups>| plan_batch(forest, nodes.clone(), sequences, groups);
        match &mut self.capture {
            Some(capture) => capture.plan(|groups| plan(Some(groups))),
            None => Ok(plan(None)),
        }
    }

    fn forward(&mut self, batch: &Batch) -> Result<ForwardOutput, ForwardError> {
        let model = self.executor.model;
        match &mut self.capture {
            Some(capture) => capture.forward(model, batch, &mut self.cache),
            None => model.forward(batch, &mut self.cache, &mut NoRouting),
        }
    }

    /// Sequences came first in the batch, then nodes.
    fn take(&mut self, nodes: Range<usize>, output: ForwardOutput) -> Result<(), RunError> {
        let mut results = output.rows.into_iter().zip(output.non_finite);
        let running = std::mem::take(&mut self.sequences);
        for (mut sequence, (rows, non_finite)) in running.into_iter().zip(results.by_ref()) {
            sequence.started = true;
            self.advance(sequence, &rows, non_finite)?;
        }
        for (index, (rows, non_finite)) in nodes.zip(results) {
            let parent = self.forest.nodes[index].parent;
            self.non_finite[index] =
                non_finite.or(parent.and_then(|parent| self.non_finite[parent]));
            self.start_generations(index, &rows)?;
            self.rows[index] = rows;
            if self.forest.is_continued(index, self.next) {
                self.kept.push(index);
            }
        }
        Ok(())
    }

    fn start_generations(&mut self, index: usize, rows: &[RowOutput]) -> Result<(), RunError> {
        let last: Vec<RowOutput> = rows.last().cloned().into_iter().collect();
        for &pass in &self.forest.nodes[index].generating {
            let (document, source) = self.passes[pass];
            let Some(limits) = source.generation.clone() else {
                continue;
            };
            let node = node_id(self.forest.nodes.len() + pass);
            let ends = (node, node_id(index));
            let sequence = Sequence::new(self.executor.encoder, pass, ends, document, limits)?;
            self.advance(sequence, &last, self.non_finite[index])?;
        }
        Ok(())
    }

    /// Gives a sequence its next token, and an answer when it is complete.
    fn advance(
        &mut self,
        mut sequence: Sequence,
        rows: &[RowOutput],
        non_finite: Option<Place>,
    ) -> Result<(), RunError> {
        let encoder = self.executor.encoder;
        let answer = match (non_finite, rows.first()) {
            (Some(place), _) => Some(PassAnswer::NonFinite { place: place.to_string() }),
            (None, Some(row)) if sequence.push(row.argmax, encoder, &self.executor.ends)? => {
                Some(PassAnswer::Generated {
                    text: sequence.text(encoder)?,
                    tokens: sequence.length(),
                })
            }
            _ => None,
        };
        if answer.is_none() {
            self.sequences.push(sequence);
            return Ok(());
        }
        self.generated[sequence.pass] = answer;
        self.cache.free(sequence.node);
        Ok(())
    }

    /// Frees the nodes that nothing continues any more.
    fn release(&mut self) {
        let running: HashSet<usize> =
            self.sequences.iter().map(|sequence| self.forest.passes[sequence.pass].end).collect();
        let (forest, cache, next) = (self.forest, &mut self.cache, self.next);
        self.kept.retain(|&index| {
            let needed = running.contains(&index)
                || forest.nodes[index].last_child.is_some_and(|child| child >= next);
            if !needed {
                cache.free(node_id(index));
            }
            needed
        });
    }

    fn finish(mut self) -> Result<WindowOutcome, RunError> {
        let captured = self.capture.take().map(Capture::finish).transpose()?;
        let Captured { totals, traces, near_ties } = captured.unwrap_or_default();
        let (cells, totals) =
            totals.map_or_else(Default::default, |totals| (totals.cells, totals.spans));
        Ok(WindowOutcome {
            answers: (0..self.passes.len()).map(|pass| self.answer(pass)).collect(),
            cells,
            totals,
            traces,
            computed_tokens: self.computed_tokens,
            near_ties,
        })
    }

    fn answer(&self, pass: usize) -> PassAnswer {
        if let Some(answer) = &self.generated[pass] {
            return answer.clone();
        }
        let plan = &self.forest.passes[pass];
        if let Some(place) = self.non_finite.get(plan.end).copied().flatten() {
            return PassAnswer::NonFinite { place: place.to_string() };
        }
        let (mut log_prob, mut is_greedy) = (0.0, true);
        for (found, &target) in plan.scored.iter().zip(&self.passes[pass].1.targets) {
            let row = &self.rows[found.node][found.want];
            log_prob += row.log_probs[found.target];
            is_greedy &= row.argmax == target;
        }
        PassAnswer::Scored { log_prob, is_greedy }
    }
}
