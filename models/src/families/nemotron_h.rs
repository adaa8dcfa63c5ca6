//! Nemotron-H (arXiv:2504.03624) and Nemotron-3 (arXiv:2512.20848), as `modeling_nemotron_h.py` of
//! transformers computes them.
//!
//! Every layer is one residual unit: a Mamba-2 mixer, attention without positions, routed experts
//! or one dense network, in the order of `layers_block_type` (or the letters M, *, E and - of
//! `hybrid_override_pattern`). Networks and experts are un-gated: down(max(up x, 0)²). Beside the
//! routed experts stands an ungated shared one; with `moe_latent_size` the routed experts work in a
//! narrower space, router and shared expert do not.
//!
//! The router scores experts by sigmoid in f32; choice and weights are DeepSeek-V3's. Scores do not
//! sum to 1. Step sizes are not bounded from below (NVIDIA's code and vLLM do not; transformers
//! does in its chunked path, by `time_step_min`).

use super::backbone::{Backbone, OuterNames, expect_activation, experts_and_top_k};
use super::blocks::{AttentionConfig, Norms};
use super::deepseek_v3::groups;
use super::{Family, FamilyConfig};
use crate::checkpoint::{Dim, ExpertNames, ExpertSizes, Weights};
use crate::config::ConfigReader;
use crate::kernels::experts::Activation;
use crate::kernels::scan::ScanShape;
use crate::layers::{Decoder, Layer, Mamba, MambaShape, Mlp, Moe, Router, Rule, SharedExpert};
use crate::{Architecture, LayerKind, MoeLayer, ScoreFunction};

/// The entry in the family list.
pub(crate) const FAMILY: Family = Family {
    name: "nemotron_h",
    architecture: "NemotronHForCausalLM",
    published_with_code: true,
    read: |config| Box::new(NemotronH::read(config)),
};

const EXPERTS: ExpertNames = ExpertNames {
    up: &["up_proj"],
    down: "down_proj",
    stacked_up: "up_proj",
    stacked_down: "down_proj",
};

struct NemotronH {
    backbone: Backbone,
    kinds: Vec<LayerKind>,
    attention: AttentionConfig,
    mamba: MambaShape,
    conv_bias: bool,
    /// Whether the mixers' projections have biases.
    mamba_bias: bool,
    mlp_bias: bool,
    dense: Dim,
    moe: Option<Experts>,
}

/// The routed part; only read where the pattern has such layers.
struct Experts {
    experts: Dim,
    inner: Dim,
    shared: Option<Dim>,
    latent: Option<Dim>,
    rule: Rule,
}

impl NemotronH {
    fn read(config: &ConfigReader) -> Self {
        expect_activation(config, &["mlp_hidden_act"], "relu2");
        let kinds = pattern(config);
        let backbone = Backbone::with_layers(config, kinds.len());
        let bias = config.flag_or(&["attention_bias"], false);
        let attention = AttentionConfig {
            hidden: backbone.hidden(),
            shape: backbone.attention_shape(config),
            qkv_bias: bias,
            output_bias: bias,
            norms: Norms::None,
            eps: backbone.eps,
            clip: None,
            rotary: false,
        };
        Self {
            mamba: mamba_shape(config),
            conv_bias: config.flag_or(&["use_conv_bias", "mamba_conv_bias"], true),
            mamba_bias: config.flag_or(&["use_bias"], false),
            mlp_bias: config.flag_or(&["mlp_bias"], false),
            dense: Dim::new(config.size_or(&["intermediate_size"], 21_504), "intermediate_size"),
            moe: kinds.contains(&LayerKind::Moe).then(|| Experts::read(config)),
            attention,
            kinds,
            backbone,
        }
    }

    fn layer(&self, number: usize, weights: &Weights<'_>) -> Layer {
        let norm = weights.norm("norm", self.backbone.hidden(), self.backbone.eps);
        let (layer, mixer) = (Layer::default(), weights.at("mixer"));
        match (self.kinds[number], &self.moe) {
            (LayerKind::Mamba, _) => layer.then(norm, self.mamba(number, &mixer)),
            (LayerKind::Attention, _) => layer.then(norm, self.attention.load(number, &mixer)),
            (LayerKind::Moe, Some(moe)) => layer.then(norm, self.experts(moe, number, &mixer)),
            _ => layer.then(norm, self.mlp(&mixer, self.dense)),
        }
    }

    fn mamba(&self, slot: usize, weights: &Weights<'_>) -> Mamba {
        let (hidden, scan) = (self.backbone.hidden(), self.mamba.scan);
        let inner = Dim::new(scan.inner(), "mamba_num_heads × mamba_head_dim");
        let heads = Dim::new(scan.heads, "mamba_num_heads");
        let channels = Dim::new(scan.channels(), "inner width + 2 × n_groups × ssm_state_size");
        let projected =
            Dim::new(self.mamba.projected(), "gate + convolved channels + mamba_num_heads");
        let taps = [channels, Dim::new(1, "depthwise"), Dim::new(self.mamba.kernel, "conv_kernel")];
        let conv = weights.at("conv1d");
        Mamba {
            shape: self.mamba,
            input: weights.biased_linear("in_proj", projected, hidden, self.mamba_bias),
            conv_weight: conv.tensor("weight", &taps),
            conv_bias: self.conv_bias.then(|| conv.tensor("bias", &[channels])),
            dt_bias: weights.tensor("dt_bias", &[heads]),
            a_log: weights.tensor("A_log", &[heads]),
            d: weights.tensor("D", &[heads]),
            norm: weights.at("norm").tensor("weight", &[inner]),
            eps: self.backbone.eps as f32,
            output: weights.biased_linear("out_proj", hidden, inner, self.mamba_bias),
            slot,
        }
    }

    fn mlp(&self, weights: &Weights<'_>, inner: Dim) -> Mlp {
        let hidden = self.backbone.hidden();
        Mlp {
            up: weights.biased_linear("up_proj", inner, hidden, self.mlp_bias),
            down: weights.biased_linear("down_proj", hidden, inner, self.mlp_bias),
            activation: Activation::ReluSquared,
        }
    }

    fn experts(&self, moe: &Experts, number: usize, weights: &Weights<'_>) -> Moe {
        let index = self.kinds[..number].iter().filter(|&&k| k == LayerKind::Moe).count();
        let hidden = self.backbone.hidden();
        let sizes = ExpertSizes {
            experts: moe.experts,
            hidden: moe.latent.unwrap_or(hidden),
            inner: moe.inner,
        };
        let shared = |width| SharedExpert {
            mlp: self.mlp(&weights.at("shared_experts"), width),
            gate: None,
        };
        let projections = |latent| {
            let down = weights.linear("fc1_latent_proj", latent, hidden);
            (down, weights.linear("fc2_latent_proj", hidden, latent))
        };
        let gate = weights.linear("gate", moe.experts, hidden);
        let routed = Moe {
            layer: MoeLayer { index, layer: number },
            router: Router { gate, correction: None, rule: moe.rule.clone() },
            experts: weights.at("experts").experts(&EXPERTS, sizes, Activation::ReluSquared),
            latent: moe.latent.map(projections),
            shared: moe.shared.map(shared),
        };
        routed.with_correction(weights, moe.experts)
    }
}

impl Experts {
    fn read(config: &ConfigReader) -> Self {
        let (experts, top_k) = experts_and_top_k(config, &["n_routed_experts"]);
        let width = |key| Dim::new(config.size(&[key]), key);
        let shared = config.count_or(&["n_shared_experts"], 1) > 0;
        Self {
            inner: width("moe_intermediate_size"),
            shared: shared.then(|| width("moe_shared_expert_intermediate_size")),
            latent: config.has(&["moe_latent_size"]).then(|| width("moe_latent_size")),
            rule: Rule {
                score_function: ScoreFunction::Sigmoid,
                top_k,
                groups: groups(config, experts.size, top_k),
                normalise: config.flag_or(&["norm_topk_prob"], true).then_some(1e-20),
                scale: config.positive_or(&["routed_scaling_factor"], 1.0) as f32,
            },
            experts,
        }
    }
}

/// The kind of every layer, from either spelling.
fn pattern(config: &ConfigReader) -> Vec<LayerKind> {
    let names = ["layers_block_type"];
    let letters = ["hybrid_override_pattern"];
    let (key, found): (_, Option<Vec<LayerKind>>) = match config.texts(&names) {
        Some(given) => (&names, given.iter().map(|name| kind(name)).collect()),
        None => {
            let text = config.text(&letters).unwrap_or_default();
            (&letters, text.split("").filter(|c| !c.is_empty()).map(kind).collect())
        }
    };
    let kinds = found.unwrap_or_default();
    if kinds.is_empty() {
        config
            .reject(key, "a kind for every layer: M or mamba, * or attention, E or moe, - or mlp");
        return vec![LayerKind::Mlp];
    }
    let layers = config.size_or(&["num_hidden_layers"], kinds.len());
    if layers != kinds.len() {
        config
            .reject(&["num_hidden_layers"], format!("{}, the length of `{}`", kinds.len(), key[0]));
    }
    kinds
}

fn kind(name: &str) -> Option<LayerKind> {
    match name {
        "M" | "linear_attention" | "mamba" => Some(LayerKind::Mamba),
        "*" | "full_attention" | "attention" => Some(LayerKind::Attention),
        "E" | "moe" => Some(LayerKind::Moe),
        "-" | "mlp" => Some(LayerKind::Mlp),
        _ => None,
    }
}

fn mamba_shape(config: &ConfigReader) -> MambaShape {
    let heads = config.size_or(&["mamba_num_heads"], 128);
    let groups = config.size_or(&["n_groups", "mamba_n_groups"], 8);
    if !heads.is_multiple_of(groups) {
        config.reject(
            &["n_groups", "mamba_n_groups"],
            format!("a divisor of mamba_num_heads = {heads}"),
        );
    }
    let scan = ScanShape {
        heads,
        head_dim: config.size_or(&["mamba_head_dim"], 64),
        groups,
        state: config.size_or(&["ssm_state_size", "mamba_d_state"], 128),
    };
    MambaShape { scan, kernel: config.size_or(&["conv_kernel", "mamba_d_conv"], 4) }
}

impl FamilyConfig for NemotronH {
    fn architecture(&self) -> Architecture {
        let of = |kind: LayerKind| self.kinds.iter().filter(move |&&k| k == kind).count();
        let moe_layers = (0..self.kinds.len()).filter(|&n| self.kinds[n] == LayerKind::Moe);
        let moe = self.moe.as_ref();
        Architecture {
            layer_kinds: self.kinds.clone(),
            moe_layers: moe_layers.collect(),
            experts: moe.map_or(0, |m| m.experts.size),
            top_k: moe.map_or(0, |m| m.rule.top_k),
            shared_experts: moe.map_or(0, |m| usize::from(m.shared.is_some())),
            score_function: moe.map(|m| m.rule.score_function),
            kv_numbers_per_token: of(LayerKind::Attention) * self.attention.shape.kv_numbers(),
            state_numbers_per_node: of(LayerKind::Mamba) * self.mamba.state_numbers(),
            ..self.backbone.architecture(FAMILY.name)
        }
    }

    /// Multi-token-prediction layers take no part in scoring.
    fn ignores(&self, tensor: &str) -> bool {
        tensor.starts_with("mtp.")
    }

    fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        // transformers renames `backbone` to `model` in memory; both are met on disk.
        let renamed = weights.has("model.embeddings.weight");
        let (prefix, names) = match renamed {
            true => ("model", OuterNames { embedding: "model.embeddings", norm: "model.norm_f" }),
            false => (
                "backbone",
                OuterNames { embedding: "backbone.embeddings", norm: "backbone.norm_f" },
            ),
        };
        let layer = |n| self.layer(n, &weights.at(format_args!("{prefix}.layers.{n}")));
        let layers = (0..self.kinds.len()).map(layer).collect();
        self.backbone.decoder(self.architecture(), &names, weights, None, layers)
    }
}
