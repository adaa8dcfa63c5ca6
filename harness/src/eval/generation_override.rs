use harness_tasks::{GenerationOptions, Request, RequestKind};
use serde_json::Value;

use super::error::EvalError;

/// `--gen-kwargs`: generation options in place of each task's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenerationOverride {
    max_tokens: Option<usize>,
    until: Option<Vec<String>>,
}

impl GenerationOverride {
    /// Reads `max_gen_toks=N,until=TEXT`; `until` may be repeated, and `\n` in it is a newline.
    ///
    /// Decoding is greedy, so `do_sample=false` and `temperature=0` are accepted and say nothing new.
    ///
    /// # Errors
    /// [`EvalError::Usage`] naming the key.
    pub fn parse(text: &str) -> Result<Self, EvalError> {
        let mut found = Self::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| usage(pair, "is not KEY=VALUE"))?;
            match (key.trim(), value) {
                ("max_gen_toks" | "max_new_tokens" | "max_tokens", number) => {
                    let number = number.trim().parse().ok().filter(|&number| number > 0);
                    found.max_tokens =
                        Some(number.ok_or_else(|| usage(pair, "needs a number of at least 1"))?);
                }
                ("until", stop) => {
                    found.until.get_or_insert_default().push(stop.replace("\\n", "\n"));
                }
                ("do_sample", "false" | "False") | ("temperature", "0" | "0.0") => {}
                ("do_sample" | "temperature", _) => {
                    return Err(usage(pair, "asks for sampling; only greedy decoding is built in"));
                }
                _ => {
                    return Err(usage(
                        pair,
                        "is unknown; known are max_gen_toks, until, do_sample, temperature",
                    ));
                }
            }
        }
        Ok(found)
    }

    /// Replaces the options of generation requests, also in what is logged.
    pub fn apply(&self, requests: &mut [Request]) {
        for request in requests {
            if let RequestKind::Generate { options, .. } = &mut request.kind {
                self.apply_to(options);
            }
        }
    }

    fn apply_to(&self, options: &mut GenerationOptions) {
        if let Some(max_tokens) = self.max_tokens {
            options.max_tokens = Some(max_tokens);
            options.raw.insert("max_gen_toks".into(), Value::from(max_tokens));
        }
        if let Some(until) = &self.until {
            options.until.clone_from(until);
            options.raw.insert("until".into(), Value::from(until.clone()));
        }
    }
}

fn usage(pair: &str, reason: &str) -> EvalError {
    EvalError::Usage(format!("--gen-kwargs: `{pair}` {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_taken_and_others_refused() {
        let found =
            GenerationOverride::parse("max_gen_toks=8,until=\\n,until=.,do_sample=false").unwrap();
        assert_eq!(
            found,
            GenerationOverride { max_tokens: Some(8), until: Some(vec!["\n".into(), ".".into()]) }
        );
        for wrong in ["max_gen_toks=0", "max_gen_toks", "temperature=0.7", "beams=4"] {
            assert!(GenerationOverride::parse(wrong).is_err(), "{wrong}");
        }
    }
}
