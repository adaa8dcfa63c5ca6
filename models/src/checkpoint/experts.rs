//! Routed experts on disk: a tensor per expert, or one per layer.

use super::buffer::{Part, pack};
use super::dim::Dim;
use super::weights::Weights;
use crate::kernels::experts::Activation;
use crate::kernels::packed::Packed;
use crate::layers::Experts;

/// What a family calls the parts of its experts.
pub(crate) struct ExpertNames {
    /// Parts of the first product per expert, top first: gate and up, or up alone.
    pub(crate) up: &'static [&'static str],
    /// The second product per expert.
    pub(crate) down: &'static str,
    /// The first product of all experts in one tensor `[experts, outer, hidden]`.
    pub(crate) stacked_up: &'static str,
    /// The second product of all experts in one tensor `[experts, hidden, inner]`.
    pub(crate) stacked_down: &'static str,
}

/// The sizes of a layer's experts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpertSizes {
    pub(crate) experts: Dim,
    pub(crate) hidden: Dim,
    pub(crate) inner: Dim,
}

impl Weights<'_> {
    /// The experts under this prefix, in whichever of the two layouts they come.
    pub(crate) fn experts(
        &self,
        names: &ExpertNames,
        sizes: ExpertSizes,
        activation: Activation,
    ) -> Experts {
        if self.has(names.stacked_up) || self.has(names.stacked_down) {
            self.stacked_experts(names, sizes, activation)
        } else {
            self.single_experts(names, sizes, activation)
        }
    }

    fn stacked_experts(
        &self,
        names: &ExpertNames,
        sizes: ExpertSizes,
        activation: Activation,
    ) -> Experts {
        let ExpertSizes { experts, hidden, inner } = sizes;
        let outer = Dim { size: activation.outer(inner.size), ..inner };
        let read = |name: &str, outputs: Dim, inputs: Dim| -> Vec<Packed> {
            let found = self.store.find(self.name(name), &[experts, outputs, inputs]);
            let whole = found.map(Part::whole);
            let piece = |index| whole.as_ref().map(|whole| whole.piece(index, experts.size));
            let one = |index| pack(self.store, &[piece(index)], (outputs.size, inputs.size), true);
            (0..experts.size).map(one).collect()
        };
        let up = read(names.stacked_up, outer, hidden);
        Experts { up, down: read(names.stacked_down, hidden, inner), activation }
    }

    fn single_experts(
        &self,
        names: &ExpertNames,
        sizes: ExpertSizes,
        activation: Activation,
    ) -> Experts {
        let ExpertSizes { experts, hidden, inner } = sizes;
        let (mut up, mut down) = (vec![], vec![]);
        for expert in (0..experts.size).take_while(|_| !self.store.has_enough_problems()) {
            let expert = self.at(expert);
            up.push(expert.matrix(names.up, [inner, hidden], true));
            down.push(expert.matrix(&[names.down], [hidden, inner], true));
        }
        Experts { up, down, activation }
    }
}
