//! The straight line through points, by least squares.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// y = intercept + slope · x, with what is needed to draw its band.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    /// Value at x = 0.
    pub intercept: f64,
    /// Change of y with one unit of x.
    pub slope: f64,
    /// Standard error of the slope.
    pub slope_stderr: f64,
    /// Points.
    pub n: usize,
    mean_x: f64,
    squares_x: f64,
    residual_sd: f64,
}

impl Line {
    /// The line through the points; `None` below three of them or when x does not vary.
    #[must_use]
    pub fn through(x: &[f64], y: &[f64]) -> Option<Self> {
        let n = x.len();
        if n < 3 || n != y.len() {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n as f64;
        let (mean_x, mean_y) = (mean(x), mean(y));
        let squares_x: f64 = x.iter().map(|x| (x - mean_x).powi(2)).sum();
        if squares_x <= 0.0 {
            return None;
        }
        let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        let slope = products / squares_x;
        let intercept = mean_y - slope * mean_x;
        let residuals: f64 =
            x.iter().zip(y).map(|(x, y)| (y - intercept - slope * x).powi(2)).sum();
        let residual_sd = (residuals / (n - 2) as f64).sqrt();
        let slope_stderr = residual_sd / squares_x.sqrt();
        Some(Self { intercept, slope, slope_stderr, n, mean_x, squares_x, residual_sd })
    }

    /// The line's value at `x` and the ends of the interval of the mean there, Student's t with
    /// n − 2 degrees of freedom.
    #[must_use]
    pub fn at(&self, x: f64, level: f64) -> (f64, f64, f64) {
        let value = self.intercept + self.slope * x;
        let spread = 1.0 / self.n as f64 + (x - self.mean_x).powi(2) / self.squares_x;
        let half = t_quantile(self.n - 2, level) * self.residual_sd * spread.sqrt();
        (value, value - half, value + half)
    }
}

/// The quantile of Student's t that leaves (1 − level)/2 above it; infinite for 0 degrees of
/// freedom.
#[must_use]
pub fn t_quantile(degrees: usize, level: f64) -> f64 {
    StudentsT::new(0.0, 1.0, degrees as f64)
        .map_or(f64::INFINITY, |t| t.inverse_cdf(0.5 + level / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scipy 1.17 `linregress`, and the band by its formula with `t.ppf(0.975, 3)`.
    #[test]
    fn agrees_with_scipy() {
        let (x, y) = ([1.0, 2.0, 4.0, 5.0, 7.0], [2.1, 2.9, 4.2, 6.1, 6.8]);
        let line = Line::through(&x, &y).unwrap();
        assert!((line.slope - 0.825_438_596_491_228).abs() < 1e-12, "{line:?}");
        assert!((line.intercept - 1.283_333_333_333_333).abs() < 1e-12, "{line:?}");
        assert!((line.slope_stderr - 0.100_673_580_426_22).abs() < 1e-12, "{line:?}");
        let (value, low, high) = line.at(line.mean_x, 0.95);
        let half = 3.182_446_305_284 * line.residual_sd / 5.0_f64.sqrt();
        assert!((high - value - half).abs() < 1e-7 && (value - low - half).abs() < 1e-7);
    }

    #[test]
    fn no_line_without_spread() {
        assert_eq!(Line::through(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(Line::through(&[1.0, 2.0], &[1.0, 2.0]), None);
    }
}
