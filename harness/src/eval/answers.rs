use std::collections::BTreeMap;

use harness_metrics::RoutingCounts;
use harness_reports::record::{DocumentRow, DocumentState, Span};
use harness_tasks::{
    Instance, MetricValue, Request, RequestKind, Response, Score, Task, TaskError,
};
use serde_json::{Value, json};

use crate::encode::{EncodedDocument, Pass};
use crate::run::PassAnswer;

/// A document between its prompts and its row in the record.
#[derive(Debug)]
pub(super) struct PendingDocument<'a> {
    /// The document and what is asked about it.
    pub instance: Instance<'a>,
    /// Its token sequences, or why there are none.
    pub encoded: Result<EncodedDocument, String>,
}

impl PendingDocument<'_> {
    /// Requests of which tokens were cut off on the left.
    pub(super) fn truncated(&self) -> usize {
        let requests = self.encoded.as_ref().map_or(&[][..], |encoded| &encoded.requests);
        requests.iter().filter(|request| request.truncated > 0).count()
    }

    /// The document's sequences; none when it cannot be scored.
    pub(super) fn passes(&self) -> impl Iterator<Item = &Pass> {
        self.encoded.iter().flat_map(EncodedDocument::passes)
    }

    /// Tokens fed when nothing is shared.
    pub(super) fn naive_tokens(&self) -> usize {
        self.encoded.as_ref().map_or(0, EncodedDocument::naive_tokens)
    }

    /// The row: responses and scores together with the document's routing.
    ///
    /// `answers` holds one answer a pass, in the document's order.
    ///
    /// # Errors
    /// When the task cannot score the document at all, which is a fault of the task and not of the model.
    pub(super) fn into_row(
        self,
        task: &Task,
        answers: &[PassAnswer],
        routing: BTreeMap<Span, RoutingCounts>,
        log_sample: bool,
    ) -> Result<DocumentRow, TaskError> {
        let Instance { doc, requests, target, cluster, row_id, doc_hash, prompt_hash, target_hash } =
            self.instance;
        let sample =
            log_sample.then(|| json!({"doc": doc.fields, "arguments": arguments(&requests)}));
        let outcome = self.encoded.and_then(|encoded| responses(&encoded, answers));
        let (responses, scores, state) = match outcome {
            Ok(responses) => {
                let scores = task.score(doc, &requests, &responses)?;
                let state = state_of(&scores);
                (json!(responses), json!(scores), state)
            }
            Err(reason) => {
                (Value::Null, Value::Array(Vec::new()), DocumentState::Unscored { reason })
            }
        };
        let routing =
            if state == DocumentState::Scored { routing.into_iter().collect() } else { Vec::new() };
        let doc_id = doc.id;
        Ok(DocumentRow {
            doc_id,
            doc_hash,
            prompt_hash,
            target_hash,
            cluster,
            row_id,
            target,
            responses,
            scores,
            state,
            routing,
            sample,
        })
    }
}

/// One response a request; a rolling text's windows are summed.
fn responses(encoded: &EncodedDocument, answers: &[PassAnswer]) -> Result<Vec<Response>, String> {
    let mut answers = answers.iter();
    let mut take = |count: usize| answers.by_ref().take(count).collect::<Vec<_>>();
    encoded
        .requests
        .iter()
        .map(|request| response(&take(request.passes.len()), request.is_rolling))
        .collect()
}

fn response(answers: &[&PassAnswer], is_rolling: bool) -> Result<Response, String> {
    let mut sum = 0.0;
    let mut greedy = true;
    for answer in answers {
        match answer {
            PassAnswer::Generated { text, .. } => {
                return Ok(Response::Generated { text: text.clone() });
            }
            PassAnswer::NonFinite { place } => {
                return Err(format!("nan: a value that is not finite first appears in {place}"));
            }
            PassAnswer::Scored { log_prob, is_greedy } => {
                sum += log_prob;
                greedy &= is_greedy;
            }
        }
    }
    if is_rolling {
        Ok(Response::Rolling { log_prob: sum })
    } else {
        Ok(Response::Loglikelihood { log_prob: sum, is_greedy: greedy })
    }
}

/// A document counts unless all that it has is unscored.
fn state_of(scores: &[Score]) -> DocumentState {
    let mut first = None;
    for value in scores.iter().flat_map(|score| score.metrics.values()) {
        match value {
            MetricValue::Unscored { reason } => first.get_or_insert(reason),
            _ => return DocumentState::Scored,
        };
    }
    first.map_or(DocumentState::Scored, |reason| DocumentState::Unscored { reason: reason.clone() })
}

/// The requests as lm-eval logs them: `[context, continuation]`, `[text]`, `[context, generation_kwargs]`.
fn arguments(requests: &[Request]) -> Value {
    let argument = |request: &Request| match &request.kind {
        RequestKind::Loglikelihood { context, continuation } => json!([context.text, continuation]),
        RequestKind::Rolling { text } => json!([text]),
        RequestKind::Generate { context, options } => json!([context.text, options.raw]),
    };
    requests.iter().map(argument).collect()
}
