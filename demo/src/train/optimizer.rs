//! AdamW (Loshchilov and Hutter 2019). candle's own keeps its moments to itself, so a training
//! with it could not be resumed.

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

use super::operations::with_slices;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.95;
const EPSILON: f32 = 1e-8;
const DECAY: f32 = 0.1;
/// Gradients are scaled down to this norm when theirs is larger.
const LARGEST_NORM: f64 = 1.0;

/// Moments of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Running mean of gradients.
    pub first: Vec<f32>,
    /// Running mean of squared gradients.
    pub second: Vec<f32>,
}

/// The optimizer's state: moments of every parameter, in the order in which they are given.
#[derive(Clone, Debug, PartialEq)]
pub struct AdamW {
    /// Steps taken.
    pub step: usize,
    /// One entry a parameter.
    pub moments: Vec<Moments>,
}

impl AdamW {
    /// Moments of zero.
    pub fn new(parameters: &[(String, &Var)]) -> Self {
        let zeros = |(_, var): &(String, &Var)| Moments {
            first: vec![0.0; var.elem_count()],
            second: vec![0.0; var.elem_count()],
        };
        Self { step: 0, moments: parameters.iter().map(zeros).collect() }
    }

    /// Takes one step; returns the norm of all gradients before clipping. Vectors (norms) do not
    /// decay.
    ///
    /// # Errors
    /// A parameter has no gradient.
    pub fn step(
        &mut self,
        parameters: &[(String, &Var)],
        gradients: &GradStore,
        rate: f64,
    ) -> Result<f64> {
        let norm = norm(parameters, gradients)?;
        let scale = (LARGEST_NORM / norm.max(LARGEST_NORM)) as f32;
        self.step += 1;
        let rates = Rates::new(self.step, rate, scale);
        for ((name, var), moments) in parameters.iter().zip(&mut self.moments) {
            let gradient = gradient(name, var, gradients)?;
            let decay = if var.rank() > 1 { DECAY } else { 0.0 };
            let updated = with_slices(&[var.as_tensor(), gradient], |slices| {
                moments.update(slices[0], slices[1], &rates, decay)
            })?;
            var.set(&Tensor::from_vec(updated, var.shape(), var.device())?)?;
        }
        Ok(norm)
    }
}

struct Rates {
    rate: f32,
    scale: f32,
    correction1: f32,
    correction2: f32,
}

impl Rates {
    fn new(step: usize, rate: f64, scale: f32) -> Self {
        Self {
            rate: rate as f32,
            scale,
            correction1: 1.0 - BETA1.powi(step as i32),
            correction2: 1.0 - BETA2.powi(step as i32),
        }
    }
}

impl Moments {
    fn update(&mut self, values: &[f32], gradient: &[f32], rates: &Rates, decay: f32) -> Vec<f32> {
        let moments = self.first.iter_mut().zip(&mut self.second);
        let pairs = values.iter().zip(gradient).zip(moments);
        pairs
            .map(|((value, gradient), (first, second))| {
                let gradient = gradient * rates.scale;
                *first = BETA1 * *first + (1.0 - BETA1) * gradient;
                *second = BETA2 * *second + (1.0 - BETA2) * gradient * gradient;
                let direction =
                    *first / rates.correction1 / ((*second / rates.correction2).sqrt() + EPSILON);
                value - rates.rate * (direction + decay * value)
            })
            .collect()
    }
}

fn gradient<'a>(name: &str, var: &Var, gradients: &'a GradStore) -> Result<&'a Tensor> {
    match gradients.get(var) {
        Some(gradient) => Ok(gradient),
        None => candle_core::bail!("{name} has no gradient"),
    }
}

fn norm(parameters: &[(String, &Var)], gradients: &GradStore) -> Result<f64> {
    let mut squares = 0.0;
    for (name, var) in parameters {
        squares += with_slices(&[gradient(name, var, gradients)?], |slices| {
            slices[0].iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>()
        })?;
    }
    Ok(squares.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_first_step_is_as_long_as_the_rate() {
        let var = Var::from_tensor(&Tensor::new(&[1.0_f32, 2.0], &Device::Cpu).unwrap()).unwrap();
        let loss = (var.as_tensor() * 0.25).unwrap().sum_all().unwrap();
        let parameters = [("x".to_owned(), &var)];
        let mut optimizer = AdamW::new(&parameters);
        let norm = optimizer.step(&parameters, &loss.backward().unwrap(), 0.1).unwrap();
        assert!((norm - 0.25 * 2.0_f64.sqrt()).abs() < 1e-6);
        let moved: Vec<f32> = var.to_vec1().unwrap();
        assert!((moved[0] - 0.9).abs() < 1e-4 && (moved[1] - 1.9).abs() < 1e-4);
    }
}
