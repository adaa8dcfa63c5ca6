//! Templates to text.
//!
//! Every string that a template prints is escaped for its format unless the code here marked it
//! as markup: in `.md` templates by [`markdown`], elsewhere by [`html`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::ReportError;
use super::comparisons::ComparisonPage;
use super::leaderboard::LeaderboardPage;
use super::text::{html, markdown};
use super::view::Page;

const MARKDOWN: &str = include_str!("../../../templates/md/report.md");
const HTML: &str = include_str!("../../../templates/html/report.html");
const LEADERBOARD_MARKDOWN: &str = include_str!("../../../templates/md/leaderboard.md");
const LEADERBOARD_HTML: &str = include_str!("../../../templates/html/leaderboard.html");
const COMPARE_MARKDOWN: &str = include_str!("../../../templates/md/compare.md");
const COMPARE_HTML: &str = include_str!("../../../templates/html/compare.html");
/// The frame of every page, and parts that several pages include.
const PARTS: [(&str, &str); 3] = [
    ("page.html", include_str!("../../../templates/html/page.html")),
    ("differences.html", include_str!("../../../templates/html/differences.html")),
    ("differences.md", include_str!("../../../templates/md/differences.md")),
];
const SCRIPT: &str = include_str!("../../../templates/html/script.js");
const STYLE: &str = include_str!("../../../templates/html/style.css");

/// report.md.
pub(super) fn report_md(page: &Page) -> Result<String, ReportError> {
    markdown_page("report.md", MARKDOWN, page)
}

/// `harness compare --format md`.
pub(super) fn compare_md(page: &ComparisonPage) -> Result<String, ReportError> {
    markdown_page("compare.md", COMPARE_MARKDOWN, page)
}

/// `harness compare --format html`.
pub(super) fn compare_html(page: &ComparisonPage) -> Result<String, ReportError> {
    html_page("compare.html", COMPARE_HTML, page)
}

/// leaderboard.md.
pub(super) fn leaderboard_md(page: &LeaderboardPage) -> Result<String, ReportError> {
    markdown_page("leaderboard.md", LEADERBOARD_MARKDOWN, page)
}

/// leaderboard.html.
pub(super) fn leaderboard_html(page: &LeaderboardPage) -> Result<String, ReportError> {
    html_page("leaderboard.html", LEADERBOARD_HTML, page)
}

/// report.html.
pub(super) fn report_html(page: &Page) -> Result<String, ReportError> {
    html_page("report.html", HTML, page)
}

fn markdown_page<T: Serialize>(name: &str, source: &str, page: &T) -> Result<String, ReportError> {
    environment()?
        .render_named_str(name, source, context! { page => Serde(page) })
        .map_err(|error| build(&error))
}

/// One file, nothing loaded. Its policy allows the one style sheet and the one script, which sorts
/// tables and filters documents, by their digests, and nothing else.
fn html_page<T: Serialize>(name: &str, source: &str, page: &T) -> Result<String, ReportError> {
    let style = Value::from_safe_string(STYLE.to_owned());
    let script = Value::from_safe_string(SCRIPT.to_owned());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    environment()?
        .render_named_str(name, source, context! { page => Serde(page), style, script, policy })
        .map_err(|error| build(&error))
}

fn environment() -> Result<Environment<'static>, ReportError> {
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true).trim_blocks(true).lstrip_blocks(true);
    let mut environment = Environment::new();
    environment.set_syntax(syntax.build().map_err(|error| build(&error))?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
        true => AutoEscape::Custom("markdown".into()),
        false => AutoEscape::Html,
    });
    environment.set_formatter(escape);
    for (name, source) in PARTS {
        environment.add_template(name, source).map_err(|error| build(&error))?;
    }
    Ok(environment)
}

fn escape(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let text = match value.kind() {
        ValueKind::Undefined | ValueKind::None => return Ok(()),
        _ => value.to_string(),
    };
    let escaped = match state.auto_escape() {
        _ if value.is_safe() => text,
        AutoEscape::Custom(_) => markdown(&text),
        _ => html(&text),
    };
    out.write_str(&escaped).map_err(Error::from)
}

fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn build(error: &Error) -> ReportError {
    ReportError::Build(format!("{error:#}"))
}
