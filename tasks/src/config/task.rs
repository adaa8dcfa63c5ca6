//! A task file's keys, checked and with their defaults.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::yaml::{Node, Section};
use super::{
    Choices, ConfigErrors, FewshotConfig, Field, FilterConfig, FunctionName, Metadata,
    MetricConfig, Problem, dataset, generation, rules,
};
use crate::data::DatasetRef;
use crate::suggest;

/// The request types of lm-evaluation-harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputType {
    /// One continuation's probability.
    Loglikelihood,
    /// A whole text's probability.
    LoglikelihoodRolling,
    /// Free text.
    GenerateUntil,
    /// The most probable of several continuations.
    MultipleChoice,
}

impl OutputType {
    const ALL: [Self; 4] = [
        Self::Loglikelihood,
        Self::LoglikelihoodRolling,
        Self::GenerateUntil,
        Self::MultipleChoice,
    ];

    /// The name that task files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loglikelihood => "loglikelihood",
            Self::LoglikelihoodRolling => "loglikelihood_rolling",
            Self::GenerateUntil => "generate_until",
            Self::MultipleChoice => "multiple_choice",
        }
    }

    fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("output_type") else { return Self::GenerateUntil };
        let name = node.as_str().unwrap_or(node.kind()).to_owned();
        if let Some(found) = Self::ALL.into_iter().find(|kind| kind.name() == name) {
            return found;
        }
        let names = Self::ALL.map(Self::name);
        let hint = suggest::hint(&name, names);
        let advice = format!("unknown output type `{name}`{hint}; there are {}", names.join(", "));
        section.fail(node.at, Problem::Value { key: "output_type".into(), advice });
        Self::GenerateUntil
    }
}

/// A task file, with includes merged and defaults filled in.
///
/// Keys and defaults are those of lm-evaluation-harness's `config/task.py`.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskConfig {
    /// The task's name.
    pub task: String,
    /// The name that tables show.
    pub task_alias: Option<String>,
    /// Names under which several tasks are selected at once.
    pub tag: Vec<String>,
    /// Where the documents are.
    pub dataset: DatasetRef,
    /// `dataset_kwargs` as they are written.
    pub dataset_kwargs: Option<Map<String, Value>>,
    /// The split for training.
    pub training_split: Option<String>,
    /// The split for validation.
    pub validation_split: Option<String>,
    /// The split for testing.
    pub test_split: Option<String>,
    /// The split of the few-shots.
    pub fewshot_split: Option<String>,
    /// Rewrites all documents of a split.
    pub process_docs: Option<FunctionName>,
    /// The question.
    pub doc_to_text: Option<Field>,
    /// The answer.
    pub doc_to_target: Option<Field>,
    /// The choices.
    pub doc_to_choice: Option<Choices>,
    /// Scores a document in place of the metrics' own code.
    pub process_results: Option<FunctionName>,
    /// Stands once before everything; a column or template too.
    pub description: String,
    /// Between question and answer.
    pub target_delimiter: String,
    /// Between shots.
    pub fewshot_delimiter: String,
    /// Where shots come from.
    pub fewshot_config: FewshotConfig,
    /// How many shots; `None` is 0 unless the user asks for more.
    pub num_fewshot: Option<usize>,
    /// The metrics; `None` takes those of the output type.
    pub metric_list: Option<Vec<MetricConfig>>,
    /// The kind of request.
    pub output_type: OutputType,
    /// How text is generated; always given for `generate_until`.
    pub generation_kwargs: Option<Map<String, Value>>,
    /// How often each request is asked.
    pub repeats: usize,
    /// The filter pipelines; `None` is one named `none` that takes the first.
    pub filter_list: Option<Vec<FilterConfig>>,
    /// Whether the task names a decontamination query, which is not used.
    pub should_decontaminate: bool,
    /// The decontamination query, which is not used.
    pub doc_to_decontamination_query: Option<Value>,
    /// What the answer begins with, given to the model.
    pub gen_prefix: Option<String>,
    /// Card, language, category, cluster, version.
    pub metadata: Metadata,
}

impl TaskConfig {
    /// Reads a task's mapping, includes merged.
    ///
    /// # Errors
    /// Every mistake with file, line, key and what to do.
    pub fn read(node: Node) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let config = Section::open(node, "", &mut errors).map(Self::take);
        match config {
            Some(config) if errors.is_empty() => Ok(config),
            _ => Err(ConfigErrors(errors)),
        }
    }

    fn take(mut section: Section) -> Self {
        let section_ref = &mut section;
        let task = section_ref.string("task").unwrap_or_default();
        let fewshot_delimiter = section_ref.string("fewshot_delimiter");
        let fewshot_delimiter = fewshot_delimiter.unwrap_or_else(|| "\n\n".to_owned());
        let output_type = OutputType::take(section_ref);
        let dataset_kwargs = section_ref.mapping("dataset_kwargs");
        let config = Self {
            task,
            task_alias: section_ref.string("task_alias"),
            tag: section_ref.strings("tag").unwrap_or_default(),
            dataset: dataset::take(section_ref, dataset_kwargs.as_ref()),
            dataset_kwargs,
            training_split: section_ref.string("training_split"),
            validation_split: section_ref.string("validation_split"),
            test_split: section_ref.string("test_split"),
            fewshot_split: section_ref.string("fewshot_split"),
            process_docs: section_ref.function("process_docs"),
            doc_to_text: Field::take(section_ref, "doc_to_text"),
            doc_to_target: Field::take(section_ref, "doc_to_target"),
            doc_to_choice: Choices::take(section_ref, "doc_to_choice"),
            process_results: section_ref.function("process_results"),
            description: section_ref.string("description").unwrap_or_default(),
            target_delimiter: section_ref
                .string("target_delimiter")
                .unwrap_or_else(|| " ".to_owned()),
            fewshot_config: FewshotConfig::take(section_ref),
            num_fewshot: section_ref.count("num_fewshot"),
            metric_list: MetricConfig::take_list(section_ref, output_type),
            generation_kwargs: generation::take(section_ref, output_type, &fewshot_delimiter),
            fewshot_delimiter,
            output_type,
            repeats: section_ref.count("repeats").unwrap_or(1),
            filter_list: FilterConfig::take_list(section_ref),
            should_decontaminate: section_ref.boolean("should_decontaminate").unwrap_or(false),
            doc_to_decontamination_query: section_ref
                .take("doc_to_decontamination_query")
                .map(|node| node.to_json()),
            gen_prefix: section_ref.string("gen_prefix"),
            metadata: Metadata::take(section_ref),
        };
        rules::check(&config, section_ref);
        section.finish();
        config
    }

    /// The split that is evaluated: test if there is one, else validation.
    #[must_use]
    pub fn eval_split(&self) -> Option<&str> {
        self.test_split.as_deref().or(self.validation_split.as_deref())
    }

    /// How shots are told: `fewshot_config` first, then the task's own keys.
    #[must_use]
    pub fn shot_text(&self) -> Option<&Field> {
        self.fewshot_config.doc_to_text.as_ref().or(self.doc_to_text.as_ref())
    }

    /// The answers of shots.
    #[must_use]
    pub fn shot_target(&self) -> Option<&Field> {
        self.fewshot_config.doc_to_target.as_ref().or(self.doc_to_target.as_ref())
    }

    /// The choices of shots.
    #[must_use]
    pub fn shot_choice(&self) -> Option<&Choices> {
        self.fewshot_config.doc_to_choice.as_ref().or(self.doc_to_choice.as_ref())
    }

    /// The split of shots, if one is named.
    #[must_use]
    pub fn shot_split(&self) -> Option<&str> {
        self.fewshot_config.split.as_deref().or(self.fewshot_split.as_deref())
    }
}
