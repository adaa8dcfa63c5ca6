//! [`DecoderConfig`]: a family's model, described.

use super::{
    AttentionConfig, Backbone, DeltaConfig, LatentConfig, MambaConfig, MoeConfig, NetworkConfig,
    Outer,
};
use crate::checkpoint::Weights;
use crate::config::RopeConfig;
use crate::kernels::rotary::Pairs;
use crate::layers::{Decoder, Layer, Mixer, Rotary};
use crate::ops::delta_memory;
use crate::{Architecture, LayerKind, MoeLayer};

/// Everything that `config.json` says about a model.
#[derive(Clone, Debug)]
pub(crate) struct DecoderConfig {
    pub(crate) family: &'static str,
    pub(crate) backbone: Backbone,
    pub(crate) outer: Outer,
    pub(crate) layers: Vec<LayerConfig>,
    /// The rotations that attention layers choose from.
    pub(crate) rotations: Vec<Rotation>,
    /// Multiplies what every residual unit adds.
    pub(crate) residual_scale: f32,
    pub(crate) spare: Spare,
}

/// One layer, as checkpoints number them: residual units in order.
#[derive(Clone, Debug)]
pub(crate) struct LayerConfig {
    pub(crate) units: Vec<UnitConfig>,
}

/// `x += part(norm(x))`.
#[derive(Clone, Debug)]
pub(crate) struct UnitConfig {
    /// Name of the norm before the part.
    norm: &'static str,
    /// Name of a norm of what the part returns.
    after: Option<&'static str>,
    /// Paths that the part's tensors may lie under; the first is the usual one.
    paths: &'static [&'static str],
    part: Part,
}

/// What a residual unit computes.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few values a layer, read once at load")]
pub(crate) enum Part {
    Attention(AttentionConfig),
    Latent(LatentConfig),
    Mamba(MambaConfig),
    Delta(DeltaConfig),
    Dense(NetworkConfig),
    Routed(MoeConfig),
}

/// One rotation of queries and keys.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    pub(crate) rope: RopeConfig,
    /// Numbers in a head, of which the rope may rotate a part.
    pub(crate) width: usize,
    pub(crate) pairs: Pairs,
}

/// Tensors that a checkpoint may hold although nothing here uses them: further layers that predict
/// several tokens ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    None,
    /// Those under `mtp`.
    Mtp,
    /// Layers numbered after the last one.
    LaterLayers,
}

impl LayerConfig {
    /// A layer without units.
    pub(crate) fn new() -> Self {
        Self { units: vec![] }
    }

    /// Adds a unit whose tensors lie under one of `paths`.
    pub(crate) fn then(
        mut self,
        norm: &'static str,
        paths: &'static [&'static str],
        part: Part,
    ) -> Self {
        self.units.push(UnitConfig { norm, after: None, paths, part });
        self
    }

    /// Normalises what the last unit adds.
    pub(crate) fn normalised(mut self, norm: &'static str) -> Self {
        if let Some(unit) = self.units.last_mut() {
            unit.after = Some(norm);
        }
        self
    }

    fn kind(&self) -> LayerKind {
        let parts: Vec<&Part> = self.units.iter().map(|unit| &unit.part).collect();
        match parts[..] {
            [Part::Attention(_) | Part::Latent(_), Part::Routed(_)] => LayerKind::AttentionMoe,
            [Part::Mamba(_), Part::Routed(_)] => LayerKind::MambaMoe,
            [Part::Delta(_), Part::Routed(_)] => LayerKind::DeltaNetMoe,
            [Part::Mamba(_), _] => LayerKind::MambaMlp,
            [Part::Delta(_), _] => LayerKind::DeltaNetMlp,
            [Part::Attention(_) | Part::Latent(_)] => LayerKind::Attention,
            [Part::Mamba(_)] => LayerKind::Mamba,
            [Part::Routed(_)] => LayerKind::Moe,
            [Part::Dense(_)] => LayerKind::Mlp,
            _ => LayerKind::AttentionMlp,
        }
    }
}

impl Part {
    /// Numbers that a cached token costs.
    fn kv_numbers(&self) -> usize {
        match self {
            Part::Attention(attention) => attention.shape.kv_numbers(),
            Part::Latent(latent) => latent.shape.kv_numbers(),
            _ => 0,
        }
    }

    /// Numbers that a kept state costs.
    fn state_numbers(&self) -> usize {
        match self {
            Part::Mamba(mamba) => mamba.shape.memory().numbers(),
            Part::Delta(delta) => delta_memory(delta.shape, delta.kernel).numbers(),
            _ => 0,
        }
    }
}

impl DecoderConfig {
    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.layers.iter().flat_map(|layer| &layer.units).map(|unit| &unit.part)
    }

    /// Numbers of the layers with routed experts.
    fn moe_layers(&self) -> Vec<usize> {
        let routed = |n: &usize| {
            self.layers[*n].units.iter().any(|unit| matches!(unit.part, Part::Routed(_)))
        };
        (0..self.layers.len()).filter(routed).collect()
    }

    /// The shape; parameter counts are filled in from the weights.
    pub(crate) fn architecture(&self) -> Architecture {
        let moe = self.parts().find_map(|part| match part {
            Part::Routed(moe) => Some(moe),
            _ => None,
        });
        let shared = moe.and_then(|m| m.shared.as_ref());
        // Sizes are bounded, but sums of their products over all layers need not be.
        let sum = |numbers: fn(&Part) -> usize| {
            self.parts().map(numbers).fold(0, |sum: usize, n| sum.saturating_add(n))
        };
        Architecture {
            layer_kinds: self.layers.iter().map(LayerConfig::kind).collect(),
            moe_layers: self.moe_layers(),
            experts: moe.map_or(0, |m| m.sizes.experts.size),
            top_k: moe.map_or(0, |m| m.rule.top_k),
            shared_experts: shared.map_or(0, |s| s.count),
            score_function: moe.map(|m| m.rule.score_function),
            kv_numbers_per_token: sum(Part::kv_numbers),
            state_numbers_per_node: sum(Part::state_numbers),
            ..self.backbone.architecture(self.family)
        }
    }

    /// Whether a tensor may be in the files although nothing uses it.
    pub(crate) fn ignores(&self, tensor: &str) -> bool {
        let later = || {
            let layer =
                self.outer.roots.iter().find_map(|r| tensor.strip_prefix(&format!("{r}.layers.")));
            let number = layer.and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
            number.is_some_and(|n| n >= self.layers.len())
        };
        // Older saves hold the rotation's frequencies, which the config gives.
        tensor.ends_with("rotary_emb.inv_freq")
            || match self.spare {
                Spare::None => false,
                Spare::Mtp => tensor.starts_with("mtp."),
                Spare::LaterLayers => later(),
            }
    }

    /// Asks for every tensor and assembles the model.
    pub(crate) fn decoder(&self, weights: &Weights<'_>) -> Decoder {
        let root = weights.at(self.outer.root(weights));
        let embedding = self.backbone.embedding(&root, self.outer.embedding);
        let moe_layers = self.moe_layers();
        let layer = |n: usize| {
            let index = moe_layers.binary_search(&n).unwrap_or_else(|place| place);
            self.layer(MoeLayer { index, layer: n }, &root.at(format_args!("layers.{n}")))
        };
        let layers: Vec<Layer> = (0..self.layers.len()).map(layer).collect();
        let norm = self.backbone.norm(&root, self.outer.norm);
        let head = self.backbone.head(weights, norm, &embedding);
        let tied_head = self.backbone.is_tied(weights);
        let architecture = Architecture { tied_head, ..self.architecture() };
        let rotations = self.rotations.iter().filter(|_| weights.copies());
        let rotary = rotations.map(Rotation::load).collect();
        let placement = weights.placement();
        Decoder { architecture, placement, embedding, rotary, slots: layers.len(), layers, head }
    }

    /// The layer that `place` numbers.
    fn layer(&self, place: MoeLayer, weights: &Weights<'_>) -> Layer {
        let config = &self.layers[place.layer];
        let layer = config.units.iter().fold(Layer::default(), |layer, unit| {
            let norm = self.backbone.norm(weights, unit.norm);
            let layer = layer.then(norm, self.part(unit, place, weights));
            match unit.after {
                Some(name) => layer.normalised(self.backbone.norm(weights, name)),
                None => layer,
            }
        });
        layer.scaled(self.residual_scale)
    }

    fn part(&self, unit: &UnitConfig, place: MoeLayer, layer: &Weights<'_>) -> Box<dyn Mixer> {
        let there = |path: &&&str| layer.has_any(path);
        let weights = layer.at(unit.paths.iter().find(there).unwrap_or(&unit.paths[0]));
        let (slot, hidden) = (place.layer, self.backbone.hidden());
        match &unit.part {
            Part::Attention(attention) => Box::new(attention.load(slot, &weights)),
            Part::Latent(latent) => Box::new(latent.load(slot, &weights)),
            Part::Mamba(mamba) => Box::new(mamba.load(slot, &weights)),
            Part::Delta(delta) => Box::new(delta.load(slot, &weights)),
            Part::Dense(network) => Box::new(network.load(&weights, hidden)),
            Part::Routed(moe) => Box::new(moe.load(place, &weights, layer, hidden)),
        }
    }
}

impl Rotation {
    fn load(&self) -> Rotary {
        let frequencies = self.rope.frequencies(self.width);
        Rotary { frequencies, factor: self.rope.factor(), pairs: self.pairs }
    }
}
