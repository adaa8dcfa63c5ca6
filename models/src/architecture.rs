//! What a checkpoint is: the numbers that planning, memory budgets and reports need.

use serde::Serialize;

use crate::ComputeDtype;

/// The shape of a model, from `config.json` and the weight files.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Architecture {
    /// The runtime that reads it: `qwen3_moe`, `nemotron_h`, …
    pub family: String,
    /// `model_type` of `config.json`.
    pub model_type: String,
    /// Layers as the checkpoint numbers them.
    pub layers: usize,
    /// What each layer is made of, in order.
    pub layer_kinds: Vec<LayerKind>,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Rows of the embedding; may exceed the tokenizer's vocabulary.
    pub vocab_size: usize,
    /// Longest context the checkpoint was made for, in tokens.
    pub max_position_embeddings: usize,
    /// Numbers, among all layers, of those that have routed experts.
    pub moe_layers: Vec<usize>,
    /// Routed experts of an MoE layer; 0 for a dense model.
    pub experts: usize,
    /// Experts chosen for a token; 0 for a dense model.
    pub top_k: usize,
    /// Experts that every token visits. They are not routed and never counted as such.
    pub shared_experts: usize,
    /// How logits become scores; `None` for a dense model.
    pub score_function: Option<ScoreFunction>,
    /// Whether the vocabulary projection is the embedding.
    pub tied_head: bool,
    /// Parameters on disk that the runtime uses; a tied matrix counts once.
    pub parameters_total: u64,
    /// Parameters that one token touches: all but the experts it is not sent to.
    pub parameters_active: u64,
    /// Parameters of the matrices that are bf16 on disk: they stay so in memory unless f32 is asked for.
    pub parameters_in_bf16: u64,
    /// Numbers a cached token costs: keys and values of all attention layers.
    pub kv_numbers_per_token: usize,
    /// Numbers a cached branch point costs besides: convolution and scan state.
    pub state_numbers_per_node: usize,
}

/// What a layer computes between its residual additions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// Attention, then routed experts.
    AttentionMoe,
    /// Attention, then one feed-forward network.
    AttentionMlp,
    /// Attention only (hybrids).
    Attention,
    /// A Mamba-2 mixer, then routed experts (hybrids).
    MambaMoe,
    /// A Mamba-2 mixer, then one feed-forward network (hybrids).
    MambaMlp,
    /// Gated DeltaNet, then routed experts (hybrids).
    DeltaNetMoe,
    /// Gated DeltaNet, then one feed-forward network (hybrids).
    DeltaNetMlp,
    /// A Mamba-2 mixer only (hybrids).
    Mamba,
    /// Routed experts only (hybrids).
    Moe,
    /// One feed-forward network only (hybrids).
    Mlp,
}

/// How a router turns logits into scores over all experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreFunction {
    /// Scores sum to 1.
    Softmax,
    /// Each score lies in 0..1 and they do not sum to 1; divide by their sum to compare with softmax.
    Sigmoid,
}

impl Architecture {
    /// Bytes that one cached token costs over all attention layers, in f32.
    pub fn kv_bytes_per_token(&self) -> usize {
        self.kv_numbers_per_token * size_of::<f32>()
    }

    /// Bytes that one kept node costs besides its tokens (convolution and scan state), in f32.
    pub fn state_bytes_per_node(&self) -> usize {
        self.state_numbers_per_node * size_of::<f32>()
    }

    /// Bytes of the weights once loaded to compute in `dtype`.
    pub fn weight_bytes(&self, dtype: ComputeDtype) -> u64 {
        let halved = match dtype {
            ComputeDtype::Auto => self.parameters_in_bf16,
            ComputeDtype::F32 => 0,
            ComputeDtype::Bf16 => self.parameters_total,
        };
        self.parameters_total * 4 - halved * 2
    }

    /// Whether any layer has routed experts.
    pub fn has_routing(&self) -> bool {
        !self.moe_layers.is_empty()
    }
}
