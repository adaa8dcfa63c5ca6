//! Templates that do not parse or do not render.

use minijinja::ErrorKind;

/// Why a template failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template is not Jinja, or uses what is not there.
    #[error("template line {line}: {detail}")]
    Syntax {
        /// The line inside the template, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// The template uses columns that the document does not have.
    #[error("column `{}` is missing", columns.join("`, `"))]
    MissingColumns {
        /// The columns, sorted.
        columns: Vec<String>,
    },
    /// The template ran too long or wrote too much.
    #[error("the template ran out of fuel: it loops too long or writes too much")]
    OutOfFuel,
    /// The template was stopped.
    #[error("the template was stopped: it {0}")]
    Stopped(&'static str),
    /// Anything else that went wrong while rendering.
    #[error("template line {line}: {detail}")]
    Render {
        /// The line inside the template, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
    },
}

impl TemplateError {
    /// The error of a template that could not be compiled.
    pub(super) fn syntax(error: &minijinja::Error) -> Self {
        Self::Syntax { line: error.line().unwrap_or(1), detail: detail(error) }
    }

    /// The error of a template that could not be rendered; `missing` are the
    /// names that it uses and that the document does not have.
    pub(super) fn render(error: &minijinja::Error, missing: Vec<String>) -> Self {
        match error.kind() {
            ErrorKind::OutOfFuel => Self::OutOfFuel,
            ErrorKind::UndefinedError if !missing.is_empty() => {
                Self::MissingColumns { columns: missing }
            }
            _ => Self::Render { line: error.line().unwrap_or(1), detail: detail(error) },
        }
    }
}

fn detail(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}
