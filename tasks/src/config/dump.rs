//! A task's configuration as JSON.

use serde_json::{Map, Value, json};

use super::{Field, FilterConfig, MetricConfig, TaskConfig};

impl TaskConfig {
    /// The resolved configuration under lm-evaluation-harness's keys, without
    /// those that are unset; functions as `!function module.name`.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            fields.extend(value.map(|value| (key.to_owned(), value)));
        };
        let text = |value: &Option<String>| value.clone().map(Value::from);
        put("task", Some(self.task.as_str().into()));
        put("task_alias", text(&self.task_alias));
        put("tag", (!self.tag.is_empty()).then(|| self.tag.clone().into()));
        put("dataset_path", Some(self.dataset.path.as_str().into()));
        put("dataset_name", text(&self.dataset.name));
        put("dataset_kwargs", self.dataset_kwargs.clone().map(Value::from));
        put("training_split", text(&self.training_split));
        put("validation_split", text(&self.validation_split));
        put("test_split", text(&self.test_split));
        put("fewshot_split", text(&self.fewshot_split));
        put("process_docs", self.process_docs.as_ref().map(|name| name.to_string().into()));
        put("doc_to_text", self.doc_to_text.as_ref().map(Field::to_json));
        put("doc_to_target", self.doc_to_target.as_ref().map(Field::to_json));
        put("doc_to_choice", self.doc_to_choice.as_ref().map(super::Choices::to_json));
        put("process_results", self.process_results.as_ref().map(|name| name.to_string().into()));
        put("description", Some(self.description.as_str().into()));
        put("target_delimiter", Some(self.target_delimiter.as_str().into()));
        put("fewshot_delimiter", Some(self.fewshot_delimiter.as_str().into()));
        put("fewshot_config", Some(self.fewshot_json()));
        put("num_fewshot", self.num_fewshot.map(Value::from));
        put(
            "metric_list",
            self.metric_list.as_ref().map(|list| list.iter().map(MetricConfig::to_json).collect()),
        );
        put("output_type", Some(self.output_type.name().into()));
        put("generation_kwargs", self.generation_kwargs.clone().map(Value::from));
        put("repeats", Some(self.repeats.into()));
        put(
            "filter_list",
            self.filter_list.as_ref().map(|list| list.iter().map(FilterConfig::to_json).collect()),
        );
        put("should_decontaminate", Some(self.should_decontaminate.into()));
        put("doc_to_decontamination_query", self.doc_to_decontamination_query.clone());
        put("gen_prefix", text(&self.gen_prefix));
        put("metadata", Some(self.metadata.to_json()));
        fields
    }

    fn fewshot_json(&self) -> Value {
        let fewshot = &self.fewshot_config;
        let mut fields = Map::new();
        let mut put = |key: &str, value: Option<Value>| {
            fields.extend(value.map(|value| (key.to_owned(), value)));
        };
        put("sampler", Some(fewshot.sampler.to_json()));
        put("split", self.shot_split().map(Value::from));
        put("samples", fewshot.samples.as_ref().map(|samples| json!(samples)));
        put("process_docs", fewshot.process_docs.as_ref().map(|name| name.to_string().into()));
        put("doc_to_text", fewshot.doc_to_text.as_ref().map(Field::to_json));
        put("doc_to_choice", fewshot.doc_to_choice.as_ref().map(super::Choices::to_json));
        put("doc_to_target", fewshot.doc_to_target.as_ref().map(Field::to_json));
        put("gen_prefix", fewshot.gen_prefix.clone().map(Value::from));
        put("fewshot_delimiter", fewshot.fewshot_delimiter.clone().map(Value::from));
        put("target_delimiter", fewshot.target_delimiter.clone().map(Value::from));
        fields.into()
    }
}
