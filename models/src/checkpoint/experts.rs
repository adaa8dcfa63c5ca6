//! Routed experts on disk: a tensor per expert, or one per layer.

use super::buffer::Buffer;
use super::dim::Dim;
use super::weights::Weights;
use crate::kernels::experts::Activation;
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
        let read = |name: &str, shape: [Dim; 3]| {
            let mut buffer = Buffer::new(self.store, &shape.map(|d| d.size));
            buffer.push(self, name, &shape);
            buffer.finish(true)
        };
        let up = read(names.stacked_up, [experts, outer, hidden]);
        Experts { up, down: read(names.stacked_down, [experts, hidden, inner]), activation }
    }

    fn single_experts(
        &self,
        names: &ExpertNames,
        sizes: ExpertSizes,
        activation: Activation,
    ) -> Experts {
        let ExpertSizes { experts, hidden, inner } = sizes;
        let outer = activation.outer(inner.size);
        let mut up = Buffer::new(self.store, &[experts.size, outer, hidden.size]);
        let mut down = Buffer::new(self.store, &[experts.size, hidden.size, inner.size]);
        for expert in (0..experts.size).take_while(|_| !self.store.has_enough_problems()) {
            let expert = self.at(expert);
            for name in names.up {
                up.push(&expert, &format!("{name}.weight"), &[inner, hidden]);
            }
            down.push(&expert, &format!("{}.weight", names.down), &[hidden, inner]);
        }
        Experts { up: up.finish(true), down: down.finish(true), activation }
    }
}
