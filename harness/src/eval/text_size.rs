use harness_reports::record::TextSize;
use harness_tasks::{Request, RequestKind};

use crate::encode::{EncodedDocument, reference_request};

/// How much text a document's own prompt is; `None` without a request.
///
/// Masked tokens are those of the reference request's first pass: special tokens and the chat template's. (Later
/// windows of a long rolling text repeat tokens that are counted elsewhere.)
pub(super) fn text_size(
    requests: &[Request],
    encoded: Option<&EncodedDocument>,
) -> Option<TextSize> {
    let reference = reference_request(requests);
    let own = own_text(requests.get(reference)?);
    let passes = encoded.and_then(|encoded| encoded.requests.get(reference));
    let spans = passes.and_then(|request| request.passes.first()).map(|pass| &pass.spans);
    let masked = spans.map_or(0, |spans| spans.iter().filter(|span| span.is_none()).count());
    Some(TextSize {
        bytes: own.len() as u64,
        characters: own.chars().count() as u64,
        pieces: own.split_whitespace().count() as u64,
        masked: masked as u64,
    })
}

fn own_text(request: &Request) -> String {
    match &request.kind {
        RequestKind::Rolling { text } => text.clone(),
        RequestKind::Loglikelihood { context, .. } | RequestKind::Generate { context, .. } => {
            let parts = context.question.iter().filter_map(|range| context.text.get(range.clone()));
            parts.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use harness_tasks::{Context, Role};

    use super::*;

    #[test]
    fn only_the_documents_own_text_is_measured() {
        let text = "shot. \u{5e9}\u{5d0}\u{5dc}\u{5d4} two".to_owned();
        let question = vec![6..text.len()];
        let context = Context { text, shots: vec![0..6], question };
        let kind = RequestKind::Loglikelihood { context, continuation: " x".to_owned() };
        let size = text_size(&[Request { kind, role: Role::Gold }], None).unwrap();
        assert_eq!((size.bytes, size.characters, size.pieces, size.masked), (12, 8, 2, 0));
        assert_eq!(text_size(&[], None), None);
    }
}
