//! Routers and routed experts.

use super::network::NetworkConfig;
use crate::checkpoint::{Dim, ExpertNames, ExpertSizes, Weights};
use crate::config::ConfigReader;
use crate::kernels::activation::Activation;
use crate::layers::{Divisor, Groups, Moe, Router, Rule, SharedExpert, Weighing};
use crate::{MoeLayer, ScoreFunction};

/// Router and experts of a layer.
#[derive(Clone, Debug)]
pub(crate) struct MoeConfig {
    pub(crate) sizes: ExpertSizes,
    pub(crate) rule: Rule,
    pub(crate) activation: Activation,
    pub(crate) names: MoeNames,
    /// An expert that every token visits.
    pub(crate) shared: Option<SharedConfig>,
    /// Width of the narrower space in which the routed experts work.
    pub(crate) latent: Option<Dim>,
}

/// How a layer's router and experts are spelt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MoeNames {
    pub(crate) router: &'static str,
    pub(crate) router_bias: bool,
    /// Path and leading dimensions of 1 of what is added to scores for the choice only.
    pub(crate) correction: Option<(&'static str, usize)>,
    pub(crate) experts: ExpertNames,
}

/// Shared experts, as one network of their joint width.
#[derive(Clone, Debug)]
pub(crate) struct SharedConfig {
    /// How many there are.
    pub(crate) count: usize,
    pub(crate) network: NetworkConfig,
    /// Where the network lies, seen from the layer's part or, with a leading `../`, from the layer.
    pub(crate) path: &'static str,
    /// A projection to one number whose sigmoid multiplies their output.
    pub(crate) gate: Option<&'static str>,
}

impl MoeNames {
    /// `gate`, and SwiGLU experts under `experts`.
    pub(crate) const USUAL: MoeNames = MoeNames {
        router: "gate",
        router_bias: false,
        correction: None,
        experts: ExpertNames::SWIGLU,
    };

    /// The same, with DeepSeek-V3's correction of scores.
    pub(crate) const CORRECTED: MoeNames =
        MoeNames { correction: Some(("gate.e_score_correction_bias", 0)), ..MoeNames::USUAL };
}

impl MoeConfig {
    /// SwiGLU experts of `inner` numbers: how many under any of `experts`, how many a token visits
    /// under any of `top_k`. `rule` is told that number.
    pub(crate) fn read(
        config: &ConfigReader,
        hidden: Dim,
        keys: Keys,
        rule: impl Fn(usize) -> Rule,
    ) -> Self {
        let experts = config.within(keys.experts, 1, 1 << 16, "");
        let top_k = config.within(keys.top_k, 1, experts, " (the number of experts)");
        let inner = Dim::new(config.size(&[keys.inner]), keys.inner);
        Self {
            sizes: ExpertSizes { experts: Dim::new(experts, keys.experts[0]), hidden, inner },
            rule: rule(top_k),
            activation: Activation::SwiGlu,
            names: MoeNames::USUAL,
            shared: None,
            latent: None,
        }
    }

    /// The layer's part, whose tensors lie under `weights`; `layer_weights` are those of the layer.
    pub(crate) fn load(
        &self,
        layer: MoeLayer,
        weights: &Weights<'_>,
        layer_weights: &Weights<'_>,
        hidden: Dim,
    ) -> Moe {
        let ExpertSizes { experts, inner, .. } = self.sizes;
        let sizes = ExpertSizes { experts, hidden: self.latent.unwrap_or(hidden), inner };
        let gate =
            weights.biased_linear(self.names.router, experts, hidden, self.names.router_bias);
        let correction = self.names.correction.map(|(name, ones)| {
            let mut shape = vec![Dim::new(1, "one row"); ones];
            shape.push(experts);
            weights.tensor(name, &shape)
        });
        let projections = |latent| {
            let down = weights.linear("fc1_latent_proj", latent, hidden);
            (down, weights.linear("fc2_latent_proj", hidden, latent))
        };
        let shared = |shared: &SharedConfig| shared.load(weights, layer_weights, hidden);
        Moe {
            layer,
            router: Router { gate, correction, rule: self.rule.clone() },
            experts: weights.experts(&self.names.experts, sizes, self.activation),
            latent: self.latent.map(projections),
            shared: self.shared.as_ref().map(shared),
        }
    }
}

/// The keys that state a layer's experts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub(crate) experts: &'static [&'static str],
    pub(crate) top_k: &'static [&'static str],
    pub(crate) inner: &'static str,
}

impl SharedConfig {
    fn load(&self, part: &Weights<'_>, layer: &Weights<'_>, hidden: Dim) -> SharedExpert {
        let weights = match self.path.strip_prefix("../") {
            Some(path) => layer.at(path),
            None => part.at(self.path),
        };
        let one = Dim::new(1, "one number");
        SharedExpert {
            mlp: self.network.load(&weights, hidden),
            gate: self.gate.map(|name| part.linear(name, one, hidden)),
        }
    }
}

/// DeepSeek-V3's rule: sigmoid scores, group limits by the two best experts of each group, weights
/// divided by their sum + 1e-20 with `norm_topk_prob` and multiplied with `routed_scaling_factor`.
pub(crate) fn sigmoid_rule(config: &ConfigReader, top_k: usize, scale: f64) -> Rule {
    let divisor = match config.flag_or(&["norm_topk_prob"], true) {
        true => Divisor::Sum { plus: 1e-20, at_least: 0.0 },
        false => Divisor::One,
    };
    let scale = config.positive_or(&["routed_scaling_factor"], scale) as f32;
    Rule {
        score_function: ScoreFunction::Sigmoid,
        top_k,
        groups: group_limits(config, top_k, 2),
        weighing: Weighing::Scores { divisor, scale },
    }
}

/// The group limits, where there is more than one group; `best` experts make a group's strength.
pub(crate) fn group_limits(config: &ConfigReader, top_k: usize, best: usize) -> Option<Groups> {
    let experts = config.size_or(&["n_routed_experts"], 1);
    let count = config.size_or(&["n_group"], 1);
    let kept = config.size_or(&["topk_group"], 1);
    if count == 1 {
        return None;
    }
    if !experts.is_multiple_of(count) || experts / count < best {
        let expected = format!(
            "a divisor of n_routed_experts = {experts} that leaves at least {best} experts a group"
        );
        config.reject(&["n_group"], expected);
    } else if kept > count || kept * (experts / count) < top_k {
        config.reject(
            &["topk_group"],
            format!("enough of {count} groups for {top_k} experts a token"),
        );
    }
    Some(Groups { count, kept, best })
}
