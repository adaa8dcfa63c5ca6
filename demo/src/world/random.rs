//! A seeded generator of random numbers, the same on every platform and in every version.

/// SplitMix64 (Steele, Lea and Flood 2014): one 64-bit word of state, which a checkpoint can keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Starts a stream. Different seeds give unrelated streams.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Starts a stream that belongs to a purpose, so that adding draws for one purpose does not
    /// move the draws of another.
    pub fn named(seed: u64, purpose: &str) -> Self {
        // FNV-1a: spreads the name over 64 bits.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut random = Self::new(seed ^ hash);
        random.bits();
        random
    }

    /// The state that [`Random::resume`] continues from.
    pub fn state(&self) -> u64 {
        self.state
    }

    /// Continues a stream at a state that [`Random::state`] gave.
    pub fn resume(state: u64) -> Self {
        Self { state }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A standard normal number (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One element. The slice must not be empty: tables and template lists never are.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// `count` different numbers of `0..bound`, in random order; all of them when fewer exist.
    pub fn distinct(&mut self, count: usize, bound: usize) -> Vec<usize> {
        let mut chosen: Vec<usize> = Vec::with_capacity(count);
        while chosen.len() < count.min(bound) {
            let candidate = self.below(bound);
            if !chosen.contains(&candidate) {
                chosen.push(candidate);
            }
        }
        chosen
    }

    /// Another number of `0..bound` than `taken`. `bound` must be at least 2.
    pub fn other(&mut self, taken: usize, bound: usize) -> usize {
        (taken + 1 + self.below(bound - 1)) % bound
    }

    /// Puts a slice into random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_and_resumes() {
        let mut first = Random::named(7, "people");
        let mut second = Random::named(7, "people");
        assert_eq!(first.bits(), second.bits());
        let mut resumed = Random::resume(first.state());
        assert_eq!(first.bits(), resumed.bits());
        assert_ne!(Random::named(7, "people"), Random::named(7, "places"));
    }

    #[test]
    fn draws_stay_in_range_and_differ() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            assert!(random.below(5) < 5);
            assert_ne!(random.other(3, 4), 3);
        }
        let mut drawn = random.distinct(6, 6);
        drawn.sort_unstable();
        assert_eq!(drawn, [0, 1, 2, 3, 4, 5]);
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn normal_numbers_have_unit_variance() {
        let mut random = Random::new(2);
        let squares: f64 = (0..20_000).map(|_| random.normal().powi(2)).sum();
        assert!((squares / 20_000.0 - 1.0).abs() < 0.05);
    }
}
