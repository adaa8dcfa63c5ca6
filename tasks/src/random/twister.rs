//! The generator: MT19937 as CPython seeds and reads it.

/// Words of state.
const N: usize = 624;
/// Distance between the words that a new one is mixed from.
const M: usize = 397;
/// The state that `init_by_array` starts from.
const INITIAL_SEED: u32 = 19_650_218;

/// CPython's `random.Random`: the Mersenne Twister MT19937 of Matsumoto and
/// Nishimura (1998), seeded by an integer.
#[derive(Clone)]
pub struct Random {
    state: [u32; N],
    next: usize,
}

impl std::fmt::Debug for Random {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Random").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Random {
    /// `random.Random(seed)` for a seed of up to 64 bits.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let low = seed as u32;
        let high = (seed >> 32) as u32;
        if high == 0 { Self::from_key(&[low]) } else { Self::from_key(&[low, high]) }
    }

    /// `init_by_array`: `key` is the seed in 32-bit words, lowest first.
    fn from_key(key: &[u32]) -> Self {
        let mut random = Self::from_word(INITIAL_SEED);
        let state = &mut random.state;
        let mut i = 1;
        for round in 0..N.max(key.len()) {
            let j = round % key.len();
            state[i] = (state[i] ^ mixed(state[i - 1], 1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            i = wrap(state, i);
        }
        for _ in 1..N {
            state[i] = (state[i] ^ mixed(state[i - 1], 1_566_083_941)).wrapping_sub(i as u32);
            i = wrap(state, i);
        }
        state[0] = 0x8000_0000;
        random
    }

    /// `init_genrand`: the state that one word spreads to.
    fn from_word(word: u32) -> Self {
        let mut state = [word; N];
        for i in 1..N {
            let previous = state[i - 1];
            state[i] =
                (previous ^ (previous >> 30)).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    /// The next 32 bits.
    pub(super) fn word(&mut self) -> u32 {
        if self.next == N {
            self.twist();
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Makes the next 624 words. Three loops, so that no index is taken modulo 624.
    fn twist(&mut self) {
        let state = &mut self.state;
        for k in 0..N - M {
            state[k] = state[k + M] ^ twisted(state[k], state[k + 1]);
        }
        for k in N - M..N - 1 {
            state[k] = state[k + M - N] ^ twisted(state[k], state[k + 1]);
        }
        state[N - 1] = state[M - 1] ^ twisted(state[N - 1], state[0]);
        self.next = 0;
    }

    /// `random()`: a number in [0, 1) of 53 random bits.
    pub fn random(&mut self) -> f64 {
        let high = f64::from(self.word() >> 5);
        let low = f64::from(self.word() >> 6);
        (high * 67_108_864.0 + low) * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `getrandbits(bits)` for up to 64 bits; 0 bits draw nothing and give 0.
    ///
    /// Each word gives its top bits; a second word stands above the first.
    /// More than 64 bits are read as 64.
    pub fn getrandbits(&mut self, bits: u32) -> u64 {
        let bits = bits.min(64);
        match bits {
            0 => 0,
            1..=32 => u64::from(self.word() >> (32 - bits)),
            _ => {
                let low = u64::from(self.word());
                low | (u64::from(self.word() >> (64 - bits)) << 32)
            }
        }
    }
}

/// Knuth's mixing step of the seeding recurrences.
fn mixed(previous: u32, multiplier: u32) -> u32 {
    (previous ^ (previous >> 30)).wrapping_mul(multiplier)
}

/// The index after `i`, carrying the last word to the front at the end.
fn wrap(state: &mut [u32; N], i: usize) -> usize {
    if i + 1 < N {
        return i + 1;
    }
    state[0] = state[N - 1];
    1
}

/// The upper bit of one word and the lower bits of the next, times the matrix A.
fn twisted(upper: u32, lower: u32) -> u32 {
    let y = (upper & 0x8000_0000) | (lower & 0x7fff_ffff);
    (y >> 1) ^ if y & 1 == 0 { 0 } else { 0x9908_b0df }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fractions_of_seed_1234() {
        let mut random = Random::new(1234);
        let words: Vec<u64> = (0..4).map(|_| random.getrandbits(32)).collect();
        assert_eq!(words, [4_150_886_329, 3_342_196_574, 1_892_932_127, 501_869_158]);
        let mut random = Random::new(1234);
        let fractions: Vec<f64> = (0..3).map(|_| random.random()).collect();
        assert_eq!(fractions, [0.9664535356921388, 0.4407325991753527, 0.007491470058587191]);
    }

    #[test]
    fn no_bits_draw_nothing() {
        let mut random = Random::new(5);
        assert_eq!(random.getrandbits(0), 0);
        assert_eq!(random.random(), Random::new(5).random());
    }
}
