//! What a person sees while it runs: on stderr, a bar on a terminal and a plain line now and then elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two plain lines, where stderr is no terminal.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// Progress of an evaluation; stdout is left to results.
#[derive(Debug)]
pub struct Progress {
    display: Display,
    state: Mutex<State>,
}

#[derive(Debug)]
enum Display {
    Quiet,
    Plain,
    Bar(ProgressBar),
}

#[derive(Debug)]
struct State {
    title: String,
    documents: usize,
    total: usize,
    tokens: usize,
    begun: Instant,
    printed: Instant,
}

impl Progress {
    /// Nothing at all when `quiet`; a bar when stderr is a terminal that can draw one.
    pub fn new(quiet: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let display = if quiet {
            Display::Quiet
        } else if std::io::stderr().is_terminal() && !dumb {
            Display::Bar(bar())
        } else {
            Display::Plain
        };
        let now = Instant::now();
        let state = State {
            title: String::new(),
            documents: 0,
            total: 0,
            tokens: 0,
            begun: now,
            printed: now,
        };
        Self { display, state: Mutex::new(state) }
    }

    /// A line of its own.
    pub fn note(&self, message: &str) {
        match &self.display {
            Display::Quiet => {}
            Display::Plain => print_line(message),
            Display::Bar(bar) => bar.println(message),
        }
    }

    /// A task begins.
    pub fn begin_task(&self, model: &str, task: &str, documents: usize) {
        self.update(|state| {
            let now = Instant::now();
            let title = format!("{model} · {task}");
            *state = State {
                title,
                documents: 0,
                total: documents,
                tokens: 0,
                begun: now,
                printed: now,
            };
        });
        if let Display::Bar(bar) = &self.display {
            bar.reset();
            bar.set_length(documents as u64);
        }
        self.draw(false);
    }

    /// Documents more are in the record.
    pub fn documents_done(&self, documents: usize) {
        self.update(|state| state.documents += documents);
        self.draw(false);
    }

    /// Tokens more went through the model.
    pub fn tokens_done(&self, tokens: usize) {
        self.update(|state| state.tokens += tokens);
        self.draw(false);
    }

    /// The task is complete.
    pub fn end_task(&self) {
        self.draw(true);
        if let Display::Bar(bar) = &self.display {
            bar.set_message("");
        }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        if let Ok(mut state) = self.state.lock() {
            change(&mut state);
        }
    }

    fn draw(&self, last: bool) {
        let Ok(mut state) = self.state.lock() else { return };
        match &self.display {
            Display::Quiet => {}
            Display::Bar(bar) => {
                bar.set_position(state.documents as u64);
                bar.set_message(format!("{} · {} tokens/s", state.title, state.speed()));
            }
            Display::Plain if last || state.printed.elapsed() >= PLAIN_INTERVAL => {
                state.printed = Instant::now();
                print_line(&state.line());
            }
            Display::Plain => {}
        }
    }
}

impl State {
    fn speed(&self) -> u64 {
        (self.tokens as f64 / self.begun.elapsed().as_secs_f64().max(1e-3)) as u64
    }

    fn line(&self) -> String {
        let remaining = match (self.documents, self.begun.elapsed().as_secs_f64()) {
            (0, _) => String::new(),
            (done, _) if done >= self.total => String::new(),
            (done, elapsed) => {
                let left = elapsed * (self.total - done) as f64 / done as f64;
                format!(", {left:.0} s left")
            }
        };
        let Self { title, documents, total, .. } = self;
        format!("{title}: {documents} of {total} documents, {} tokens/s{remaining}", self.speed())
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} (ETA {eta})");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A closed stderr is no reason to stop.
fn print_line(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}
