use std::ops::Range;

use harness_reports::Span;
use harness_tasks::{Context, GenerationOptions, Request, RequestKind, Role};

use super::pass::{GenerationLimits, Pass};
use super::rolling::{self, RollingWindow};
use super::text_encoder::{EncodeError, Encoded, TextEncoder};
use super::{pair, spans};

/// lm-eval's `HFLM.max_gen_toks` where a task gives no limit of its own.
const DEFAULT_MAX_NEW_TOKENS: usize = 256;

/// What encoding needs to know beside the tokenizer.
#[derive(Debug, Clone, Copy)]
pub struct EncodeOptions {
    /// Longest sequence the model may be fed, in tokens; longer prompts lose tokens on the left.
    pub max_length: usize,
}

/// A request as token sequences; several only for a rolling text longer than the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedRequest {
    /// The sequences to feed.
    pub passes: Vec<Pass>,
    /// Tokens cut off on the left to fit the context.
    pub truncated: usize,
    /// Whether the passes are windows of one text, whose log-probabilities are summed.
    pub is_rolling: bool,
}

/// All requests of one document, in the task's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedDocument {
    /// One entry a request.
    pub requests: Vec<EncodedRequest>,
}

impl EncodedDocument {
    /// Tokens fed when nothing is shared.
    pub fn naive_tokens(&self) -> usize {
        self.passes().map(|pass| pass.tokens.len()).sum()
    }

    /// All sequences of the document.
    pub fn passes(&self) -> impl Iterator<Item = &Pass> {
        self.requests.iter().flat_map(|request| &request.passes)
    }
}

/// Encodes a document's requests and says under which span each token is counted.
///
/// The document's own prompt is counted once, on its *reference request*: the gold one, or the first when no choice
/// is gold. The continuations of all requests are counted, the gold one apart from the others; requests without a
/// context of the document's own ([`Role::Unconditional`]) are not counted at all.
///
/// # Errors
/// [`EncodeError::Unscorable`] with the reason when a request cannot be scored.
pub fn encode_document(
    encoder: &TextEncoder,
    requests: &[Request],
    options: EncodeOptions,
) -> Result<EncodedDocument, EncodeError> {
    let reference = reference_request(requests);
    let encode = |(index, request): (usize, &Request)| match &request.kind {
        RequestKind::Loglikelihood { context, continuation } => {
            let counted = Counted {
                context: index == reference,
                continuation: continuation_span(request.role),
            };
            loglikelihood(encoder, context, continuation, options, counted)
        }
        RequestKind::Rolling { text } => rolling_loglikelihood(encoder, text, options),
        RequestKind::Generate { context, options: generation } => {
            generate(encoder, context, generation, options)
        }
    };
    let requests = requests.iter().enumerate().map(encode).collect::<Result<_, _>>()?;
    Ok(EncodedDocument { requests })
}

/// Position of the request on which a document's own prompt is counted: the gold one, or the first.
#[must_use]
pub fn reference_request(requests: &[Request]) -> usize {
    requests.iter().position(|request| request.role == Role::Gold).unwrap_or(0)
}

/// Which tokens of a request are counted.
#[derive(Clone, Copy)]
struct Counted {
    context: bool,
    continuation: Option<Span>,
}

fn continuation_span(role: Role) -> Option<Span> {
    match role {
        Role::Gold | Role::Only => Some(Span::ContinuationGold),
        Role::Other => Some(Span::ContinuationOther),
        Role::Unconditional => None,
    }
}

/// `(context + continuation)[-(max_length + 1):][:-1]` is fed, the continuation is scored
/// (`HFLM._loglikelihood_tokens`).
fn loglikelihood(
    encoder: &TextEncoder,
    context: &Context,
    continuation: &str,
    options: EncodeOptions,
    counted: Counted,
) -> Result<EncodedRequest, EncodeError> {
    let pair = pair::split(encoder, &context.text, continuation)?;
    let scored = pair.continuation.len();
    if scored > options.max_length {
        return Err(EncodeError::Unscorable(format!(
            "the continuation has {scored} tokens, more than the {} that the model can be fed",
            options.max_length
        )));
    }
    let mut token_spans = spans::of_context(context, &pair.context.starts);
    if !counted.context {
        token_spans.fill(None);
    }
    token_spans.extend(std::iter::repeat_n(counted.continuation, scored));
    let mut tokens = pair.context.ids;
    tokens.extend(&pair.continuation);
    let truncated = tokens.len().saturating_sub(options.max_length + 1);
    let end = tokens.len() - 1;
    let pass = Pass {
        tokens: tokens[truncated..end].to_vec(),
        spans: token_spans[truncated..end].to_vec(),
        first_row: end - truncated - scored,
        targets: pair.continuation,
        generation: None,
    };
    Ok(EncodedRequest { passes: vec![pass], truncated, is_rolling: false })
}

/// The text's last token is fed too, although nothing is scored after it, so that a probe counts the routing of
/// each token of the text; a token fed again as the context of a later window is counted where it is fed first.
fn rolling_loglikelihood(
    encoder: &TextEncoder,
    text: &str,
    options: EncodeOptions,
) -> Result<EncodedRequest, EncodeError> {
    let encoded = encoder.encode(text)?;
    let Some(prefix) = encoder.prefix() else {
        return Err(EncodeError::Unscorable(
            "a rolling log-likelihood starts from BOS or EOS, and the tokenizer has neither".into(),
        ));
    };
    let length = encoded.ids.len();
    let mut counted_to = 0;
    let mut passes = Vec::new();
    for window in rolling::windows(length, options.max_length) {
        let fed = window.start..if window.end == length { length } else { window.end - 1 };
        let fed_end = fed.end;
        passes.push(window_pass(&encoded, &window, fed, prefix, counted_to));
        counted_to = fed_end;
    }
    Ok(EncodedRequest { passes, truncated: 0, is_rolling: true })
}

fn window_pass(
    encoded: &Encoded,
    window: &RollingWindow,
    fed: Range<usize>,
    prefix: u32,
    counted_to: usize,
) -> Pass {
    let targets = encoded.ids[window.end - window.predicted..window.end].to_vec();
    let counted =
        |at: usize| (at >= counted_to && encoded.starts[at].is_some()).then_some(Span::Question);
    let first_target = window.end - window.predicted;
    let prefix = window.prefixed.then_some(prefix);
    Pass {
        // The row of a target is that of the token before it; the prefix shifts all rows by one.
        first_row: first_target + usize::from(window.prefixed) - window.start - 1,
        targets,
        spans: prefix.map(|_| None).into_iter().chain(fed.clone().map(counted)).collect(),
        tokens: prefix.into_iter().chain(encoded.ids[fed].iter().copied()).collect(),
        generation: None,
    }
}

/// The context is cut on the left to `max_length - max_gen_toks` tokens (`HFLM.generate_until`).
fn generate(
    encoder: &TextEncoder,
    context: &Context,
    generation: &GenerationOptions,
    options: EncodeOptions,
) -> Result<EncodedRequest, EncodeError> {
    let encoded = encoder.encode(&context.text)?;
    let max_new_tokens = generation.max_tokens.unwrap_or(DEFAULT_MAX_NEW_TOKENS);
    let room = options.max_length.saturating_sub(max_new_tokens);
    if room == 0 {
        return Err(EncodeError::Unscorable(format!(
            "max_gen_toks = {max_new_tokens} leaves no room for a prompt in a context of {} tokens; \
             lower it with --gen-kwargs max_gen_toks=N or raise --max-length",
            options.max_length
        )));
    }
    if encoded.ids.is_empty() {
        return Err(EncodeError::Unscorable("the prompt is empty".into()));
    }
    let truncated = encoded.ids.len().saturating_sub(room);
    let until =
        generation.until.iter().cloned().chain(encoder.eos().map(|(_, text)| text.to_owned()));
    let pass = Pass {
        spans: spans::of_context(context, &encoded.starts)[truncated..].to_vec(),
        tokens: encoded.ids[truncated..].to_vec(),
        generation: Some(GenerationLimits { max_new_tokens, until: until.collect() }),
        ..Pass::default()
    };
    Ok(EncodedRequest { passes: vec![pass], truncated, is_rolling: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::testing::encoder;

    fn choice(text: &str, question_from: usize, continuation: &str, role: Role) -> Request {
        let context = Context {
            text: text.into(),
            shots: vec![0..question_from],
            question: vec![question_from..text.len()],
        };
        Request {
            kind: RequestKind::Loglikelihood { context, continuation: continuation.into() },
            role,
        }
    }

    fn encode(requests: &[Request], max_length: usize) -> EncodedDocument {
        encode_document(&encoder(), requests, EncodeOptions { max_length }).unwrap()
    }

    fn count(pass: &Pass, span: Span) -> usize {
        pass.spans.iter().filter(|&&found| found == Some(span)).count()
    }

    #[test]
    fn the_prompt_counts_once_and_the_last_token_of_a_continuation_never() {
        let text = "shot one. question two";
        let requests = [
            choice(text, 10, " first answer", Role::Other),
            choice(text, 10, " second answer", Role::Gold),
        ];
        let encoded = encode(&requests, 1000);
        let (other, gold) = (&encoded.requests[0].passes[0], &encoded.requests[1].passes[0]);
        assert_eq!(count(other, Span::Question) + count(other, Span::Context), 0);
        assert!(count(gold, Span::Question) > 0 && count(gold, Span::Context) > 0);
        assert_eq!(count(gold, Span::ContinuationGold), gold.targets.len() - 1);
        assert_eq!(count(other, Span::ContinuationOther), other.targets.len() - 1);
        assert_eq!(gold.tokens.len(), gold.first_row + gold.targets.len());
    }

    #[test]
    fn a_long_prompt_loses_its_left_end() {
        let text = "one two three four five six seven eight nine ten";
        let whole =
            &encode(&[choice(text, 0, " end", Role::Gold)], 1000).requests[0].passes[0].clone();
        let cut = &encode(&[choice(text, 0, " end", Role::Gold)], 6).requests[0];
        assert_eq!(cut.passes[0].tokens[..], whole.tokens[whole.tokens.len() - 6..]);
        assert_eq!(cut.truncated, whole.tokens.len() - 6);
        assert_eq!(cut.passes[0].targets, whole.targets);
    }

    #[test]
    fn a_rolling_text_counts_each_token_once_whatever_its_windows() {
        let text = "a rather long text that needs more than one window to be scored";
        let request =
            Request { kind: RequestKind::Rolling { text: text.into() }, role: Role::Only };
        let length = encoder().encode(text).unwrap().ids.len();
        for max_length in [1, 2, 3, 5, length - 1, length, length + 1, 1000] {
            let encoded = encode(std::slice::from_ref(&request), max_length);
            let counted: usize = encoded.passes().map(|pass| count(pass, Span::Question)).sum();
            let scored: usize = encoded.passes().map(|pass| pass.targets.len()).sum();
            assert_eq!((counted, scored), (length, length), "windows of {max_length}");
            for pass in encoded.passes() {
                assert_eq!(pass.spans.len(), pass.tokens.len());
                assert!(pass.first_row + pass.targets.len() <= pass.tokens.len());
            }
        }
    }
}
