//! Jinja as transformers sets it up for chat templates.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Local};
use harness_tasks::python::text::strip;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use regex::Regex;

use super::{methods, plain};

/// The name under which the template is compiled.
pub(super) const NAME: &str = "chat";

/// Compiles a template; `now` is what `strftime_now` tells.
pub(super) fn compile(text: &str, now: DateTime<Local>) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(plain::format);
    environment.set_unknown_method_callback(methods::call);
    environment.add_filter("string", plain::string);
    environment.add_filter("join", plain::join);
    environment.add_filter("tojson", plain::tojson);
    environment.add_filter("trim", trim);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", move |format: &str| strftime(now, format));
    environment.add_template_owned(NAME, without_generation_tags(text))?;
    Ok(environment)
}

/// `{% generation %}` marks what the assistant says, for training. minijinja has no tags of others' making; an `if`
/// leaves the same white space around it.
fn without_generation_tags(text: &str) -> String {
    let tag = Regex::new(r"\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}")
        .expect("the pattern is a constant");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let replaced = tag.replace_all(&text, |found: &regex::Captures<'_>| {
        let word = if found.get(2).is_some() { "endif" } else { "if true" };
        format!("{{%{} {word} {}%}}", &found[1], &found[3])
    });
    replaced.into_owned()
}

fn raise_exception(message: &str) -> Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message.to_owned()))
}

/// Jinja's `trim`: `str.strip`.
fn trim(text: &str, characters: Option<&str>) -> String {
    match characters {
        Some(characters) => text.trim_matches(|c| characters.contains(c)).to_owned(),
        None => strip(text).to_owned(),
    }
}

/// `datetime.strftime`.
fn strftime(now: DateTime<Local>, format: &str) -> Result<String, Error> {
    let items: Vec<Item<'_>> = StrftimeItems::new(format).collect();
    if items.contains(&Item::Error) {
        let detail = format!("strftime_now: {format:?} is no date format");
        return Err(Error::new(ErrorKind::InvalidOperation, detail));
    }
    Ok(now.format_with_items(items.iter()).to_string())
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn render(text: &str) -> Result<String, Error> {
        let now = DateTime::parse_from_rfc3339("2026-03-04T05:06:07Z").unwrap();
        let environment = compile(text, now.into())?;
        let value = context! {
            flag => true, none => (), list => ["a<", "b'"], number => 1.0,
            text => "\u{1c} א \u{3000}", map => context! { b => 1, a => "ש" }
        };
        environment.get_template(NAME)?.render(value)
    }

    fn text(template: &str) -> String {
        render(template).unwrap()
    }

    /// Expected values from transformers 5.23 with Jinja 3.1.6.
    #[test]
    fn values_print_as_in_python() {
        for (template, expected) in [
            (
                "{{ flag }} {{ none }} {{ number }} {{ 1e20 }}|{{ undefined }}",
                "True None 1.0 1e+20|",
            ),
            ("{{ list }} {{ map }}", "['a<', \"b'\"] {'b': 1, 'a': 'ש'}"),
            (
                "{{ (1, 2) }} {{ {'a': (1,)} }} {{ map.items()|list }}",
                "(1, 2) {'a': (1,)} [('b', 1), ('a', 'ש')]",
            ),
            ("{{ 'a' ~ 1.0 ~ true ~ none ~ list }}", "a1.0TrueNone['a<', \"b'\"]"),
            (
                "{{ map|tojson }} {{ map|tojson(ensure_ascii=true) }}",
                "{\"b\": 1, \"a\": \"ש\"} {\"b\": 1, \"a\": \"\\u05e9\"}",
            ),
            ("{{ list|tojson(indent=1) }}{{ '<&>'|tojson }}", "[\n \"a<\",\n \"b'\"\n]\"<&>\""),
            ("{{ list|join('-') }}{{ '+'.join(list) }}{{ flag|string }}", "a<-b'a<+b'True"),
            (
                "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 / 2 }} {{ 'ab' * 2 }} {{ 'abc'[::-1] }}",
                "3 -4 3.5 abab cba",
            ),
            ("{{ 'a' if flag }}{{ 'a' if none }}{{ none|default('c', true) }}", "ac"),
        ] {
            assert_eq!(text(template), expected, "{template}");
        }
    }

    /// Expected values from transformers 5.23 with Jinja 3.1.6.
    #[test]
    fn text_methods_are_pythons() {
        for (template, expected) in [
            ("[{{ text.strip() }}][{{ text|trim }}][{{ 'xax'.rstrip('x') }}]", "[א][א][xa]"),
            ("{{ 'aaa'.replace('a', 'b', 2) }}{{ 'ab'.replace('', '-') }}", "bba-a-b-"),
            (
                "{{ 'a=b=c'.partition('=') }}{{ 'a'.partition('=') }}",
                "('a', '=', 'b=c')('a', '', '')",
            ),
            ("{{ 'a=b=c'.rpartition('=') }}", "('a=b', '=', 'c')"),
            (
                "{{ 'א-ב'.index('ב') }}{{ 'xy'.removeprefix('x') }}{{ 'xy'.removesuffix('y') }}",
                "2yx",
            ),
            ("{{ 'a b'.split() }} {{ 'ab'.endswith(('a', 'b')) }}", "['a', 'b'] True"),
        ] {
            assert_eq!(text(template), expected, "{template}");
        }
    }

    #[test]
    fn blocks_leave_no_white_space_and_generation_tags_go() {
        let template = "{% for x in list %}\n    {% if loop.first %}{% continue %}{% endif %}\n  \
            {%- generation -%}  {{ x }}  {% endgeneration %}\n{% endfor %}\n";
        assert_eq!(text(template), "b'  ");
    }

    #[test]
    fn exceptions_and_dates() {
        let error = render("{{ raise_exception('no ' ~ 'system') }}").unwrap_err();
        assert_eq!(error.detail(), Some("no system"));
        assert_eq!(text("{{ strftime_now('%d %b %Y') }}").len(), "04 Mar 2026".len());
        assert!(render("{{ strftime_now('%Q') }}").is_err());
    }

    #[test]
    fn nothing_else_is_within_reach() {
        for template in [
            "{% include '/etc/passwd' %}",
            "{% import 'os' as os %}",
            "{% extends 'x' %}",
            "{{ ''.__class__.__mro__ }}",
            "{{ raise_exception.__globals__.os }}",
            "{{ list.append('x') }}",
            "{{ self.__init__.__globals__ }}",
            "{{ '{0.__class__}'.format(list) }}",
        ] {
            assert!(render(template).is_err(), "{template}");
        }
    }
}
