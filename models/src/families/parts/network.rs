//! Dense feed-forward networks, and shared experts, which are the same.

use crate::checkpoint::{Dim, Weights};
use crate::config::ConfigReader;
use crate::kernels::activation::Activation;
use crate::layers::Mlp;

/// A network of two products.
#[derive(Clone, Debug)]
pub(crate) struct NetworkConfig {
    pub(crate) inner: Dim,
    pub(crate) activation: Activation,
    pub(crate) bias: bool,
    pub(crate) names: NetworkNames,
}

/// How the two products are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetworkNames {
    /// `gate_proj`, `up_proj`, `down_proj`.
    GateUpDown,
    /// `up_proj`, `down_proj`, without a gate.
    UpDown,
    /// `input_linear` (gate above up), `output_linear`.
    InputOutput,
}

impl NetworkConfig {
    /// The SwiGLU network of most families, of the given inner width.
    pub(crate) fn swiglu(inner: Dim) -> Self {
        let (activation, names) = (Activation::SwiGlu, NetworkNames::GateUpDown);
        Self { inner, activation, bias: false, names }
    }

    /// The same, of a width that a key states.
    pub(crate) fn swiglu_of(config: &ConfigReader, key: &'static str) -> Self {
        Self::swiglu(Dim::new(config.size(&[key]), key))
    }

    /// The network under this prefix.
    pub(crate) fn load(&self, weights: &Weights<'_>, hidden: Dim) -> Mlp {
        let outer = Dim { size: self.activation.outer(self.inner.size), ..self.inner };
        let linear =
            |name, outputs, inputs| weights.biased_linear(name, outputs, inputs, self.bias);
        let (up, down) = match self.names {
            NetworkNames::GateUpDown => {
                let up = ["gate_proj", "up_proj"];
                (weights.stacked_linear(&up, self.inner, hidden, self.bias), "down_proj")
            }
            NetworkNames::UpDown => (linear("up_proj", self.inner, hidden), "down_proj"),
            NetworkNames::InputOutput => (linear("input_linear", outer, hidden), "output_linear"),
        };
        Mlp { up, down: linear(down, hidden, self.inner), activation: self.activation }
    }
}
