//! The innermost loop of every product: a few rows times a panel of 32 columns.
//!
//! A tile keeps all its sums in registers while it walks the inputs once. Every sum is formed input by
//! input, in order, whatever the tile's height: a row's numbers are the same to the bit in any company,
//! and the same from weights kept in bf16 as from those weights widened to f32.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod rounded;

pub(crate) use rounded::{RoundedRows, product_rounded};

/// Columns of a panel.
pub(crate) const WIDTH: usize = 32;

/// The left operand: `count` rows of `inputs` numbers, `stride` apart.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) numbers: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) count: usize,
    pub(crate) inputs: usize,
}

/// The right operand: `WIDTH` numbers for each input.
#[derive(Clone, Copy)]
pub(crate) enum Panel<'a> {
    /// The numbers of input k start at `k · stride`.
    F32 { numbers: &'a [f32], stride: usize },
    /// Two bf16 in each u32: an even input in the low half, the odd one after it in the high.
    Bf16(&'a [[u32; WIDTH]]),
}

/// Where a product goes: rows `stride` apart, of which the first `columns` (at most [`WIDTH`]) are
/// written, or added to.
pub(crate) struct Target<'a> {
    pub(crate) numbers: &'a mut [f32],
    pub(crate) stride: usize,
    pub(crate) columns: usize,
    pub(crate) add: bool,
}

impl Rows<'_> {
    fn reach(&self) -> usize {
        if self.count == 0 { 0 } else { (self.count - 1) * self.stride + self.inputs }
    }
}

impl Panel<'_> {
    fn holds(&self, inputs: usize) -> bool {
        match self {
            Panel::F32 { .. } if inputs == 0 => true,
            Panel::F32 { numbers, stride } => numbers.len() >= (inputs - 1) * stride + WIDTH,
            Panel::Bf16(pairs) => pairs.len() >= inputs.div_ceil(2),
        }
    }
}

impl Target<'_> {
    fn write(&mut self, row: usize, sums: &[f32; WIDTH]) {
        let line = &mut self.numbers[row * self.stride..][..self.columns];
        if self.add {
            line.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
        } else {
            line.copy_from_slice(&sums[..self.columns]);
        }
    }
}

/// Multiplies rows with a panel, on one thread.
///
/// # Panics
/// If an operand is shorter than its shape says.
pub(crate) fn product(x: Rows<'_>, panel: Panel<'_>, mut out: Target<'_>) {
    assert!(x.numbers.len() >= x.reach() && panel.holds(x.inputs), "operands of a product");
    let run = Run::new(panel);
    let tiles = x.count.div_ceil(run.height);
    let mut first = 0;
    for tile in 0..tiles {
        // Tiles of nearly equal height: a last row alone would leave most of the arithmetic idle.
        let count = (x.count - first) / (tiles - tile);
        let rows = Rows { numbers: &x.numbers[first * x.stride..], count, ..x };
        (run.tile)(rows, panel, &mut |row, sums| out.write(first + row, sums));
        first += count;
    }
}

/// Takes a row's number in its tile, and its sums.
type Take<'a> = &'a mut dyn FnMut(usize, &[f32; WIDTH]);

/// How this CPU computes a tile.
struct Run {
    /// Rows whose sums fit the registers.
    height: usize,
    tile: fn(Rows<'_>, Panel<'_>, Take<'_>),
}

impl Run {
    fn new(panel: Panel<'_>) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if avx512::is_here() {
                return Self { height: avx512::height(panel), tile: avx512::tile };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self { height: 2, tile: avx2 };
            }
        }
        let _ = panel;
        Self { height: 2, tile: baseline }
    }
}

#[cfg(target_arch = "x86_64")]
fn avx2(x: Rows<'_>, panel: Panel<'_>, take: Take<'_>) {
    #[target_feature(enable = "avx2,fma")]
    fn compiled(x: Rows<'_>, panel: Panel<'_>, take: Take<'_>) {
        by_height::<true>(x, panel, take);
    }
    #[expect(unsafe_code, reason = "`Run::new` detected the features")]
    // SAFETY: the CPU has AVX2 and FMA.
    unsafe {
        compiled(x, panel, take);
    }
}

fn baseline(x: Rows<'_>, panel: Panel<'_>, take: Take<'_>) {
    by_height::<{ cfg!(target_arch = "aarch64") }>(x, panel, take);
}

#[inline(always)]
fn by_height<const FUSED: bool>(x: Rows<'_>, panel: Panel<'_>, take: Take<'_>) {
    match x.count {
        1 => walk::<1, FUSED>(x, panel).iter().enumerate().for_each(|(row, sums)| take(row, sums)),
        _ => walk::<2, FUSED>(x, panel).iter().enumerate().for_each(|(row, sums)| take(row, sums)),
    }
}

/// Plain loops of constant length, which the compiler turns into vectors.
#[inline(always)]
fn walk<const M: usize, const FUSED: bool>(x: Rows<'_>, panel: Panel<'_>) -> [[f32; WIDTH]; M] {
    let mut sums = [[0.0; WIDTH]; M];
    let lines: [&[f32]; M] = std::array::from_fn(|row| &x.numbers[row * x.stride..][..x.inputs]);
    for input in 0..x.inputs {
        let w: [f32; WIDTH] = match panel {
            Panel::F32 { numbers, stride } => {
                std::array::from_fn(|column| numbers[input * stride..][..WIDTH][column])
            }
            Panel::Bf16(pairs) => widened(&pairs[input / 2], input % 2 == 1),
        };
        for row in 0..M {
            for column in 0..WIDTH {
                sums[row][column] = add::<FUSED>(sums[row][column], lines[row][input], w[column]);
            }
        }
    }
    sums
}

/// One half of each pair: bf16 is the upper half of f32.
#[inline(always)]
fn widened(pairs: &[u32; WIDTH], odd: bool) -> [f32; WIDTH] {
    let shift = if odd { 0 } else { 16 };
    std::array::from_fn(|column| f32::from_bits((pairs[column] << shift) & 0xffff_0000))
}

/// Without the instruction `mul_add` is a call into the C library.
#[inline(always)]
fn add<const FUSED: bool>(sum: f32, x: f32, w: f32) -> f32 {
    if FUSED { x.mul_add(w, sum) } else { sum + x * w }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    fn run(tile: fn(Rows<'_>, Panel<'_>, Take<'_>), x: Rows<'_>, panel: Panel<'_>) -> Vec<f32> {
        let mut out = vec![0.0; x.count * WIDTH];
        tile(x, panel, &mut |row, sums| out[row * WIDTH..][..WIDTH].copy_from_slice(sums));
        out
    }

    #[test]
    fn every_instruction_set_computes_the_product() {
        for inputs in [1, 2, 7, 64, 101] {
            let (x, w) = (numbers(2 * inputs, 0.37), numbers(inputs * WIDTH, 0.11));
            let x = Rows { numbers: &x, stride: inputs, count: 2, inputs };
            let panel = Panel::F32 { numbers: &w, stride: WIDTH };
            let expected = |i: usize| {
                let term =
                    |k| f64::from(x.numbers[i / WIDTH * inputs + k] * w[k * WIDTH + i % WIDTH]);
                (0..inputs).map(term).sum::<f64>()
            };
            for tile in [baseline, Run::new(panel).tile] {
                for (i, &sum) in run(tile, x, panel).iter().enumerate() {
                    assert!((f64::from(sum) - expected(i)).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn bf16_weights_give_the_sums_of_their_widened_values_to_the_bit() {
        for (count, inputs) in [(1, 6), (2, 7), (3, 1), (13, 33), (25, 8)] {
            let x = numbers(count * inputs, 0.37);
            let pairs: Vec<[u32; WIDTH]> = (0..inputs.div_ceil(2) as u32)
                .map(|pair| std::array::from_fn(|c| 0x3f80_bf00 ^ (pair * 0x0021_0013 + c as u32)))
                .collect();
            let row = |k: usize| widened(&pairs[k / 2], k % 2 == 1);
            let wide: Vec<f32> = (0..inputs).flat_map(row).collect();
            let x = Rows { numbers: &x, stride: inputs, count, inputs };
            let panels = [Panel::Bf16(&pairs), Panel::F32 { numbers: &wide, stride: WIDTH }];
            let [kept, widened] = panels.map(|panel| {
                let mut out = vec![0.0; count * 29];
                let numbers = out.as_mut_slice();
                product(x, panel, Target { numbers, stride: 29, columns: 29, add: false });
                out
            });
            assert_eq!(kept, widened);
        }
    }

    #[test]
    fn a_row_is_the_same_to_the_bit_in_any_company_and_can_be_added() {
        let (inputs, w) = (19, numbers(19 * WIDTH, 0.2));
        let x = numbers(40 * inputs, 0.3);
        let product_of = |first: usize, count: usize, add: bool| {
            let x = Rows { numbers: &x[first * inputs..], stride: inputs, count, inputs };
            let panel = Panel::F32 { numbers: &w, stride: WIDTH };
            let mut out = vec![1.0; count * WIDTH];
            let numbers = out.as_mut_slice();
            product(x, panel, Target { numbers, stride: WIDTH, columns: WIDTH, add });
            out
        };
        let all = product_of(0, 40, false);
        for (first, count) in [(0, 1), (3, 2), (7, 11), (20, 13), (39, 1)] {
            let some = product_of(first, count, false);
            assert_eq!(some, all[first * WIDTH..(first + count) * WIDTH]);
            let added = product_of(first, count, true);
            assert!(added.iter().zip(&some).all(|(added, some)| *added == 1.0 + some));
        }
    }

    #[test]
    #[should_panic(expected = "operands of a product")]
    fn a_panel_shorter_than_its_inputs_is_refused() {
        let x = Rows { numbers: &[0.0; 3], stride: 3, count: 1, inputs: 3 };
        let panel = Panel::F32 { numbers: &[0.0; 2 * WIDTH + 31], stride: WIDTH };
        let numbers = &mut [0.0; WIDTH];
        product(x, panel, Target { numbers, stride: WIDTH, columns: WIDTH, add: false });
    }
}
