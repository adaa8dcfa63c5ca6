//! Routing counts as bytes.
//!
//! A document's counts are mostly zeros, ones and twos: variable-length integers put each into
//! one byte and zstd brings that to about two bits. Sums of floats hardly compress; they are
//! kept exactly, in 4 bytes where every value fits `f32` and in 8 otherwise, and laid out byte
//! plane by byte plane, which lets zstd see the equal exponents.
//!
//! Layout before compression: format byte, number of entries, and for each entry span, layers,
//! experts, top-k, tokens, selections (all variable-length), then the table of entropies, then a
//! byte 0 or 1 and, after a 1, the table of score sums. A table of floats is a width byte (4 or
//! 8) and its planes.

use std::io::Read;

use harness_metrics::{RoutingCounts, RoutingShape};

use super::Span;

const FORMAT: u8 = 1;
const LEVEL: i32 = 3;
/// No record holds more: 1,024 layers × 4,096 experts with score sums, every span.
const MOST_BYTES: u64 = 256 << 20;

type Routing = Vec<(Span, RoutingCounts)>;

/// Encodes; never fails because it writes to memory.
pub(super) fn encode(routing: &[(Span, RoutingCounts)]) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    put(&mut bytes, routing.len() as u64);
    for (span, counts) in routing {
        put(&mut bytes, span_code(*span));
        put_counts(&mut bytes, counts);
    }
    zstd::stream::encode_all(&bytes[..], LEVEL).expect("memory accepts every write")
}

/// Decodes; says what is wrong with bytes that no encoder wrote.
pub(super) fn decode(compressed: &[u8]) -> Result<Routing, String> {
    let decoder = zstd::stream::read::Decoder::new(compressed).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    decoder.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    let mut reader = Reader { bytes: &bytes };
    let format = reader.take(1)?[0];
    if format != FORMAT {
        return Err(format!("routing blob of unknown format {format}"));
    }
    let entries = reader.number()?;
    let routing = (0..entries).map(|_| reader.entry()).collect::<Result<_, _>>()?;
    if reader.bytes.is_empty() { Ok(routing) } else { Err("routing blob is too long".to_owned()) }
}

fn span_code(span: Span) -> u64 {
    Span::ALL.iter().position(|&other| other == span).expect("ALL holds every span") as u64
}

fn put_counts(bytes: &mut Vec<u8>, counts: &RoutingCounts) {
    let shape = counts.shape;
    for number in [shape.layers as u64, shape.experts as u64, shape.top_k as u64, counts.tokens] {
        put(bytes, number);
    }
    counts.selections.iter().for_each(|&count| put(bytes, count));
    put_floats(bytes, &counts.entropy_bits);
    bytes.push(u8::from(counts.scores.is_some()));
    if let Some(scores) = &counts.scores {
        put_floats(bytes, scores);
    }
}

/// LEB128: seven bits a byte, low bits first, the high bit set on all but the last.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn put_floats(bytes: &mut Vec<u8>, values: &[f64]) {
    let narrow = values.iter().all(|&x| f64::from(x as f32).to_bits() == x.to_bits());
    if narrow {
        bytes.push(4);
        put_planes(bytes, &values.iter().map(|&x| (x as f32).to_le_bytes()).collect::<Vec<_>>());
    } else {
        bytes.push(8);
        put_planes(bytes, &values.iter().map(|x| x.to_le_bytes()).collect::<Vec<_>>());
    }
}

fn put_planes<const WIDTH: usize>(bytes: &mut Vec<u8>, values: &[[u8; WIDTH]]) {
    for plane in 0..WIDTH {
        bytes.extend(values.iter().map(|value| value[plane]));
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (head, tail) = self.bytes.split_at_checked(count).ok_or("routing blob is cut short")?;
        self.bytes = tail;
        Ok(head)
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err("routing blob holds a number beyond 64 bits".to_owned())
    }

    /// A number of things that are yet to be read, one byte each at least.
    fn length(&mut self) -> Result<usize, String> {
        let number = self.number()?;
        let length = usize::try_from(number).ok().filter(|&n| n <= self.bytes.len());
        length.ok_or_else(|| {
            format!("routing blob announces {number} numbers and is too short for them")
        })
    }

    fn entry(&mut self) -> Result<(Span, RoutingCounts), String> {
        let code = self.number()?;
        let span = usize::try_from(code).ok().and_then(|code| Span::ALL.get(code));
        let span = span.ok_or_else(|| format!("routing blob names an unknown span {code}"))?;
        Ok((*span, self.counts()?))
    }

    fn counts(&mut self) -> Result<RoutingCounts, String> {
        let shape = RoutingShape {
            layers: self.length()?,
            experts: self.length()?,
            top_k: self.number()? as usize,
        };
        let tokens = self.number()?;
        let cells =
            shape.layers.checked_mul(shape.experts).filter(|&cells| cells <= self.bytes.len());
        let cells = cells.ok_or("routing blob is cut short")?;
        let selections = (0..cells).map(|_| self.number()).collect::<Result<_, _>>()?;
        let entropy_bits = self.floats(shape.layers)?;
        let scores = if self.take(1)?[0] == 0 { None } else { Some(self.floats(cells)?) };
        Ok(RoutingCounts { shape, tokens, selections, entropy_bits, scores })
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f64>, String> {
        match self.take(1)?[0] {
            4 => Ok(self
                .planes::<4>(count)?
                .into_iter()
                .map(|bytes| f64::from(f32::from_le_bytes(bytes)))
                .collect()),
            8 => Ok(self.planes::<8>(count)?.into_iter().map(f64::from_le_bytes).collect()),
            width => Err(format!("routing blob holds floats of {width} bytes")),
        }
    }

    fn planes<const WIDTH: usize>(&mut self, count: usize) -> Result<Vec<[u8; WIDTH]>, String> {
        let planes = self.take(count.checked_mul(WIDTH).ok_or("routing blob is cut short")?)?;
        Ok((0..count).map(|i| std::array::from_fn(|plane| planes[plane * count + i])).collect())
    }
}

#[cfg(test)]
mod tests {
    use harness_metrics::random::SplitMix64;
    use proptest::prelude::*;

    use super::*;

    /// `tokens` tokens choosing top-k experts, low numbers more often.
    fn counts(shape: RoutingShape, tokens: u64, seed: u64, with_scores: bool) -> RoutingCounts {
        let mut random = SplitMix64::new(seed);
        let mut counts = RoutingCounts::zeros(shape, with_scores);
        counts.tokens = tokens;
        for layer in 0..shape.layers {
            for _ in 0..tokens * shape.top_k as u64 {
                let expert = random.below(shape.experts).min(random.below(shape.experts));
                counts.selections[layer * shape.experts + expert] += 1;
            }
            counts.entropy_bits[layer] = random.next_u64() as f64 / 2.0_f64.powi(62);
        }
        for sum in counts.scores.iter_mut().flatten() {
            *sum = f64::from(random.next_u64() as f32 / 2.0_f32.powi(60));
        }
        counts
    }

    #[test]
    fn a_question_of_twenty_tokens_takes_a_few_kibibytes() {
        let shape = RoutingShape { layers: 48, experts: 128, top_k: 8 };
        let plain = encode(&[(Span::Question, counts(shape, 20, 1, false))]).len();
        assert!((1_000..4_096).contains(&plain), "{plain} bytes");
        let with_scores = encode(&[(Span::Question, counts(shape, 20, 1, true))]).len();
        assert!(with_scores < 28_000, "{with_scores} bytes");
    }

    #[test]
    fn broken_bytes_are_refused() {
        let shape = RoutingShape { layers: 3, experts: 5, top_k: 2 };
        let good = encode(&[(Span::Generated, counts(shape, 4, 2, true))]);
        for cut in 0..good.len() {
            assert!(decode(&good[..cut]).is_err(), "cut at {cut}");
        }
        let raw = |bytes: &[u8]| decode(&zstd::stream::encode_all(bytes, 0).unwrap());
        assert!(raw(&[9]).unwrap_err().contains("format 9"));
        assert!(raw(&[1, 1, 7]).unwrap_err().contains("span 7"));
        assert!(raw(&[1, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).is_err());
        assert!(raw(&[1, 0, 0]).unwrap_err().contains("too long"));
    }

    proptest! {
        #[test]
        fn whatever_is_encoded_comes_back(
            layers in 0_usize..5, experts in 0_usize..9, tokens in any::<u64>(), top_k in 0_usize..300,
            seed in any::<u64>(), with_scores in any::<bool>(), doubles in any::<bool>(), entries in 0_usize..4,
        ) {
            let shape = RoutingShape { layers, experts, top_k };
            let entry = |i: usize| {
                let mut counts = RoutingCounts::zeros(shape, with_scores);
                let mut random = SplitMix64::stream(seed, i as u64);
                counts.tokens = tokens;
                counts.selections.iter_mut().for_each(|x| *x = random.next_u64() >> random.below(64));
                counts.entropy_bits.iter_mut().for_each(|x| *x = f64::from_bits(random.next_u64() >> 2));
                let score = |x: u64| if doubles { f64::from_bits(x >> 2) } else { f64::from((x >> 32) as f32) };
                counts.scores.iter_mut().flatten().for_each(|x| *x = score(random.next_u64()));
                (Span::ALL[i], counts)
            };
            let routing: Routing = (0..entries).map(entry).collect();
            prop_assert_eq!(decode(&encode(&routing)).unwrap(), routing);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = decode(&zstd::stream::encode_all(&bytes[..], 0).unwrap());
        }
    }
}
