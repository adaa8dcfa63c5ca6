//! [`Drawn`]: a tensor of random numbers, made from its name and shape alone.
//!
//! Every number comes from a seed and its own place, so any stretch of a tensor can be made on its own, by any
//! thread. Matrices are uniform with variance 1 / inputs: activations keep their size, and routers have clear
//! preferences.

use std::ops::Range;

use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::Dtype;

/// Numbers that one thread makes at a time.
const STRETCH: usize = 1 << 16;

/// A random tensor.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// Its name on disk.
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// Whether it is the weight of a norm that adds one to it.
    pub(crate) plus_one: bool,
    pub(crate) seed: u64,
    /// A readable type, to which its numbers are rounded.
    pub(crate) dtype: Dtype,
}

impl Drawn {
    /// How many numbers it has.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
    }

    /// Makes some of its numbers, in order, rounded to its type.
    pub(crate) fn fill(&self, numbers: Range<usize>, out: &mut [f32]) {
        let (centre, spread) = self.distribution();
        let each = self.len() / self.streams();
        let stretch = |(index, mut out): (usize, &mut [f32])| {
            let mut at = numbers.start + index * STRETCH;
            while !out.is_empty() {
                let (stream, first) = (at / each, at % each);
                let (part, rest) = out.split_at_mut(out.len().min(each - first));
                let random = SplitMix(self.seed ^ digest(&self.stream(stream)));
                for (number, out) in (first as u64..).zip(part.iter_mut()) {
                    *out = self.rounded(centre + spread * random.signed(number));
                }
                (at, out) = (at + part.len(), rest);
            }
        };
        out.par_chunks_mut(STRETCH).enumerate().for_each(stretch);
    }

    /// Centre and half-width of the uniform distribution of its numbers.
    pub(super) fn distribution(&self) -> (f32, f32) {
        let Drawn { name, shape, plus_one, .. } = self;
        let inputs = shape.last().copied().unwrap_or(1).max(1) as f32;
        match shape[..] {
            [_] if *plus_one => (0.0, 0.2),
            [_] if name.contains("norm") || name.ends_with(".D") => (1.0, 0.2),
            [_] if name.ends_with("A_log") => (1.0, 1.0),
            [_] => (0.0, 0.2),
            _ => (0.0, (3.0 / inputs).sqrt()),
        }
    }

    fn rounded(&self, value: f32) -> f32 {
        match self.dtype {
            Dtype::BF16 => bf16::from_f32(value).to_f32(),
            Dtype::F16 => f16::from_f32(value).to_f32(),
            _ => value,
        }
    }

    /// What a stack of all experts is called before and after `experts.`, if it is one.
    fn stack(&self) -> Option<(&str, &str)> {
        self.name.split_once("experts.").filter(|_| self.shape.len() == 3)
    }

    /// Parts of an expert that a stack holds one above the other.
    fn parts(stacked: &str) -> Vec<&str> {
        match stacked {
            "gate_up_proj" => vec!["gate_proj", "up_proj"],
            _ => vec![stacked],
        }
    }

    /// Random streams of equal length, end to end. A stack of experts draws what its parts would have drawn alone,
    /// so that both layouts hold the same weights.
    fn streams(&self) -> usize {
        self.stack().map_or(1, |(_, part)| self.shape[0].max(1) * Self::parts(part).len())
    }

    fn stream(&self, index: usize) -> String {
        let Some((prefix, part)) = self.stack() else {
            return self.name.clone();
        };
        let parts = Self::parts(part);
        let (expert, part) = (index / parts.len(), parts[index % parts.len()]);
        format!("{prefix}experts.{expert}.{part}.weight")
    }
}

/// FNV-1a of a name: every tensor has its own stream, whatever the order of asking. Mixtral's names
/// of an expert's parts count as everybody's, so that it too is the same stacked and single.
fn digest(name: &str) -> u64 {
    let parts = [(".w1.", ".gate_proj."), (".w3.", ".up_proj."), (".w2.", ".down_proj.")];
    let name = parts.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to));
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// Sebastiano Vigna's splitmix64: its state is a counter, so every number of the stream is at hand.
#[derive(Clone, Copy)]
struct SplitMix(u64);

impl SplitMix {
    /// The `index`-th number of the stream, uniform in −1..1.
    fn signed(self, index: u64) -> f32 {
        let step = 0x9e37_79b9_7f4a_7c15u64;
        let mut z = self.0.wrapping_add(step.wrapping_mul(index + 1));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(name: &str, shape: &[usize]) -> Drawn {
        let (name, shape) = (name.to_owned(), shape.to_vec());
        Drawn { name, shape, plus_one: false, seed: 7, dtype: Dtype::F32 }
    }

    fn numbers(drawn: &Drawn, range: Range<usize>) -> Vec<f32> {
        let mut out = vec![0.0; range.len()];
        drawn.fill(range, &mut out);
        out
    }

    #[test]
    fn a_stretch_holds_what_the_whole_holds_there() {
        let tensor = drawn("model.layers.0.mlp.experts.gate_up_proj", &[3, 80, 700]);
        let whole = numbers(&tensor, 0..tensor.len());
        for range in [0..5, 79_999..150_001, 167_999..168_000] {
            assert_eq!(numbers(&tensor, range.clone()), whole[range]);
        }
        let expert = drawn("model.layers.0.mlp.experts.1.up_proj.weight", &[40, 700]);
        assert_eq!(numbers(&expert, 0..28_000), whole[3 * 28_000..4 * 28_000]);
    }

    #[test]
    fn the_generator_is_splitmix64() {
        // The first two numbers after seed 1234567 of the published C code, their upper 24 bits.
        let bits = [6_457_827_717_110_365_317u64, 3_203_168_211_198_807_973].map(|n| n >> 40);
        let signed = bits.map(|bits| bits as f32 / 8_388_608.0 - 1.0);
        assert_eq!([0, 1].map(|i| SplitMix(1_234_567).signed(i)), signed);
    }

    #[test]
    fn matrices_keep_the_size_of_what_they_multiply() {
        let matrix = drawn("a.weight", &[64, 300]);
        let squares: f32 = numbers(&matrix, 0..matrix.len()).iter().map(|x| x * x).sum();
        assert!((squares / 64.0 - 1.0).abs() < 0.05, "{squares}");
    }
}
