//! [`Decoder`]: a stack of residual units between an embedding and a head.

use candle_core::{Result, Tensor};

use super::{Embedding, Head, Norm, Rotary};
use crate::kernels::head::Prediction;
use crate::ops::{self, Placement};
use crate::pass::{Pass, Step};
use crate::{
    Architecture, Batch, Cache, ForwardError, ForwardOutput, Model, Place, RoutingObserver,
    RowOutput,
};

/// What a residual unit adds to the stream.
pub(crate) trait Mixer: Send + Sync {
    /// Maps normalised rows `[rows, hidden]` to what is added to them.
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor>;
}

impl Mixer for Box<dyn Mixer> {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        (**self).forward(x, step)
    }
}

/// `x += mixer(norm(x))`, once or more: a layer as checkpoints number them.
#[derive(Default)]
pub(crate) struct Layer {
    units: Vec<Unit>,
}

/// One residual addition.
struct Unit {
    norm: Norm,
    mixer: Box<dyn Mixer>,
    /// Normalises what is added.
    after: Option<Norm>,
    /// Multiplies what is added.
    scale: f32,
}

impl Layer {
    /// Adds a residual unit.
    pub(crate) fn then(mut self, norm: impl Into<Norm>, mixer: impl Mixer + 'static) -> Self {
        let (norm, mixer) = (norm.into(), Box::new(mixer));
        self.units.push(Unit { norm, mixer, after: None, scale: 1.0 });
        self
    }

    /// Normalises what the last unit adds.
    pub(crate) fn normalised(mut self, norm: impl Into<Norm>) -> Self {
        if let Some(unit) = self.units.last_mut() {
            unit.after = Some(norm.into());
        }
        self
    }

    /// Multiplies what every unit adds.
    pub(crate) fn scaled(mut self, scale: f32) -> Self {
        self.units.iter_mut().for_each(|unit| unit.scale = scale);
        self
    }

    fn forward(&self, mut x: Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        for unit in &self.units {
            x = unit.forward(&x, step)?;
        }
        Ok(x)
    }
}

impl Unit {
    fn forward(&self, x: &Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        let mut change = self.mixer.forward(&self.norm.forward(x)?, step)?;
        if let Some(norm) = &self.after {
            change = norm.forward(&change)?;
        }
        ops::add(x, &change, self.scale)
    }
}

/// A causal language model of residual units.
pub(crate) struct Decoder {
    pub(crate) architecture: Architecture,
    /// Where its weights lie, and with them all that is computed.
    pub(crate) placement: Placement,
    pub(crate) embedding: Embedding,
    /// The rotations that attention layers choose from; none where positions are not rotated.
    pub(crate) rotary: Vec<Rotary>,
    pub(crate) layers: Vec<Layer>,
    /// Layers that keep state.
    pub(crate) slots: usize,
    pub(crate) head: Head,
}

impl Decoder {
    fn run(&self, step: &mut Step<'_>) -> Result<Tensor> {
        let mut x = self.embedding.forward(&step.pass.tokens)?;
        step.check_finite(Place::Embedding, &x)?;
        for (number, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x, step)?;
            step.check_finite(Place::Layer(number), &x)?;
        }
        Ok(x)
    }

    fn predict(&self, batch: &Batch, pass: &Pass, x: &Tensor) -> Result<Vec<Prediction>> {
        let wants = || {
            pass.segments.iter().zip(&batch.segments).flat_map(|(p, s)| {
                s.wants.iter().map(|want| (p.rows.start + want.row, want.targets.as_slice()))
            })
        };
        let (rows, targets): (Vec<usize>, Vec<&[u32]>) = wants().unzip();
        self.head.predict(x, &rows, &targets)
    }
}

impl Model for Decoder {
    fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    fn new_cache(&self) -> Cache {
        Cache::new(self.slots)
    }

    fn forward(
        &self,
        batch: &Batch,
        cache: &mut Cache,
        observer: &mut dyn RoutingObserver,
    ) -> std::result::Result<ForwardOutput, ForwardError> {
        if cache.slots != self.slots {
            return Err(ForwardError::ForeignCache { cache: cache.slots, model: self.slots });
        }
        if batch.segments.is_empty() {
            return Ok(ForwardOutput { rows: vec![], non_finite: vec![] });
        }
        let passed = self.pass(batch, cache, observer);
        passed.map_err(|error| error.of_batch(batch.tokens()))
    }
}

impl Decoder {
    fn pass(
        &self,
        batch: &Batch,
        cache: &mut Cache,
        observer: &mut dyn RoutingObserver,
    ) -> std::result::Result<ForwardOutput, ForwardError> {
        let pass = Pass::new(batch, cache, self.architecture.vocab_size)?;
        observer.begin(batch);
        let angles = self.rotary.iter().map(|r| r.angles(&pass.positions, &self.placement));
        let angles = angles.collect::<Result<_>>()?;
        let mut step = Step::new(&pass, self.slots, angles, observer);
        let x = self.run(&mut step)?;
        let rows = by_segment(batch, self.predict(batch, &pass, &x)?, &mut step);
        let (added, non_finite) = step.finish()?;
        pass.commit(added, cache)?;
        Ok(ForwardOutput { rows, non_finite })
    }
}

/// Deals predictions out to the segments that wanted them.
fn by_segment(
    batch: &Batch,
    predictions: Vec<Prediction>,
    step: &mut Step<'_>,
) -> Vec<Vec<RowOutput>> {
    let mut predictions = predictions.into_iter();
    let mut rows = Vec::with_capacity(batch.segments.len());
    for (index, segment) in batch.segments.iter().enumerate() {
        let mine: Vec<Prediction> = predictions.by_ref().take(segment.wants.len()).collect();
        if mine.iter().any(|(_, finite)| !finite) {
            step.mark_non_finite(index, Place::Head);
        }
        rows.push(mine.into_iter().map(|(row, _)| row).collect());
    }
    rows
}
