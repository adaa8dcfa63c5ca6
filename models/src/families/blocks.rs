//! The parts of a layer as families describe them: attention, dense networks, routed experts.

use crate::MoeLayer;
use crate::checkpoint::{Dim, ExpertNames, ExpertSizes, Weights};
use crate::kernels::experts::Activation;
use crate::layers::{Attention, AttentionShape, HeadNorms, Mlp, Moe, Router, Rule, SharedExpert};

/// Grouped-query attention, with what families vary.
#[derive(Clone, Debug)]
pub(crate) struct AttentionConfig {
    pub(crate) hidden: Dim,
    pub(crate) shape: AttentionShape,
    /// Whether the projections to queries, keys and values have biases.
    pub(crate) qkv_bias: bool,
    /// Whether the output projection has one.
    pub(crate) output_bias: bool,
    pub(crate) norms: Norms,
    pub(crate) eps: f64,
    /// Bounds queries, keys and values.
    pub(crate) clip: Option<f32>,
    pub(crate) rotary: bool,
}

/// Normalisation of queries and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norms {
    None,
    /// Each head by itself.
    Heads,
    /// All heads together.
    Whole,
}

impl AttentionConfig {
    /// The layer under this prefix; `slot` is where its state lies in a node.
    pub(crate) fn load(&self, slot: usize, weights: &Weights<'_>) -> Attention {
        let (hidden, q, kv) = (self.hidden, self.shape.q_width(), self.shape.kv_width());
        let input = |name, width| weights.biased_linear(name, width, hidden, self.qkv_bias);
        Attention {
            q: input("q_proj", q),
            k: input("k_proj", kv),
            v: input("v_proj", kv),
            o: weights.biased_linear("o_proj", hidden, q, self.output_bias),
            norms: self.norms(weights),
            clip: self.clip,
            rotary: self.rotary,
            shape: self.shape,
            slot,
        }
    }

    fn norms(&self, weights: &Weights<'_>) -> Option<HeadNorms> {
        let head = Dim::new(self.shape.head_dim, "head_dim");
        let (q, k) = match self.norms {
            Norms::None => return None,
            Norms::Heads => (head, head),
            Norms::Whole => (self.shape.q_width(), self.shape.kv_width()),
        };
        let norm = |name, width| weights.norm(name, width, self.eps);
        Some(HeadNorms { q: norm("q_norm", q), k: norm("k_norm", k) })
    }
}

/// `gate_proj`, `up_proj` and `down_proj` under a prefix, as most families spell a SwiGLU network.
pub(crate) fn swiglu(weights: &Weights<'_>, hidden: Dim, inner: Dim) -> Mlp {
    Mlp {
        up: weights.stacked_linear(&["gate_proj", "up_proj"], inner, hidden),
        down: weights.linear("down_proj", hidden, inner),
        activation: Activation::SwiGlu,
    }
}

/// Names of SwiGLU experts in most families.
pub(crate) const SWIGLU_EXPERTS: ExpertNames = ExpertNames {
    up: &["gate_proj", "up_proj"],
    down: "down_proj",
    stacked_up: "gate_up_proj",
    stacked_down: "down_proj",
};

/// Router and experts of a layer.
#[derive(Clone, Debug)]
pub(crate) struct MoeConfig {
    pub(crate) sizes: ExpertSizes,
    pub(crate) rule: Rule,
}

impl MoeConfig {
    /// SwiGLU experts under `experts` and their router `gate`.
    pub(crate) fn load(&self, layer: MoeLayer, weights: &Weights<'_>, names: &ExpertNames) -> Moe {
        let gate = weights.linear("gate", self.sizes.experts, self.sizes.hidden);
        Moe {
            layer,
            router: Router { gate, correction: None, rule: self.rule.clone() },
            experts: weights.at("experts").experts(names, self.sizes, Activation::SwiGlu),
            latent: None,
            shared: None,
        }
    }
}

impl Moe {
    /// Adds an expert that every token visits.
    pub(crate) fn with_shared(self, shared: SharedExpert) -> Self {
        Self { shared: Some(shared), ..self }
    }

    /// Adds a correction to the scores that experts are chosen by.
    pub(crate) fn with_correction(mut self, weights: &Weights<'_>, experts: Dim) -> Self {
        self.router.correction =
            Some(weights.at("gate").tensor("e_score_correction_bias", &[experts]));
        self
    }
}
