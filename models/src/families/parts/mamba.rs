//! Mamba-2 mixers.

use crate::checkpoint::{Dim, Weights};
use crate::config::ConfigReader;
use crate::kernels::scan::ScanShape;
use crate::layers::Mamba;
use crate::ops::{MambaParameters, MambaShape};

/// One Mamba-2 layer.
#[derive(Clone, Debug)]
pub(crate) struct MambaConfig {
    pub(crate) hidden: Dim,
    pub(crate) shape: MambaShape,
    pub(crate) conv_bias: bool,
    /// Whether the projections have biases.
    pub(crate) bias: bool,
    /// Of the gated norm.
    pub(crate) eps: f64,
}

/// The keys that state a mixer's sizes, all spellings of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MambaKeys {
    pub(crate) heads: &'static [&'static str],
    pub(crate) head_dim: &'static [&'static str],
    pub(crate) groups: &'static [&'static str],
    pub(crate) state: &'static [&'static str],
    pub(crate) kernel: &'static [&'static str],
}

impl MambaKeys {
    /// Sizes by these keys; `groups`, and `head_dim` of so many heads, where the config is silent.
    pub(crate) fn shape(
        &self,
        config: &ConfigReader,
        groups: usize,
        head_dim: impl Fn(usize) -> usize,
    ) -> MambaShape {
        let heads = config.size_or(self.heads, 128);
        let groups = config.size_or(self.groups, groups);
        if !heads.is_multiple_of(groups) {
            config.reject(self.groups, format!("a divisor of {} = {heads}", self.heads[0]));
        }
        let scan = ScanShape {
            heads,
            head_dim: config.size_or(self.head_dim, head_dim(heads)),
            groups,
            state: config.size_or(self.state, 128),
        };
        MambaShape { scan, kernel: config.size_or(self.kernel, 4) }
    }
}

impl MambaConfig {
    /// The layer under this prefix; `slot` is where its state lies in a node.
    pub(crate) fn load(&self, slot: usize, weights: &Weights<'_>) -> Mamba {
        let (hidden, scan) = (self.hidden, self.shape.scan);
        let inner = Dim::new(scan.inner(), "Mamba heads × head width");
        let heads = Dim::new(scan.heads, "Mamba heads");
        let channels = Dim::new(scan.channels(), "inner width + 2 × groups × state size");
        let projected = Dim::new(self.shape.projected(), "gate + convolved channels + Mamba heads");
        let taps = [channels, Dim::new(1, "depthwise"), Dim::new(self.shape.kernel, "kernel size")];
        let conv = weights.at("conv1d");
        Mamba {
            shape: self.shape,
            input: weights.biased_linear("in_proj", projected, hidden, self.bias),
            parameters: MambaParameters {
                conv_weight: conv.tensor("weight", &taps),
                conv_bias: self.conv_bias.then(|| conv.tensor("bias", &[channels])),
                dt_bias: weights.tensor("dt_bias", &[heads]),
                a_log: weights.tensor("A_log", &[heads]),
                d: weights.tensor("D", &[heads]),
            },
            norm: weights.at("norm").tensor("weight", &[inner]),
            eps: self.eps as f32,
            output: weights.biased_linear("out_proj", hidden, inner, self.bias),
            slot,
        }
    }
}
