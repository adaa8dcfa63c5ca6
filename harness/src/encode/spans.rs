use std::ops::Range;

use harness_reports::Span;
use harness_tasks::Context;

/// The span of each token of a prompt: a token belongs to whoever wrote its first character, and to nobody when that
/// is the chat template or the tokenizer.
pub(super) fn of_context(context: &Context, starts: &[Option<usize>]) -> Vec<Option<Span>> {
    let within =
        |ranges: &[Range<usize>], at: usize| ranges.iter().any(|range| range.contains(&at));
    let span_at = |at: usize| {
        if within(&context.question, at) {
            Some(Span::Question)
        } else {
            within(&context.shots, at).then_some(Span::Context)
        }
    };
    starts.iter().map(|start| start.and_then(span_at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_and_special_tokens_belong_to_nobody() {
        let context =
            Context { text: "<u>shot|ask<a>".into(), shots: vec![3..8], question: vec![8..11] };
        let starts = [None, Some(0), Some(3), Some(7), Some(8), Some(11)];
        let spans = of_context(&context, &starts);
        let (c, q) = (Some(Span::Context), Some(Span::Question));
        assert_eq!(spans, [None, None, c, c, q, None]);
    }
}
