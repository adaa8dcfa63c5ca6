use candle_core::{DType, Result, Tensor};

use super::ends::Ends;
use super::{Before, Scanned};
use crate::cuda::launch::address;
use crate::cuda::{Buffer, Launch, Module, module};
use crate::kernels::scan::ScanShape;
use crate::ops::MambaParameters;

const CONVOLUTION: Module = module!("convolution");
/// Taps of every filter.
pub(super) const TAPS: usize = 4;
const BEFORE: usize = TAPS - 1;
/// Channels of a block, a thread each.
const THREADS: usize = 128;
/// Rows that a thread filters.
const ROWS: usize = 64;

/// Addresses of inputs, oldest first; 0 stands for zeros.
type Inputs = [i64; BEFORE];

/// Filters the channels of all segments; returns `[rows, channels]`, and the last inputs of those that are kept.
pub(super) fn convolve(
    projected: &Tensor,
    shape: ScanShape,
    parameters: &MambaParameters,
    segments: &[Scanned<'_>],
) -> Result<(Tensor, Ends)> {
    let (rows, width) = projected.dims2()?;
    let (device, channels) = (projected.device(), shape.channels());
    let keep = segments.iter().map(|segment| segment.keep);
    let mut kept = Ends::new(device, (DType::BF16, BEFORE * channels), segments, keep)?;
    let places = Places { first: address(projected)?, width, offset: shape.inner(), channels };
    let table = places.table(segments, &mut kept)?;
    let stretches = table.len() / (3 + BEFORE);
    let table = Tensor::from_vec(table, (stretches, 3 + BEFORE), device)?;
    let mut out = Buffer::new(device, DType::BF16, rows * channels)?;
    if stretches > 0 {
        Launch::new(CONVOLUTION, "convolve", stretches, THREADS)
            .grid(channels.div_ceil(THREADS), 1)
            .tensor(projected)
            .tensor(&parameters.conv_weight)
            .optional(parameters.conv_bias.as_ref())
            .tensor(&table)
            .buffer(&mut out)
            .writes(&mut kept.buffers)
            .count(width)
            .count(shape.inner())
            .count(channels)
            .run(device)?;
    }
    Ok((out.into_tensor((rows, channels))?, kept))
}

/// Where inputs lie.
struct Places {
    /// Address of the packed rows.
    first: i64,
    /// Numbers of a packed row, and of those before the channels.
    width: usize,
    offset: usize,
    channels: usize,
}

impl Places {
    fn row(&self, row: usize) -> i64 {
        self.first + ((row * self.width + self.offset) * DType::BF16.size_in_bytes()) as i64
    }

    /// First row, rows, inputs before them and where to keep the last, of every stretch.
    fn table(&self, segments: &[Scanned<'_>], kept: &mut Ends) -> Result<Vec<i64>> {
        let mut table = vec![];
        let mut ends: Vec<Inputs> = vec![];
        for (index, segment) in segments.iter().enumerate() {
            let mut before = match segment.before {
                Before::Nothing => [0; BEFORE],
                Before::Kept(state) => self.kept(&state.conv)?,
                Before::Segment(parent) => ends[parent],
            };
            for from in segment.rows.clone().step_by(ROWS) {
                let to = segment.rows.end.min(from + ROWS);
                table.extend([from as i64, (to - from) as i64]);
                table.extend(before);
                table.push(if to == segment.rows.end { kept.address(index)? } else { 0 });
                before = self.after(before, from..to);
            }
            ends.push(before);
        }
        Ok(table)
    }

    fn kept(&self, inputs: &Tensor) -> Result<Inputs> {
        let (first, size) = (address(inputs)?, self.channels * DType::BF16.size_in_bytes());
        Ok(std::array::from_fn(|row| first + (row * size) as i64))
    }

    /// The last inputs of `before` and these rows together.
    fn after(&self, before: Inputs, rows: std::ops::Range<usize>) -> Inputs {
        std::array::from_fn(|place| match (place + rows.len()).checked_sub(BEFORE) {
            Some(row) => self.row(rows.start + row),
            None => before[place + rows.len()],
        })
    }
}
