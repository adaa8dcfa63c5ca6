//! Gated DeltaNet layers.

use crate::checkpoint::{Dim, Weights};
use crate::config::ConfigReader;
use crate::kernels::delta::DeltaShape;
use crate::layers::{DeltaNet, Linear};
use crate::ops::DeltaParameters;

/// One Gated DeltaNet layer.
#[derive(Clone, Debug)]
pub(crate) struct DeltaConfig {
    hidden: Dim,
    pub(crate) shape: DeltaShape,
    pub(crate) kernel: usize,
    eps: f64,
    inputs: DeltaInputs,
}

/// How the projections of a layer's input lie on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeltaInputs {
    /// `in_proj_qkvz` and `in_proj_ba`, whose rows are grouped by key head.
    ByKeyHead,
    /// `in_proj_qkv`, `in_proj_z`, `in_proj_b` and `in_proj_a`.
    Apart,
}

/// Projections to `[q | k | v]`, gate, beta and step size.
type Inputs = (Linear, Linear, Linear, Linear);

impl DeltaConfig {
    pub(crate) fn read(config: &ConfigReader, hidden: Dim, eps: f64, inputs: DeltaInputs) -> Self {
        let key_heads = config.size_or(&["linear_num_key_heads"], 16);
        let value_heads = config.size_or(&["linear_num_value_heads"], 32);
        if !value_heads.is_multiple_of(key_heads) {
            config.reject(
                &["linear_num_value_heads"],
                format!("a multiple of linear_num_key_heads = {key_heads}"),
            );
        }
        let shape = DeltaShape {
            key_heads,
            value_heads,
            key_dim: config.size_or(&["linear_key_head_dim"], 128),
            value_dim: config.size_or(&["linear_value_head_dim"], 128),
        };
        let kernel = config.size_or(&["linear_conv_kernel_dim"], 4);
        Self { hidden, shape, kernel, eps, inputs }
    }

    /// The layer under this prefix; `slot` is where its state lies in a node.
    pub(crate) fn load(&self, slot: usize, weights: &Weights<'_>) -> DeltaNet {
        let (qkv, gate, beta, dt) = match self.inputs {
            DeltaInputs::ByKeyHead => self.grouped(weights),
            DeltaInputs::Apart => self.apart(weights),
        };
        let taps = Dim::new(self.kernel, "linear_conv_kernel_dim");
        let heads = Dim::new(self.shape.value_heads, "linear_num_value_heads");
        let width = Dim::new(self.shape.value_dim, "linear_value_head_dim");
        let filters = [self.channels(), Dim::new(1, "depthwise"), taps];
        DeltaNet {
            shape: self.shape,
            qkv,
            gate,
            beta,
            dt,
            parameters: DeltaParameters {
                conv_weight: weights.at("conv1d").tensor("weight", &filters),
                dt_bias: weights.tensor("dt_bias", &[heads]),
                a_log: weights.tensor("A_log", &[heads]),
            },
            norm: weights.norm("norm", width, self.eps),
            output: weights.linear("out_proj", self.hidden, self.values()),
            slot,
        }
    }

    fn channels(&self) -> Dim {
        Dim::new(self.shape.channels(), "2 × key heads × key width + value heads × value width")
    }

    fn values(&self) -> Dim {
        Dim::new(self.shape.values(), "linear_num_value_heads × linear_value_head_dim")
    }

    fn apart(&self, weights: &Weights<'_>) -> Inputs {
        let heads = Dim::new(self.shape.value_heads, "linear_num_value_heads");
        let linear = |name, outputs| weights.linear(name, outputs, self.hidden);
        (
            linear("in_proj_qkv", self.channels()),
            linear("in_proj_z", self.values()),
            linear("in_proj_b", heads),
            linear("in_proj_a", heads),
        )
    }

    /// Takes rows that are grouped by key head apart.
    fn grouped(&self, weights: &Weights<'_>) -> Inputs {
        let DeltaShape { key_heads, value_heads, key_dim, value_dim } = self.shape;
        let qkvz = Dim::new(self.shape.channels() + self.shape.values(), "q, k, v and z");
        let qkvz = weights.linear("in_proj_qkvz", qkvz, self.hidden);
        let ba = Dim::new(2 * value_heads, "2 × linear_num_value_heads");
        let ba = weights.linear("in_proj_ba", ba, self.hidden);
        let each = value_heads / key_heads.max(1);
        // Columns `from..to` of every key head's part of a projection.
        let part = |from: usize, to: usize, of: usize| -> Vec<usize> {
            (0..key_heads).flat_map(|head| head * of + from..head * of + to).collect()
        };
        let values = each * value_dim;
        let all = 2 * key_dim + 2 * values;
        let qkv = || {
            let (q, k) = (part(0, key_dim, all), part(key_dim, 2 * key_dim, all));
            [q, k, part(2 * key_dim, 2 * key_dim + values, all)].concat()
        };
        (
            weights.outputs(&qkvz, qkv),
            weights.outputs(&qkvz, || part(2 * key_dim + values, all, all)),
            weights.outputs(&ba, || part(0, each, 2 * each)),
            weights.outputs(&ba, || part(each, 2 * each, 2 * each)),
        )
    }
}
