use std::collections::BTreeSet;

use harness_models::ComputeDtype;
use harness_reports::manifest::{
    AggregateManifest, Capture, GroupManifest, HEADLINE, Language, Manifest, MetricName,
    ModelManifest, RouterManifest, RunManifest, TaskManifest,
};
use harness_tasks::config::AggregateRule;
use harness_tasks::{Group, TaskLanguage};
use serde_json::json;

use super::checkpoint::PreparedModel;
use super::options::EvalOptions;
use super::preparation::{Preparation, PreparedTask};

/// Raised whenever a change of this program changes a prompt, a score or a count: records made before it are then
/// not continued. (A digest of the code would refuse after every harmless change.)
pub(super) const SCORING_VERSION: u32 = 1;

/// What must be equal for two processes to add to one record.
pub fn manifest(
    options: &EvalOptions,
    models: &[PreparedModel],
    preparation: &Preparation,
) -> Manifest {
    let model = |model: &PreparedModel| (model.alias.clone(), model_manifest(model, options));
    let task = |task: &PreparedTask| (task.task.name().to_owned(), task_manifest(task, options));
    Manifest {
        run: run_manifest(options),
        models: models.iter().map(model).collect(),
        tasks: preparation.tasks.iter().map(task).collect(),
        groups: preparation.groups.iter().map(|group| group_manifest(group, preparation)).collect(),
    }
}

fn run_manifest(options: &EvalOptions) -> RunManifest {
    RunManifest {
        harness_version: env!("CARGO_PKG_VERSION").to_owned(),
        scoring_version: SCORING_VERSION,
        device: options.device.kind().to_owned(),
        dtype: match options.dtype {
            ComputeDtype::Auto | ComputeDtype::F32 => "f32".to_owned(),
            ComputeDtype::Bf16 => "bf16".to_owned(),
        },
        batch_tokens: options.batch_tokens,
        max_length: options.max_length,
        limit: options.limit,
        num_fewshot: options.num_fewshot,
        seed: options.seed,
        chat_template: options.apply_chat_template,
        system_instruction: options.system_instruction.clone(),
        fewshot_as_multiturn: options.fewshot_as_multiturn,
        enable_thinking: options.enable_thinking,
        gen_kwargs: options.gen_kwargs.clone(),
        routing: options.routing,
        routing_trace: options.routing_trace,
        log_samples: options.log_samples,
    }
}

fn model_manifest(model: &PreparedModel, options: &EvalOptions) -> ModelManifest {
    let section = &model.section;
    let architecture = &model.checkpoint.architecture;
    let router = architecture.score_function.filter(|_| options.routing).map(|score_function| {
        RouterManifest {
            score_function: name_of(&score_function),
            experts: architecture.experts,
            top_k: architecture.top_k,
            shared_experts: architecture.shared_experts,
            moe_layers: architecture.moe_layers.clone(),
            capture: Capture::Full,
        }
    });
    ModelManifest {
        source: match &model.revision {
            Some(commit) => {
                format!("{}@{commit}", section.source.split('@').next().unwrap_or_default())
            }
            None => section.source.clone(),
        },
        stage: section.stage.clone(),
        family: section.family.clone(),
        parent: section.parent.clone(),
        compare_to: section.compare_to.clone().or_else(|| section.parent.clone()),
        loss: model.loss.clone(),
        weights_digest: model.weights_digest.clone(),
        tokenizer_digest: model.tokenizer_digest.clone(),
        chat_template_digest: model.chat.as_ref().map(|chat| chat.digest().to_owned()),
        architecture: serde_json::to_value(architecture).unwrap_or_default(),
        router,
    }
}

/// The name that serde gives a unit variant.
fn name_of(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn task_manifest(prepared: &PreparedTask, options: &EvalOptions) -> TaskManifest {
    let task = &prepared.task;
    TaskManifest {
        version: task.version(),
        task_digest: task.digest(),
        data_digest: prepared.data.as_ref().ok().map(|data| data.digest.clone()),
        config: task.config(),
        card: json!(task.card()),
        output_type: name_of(&task.output_type()),
        num_fewshot: task.shots(options.num_fewshot),
        language: language(task.language()),
        category: task.category().map(|category| name_of(&category)),
        headline: task.metrics().first().map(|metric| MetricName {
            metric: metric.metric.clone(),
            filter: metric.filter.clone(),
        }),
        answer_options: task.answer_options(),
        stand_in_for: prepared.stand_in_for.clone(),
        probe: prepared.probe,
        missing: prepared.data.as_ref().err().cloned(),
    }
}

fn language(language: &TaskLanguage) -> Language {
    Language { question: language.question.clone(), continuation: language.continuation.clone() }
}

/// A rule without filters takes every filter that its members have; the headline metric brings its own.
fn group_manifest(group: &Group, preparation: &Preparation) -> GroupManifest {
    let member = |task: &&PreparedTask| group.tasks.iter().any(|name| name == task.task.name());
    let members = preparation.tasks.iter().filter(member);
    let filters = members.flat_map(|task| task.task.metrics()).map(|metric| metric.filter);
    let every: BTreeSet<String> = filters.collect();
    let filters = |rule: &AggregateRule| match &rule.filters {
        _ if rule.metric == HEADLINE => vec!["none".to_owned()],
        Some(filters) => filters.clone(),
        None => every.iter().cloned().collect(),
    };
    let aggregate = group.aggregate.iter().map(|rule| AggregateManifest {
        metric: rule.metric.clone(),
        filters: filters(rule),
        weight_by_size: rule.weight_by_size,
    });
    GroupManifest {
        name: group.name.clone(),
        title: group.alias.clone(),
        tasks: group.tasks.clone(),
        groups: group.groups.clone(),
        aggregate: aggregate.collect(),
        routing_probe: group.routing_probe.clone(),
        stand_ins: group.stand_ins.clone(),
    }
}
