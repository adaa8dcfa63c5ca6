use std::io::Write;
use std::time::Duration;

use chrono::{DateTime, Local};
use harness_tasks::template::guard;
use minijinja::{Environment, Error, ErrorKind, Value};

use super::environment::{self, NAME};

/// Work that one rendering may do beside what the conversation's length allows: so many instructions, or 64 bytes of
/// data each.
const FUEL: u64 = 500_000;
/// Bytes of output beside what the conversation's length allows.
const OUTPUT: usize = 1 << 20;
/// Output per byte of the conversation.
const COPIES: usize = 8;
/// Fuel bounds the work of instructions, not that of comparing or printing values that share parts.
const DEADLINE: Duration = Duration::from_secs(20);

/// Why a template was stopped, or failed.
#[derive(Debug)]
pub(super) enum Stop {
    /// What there was too much of.
    Limit(&'static str),
    /// The template's own failure.
    Failed(Error),
}

/// Compiles within limits.
pub(super) fn compile(text: String, now: DateTime<Local>) -> Result<Environment<'static>, Stop> {
    within(DEADLINE, move || environment::compile(&text, now).map_err(Stop::Failed))
}

/// Renders within limits; `length` is the conversation's, in bytes.
pub(super) fn render(
    environment: &Environment<'static>,
    variables: Value,
    length: usize,
) -> Result<String, Stop> {
    let mut environment = environment.clone();
    environment.set_fuel(Some(FUEL + length as u64));
    let room = OUTPUT + COPIES * length;
    within(DEADLINE, move || run(&environment, variables, room))
}

/// Works under a deadline, on a thread that is left to itself when it takes too long.
fn within<T: Send + 'static>(
    deadline: Duration,
    work: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    guard::within(deadline, work).unwrap_or_else(|overrun| Err(Stop::Limit(overrun.reason())))
}

fn run(environment: &Environment<'_>, variables: Value, room: usize) -> Result<String, Stop> {
    let mut output = Capped { text: Vec::new(), room, full: false };
    let template = environment.get_template(NAME).map_err(Stop::Failed)?;
    let rendered = template.render_captured_to(variables, &mut output).map(|_| ());
    match rendered {
        _ if output.full => Err(Stop::Limit("writes too much")),
        Err(error) if error.kind() == ErrorKind::OutOfFuel => {
            Err(Stop::Limit("loops too long or handles too much data"))
        }
        Err(error) => Err(Stop::Failed(error)),
        Ok(()) => String::from_utf8(output.text).map_err(|_| Stop::Limit("writes no text")),
    }
}

/// Output that ends at a limit.
struct Capped {
    text: Vec<u8>,
    room: usize,
    full: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.text.len() + bytes.len() > self.room {
            self.full = true;
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn stop(template: &str) -> String {
        let Ok(environment) = compile(template.to_owned(), Local::now()) else {
            return "syntax".to_owned();
        };
        match render(&environment, context! { text => "hello" }, 100) {
            Ok(text) => format!("rendered {} bytes", text.len()),
            Err(Stop::Limit(limit)) => limit.to_owned(),
            Err(Stop::Failed(error)) => format!("failed: {error}"),
        }
    }

    /// Doubles `ns.x` sixty times; `ns.y` is an equal value that shares nothing with it.
    const DOUBLED: &str = "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}\
        {% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}";
    const DEEP: &str = "{% set ns = namespace(x=[]) %}{% for i in range(30000) %}{% set ns.x = [ns.x] %}{% endfor %}";

    #[test]
    fn endless_loops_run_out_of_fuel() {
        let fuel = "loops too long or handles too much data";
        for template in [
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "{{ 'x' * 10**9 }}",
            "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('', ns.x) %}{% endfor %}",
            "{{ ','.join(['x' * 9999] * 9999) }}",
            "{% macro f(n) %}{% for i in range(99999) %}{{ f(n) }}{% endfor %}{% endmacro %}{{ f(1) }}",
        ] {
            let stopped = stop(template);
            assert!(
                stopped == fuel || stopped.contains("recursion limit"),
                "{template}: {stopped}"
            );
        }
    }

    #[test]
    fn output_is_capped() {
        let much = "{% for a in range(2000) %}{{ 'x' * 1000 }}{% endfor %}";
        assert_eq!(stop(much), "writes too much");
        assert_eq!(
            stop("{% for a in range(1000) %}{{ 'x' * 1000 }}{% endfor %}"),
            "rendered 1000000 bytes"
        );
    }

    #[test]
    fn huge_ranges_and_endless_recursion_fail() {
        for template in [
            "{% for i in range(10**9) %}x{% endfor %}",
            "{{ range(10**12)|length }}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{{ '{:2000000000}'.format(1) }}",
            "{{ '%2000000000d' % 1 }}",
        ] {
            let stopped = stop(template);
            assert!(!stopped.starts_with("rendered"), "{template}: {stopped}");
        }
    }

    #[test]
    fn values_that_explode_when_printed_are_refused() {
        for print in ["{{ ns.x }}", "{{ ns.x|tojson }}", "{{ ns.x|string }}", "{{ [ns.x]|join }}"] {
            let stopped = stop(&format!("{DOUBLED}{print}"));
            assert!(stopped.contains("too much data"), "{print}: {stopped}");
            let stopped = stop(&format!("{DEEP}{print}"));
            assert!(stopped.contains("nested more than"), "{print}: {stopped}");
        }
        let cycle = "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}";
        assert!(stop(cycle).contains("nested more than"));
    }

    #[test]
    fn comparing_what_shares_parts_ends_at_the_deadline() {
        let template = format!("{DOUBLED}{{{{ ns.x == ns.y }}}}");
        let environment = compile(template, Local::now()).unwrap();
        let work = move || run(&environment, context! {}, 100);
        let stopped = within(Duration::from_millis(300), work);
        assert!(matches!(stopped, Err(Stop::Limit("runs for too long"))), "{stopped:?}");
    }

    #[test]
    fn deep_expressions_fit_the_stack() {
        for operator in ["not ", "-", "1 if 0 else ", "1 + ", "["] {
            let stopped =
                stop(&format!("{{{{ {}1 }}}}", operator.repeat(120_000 / operator.len())));
            assert!(!stopped.is_empty(), "{operator}");
        }
        let postfix = ["|upper", ".a", "()", " < 1"];
        for operator in postfix {
            let stopped =
                stop(&format!("{{{{ text{} }}}}", operator.repeat(120_000 / operator.len())));
            assert!(!stopped.is_empty(), "{operator}");
        }
    }

    #[test]
    fn deep_values_fit_the_stack() {
        assert_eq!(stop(&format!("{DEEP}x")), "rendered 1 bytes");
        assert!(stop(&format!("{DEEP}{{{{ (ns.x ~ '')|length }}}}")).starts_with("rendered"));
    }
}
