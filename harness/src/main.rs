//! `harness`: see the library's documentation for how it works.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use harness::cli;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let logged = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into());
    let logged = logged.from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(logged).with_writer(std::io::stderr).init();
    match cli::run(cli::Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            // Nobody is left to tell when stderr is closed.
            let _ = writeln!(std::io::stderr(), "error: {:#}", failure.error);
            failure.exit.into()
        }
    }
}
