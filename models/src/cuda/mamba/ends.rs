//! [`Ends`]: memory for what is kept at the ends of segments.

use candle_core::{DType, Device, Result, Tensor};

use super::Scanned;
use crate::cuda::Buffer;

/// Memory for something of each segment for which it is wanted.
///
/// What appended segments leave lies in one piece, since the next step takes the place of all of it: by
/// sequence and layer it would be thousands of allocations a step. Other segments have memory of their
/// own, which lives as long as their nodes do.
pub(super) struct Ends {
    dtype: DType,
    /// Numbers of one segment.
    numbers: usize,
    pub(super) buffers: Vec<Buffer>,
    /// The buffer of each segment, and how many others lie before it there.
    places: Vec<Option<(usize, usize)>>,
}

impl Ends {
    pub(super) fn new(
        device: &Device,
        (dtype, numbers): (DType, usize),
        segments: &[Scanned<'_>],
        wanted: impl Iterator<Item = bool>,
    ) -> Result<Self> {
        let mut places = vec![];
        let (mut shared, mut own) = (0, 0);
        for (segment, wanted) in segments.iter().zip(wanted) {
            let place = match segment.appended {
                true => (0, shared),
                false => (1 + own, 0),
            };
            let counted = if segment.appended { &mut shared } else { &mut own };
            *counted += usize::from(wanted);
            places.push(wanted.then_some(place));
        }
        let sizes = std::iter::once(shared).chain(std::iter::repeat_n(1, own));
        let buffers = sizes.map(|segments| Buffer::new(device, dtype, segments * numbers));
        Ok(Self { dtype, numbers, buffers: buffers.collect::<Result<_>>()?, places })
    }

    /// Where a segment's begins; 0 if it is not wanted.
    pub(super) fn address(&mut self, segment: usize) -> Result<i64> {
        let Some((buffer, before)) = self.places[segment] else { return Ok(0) };
        let bytes = before * self.numbers * self.dtype.size_in_bytes();
        Ok(self.buffers[buffer].address()? + bytes as i64)
    }

    /// What was written for each segment, as `[rows, columns]`.
    pub(super) fn into_tensors(self, rows: usize, columns: usize) -> Result<Vec<Option<Tensor>>> {
        let whole = |buffer: Buffer| {
            let segments = buffer.numbers / self.numbers;
            buffer.into_tensor((segments * rows, columns))
        };
        let whole: Vec<Tensor> = self.buffers.into_iter().map(whole).collect::<Result<_>>()?;
        let part = |(buffer, before): (usize, usize)| whole[buffer].narrow(0, before * rows, rows);
        self.places.into_iter().map(|place| place.map(part).transpose()).collect()
    }
}
