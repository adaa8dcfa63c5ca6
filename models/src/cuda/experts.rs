//! Routed experts: products by tiles of the sorted rows, and the weighted sum of each token.

use candle_core::{DType, Device, Error, Result, Tensor};

use super::activation::Code;
use super::launch::{is_hopper, multiprocessors};
use super::tile::Tiles;
use super::{Buffer, Launch, Module, Routed, module};
use crate::kernels::activation::Activation;

const EXPERTS: Module = module!("experts");
const ON_HOPPER: Module = module!("experts_hopper");
/// Threads and shared memory of a block of `experts_hopper.cu`: four steps of 64 inputs, each of 128 rows
/// and 256 rows of weights, and eight barriers.
const HOPPER_BLOCK: (usize, usize) = (384, 4 * (128 + 256) * 64 * 2 + 8 * 8);
const COMBINE: Module = module!("combine");
/// Warps of a block that sums tokens.
const WARPS: usize = 4;
/// Numbers of a token that one warp sums, as in `combine.cu`.
const STRETCH: usize = 256;

/// One product of all experts with the rows that chose them.
struct Product<'a> {
    routed: &'a Routed,
    /// `[experts, outputs, inputs]`.
    weights: &'a Tensor,
    /// `[experts, outputs]`.
    bias: Option<&'a Tensor>,
    activation: Option<Activation>,
    /// Whether the rows are those of tokens rather than of the sorted choices.
    tokens: bool,
    tensor_cores: TensorCores,
}

/// By which instructions tiles of many rows are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TensorCores {
    /// Those that all cards with bf16 have.
    Any,
    /// Those of Hopper alone.
    Hopper,
}

impl TensorCores {
    fn of(device: &Device) -> Result<Self> {
        Ok(if is_hopper(device)? { Self::Hopper } else { Self::Any })
    }
}

/// Whether [`mix`] takes rows and experts of these types and widths: its tiles read 8 numbers at a time.
pub(crate) fn mixes(x: &Tensor, up: &Tensor, down: &Tensor) -> bool {
    let widths = [up.dims()[2], down.dims()[2]];
    let half = [x, up, down].iter().all(|t| t.dtype() == DType::BF16);
    half && widths.iter().all(|width| width.is_multiple_of(8))
}

/// The weighted sum of each token's chosen experts, bf16 `[tokens, hidden]` as `x`.
///
/// `up` is bf16 `[experts, outer, hidden]`, gate above up where there is a gate, `down` bf16
/// `[experts, hidden, inner]`, and biases are f32 `[experts, outer]` and `[experts, hidden]`.
/// Between the products, and after the second, numbers are rounded to bf16.
///
/// # Errors
/// If a type or shape does not fit, or 8 does not divide `hidden` and `inner`.
pub(crate) fn mix(
    x: &Tensor,
    routed: &Routed,
    up: &Tensor,
    down: &Tensor,
    biases: Option<(&Tensor, &Tensor)>,
    activation: Activation,
) -> Result<Tensor> {
    mix_by(TensorCores::of(x.device())?, x, routed, (up, down), biases, activation)
}

fn mix_by(
    tensor_cores: TensorCores,
    x: &Tensor,
    routed: &Routed,
    (up, down): (&Tensor, &Tensor),
    biases: Option<(&Tensor, &Tensor)>,
    activation: Activation,
) -> Result<Tensor> {
    let (tokens, hidden) = x.dims2()?;
    let inner = down.dim(2)?;
    let experts = routed.scores.dim(1)?;
    let fits = up.dims() == [experts, activation.outer(inner), hidden]
        && down.dims() == [experts, hidden, inner]
        && mixes(x, up, down)
        && biases.is_none_or(|(u, d)| u.dims() == &up.dims()[..2] && d.dims() == &down.dims()[..2]);
    if !fits {
        let (x, up, down) = (x.shape(), up.shape(), down.shape());
        return Err(Error::msg(format!(
            "no kernel runs {x:?} through experts of {up:?}, {down:?}"
        )));
    }
    let top_k = routed.ids.dim(1)?;
    let mut out = Buffer::new(x.device(), DType::BF16, tokens * hidden)?;
    if tokens > 0 {
        let (bias_up, bias_down) = biases.unzip();
        let (weights, bias, activation) = (up, bias_up, Some(activation));
        let up = Product { routed, weights, bias, activation, tokens: true, tensor_cores };
        let middle = up.run(x, inner)?;
        let (weights, bias, activation) = (down, bias_down, None);
        let down = Product { routed, weights, bias, activation, tokens: false, tensor_cores };
        let y = down.run(&middle, hidden)?;
        let stretches = tokens * hidden.div_ceil(STRETCH);
        Launch::new(COMBINE, "combine", stretches.div_ceil(WARPS), 32 * WARPS)
            .tensor(&y)
            .tensor(&routed.sorted.place)
            .tensor(&routed.weights)
            .buffer(&mut out)
            .count(tokens)
            .count(top_k)
            .count(hidden)
            .run(x.device())?;
    }
    out.into_tensor((tokens, hidden))
}

impl Product<'_> {
    /// Rows of `width` outputs for every choice, in the order of the sort.
    fn run(&self, x: &Tensor, width: usize) -> Result<Tensor> {
        let (device, sorted) = (x.device(), &self.routed.sorted);
        let (choices, top_k) = (self.routed.ids.elem_count(), self.routed.ids.dim(1)?);
        let (_, outputs, inputs) = self.weights.dims3()?;
        let Code { number, alpha, limit } = self.activation.map_or(Code::NOTHING, Code::of);
        let mut out = Buffer::new(device, DType::BF16, choices * width)?;
        let gated = outputs > width;
        let on_hopper = sorted.tile == 128 && self.tensor_cores == TensorCores::Hopper;
        let (launch, stages) =
            if on_hopper { (self.on_hopper(gated, x)?, None) } else { self.anywhere(gated, x)? };
        let launch = launch
            .optional(self.bias)
            .buffer(&mut out)
            .optional(self.tokens.then_some(&sorted.order))
            .tensor(&sorted.starts)
            .tensor(&sorted.tiles)
            .count(top_k)
            .count(inputs)
            .count(outputs)
            .count(number)
            .float(alpha)
            .float(limit);
        stages.into_iter().fold(launch, Launch::count).run(device)?;
        out.into_tensor((choices, width))
    }

    /// A launch with rows and weights, and how many steps of inputs it is to keep.
    fn anywhere<'a>(&'a self, gated: bool, x: &'a Tensor) -> Result<(Launch<'a>, Option<usize>)> {
        let tile = self.routed.sorted.tile;
        let kernel = match (gated, tile) {
            (true, 128) => "product_gated_128",
            (true, _) => "product_gated_32",
            (false, 128) => "product_plain_128",
            (false, _) => "product_plain_32",
        };
        let tiles = Tiles::of(tile, x.device())?;
        let launch = tiles.launch(EXPERTS, kernel).tensor(x).tensor(self.weights);
        Ok((launch, Some(tiles.stages)))
    }

    /// The same for tiles of 128 rows on Hopper.
    fn on_hopper<'a>(&'a self, gated: bool, x: &'a Tensor) -> Result<Launch<'a>> {
        let kernel = if gated { "product_gated_hopper" } else { "product_plain_hopper" };
        let (threads, shared) = HOPPER_BLOCK;
        let launch = Launch::new(ON_HOPPER, kernel, multiprocessors(x.device())?, threads);
        Ok(launch.shared(shared).tensor(x).matrix(self.weights))
    }
}

#[cfg(test)]
#[path = "tests/experts.rs"]
mod tests;
