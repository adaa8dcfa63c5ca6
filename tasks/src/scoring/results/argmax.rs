//! The choice taken: the first of the highest.

use super::super::Unscored;

/// The best of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Best {
    /// Its position; the first of equals, as NumPy's `argmax`.
    pub(super) index: usize,
    /// How many later values equal it.
    pub(super) ties: usize,
}

/// The first maximum. NaN, which NumPy would take for the maximum, leaves the
/// document unscored, and so do values that are all minus infinity.
pub(super) fn argmax(values: &[f64]) -> Result<Best, Unscored> {
    if values.iter().any(|value| value.is_nan()) {
        return Err(Unscored::new("nan"));
    }
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if highest == f64::NEG_INFINITY {
        return Err(Unscored::new("every choice is impossible (-inf)"));
    }
    let index = values.iter().position(|&value| value == highest).unwrap_or(0);
    let ties = values[index + 1..].iter().filter(|&&value| value == highest).count();
    Ok(Best { index, ties })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_taken_and_the_others_counted() {
        assert_eq!(argmax(&[-2.0, -1.0, -1.0, -3.0]), Ok(Best { index: 1, ties: 1 }));
        assert_eq!(argmax(&[f64::NEG_INFINITY, -5.0]), Ok(Best { index: 1, ties: 0 }));
    }

    #[test]
    fn what_has_no_maximum_is_unscored() {
        assert_eq!(argmax(&[-1.0, f64::NAN]).unwrap_err().0, "nan");
        assert!(argmax(&[f64::NEG_INFINITY; 2]).unwrap_err().0.contains("impossible"));
        assert!(argmax(&[]).is_err());
    }
}
