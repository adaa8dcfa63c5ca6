use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

use super::HubError;

/// How long the hub is waited for.
#[derive(Clone)]
pub struct Patience {
    /// Attempts in a row without any progress before giving up; at least 1.
    pub attempts: u32,
    /// Pause before the second attempt; it doubles from there on, and up to half of it is added at random.
    pub first_pause: Duration,
    /// The longest pause, and the longest `Retry-After` that is still waited for.
    pub longest_pause: Duration,
    /// Silence of a connection after which it is given up.
    pub silence: Duration,
    /// How a pause is made.
    pub sleep: Arc<dyn Fn(Duration) + Send + Sync>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(300),
            silence: Duration::from_secs(30),
            sleep: Arc::new(std::thread::sleep),
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("attempts", &self.attempts)
            .field("first_pause", &self.first_pause)
            .field("longest_pause", &self.longest_pause)
            .field("silence", &self.silence)
            .finish_non_exhaustive()
    }
}

/// Why one attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another attempt may succeed.
    Temporary {
        reason: String,
        /// What the server asked to wait.
        retry_after: Option<Duration>,
        /// Whether this attempt brought something that the next one need not ask for again.
        progress: bool,
    },
    /// No other attempt will succeed.
    Final(HubError),
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        Self::Final(error)
    }
}

impl Patience {
    /// Makes attempts until one succeeds, one fails for good, or patience runs out.
    ///
    /// # Errors
    /// The final failure, or [`HubError::Unreachable`] for `url` with the last reason.
    pub(super) fn insist<T>(
        &self,
        url: &str,
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, HubError> {
        let mut attempts = 0;
        let mut in_a_row = 0;
        loop {
            attempts += 1;
            in_a_row += 1;
            let (reason, retry_after, progress) = match attempt() {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Temporary { reason, retry_after, progress }) => {
                    (reason, retry_after, progress)
                }
            };
            if progress {
                in_a_row = 0;
            }
            let Some(pause) = self.pause(in_a_row, retry_after, jitter()) else {
                return Err(HubError::Unreachable { url: url.to_owned(), reason, attempts });
            };
            tracing::debug!(url, reason, ?pause, "the hub is asked again");
            (self.sleep)(pause);
        }
    }

    /// The pause after so many failures in a row; `None` when patience is at its end. `jitter` lies in 0..1.
    fn pause(&self, failures: u32, retry_after: Option<Duration>, jitter: f64) -> Option<Duration> {
        if failures >= self.attempts.max(1) {
            return None;
        }
        let doubled = self.first_pause.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let pause = doubled.mul_f64(1.0 + jitter / 2.0).min(self.longest_pause);
        match retry_after {
            Some(asked) if asked > self.longest_pause => None,
            Some(asked) => Some(pause.max(asked)),
            None => Some(pause),
        }
    }
}

/// A random number in 0..1, from the seeds that the standard library draws for its hash maps.
fn jitter() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 11;
    bits as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(retry_after: Option<u64>, progress: bool) -> Failure {
        Failure::Temporary {
            reason: "busy".into(),
            retry_after: retry_after.map(Duration::from_secs),
            progress,
        }
    }

    #[test]
    fn pauses_double_and_honour_retry_after() {
        let patience = Patience::default();
        let seconds = |failures, asked: Option<u64>, jitter| {
            let pause = patience.pause(failures, asked.map(Duration::from_secs), jitter);
            pause.map(|pause| pause.as_secs_f64())
        };
        assert_eq!(seconds(1, None, 0.0), Some(1.0));
        assert_eq!(seconds(3, None, 0.5), Some(5.0));
        assert_eq!(seconds(1, Some(40), 0.9), Some(40.0));
        assert_eq!(seconds(4, Some(1), 0.0), Some(8.0));
        assert_eq!(seconds(1, Some(301), 0.0), None);
        assert_eq!(seconds(5, None, 0.0), None);
        assert!((0.0..1.0).contains(&jitter()));
    }

    #[test]
    fn only_failures_without_progress_use_patience_up() {
        let patience = Patience { attempts: 2, sleep: Arc::new(|_| ()), ..Patience::default() };
        let mut failures =
            vec![temporary(None, false), temporary(None, true), temporary(Some(1), false)];
        let mut attempts = 0;
        let error = patience.insist("u", || -> Result<(), Failure> {
            attempts += 1;
            Err(failures.pop().unwrap_or_else(|| temporary(None, false)))
        });
        assert!(matches!(error, Err(HubError::Unreachable { attempts: 4, .. })), "{error:?}");
        assert_eq!(attempts, 4);
    }
}
