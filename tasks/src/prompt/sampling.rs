//! Which shots a document gets.

use crate::config::{FunctionName, Sampler};
use crate::doc::Doc;
use crate::functions::{self, Draw, Kind};
use crate::prompt::turn::answer_text;
use crate::python::repr::to_str;
use crate::random::Random;
use crate::task::{Task, TaskData, TaskError};

/// The shots of a task, drawn document by document from one random stream
/// (`api/samplers.py` of lm-evaluation-harness).
pub(super) struct Shots<'a> {
    task: &'a Task,
    pool: &'a [Doc],
    docs: usize,
    labels: Vec<String>,
    random: Random,
    seed: u64,
    count: usize,
}

impl<'a> Shots<'a> {
    /// The stream of a task that has `count` shots.
    pub(super) fn new(
        task: &'a Task,
        data: &'a TaskData,
        count: usize,
        seed: u64,
    ) -> Result<Self, TaskError> {
        let custom = matches!(task.config.fewshot_config.sampler, Sampler::Function(_));
        let labels = if custom && count > 0 { labels(task, &data.pool)? } else { Vec::new() };
        Ok(Self {
            task,
            pool: &data.pool,
            docs: data.docs.len(),
            labels,
            random: Random::new(seed),
            seed,
            count,
        })
    }

    /// The shots of the next document.
    pub(super) fn draw(&mut self, doc: &Doc) -> Result<Vec<&'a Doc>, TaskError> {
        if self.count == 0 {
            return Ok(Vec::new());
        }
        let drawn = match &self.task.config.fewshot_config.sampler {
            Sampler::Default => self.sampled(doc),
            Sampler::FirstN => self.first(doc),
            Sampler::Function(name) => self.custom(name, doc)?,
        };
        if drawn.len() < self.count {
            return Err(self.too_few(drawn.len()));
        }
        Ok(drawn)
    }

    /// Whether the document must be kept from its own shots: lm-evaluation-
    /// harness does so where the shots' split is the test split, which is
    /// also true where neither is named.
    fn excludes(&self) -> bool {
        self.task.config.shot_split() == self.task.config.test_split.as_deref()
    }

    fn sampled(&mut self, doc: &Doc) -> Vec<&'a Doc> {
        let pool = self.pool;
        if !self.excludes() {
            let drawn = self.random.sample(pool.len(), self.count).unwrap_or_default();
            return drawn.into_iter().map(|row| &pool[row]).collect();
        }
        let drawn = self.random.sample(pool.len(), self.count + 1).unwrap_or_default();
        let others =
            drawn.into_iter().map(|row| &pool[row]).filter(|shot| shot.fields != doc.fields);
        let others: Vec<_> = others.take(self.count).collect();
        if others.len() == self.count { others } else { self.redrawn(doc) }
    }

    /// Where several rows equal the document, more than one may have been
    /// drawn: draw again from the others.
    fn redrawn(&mut self, doc: &Doc) -> Vec<&'a Doc> {
        let others: Vec<_> = self.pool.iter().filter(|shot| shot.fields != doc.fields).collect();
        let drawn = self.random.sample(others.len(), self.count).unwrap_or_default();
        drawn.into_iter().map(|at| others[at]).collect()
    }

    fn first(&self, doc: &Doc) -> Vec<&'a Doc> {
        let excludes = self.excludes();
        let others = self.pool.iter().filter(|shot| !excludes || shot.fields != doc.fields);
        others.take(self.count).collect()
    }

    fn custom(&mut self, name: &FunctionName, doc: &Doc) -> Result<Vec<&'a Doc>, TaskError> {
        let sampler = functions::sampler(&name.0)
            .ok_or_else(|| self.fail(functions::explain(&name.0, Kind::Sampler)))?;
        let draw = Draw {
            pool: self.pool,
            docs: self.docs,
            labels: &self.labels,
            shots: self.count,
            doc,
            seed: self.seed,
        };
        let rows = sampler(&draw, &mut self.random)
            .map_err(|error| self.task.function_error(name, &error))?;
        Ok(rows.into_iter().filter_map(|row| self.pool.get(row)).collect())
    }

    fn too_few(&self, drawn: usize) -> TaskError {
        self.fail(format!(
            "{} shots are asked for, but the pool of {} documents gives {drawn}; ask for fewer with --num-fewshot",
            self.count,
            self.pool.len()
        ))
    }

    fn fail(&self, reason: String) -> TaskError {
        TaskError::Shots { task: self.task.name().to_owned(), reason }
    }
}

/// The answer of every document of the pool, for samplers that balance them.
fn labels(task: &Task, pool: &[Doc]) -> Result<Vec<String>, TaskError> {
    pool.iter()
        .map(|doc| {
            let (target, choices) = (task.shot_target(doc)?, task.shot_choices(doc)?);
            Ok(answer_text(&target, choices.as_deref()).unwrap_or_else(|| to_str(&target)))
        })
        .collect()
}
