//! What `Lib/random.py` draws from the generator.

use super::Random;

impl Random {
    /// `_randbelow(bound)`: an integer in 0..`bound`, redrawn until it fits.
    /// `None`, and nothing drawn, for an empty range.
    pub fn below(&mut self, bound: usize) -> Option<usize> {
        let bits = usize::BITS - bound.leading_zeros();
        if bound == 0 {
            return None;
        }
        loop {
            let drawn = self.getrandbits(bits) as usize;
            if drawn < bound {
                return Some(drawn);
            }
        }
    }

    /// `randint(low, high)`, both ends included; `None` if `low > high`.
    pub fn randint(&mut self, low: i64, high: i64) -> Option<i64> {
        let width = usize::try_from(high.checked_sub(low)?.checked_add(1)?).ok()?;
        Some(low + self.below(width)? as i64)
    }

    /// `choice(items)`; `None` if there are none.
    pub fn choice<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        self.below(items.len()).map(|index| &items[index])
    }

    /// `choices(range(population), k=count)`: indices drawn with replacement,
    /// all of equal weight. Empty for an empty population.
    pub fn choices(&mut self, population: usize, count: usize) -> Vec<usize> {
        let mut drawn = vec![0; if population == 0 { 0 } else { count }];
        self.fill_choices(population, &mut drawn);
        drawn
    }

    /// [`Random::choices`] into a buffer, for bootstraps that draw millions.
    pub fn fill_choices(&mut self, population: usize, drawn: &mut [usize]) {
        let width = population as f64;
        for index in drawn {
            *index = (self.random() * width) as usize;
        }
    }

    /// `shuffle(items)`, in place.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1).expect("last + 1 is at least 2");
            items.swap(last, other);
        }
    }

    /// `sample(range(population), count)`: distinct indices in the order of
    /// the draws; `None` if there are fewer than `count`.
    ///
    /// CPython keeps a list of what is left when that is smaller than a set of
    /// what is taken, and the two read the stream differently.
    pub fn sample(&mut self, population: usize, count: usize) -> Option<Vec<usize>> {
        if count > population {
            return None;
        }
        Some(if population <= set_size(count) {
            self.sample_from_pool(population, count)
        } else {
            self.sample_with_redraw(population, count)
        })
    }

    fn sample_from_pool(&mut self, population: usize, count: usize) -> Vec<usize> {
        let mut pool: Vec<usize> = (0..population).collect();
        let draw = |taken| {
            let left = population - taken;
            let drawn = self.below(left).expect("count is at most population");
            let index = pool[drawn];
            pool[drawn] = pool[left - 1];
            index
        };
        (0..count).map(draw).collect()
    }

    fn sample_with_redraw(&mut self, population: usize, count: usize) -> Vec<usize> {
        let mut taken = std::collections::HashSet::with_capacity(count);
        let mut drawn = Vec::with_capacity(count);
        while drawn.len() < count {
            let index = self.below(population).expect("the population exceeds the set size");
            if taken.insert(index) {
                drawn.push(index);
            }
        }
        drawn
    }
}

/// The memory that CPython expects a set of `count` indices to take, in list
/// slots: 21 for a small set, and the table of a larger one.
fn set_size(count: usize) -> usize {
    let mut size = 21;
    if count > 5 {
        let exponent = ((count * 3) as f64).ln() / 4_f64.ln();
        size += 4_usize.saturating_pow(exponent.ceil() as u32);
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` draws of `k` from a fresh `Random(1234)`.
    fn shots(population: usize, k: usize, count: usize) -> Vec<Vec<usize>> {
        let mut random = Random::new(1234);
        (0..count).map(|_| random.sample(population, k).unwrap()).collect()
    }

    #[test]
    fn shots_of_lm_evaluation_harness() {
        let jcommonsenseqa =
            [[7220, 1914, 122], [1485, 572, 1375], [1612, 5810, 3879], [285, 504, 259]];
        assert_eq!(shots(8939, 3, 4), jcommonsenseqa);
        let mgsm = [[7, 0, 6, 5, 4], [1, 0, 2, 7, 6], [0, 6, 7, 2, 3], [7, 1, 0, 6, 5]];
        assert_eq!(shots(8, 5, 4), mgsm);
        assert_eq!(shots(959, 5, 2), [[796, 451, 119, 7, 92], [932, 826, 596, 35, 687]]);
        let hellaswag = [[28883, 7657, 490, 5940, 38156], [2288, 5500, 6450, 23241, 15519]];
        assert_eq!(shots(39905, 5, 2), hellaswag);
    }

    #[test]
    fn the_pool_ends_where_the_set_is_smaller() {
        assert_eq!(shots(21, 5, 2), [[14, 3, 0, 2, 1], [2, 3, 11, 7, 0]]);
        assert_eq!(shots(22, 5, 2), [[14, 3, 0, 2, 18], [1, 21, 2, 3, 11]]);
        assert_eq!(shots(100, 6, 2), [[99, 56, 14, 0, 11, 74], [4, 85, 88, 10, 12, 98]]);
    }

    #[test]
    fn chunk_seeds_of_the_bootstrap() {
        assert_eq!(Random::new(0).choices(10, 10), [8, 7, 4, 2, 5, 4, 7, 3, 4, 5]);
        assert_eq!(Random::new(1).choices(10, 10), [1, 8, 7, 2, 4, 4, 6, 7, 0, 0]);
    }

    #[test]
    fn swallow_shuffles_then_samples_from_one_stream() {
        let mut random = Random::new(42);
        let mut documents: Vec<usize> = (0..250).collect();
        random.shuffle(&mut documents);
        assert_eq!(documents[..10], [44, 98, 184, 123, 121, 167, 9, 176, 197, 113]);
        let draws: Vec<_> = (0..3).map(|_| random.sample(8, 4).unwrap()).collect();
        assert_eq!(draws, [[6, 1, 0, 5], [6, 2, 3, 5], [7, 6, 5, 0]]);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let mut random = Random::new(7);
        assert_eq!(random.below(0), None);
        assert_eq!(random.choice::<u8>(&[]), None);
        assert_eq!(random.randint(3, 2), None);
        assert_eq!(random.sample(2, 3), None);
        assert_eq!(random.choices(0, 5), Vec::<usize>::new());
        assert_eq!(random.sample(0, 0), Some(Vec::new()));
    }
}
