use std::io::{ErrorKind, IsTerminal, Write};

/// Prints results to stdout. A reader that went away (`| head`) is no error.
///
/// # Errors
/// Any other failure to write.
pub(super) fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
    match written.and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Pretty JSON on stdout.
///
/// # Errors
/// As [`print`].
pub(super) fn print_json(value: &serde_json::Value) -> std::io::Result<()> {
    print(&format!("{value:#}"))
}

/// Whether tables may use colour: a terminal, and neither NO_COLOR nor a dumb one.
pub(super) fn color() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    !set("NO_COLOR") && (forced || (std::io::stdout().is_terminal() && !dumb))
}

/// Columns of the terminal, 80 where there is none.
pub(super) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|&columns: &usize| columns >= 40).unwrap_or(80)
}
