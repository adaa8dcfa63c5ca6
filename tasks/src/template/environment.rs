//! The compiled templates of one task.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde_json::Map;

use super::{TemplateError, display, filters, guard, list_methods, string_methods, value};

/// What one rendering may cost: about so many instructions, or 64 bytes of
/// data each. A document of 50 MB passes, an endless loop ends in a second.
const FUEL: u64 = 4_000_000;
/// Fuel bounds the work of instructions, not that of comparing or joining
/// values that share parts.
const DEADLINE: Duration = Duration::from_secs(20);
/// A template of so many bytes cannot nest operators deeper than a thread's
/// usual stack bears.
const SHORT: usize = 2048;
/// Statements with which a small template can build a large value.
const BUILDERS: [&str; 3] = ["set", "macro", "call"];

/// The compiled templates of one task, by the key that holds them.
pub struct Templates {
    environment: Environment<'static>,
    /// Those that are rendered under [`guard`]; for the others, which can
    /// neither nest nor build much, a thread each would be a waste.
    guarded: HashSet<String>,
}

impl Default for Templates {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.environment.templates().map(|(name, _)| name)).finish()
    }
}

impl Templates {
    /// No templates yet.
    #[must_use]
    pub fn new() -> Self {
        Self { environment: environment(), guarded: HashSet::new() }
    }

    /// Compiles a template under the key that holds it.
    ///
    /// # Errors
    /// [`TemplateError::Syntax`] with the line inside the template.
    pub fn add(&mut self, key: &str, source: &str) -> Result<(), TemplateError> {
        let (name, text) = (key.to_owned(), source.to_owned());
        let mut environment = self.environment.clone();
        let compile = move || environment.add_template_owned(name, text).map(|()| environment);
        let compiled = if source.len() <= SHORT {
            compile()
        } else {
            guard::within(DEADLINE, compile)
                .map_err(|overrun| TemplateError::Stopped(overrun.reason()))?
        };
        self.environment = compiled.map_err(|error| TemplateError::syntax(&error))?;
        let builds = source.contains("{%") && BUILDERS.iter().any(|word| source.contains(word));
        if builds || source.len() > SHORT {
            self.guarded.insert(key.to_owned());
        }
        Ok(())
    }

    /// The names that a template takes from the document; none of one that
    /// is too deep to be looked at.
    #[must_use]
    pub fn columns(&self, key: &str) -> HashSet<String> {
        if !self.guarded.contains(key) {
            return columns(&self.environment, key);
        }
        let (environment, key) = (self.environment.clone(), key.to_owned());
        guard::within(DEADLINE, move || columns(&environment, &key)).unwrap_or_default()
    }

    /// Renders the template of a key with a document's columns.
    ///
    /// # Errors
    /// [`TemplateError`] if a column is missing, an operation is impossible
    /// or the fuel runs out.
    pub fn render(
        &self,
        key: &str,
        fields: &Map<String, serde_json::Value>,
    ) -> Result<String, TemplateError> {
        let context = value::context(fields);
        let rendered = if self.guarded.contains(key) {
            let (environment, key) = (self.environment.clone(), key.to_owned());
            let render = move || environment.get_template(&key)?.render(context);
            guard::within(DEADLINE, render)
                .map_err(|overrun| TemplateError::Stopped(overrun.reason()))?
        } else {
            self.environment.get_template(key).and_then(|template| template.render(context))
        };
        rendered.map_err(|error| TemplateError::render(&error, self.missing(key, fields)))
    }

    fn missing(&self, key: &str, fields: &Map<String, serde_json::Value>) -> Vec<String> {
        let mut names: Vec<_> =
            self.columns(key).into_iter().filter(|name| !fields.contains_key(name)).collect();
        names.sort();
        names
    }
}

fn columns(environment: &Environment, key: &str) -> HashSet<String> {
    let Ok(template) = environment.get_template(key) else { return HashSet::new() };
    let mut names = template.undeclared_variables(false);
    names.retain(|name| !environment.globals().any(|(global, _)| global == name));
    names
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the default delimiters are valid"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(display::format);
    environment.set_unknown_method_callback(unknown_method);
    // No task file of lm-evaluation-harness has one, and it is the only value that can contain itself.
    environment.remove_global("namespace");
    filters::register(&mut environment);
    environment
}

fn unknown_method(
    state: &mut minijinja::State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, minijinja::Error> {
    if let (Some(text), "join") = (value.as_str(), method) {
        return string_methods::join(state, text, args);
    }
    if let Some(text) = value.as_str()
        && let Some(result) = string_methods::call(text, method, args)
    {
        return result;
    }
    if let Some(result) = list_methods::call(value, method, args) {
        return result;
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(source: &str, fields: &serde_json::Value) -> Result<String, TemplateError> {
        let mut templates = Templates::new();
        templates.add("doc_to_text", source)?;
        templates.render("doc_to_text", fields.as_object().expect("an object"))
    }

    fn text(source: &str, fields: &serde_json::Value) -> String {
        render(source, fields).expect("renders")
    }

    #[test]
    fn a_documents_text_is_data() {
        let doc = json!({"q": "{{ 7*7 }}{% for x in y %}\n", "ל": "ok"});
        assert_eq!(text("{{q}}|{{ל}}\n", &doc), "{{ 7*7 }}{% for x in y %}\n|ok\n");
    }

    #[test]
    fn values_print_as_in_python() {
        let doc = json!({"a": null, "b": true, "c": 1.0, "d": 1e20, "e": ["x", 1.5, null], "f": {"k": "v'"}, "g": 7});
        assert_eq!(
            text("{{a}} {{b}} {{c}} {{d}} {{e}} {{f}} {{g}} {{ c|string + d|string }}", &doc),
            "None True 1.0 1e+20 ['x', 1.5, None] {'k': \"v'\"} 7 1.01e+20"
        );
    }

    #[test]
    fn slices_count_code_points() {
        let doc = json!({"answer": "ステップごとの答え：あい"});
        assert_eq!(text("{{answer[11:]}}", &doc), "い");
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = render("{{ question }}{{ x if y is defined else 1 }}", &json!({"a": 1}));
        assert_eq!(
            error,
            Err(TemplateError::MissingColumns {
                columns: vec!["question".into(), "x".into(), "y".into()]
            })
        );
        assert_eq!(text("{{ x if x is defined else 1 }}", &json!({})), "1");
    }

    #[test]
    fn a_missing_key_inside_a_column_is_an_error() {
        let error = render("a\n{{ a.b.c }}", &json!({"a": {}})).expect_err("undefined");
        assert!(matches!(error, TemplateError::Render { line: 2, .. }), "{error}");
    }

    #[test]
    fn endless_work_runs_out_of_fuel() {
        let loops =
            "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}";
        assert_eq!(render(loops, &json!({})), Err(TemplateError::OutOfFuel));
        assert_eq!(render("{{ 'x' * 10**9 }}", &json!({})), Err(TemplateError::OutOfFuel));
    }

    /// Values that double, nest or contain themselves: printed, joined,
    /// dropped, they end in an error or in a text, never in a crash.
    #[test]
    fn values_that_explode_are_stopped() {
        let doubled = "{% set x = [1] %}".to_owned() + &"{% set x = [x, x] %}".repeat(60);
        for print in ["{{ x }}", "{{ x|tojson }}", "{{ x|string }}", "{{ ','.join([x]) }}"] {
            let rendered = render(&(doubled.clone() + print), &json!({}));
            assert_eq!(rendered, Err(TemplateError::OutOfFuel), "{print}");
        }
        let deep = "{% set x = [1] %}".to_owned() + &"{% set x = [x] %}".repeat(20_000);
        assert_eq!(text(&(deep.clone() + "x"), &json!({})), "x");
        let error = render(&(deep + "{{ x }}"), &json!({})).expect_err("deep");
        assert!(error.to_string().contains("nested more than 160 levels"), "{error}");
        let cycle = "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}";
        let error = render(cycle, &json!({})).expect_err("no namespaces");
        assert!(error.to_string().contains("namespace"), "{error}");
    }

    #[test]
    fn deep_expressions_fit_the_stack() {
        for operator in ["not ", "-", "1 if 0 else ", "1 + ", "["] {
            let source = format!("{{{{ {}1 }}}}", operator.repeat(120_000 / operator.len()));
            let _ = render(&source, &json!({}));
        }
        for operator in ["|upper", ".a", "()", " < 1"] {
            let source = format!("{{{{ x{} }}}}", operator.repeat(120_000 / operator.len()));
            let _ = render(&source, &json!({"x": "x"}));
            let short = format!("{{{{ x{} }}}}", operator.repeat(SHORT / operator.len() - 8));
            let _ = render(&short, &json!({"x": "x"}));
        }
    }

    #[test]
    fn a_large_document_does_not() {
        let doc = json!({"text": "א".repeat(25_000_000)});
        assert_eq!(text("{{ text.strip() }}", &doc).len(), 50_000_000);
    }

    #[test]
    fn syntax_errors_name_the_line() {
        let error = render("a\nb {{ x", &json!({})).expect_err("unclosed");
        assert!(matches!(error, TemplateError::Syntax { line: 2, .. }), "{error}");
        assert!(render("{{ x|nosuchfilter }}", &json!({"x": 1})).is_err());
        assert!(render("{% include 'x' %}", &json!({})).is_err());
    }
}
