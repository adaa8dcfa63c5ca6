//! Sizes of a model, its configuration file and the names of its weights.

use serde_json::{Value, json};

use super::WeightType;

/// The shape of a Qwen3-MoE.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Tokens.
    pub vocabulary: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Key and value heads.
    pub key_value_heads: usize,
    /// Width of a head.
    pub head: usize,
    /// Experts a layer.
    pub experts: usize,
    /// Experts a token.
    pub top_k: usize,
    /// Width of an expert.
    pub expert_width: usize,
    /// Layers that have a dense MLP in place of experts.
    pub dense_layers: Vec<usize>,
    /// Width of a dense MLP.
    pub dense_width: usize,
    /// Coefficient of the load-balancing loss.
    pub balance: f64,
}

/// Base of the rotary frequencies: low, since texts of a few hundred tokens need no slow ones.
pub const ROPE_THETA: f64 = 100.0;
/// Added to the variance in every norm.
pub const NORM_EPSILON: f64 = 1e-6;
/// Longest sequence that a checkpoint claims.
pub const MAX_POSITIONS: usize = 1024;

impl Shape {
    /// 0.5 million parameters: what the demo runs on until it is trained.
    pub fn miniature(vocabulary: usize) -> Self {
        Self {
            vocabulary,
            hidden: 64,
            layers: 4,
            heads: 4,
            key_value_heads: 2,
            head: 16,
            experts: 16,
            top_k: 4,
            expert_width: 24,
            dense_layers: vec![],
            dense_width: 128,
            balance: 1e-3,
        }
    }

    /// 3 million parameters: what is trained.
    pub fn trained(vocabulary: usize) -> Self {
        Self {
            hidden: 128,
            layers: 6,
            head: 32,
            expert_width: 64,
            dense_width: 256,
            ..Self::miniature(vocabulary)
        }
    }

    /// A few ten thousand parameters with a dense layer in the middle: a fixture for tests.
    pub fn fixture(vocabulary: usize) -> Self {
        Self {
            hidden: 32,
            layers: 3,
            heads: 4,
            head: 8,
            experts: 8,
            top_k: 2,
            expert_width: 16,
            dense_layers: vec![1],
            dense_width: 48,
            ..Self::miniature(vocabulary)
        }
    }

    /// `config.json`, as transformers 5 writes it, the head tied to the embedding.
    pub fn config(&self, dtype: WeightType) -> Value {
        json!({
            "architectures": ["Qwen3MoeForCausalLM"],
            "model_type": "qwen3_moe",
            "attention_bias": false,
            "attention_dropout": 0.0,
            "bos_token_id": null,
            "decoder_sparse_step": 1,
            "dtype": dtype.name(),
            "eos_token_id": 0,
            "head_dim": self.head,
            "hidden_act": "silu",
            "hidden_size": self.hidden,
            "initializer_range": self.deviation(),
            "intermediate_size": self.dense_width,
            "max_position_embeddings": MAX_POSITIONS,
            "mlp_only_layers": self.dense_layers,
            "moe_intermediate_size": self.expert_width,
            "norm_topk_prob": true,
            "num_attention_heads": self.heads,
            "num_experts": self.experts,
            "num_experts_per_tok": self.top_k,
            "num_hidden_layers": self.layers,
            "num_key_value_heads": self.key_value_heads,
            "output_router_logits": false,
            "pad_token_id": 0,
            "rms_norm_eps": NORM_EPSILON,
            "rope_parameters": { "rope_theta": ROPE_THETA, "rope_type": "default" },
            "router_aux_loss_coef": self.balance,
            "sliding_window": null,
            "tie_word_embeddings": true,
            "use_cache": true,
            "use_sliding_window": false,
            "vocab_size": self.vocabulary,
        })
    }

    /// Standard deviation of the random weights that training starts from.
    pub fn deviation(&self) -> f64 {
        1.0 / (self.hidden as f64).sqrt()
    }

    /// The name and shape of every weight, in the order of the layers.
    pub fn weights(&self) -> Vec<(String, Vec<usize>)> {
        let mut weights =
            vec![("model.embed_tokens.weight".to_owned(), vec![self.vocabulary, self.hidden])];
        for layer in 0..self.layers {
            weights.extend(self.attention(layer));
            weights.extend(self.feed_forward(layer));
        }
        weights.push(("model.norm.weight".to_owned(), vec![self.hidden]));
        weights
    }

    fn attention(&self, layer: usize) -> Vec<(String, Vec<usize>)> {
        let (queries, keys) = (self.heads * self.head, self.key_value_heads * self.head);
        let at = format!("model.layers.{layer}");
        vec![
            (format!("{at}.input_layernorm.weight"), vec![self.hidden]),
            (format!("{at}.self_attn.q_proj.weight"), vec![queries, self.hidden]),
            (format!("{at}.self_attn.k_proj.weight"), vec![keys, self.hidden]),
            (format!("{at}.self_attn.v_proj.weight"), vec![keys, self.hidden]),
            (format!("{at}.self_attn.q_norm.weight"), vec![self.head]),
            (format!("{at}.self_attn.k_norm.weight"), vec![self.head]),
            (format!("{at}.self_attn.o_proj.weight"), vec![self.hidden, queries]),
            (format!("{at}.post_attention_layernorm.weight"), vec![self.hidden]),
        ]
    }

    fn feed_forward(&self, layer: usize) -> Vec<(String, Vec<usize>)> {
        let at = format!("model.layers.{layer}.mlp");
        if self.dense_layers.contains(&layer) {
            return self.gated(&at, self.dense_width);
        }
        let mut weights = vec![(format!("{at}.gate.weight"), vec![self.experts, self.hidden])];
        for expert in 0..self.experts {
            weights.extend(self.gated(&format!("{at}.experts.{expert}"), self.expert_width));
        }
        weights
    }

    fn gated(&self, at: &str, width: usize) -> Vec<(String, Vec<usize>)> {
        vec![
            (format!("{at}.gate_proj.weight"), vec![width, self.hidden]),
            (format!("{at}.up_proj.weight"), vec![width, self.hidden]),
            (format!("{at}.down_proj.weight"), vec![self.hidden, width]),
        ]
    }
}
