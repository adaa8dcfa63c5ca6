//! Work that a template of unknown origin may ask for, on a thread of its own.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

/// Templates may nest operators, and values, deeper than a thread's usual
/// stack bears; reserved, not used.
const STACK: usize = 512 << 20;

/// Why work was given up; the thread that does it is left to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overrun {
    /// The system gives no thread.
    NoThread,
    /// The deadline passed.
    TooLong,
    /// The thread panicked.
    Crashed,
}

impl Overrun {
    /// What the work does, to stand after "it".
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoThread => "needs a thread, and the system gives none",
            Self::TooLong => "runs for too long",
            Self::Crashed => "crashes its thread",
        }
    }
}

/// Works on a thread with a large stack and a deadline.
///
/// # Errors
/// [`Overrun`] if there is no result in time.
pub fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Overrun> {
    let (sender, receiver) = channel();
    let worker = move || {
        // The receiver may have gone: then nobody waits for the result any more.
        let _ = sender.send(work());
    };
    let thread = Builder::new().name("template".to_owned()).stack_size(STACK);
    if thread.spawn(worker).is_err() {
        return Err(Overrun::NoThread);
    }
    receiver.recv_timeout(deadline).map_err(|error| match error {
        RecvTimeoutError::Timeout => Overrun::TooLong,
        RecvTimeoutError::Disconnected => Overrun::Crashed,
    })
}
