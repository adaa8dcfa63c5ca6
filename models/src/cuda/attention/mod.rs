//! Causal attention over a forest of segments.

mod plan;

use candle_core::{DType, Error, Result, Tensor};

use super::launch::address;
use super::{Buffer, Launch, Module, module};
use crate::kernels::attention::Heads;
pub(crate) use plan::{Plan, Stretch};

const ATTENTION: Module = module!("attention");
/// Threads of a block.
const THREADS: usize = 128;
/// Keys that a block looks at in one step.
const KEYS: usize = 64;
/// Most query heads of a key/value head: a token of them all must fit into a tile.
const LARGEST_GROUP: usize = 64;

/// Whether there is a kernel for queries of this type and heads like these.
pub(crate) fn attends(dtype: DType, heads: Heads) -> bool {
    let dims = [64, 128].contains(&heads.key_dim) && heads.key_dim == heads.value_dim;
    dtype == DType::BF16 && dims && heads.query / heads.kv <= LARGEST_GROUP
}

/// Attends every row of `q` (`[rows, query · dim]`) to the keys that a plan lists for it.
///
/// `k` and `v` are the packed keys and values of the pass (`[rows, kv · dim]`), `cached` those of the
/// blocks that stretches name from 1 on; everything is bf16. `sinks` (f32) has one score a query head
/// that takes part in the softmax and has no value. Returns `[rows, query · dim]`; sums are formed in
/// f32, weights are rounded to bf16.
///
/// The addresses of cached blocks are sent to the device at every call, the plan is not.
pub(crate) fn attend(
    q: &Tensor,
    (k, v): (&Tensor, &Tensor),
    cached: &[(&Tensor, &Tensor)],
    plan: &Plan,
    heads: Heads,
    sinks: Option<&Tensor>,
) -> Result<Tensor> {
    let bf16 = [q, k, v].into_iter().chain(cached.iter().flat_map(|&(k, v)| [k, v]));
    if !attends(q.dtype(), heads) || bf16.into_iter().any(|x| x.dtype() != DType::BF16) {
        return Err(Error::msg(format!("there is no attention kernel for {heads:?}")));
    }
    let addresses = addresses(cached, q)?;
    let (dim, group) = (heads.key_dim, heads.query / heads.kv);
    let kernel = match (dim, plan.matrices) {
        (64, 1) => "attend_64_1",
        (64, _) => "attend_64_2",
        (_, 1) => "attend_128_1",
        _ => "attend_128_2",
    };
    let rows = THREADS / 2 * plan.matrices;
    let mut out = Buffer::new(q.device(), DType::BF16, q.elem_count())?;
    if plan.tiles > 0 {
        Launch::new(ATTENTION, kernel, plan.tiles, THREADS)
            .grid(heads.kv, 1)
            .shared((rows + 2 * KEYS) * dim * DType::BF16.size_in_bytes())
            .tensor(q)
            .tensor(k)
            .tensor(v)
            .optional(addresses.as_ref())
            .optional(sinks)
            .tensor(&plan.table)
            .buffer(&mut out)
            .count(plan.tiles)
            .count(plan.pieces)
            .count(heads.kv)
            .count(group)
            .float(heads.scale)
            .count(heads.window.unwrap_or(u32::MAX as usize).min(u32::MAX as usize))
            .run(q.device())?;
    }
    out.into_tensor(q.shape())
}

/// Addresses of keys and values, by block.
fn addresses(cached: &[(&Tensor, &Tensor)], like: &Tensor) -> Result<Option<Tensor>> {
    if cached.is_empty() {
        return Ok(None);
    }
    let each = cached.iter().flat_map(|&(k, v)| [k, v]).map(address);
    let table: Vec<i64> = each.collect::<Result<_>>()?;
    Tensor::from_vec(table, (cached.len(), 2), like.device()).map(Some)
}

#[cfg(test)]
mod tests;
