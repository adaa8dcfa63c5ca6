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
        if !self.excludes() {
            return self.sample(&(0..self.pool.len()).collect::<Vec<_>>(), self.count);
        }
        let drawn = self.sample(&(0..self.pool.len()).collect::<Vec<_>>(), self.count + 1);
        let others: Vec<_> = drawn.into_iter().filter(|shot| shot.fields != doc.fields).collect();
        if others.len() >= self.count {
            return others.into_iter().take(self.count).collect();
        }
        let rows = self.pool.iter().enumerate().filter(|(_, shot)| shot.fields != doc.fields);
        self.sample(&rows.map(|(row, _)| row).collect::<Vec<_>>(), self.count)
    }

    /// `random.sample(rows, count)`, or nothing if there are too few.
    fn sample(&mut self, rows: &[usize], count: usize) -> Vec<&'a Doc> {
        let drawn = self.random.sample(rows.len(), count).unwrap_or_default();
        drawn.into_iter().map(|at| &self.pool[rows[at]]).collect()
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
