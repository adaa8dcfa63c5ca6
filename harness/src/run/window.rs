use std::collections::HashSet;
use std::ops::Range;

use harness_models::{Batch, Cache, ForwardError, ForwardOutput, NoRouting, Place, RowOutput};

use super::batching::{node_id, plan_batch};
use super::capture::{Capture, Captured};
use super::executor::{Executor, RunError};
use super::generation::Sequence;
use super::groups::Groups;
use super::outcome::{PassAnswer, WindowOutcome};
use crate::encode::Pass;
use crate::plan::Forest;

/// While sequences are being continued, cached tokens plus those still to be written stay below this many budgets.
const LIVE_BUDGETS: usize = 4;

/// Numbers that a token keeps in a Transformer of 30 B parameters (keys and values of 48 layers): what budgets of live
/// tokens are meant for.
const NUMBERS_PER_TOKEN: usize = 48 * 1024;

/// A window on its way.
pub(super) struct WindowRun<'a> {
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
    pub(super) fn new(
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

    pub(super) fn is_done(&self) -> bool {
        self.next == self.forest.nodes.len() && self.sequences.is_empty()
    }

    /// One batch; returns its tokens.
    pub(super) fn step(&mut self) -> Result<usize, RunError> {
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

    pub(super) fn finish(mut self) -> Result<WindowOutcome, RunError> {
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
