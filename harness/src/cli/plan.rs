use std::fmt::Write;

use harness_tasks::{Instance, TaskData};
use serde_json::{Value, json};

use super::args::PlanArgs;
use super::error::CommandError;
use super::eval::{batch_tokens, selection_options};
use super::output;
use crate::config::{Config, choose_models};
use crate::encode::{EncodeOptions, EncodedDocument, Pass, encode_document};
use crate::eval::{
    CheckpointOptions, EvalError, EvalOptions, PreparedModel, PreparedTask, prepare_models,
    prepare_tasks, prompt_options,
};
use crate::exit::Exit;
use crate::plan::{Forest, WindowLimits, WindowRule};

/// Shows what an evaluation would run, without loading weights.
pub(super) fn run(args: &PlanArgs) -> Result<Exit, CommandError> {
    let config = Config::load(args.selection.config.as_deref())?;
    let mut options = selection_options(&args.selection, &config)?;
    let choices = choose_models(&config, &args.selection.models)?;
    let preparation = prepare_tasks(&options)?;
    let checkpoints = CheckpointOptions {
        chat_template: options.apply_chat_template,
        thinking: options.enable_thinking,
        ..Default::default()
    };
    let models = prepare_models(choices, checkpoints)?;
    options.batch_tokens = batch_tokens(&args.selection, &options, &models);
    let mut plans = Vec::new();
    for model in &models {
        for prepared in &preparation.tasks {
            plans.push(plan(model, prepared, &options, args.show)?);
        }
    }
    let memory: Vec<Value> = models.iter().map(|model| memory(model, &options)).collect();
    if args.json {
        output::print_json(&json!({"tasks": plans, "models": memory}))?;
    } else {
        let text = plans.iter().map(describe).chain(memory.iter().map(describe_memory));
        output::print(&text.collect::<String>())?;
    }
    Ok(if preparation.missing().count() == 0 { Exit::Success } else { Exit::Incomplete })
}

fn plan(
    model: &PreparedModel,
    prepared: &PreparedTask,
    options: &EvalOptions,
    show: usize,
) -> Result<Value, EvalError> {
    let names = json!({"model": model.alias, "task": prepared.task.name()});
    let counted = match &prepared.data {
        Ok(data) => count(model, prepared, data, options, show)?,
        Err(reason) => json!({"missing": reason}),
    };
    let (Value::Object(mut plan), Value::Object(counted)) = (names, counted) else {
        return Ok(Value::Null);
    };
    plan.extend(counted);
    Ok(Value::Object(plan))
}

/// What a task comes to for one tokenizer.
fn count(
    model: &PreparedModel,
    prepared: &PreparedTask,
    data: &TaskData,
    options: &EvalOptions,
    show: usize,
) -> Result<Value, EvalError> {
    let prompts = prompt_options(options, model.chat.as_ref().map(|chat| chat as _));
    let length = EncodeOptions { max_length: model.max_length(options.max_length) };
    let mut totals = Totals::new(options.batch_tokens);
    let mut shown = Vec::new();
    for instance in prepared.task.prompts(data, &prompts)? {
        let mut instance = instance?;
        options.generation.apply(&mut instance.requests);
        let encoded = encode_document(&model.encoder, &instance.requests, length);
        totals.add(&instance, encoded.as_ref().ok());
        if shown.len() < show {
            shown.push(document(&instance, encoded.as_ref().map_err(ToString::to_string)));
        }
    }
    Ok(totals.finish(&shown))
}

/// Counts of a task, window by window as `eval` would share them.
struct Totals {
    batch_tokens: usize,
    rule: WindowRule,
    window: Vec<EncodedDocument>,
    documents: usize,
    requests: usize,
    naive: usize,
    distinct: usize,
    longest: usize,
    unscorable: usize,
}

impl Totals {
    fn new(batch_tokens: usize) -> Self {
        let rule = WindowRule::new(WindowLimits::for_budget(batch_tokens));
        Self {
            batch_tokens,
            rule,
            window: Vec::new(),
            documents: 0,
            requests: 0,
            naive: 0,
            distinct: 0,
            longest: 0,
            unscorable: 0,
        }
    }

    fn add(&mut self, instance: &Instance<'_>, encoded: Option<&EncodedDocument>) {
        self.documents += 1;
        self.requests += instance.requests.len();
        self.unscorable += usize::from(encoded.is_none());
        self.naive += encoded.map_or(0, EncodedDocument::naive_tokens);
        let lengths =
            encoded.iter().flat_map(|encoded| encoded.passes()).map(|pass| pass.tokens.len());
        self.longest = self.longest.max(lengths.max().unwrap_or(0));
        self.window.extend(encoded.cloned());
        if self.rule.is_full_with(encoded.iter().flat_map(|encoded| encoded.passes())) {
            self.close_window();
        }
    }

    fn close_window(&mut self) {
        let passes: Vec<(usize, &Pass)> = self
            .window
            .iter()
            .flat_map(|document| document.passes().map(|pass| (0, pass)))
            .collect();
        self.distinct += Forest::new(&passes, self.batch_tokens).tokens();
        self.window.clear();
        self.rule = WindowRule::new(WindowLimits::for_budget(self.batch_tokens));
    }

    fn finish(mut self, shown: &[Value]) -> Value {
        self.close_window();
        json!({
            "documents": self.documents,
            "requests": self.requests,
            "tokens": self.naive,
            "distinct_tokens": self.distinct,
            "longest_prompt": self.longest,
            "unscorable": self.unscorable,
            "first_documents": shown,
        })
    }
}

fn document(instance: &Instance<'_>, encoded: Result<&EncodedDocument, String>) -> Value {
    let requests = match encoded {
        Ok(encoded) => encoded.passes().map(pass).collect(),
        Err(reason) => json!({"unscorable": reason}),
    };
    let text = instance.requests.first().map(|request| match &request.kind {
        harness_tasks::RequestKind::Loglikelihood { context, .. } => context.text.clone(),
        harness_tasks::RequestKind::Generate { context, .. } => context.text.clone(),
        harness_tasks::RequestKind::Rolling { text } => text.clone(),
    });
    json!({"doc_id": instance.doc.id, "prompt": text, "target": instance.target, "passes": requests})
}

fn pass(pass: &Pass) -> Value {
    json!({"token_ids": pass.tokens, "scored_ids": pass.targets, "first_scored_row": pass.first_row})
}

/// What the engine will need, in bytes: weights, the cached tokens of a batch and its activations.
fn memory(model: &PreparedModel, options: &EvalOptions) -> Value {
    let architecture = &model.checkpoint.architecture;
    json!({
        "model": model.alias,
        "weights_bytes": architecture.weight_bytes(options.dtype),
        "cache_bytes_per_1000_tokens": architecture.kv_bytes_per_token() * 1000,
        "batch_tokens": options.batch_tokens,
    })
}

fn describe(plan: &Value) -> String {
    let mut text = String::new();
    let name = |key: &str| plan[key].as_str().unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(text, "{} · {}: ", name("model"), name("task"));
    if let Some(reason) = plan["missing"].as_str() {
        let _ = writeln!(text, "no data. {reason}");
        return text;
    }
    let number = |key: &str| plan[key].as_u64().unwrap_or_default();
    let (tokens, distinct) = (number("tokens"), number("distinct_tokens"));
    let _ = writeln!(
        text,
        "{} documents, {} requests, {tokens} tokens, {distinct} distinct ({:.1}x shared), longest prompt {}",
        number("documents"),
        number("requests"),
        tokens as f64 / distinct.max(1) as f64,
        number("longest_prompt"),
    );
    if number("unscorable") > 0 {
        let _ = writeln!(text, "  {} documents cannot be scored", number("unscorable"));
    }
    for document in plan["first_documents"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "  document {}, target {}", document["doc_id"], document["target"]);
        for line in document["prompt"].as_str().unwrap_or_default().lines() {
            let _ = writeln!(text, "  | {}", harness_reports::terminal_safe(line));
        }
        for pass in document["passes"].as_array().into_iter().flatten() {
            let _ = writeln!(text, "  ids {} scored {}", pass["token_ids"], pass["scored_ids"]);
        }
    }
    text
}

fn describe_memory(memory: &Value) -> String {
    let mib = |key: &str| memory[key].as_f64().unwrap_or_default() / f64::from(1 << 20);
    format!(
        "{}: weights {:.0} MiB, {:.1} MiB of cache per 1,000 tokens, {} tokens a batch\n",
        memory["model"].as_str().unwrap_or_default(),
        mib("weights_bytes"),
        mib("cache_bytes_per_1000_tokens"),
        memory["batch_tokens"],
    )
}
