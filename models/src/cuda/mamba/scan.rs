use candle_core::{DType, Result, Tensor};

use super::ends::Ends;
use super::{Before, Scanned};
use crate::cuda::launch::address;
use crate::cuda::{Buffer, Launch, Module, module};
use crate::kernels::scan::ScanShape;
use crate::ops::MambaParameters;
use crate::pass::levels;

const SCAN: Module = module!("scan");
/// Numbers of a head's input and output.
pub(super) const P: usize = 64;
/// Numbers of B and C.
pub(super) const N: usize = 128;
const THREADS: usize = 128;
/// Tokens that are done at once.
const LENGTH: usize = 64;
/// Most segments of a launch.
const MOST: usize = 65_535;

/// The rows of a pass, before and after the convolution.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) projected: &'a Tensor,
    pub(super) convolved: &'a Tensor,
}

/// Scans and gates all segments; returns `[rows, inner]`, and the states at the ends that are wanted.
pub(super) fn scan(
    rows: Rows<'_>,
    shape: ScanShape,
    parameters: &MambaParameters,
    segments: &[Scanned<'_>],
    wanted: &[bool],
) -> Result<(Tensor, Ends)> {
    let (count, width) = rows.projected.dims2()?;
    let device = rows.projected.device();
    let size = (DType::F32, shape.inner() * N);
    let mut states = Ends::new(device, size, segments, wanted.iter().copied())?;
    let levels = levels(segments.iter().map(|segment| match segment.before {
        Before::Segment(parent) => Some(parent),
        _ => None,
    }));
    let table = table(segments, &levels, &mut states)?;
    let table = Tensor::from_vec(table, (segments.len(), 4), device)?;
    let mut out = Buffer::new(device, DType::BF16, count * shape.inner())?;
    let mut first = 0;
    for part in levels.iter().flat_map(|level| level.chunks(MOST)) {
        let table = table.narrow(0, first, part.len())?;
        first += part.len();
        Launch::new(SCAN, "scan", shape.heads, THREADS)
            .grid(part.len(), 1)
            .shared((2 * LENGTH * P + 2 * LENGTH * N + P * N) * DType::BF16.size_in_bytes())
            .tensor(rows.projected)
            .tensor(rows.convolved)
            .tensor(&parameters.dt_bias)
            .tensor(&parameters.a_log)
            .tensor(&parameters.d)
            .tensor(&table)
            .buffer(&mut out)
            .writes(&mut states.buffers)
            .count(width)
            .count(shape.channels())
            .count(shape.heads)
            .count(shape.groups)
            .run(device)?;
    }
    Ok((out.into_tensor((count, shape.inner()))?, states))
}

/// First row, tokens, and the addresses of the states before and after, of every segment, level by level.
fn table(segments: &[Scanned<'_>], levels: &[Vec<usize>], states: &mut Ends) -> Result<Vec<i64>> {
    let ends: Vec<i64> =
        (0..segments.len()).map(|index| states.address(index)).collect::<Result<_>>()?;
    let mut table = vec![];
    for &index in levels.iter().flatten() {
        let Scanned { rows, before, .. } = &segments[index];
        let before = match before {
            Before::Nothing => 0,
            Before::Kept(state) => address(&state.scan)?,
            Before::Segment(parent) => ends[*parent],
        };
        table.extend([rows.start as i64, rows.len() as i64, before, ends[index]]);
    }
    Ok(table)
}
