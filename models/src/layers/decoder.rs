//! [`Decoder`]: a stack of residual units between an embedding and a head.

use candle_core::{Result, Tensor};

use super::{Embedding, Head, RmsNorm, Rotary};
use crate::kernels::head::Prediction;
use crate::kernels::host::{host, tensor};
use crate::kernels::norm::add;
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

/// `x += mixer(norm(x))`, once or more: a layer as checkpoints number them.
#[derive(Default)]
pub(crate) struct Layer {
    units: Vec<(RmsNorm, Box<dyn Mixer>)>,
}

impl Layer {
    /// Adds a residual unit.
    pub(crate) fn then(mut self, norm: RmsNorm, mixer: impl Mixer + 'static) -> Self {
        self.units.push((norm, Box::new(mixer)));
        self
    }

    fn forward(&self, mut x: Tensor, step: &mut Step<'_>) -> Result<Tensor> {
        for (norm, mixer) in &self.units {
            let change = mixer.forward(&norm.forward(&x)?, step)?;
            let (rows, width) = x.dims2()?;
            let sum = add(&host(&x)?, &host(&change)?);
            x = tensor(sum, rows, width)?;
        }
        Ok(x)
    }
}

/// A causal language model of residual units.
pub(crate) struct Decoder {
    pub(crate) architecture: Architecture,
    pub(crate) embedding: Embedding,
    /// `None` where positions are not rotated.
    pub(crate) rotary: Option<Rotary>,
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
        let pass = Pass::new(batch, cache, self.architecture.vocab_size)?;
        let angles = self.rotary.as_ref().map(|r| r.angles(&pass.positions));
        let mut step = Step::new(&pass, self.slots, angles, observer);
        let x = self.run(&mut step)?;
        let rows = by_segment(batch, self.predict(batch, &pass, &x)?, &mut step);
        Ok(ForwardOutput { rows, non_finite: step.commit(cache)? })
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
