//! A group file: several tasks under one name.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::rules::TASK_KEYS;
use super::yaml::{Node, NodeValue, Section, strings};
use super::{ConfigError, ConfigErrors, Problem};

/// A group file (`config/group.py` of lm-evaluation-harness).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupConfig {
    /// The group's name.
    pub group: String,
    /// The name that tables show.
    pub group_alias: Option<String>,
    /// Its tasks, tags and groups.
    pub task: Vec<GroupMember>,
    /// How its members' results are joined.
    pub aggregate_metric_list: Vec<AggregateRule>,
    /// Version, routing probe, stand-ins.
    pub metadata: GroupMetadata,
    /// Keys of tasks, which replace those of every member.
    pub overrides: Option<Node>,
}

/// One entry of a group's `task` list.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupMember {
    /// A task, tag or group by name.
    Name(String),
    /// A task by name, with keys that replace its own.
    Task {
        /// The task that is changed, or the name of one defined here.
        name: String,
        /// The keys.
        overrides: Node,
    },
    /// A group defined here.
    Group(Box<GroupConfig>),
}

/// One entry of `aggregate_metric_list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregateRule {
    /// The metric that is joined.
    pub metric: String,
    /// The filters; `None` takes every filter that the members have.
    pub filters: Option<Vec<String>>,
    /// Whether members count by their number of documents.
    pub weight_by_size: bool,
    /// The aggregation; only `mean` exists.
    pub aggregation: String,
}

/// Our part of a group's `metadata`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupMetadata {
    /// The group's version as written.
    pub version: Option<Value>,
    /// Tasks over parallel text that run with the group at weight 0.
    pub routing_probe: Vec<String>,
    /// By task, the task that joins it when its data cannot be had.
    pub stand_ins: BTreeMap<String, String>,
    /// What the group is, in a sentence or two.
    pub about: String,
    /// Keys that are not ours.
    pub other: Map<String, Value>,
}

impl GroupConfig {
    /// Reads a group's mapping, includes merged.
    ///
    /// # Errors
    /// Every mistake with file, line, key and what to do.
    pub fn read(node: Node) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let config = Self::take(node, "", &mut errors);
        match config {
            Some(config) if errors.is_empty() => Ok(config),
            _ => Err(ConfigErrors(errors)),
        }
    }

    fn take(node: Node, prefix: &str, errors: &mut Vec<ConfigError>) -> Option<Self> {
        let mut section = Section::open(node, prefix, errors)?;
        let config = Self {
            group: section.string("group").unwrap_or_default(),
            group_alias: section.string("group_alias"),
            task: members(&mut section),
            aggregate_metric_list: AggregateRule::take_list(&mut section),
            metadata: GroupMetadata::take(&mut section),
            overrides: overrides(&mut section),
        };
        section.finish();
        Some(config)
    }
}

/// What is no key of a group is one of its members'.
fn overrides(section: &mut Section) -> Option<Node> {
    let entries = section.take_all(&TASK_KEYS);
    let value = NodeValue::Map(entries.clone());
    let at = section.position();
    (!entries.is_empty()).then_some(Node { at, tag: None, value })
}

fn members(section: &mut Section) -> Vec<GroupMember> {
    let Some(node) = section.take("task") else { return Vec::new() };
    if let Some(names) = strings(&node) {
        return names.into_iter().map(GroupMember::Name).collect();
    }
    let NodeValue::List(items) = node.value else {
        let key = section.path("task");
        let problem = Problem::WrongType { key, expected: "a list of tasks", found: node.kind() };
        section.fail(node.at, problem);
        return Vec::new();
    };
    items.into_iter().filter_map(|item| member(item, section.errors())).collect()
}

fn member(item: Node, errors: &mut Vec<ConfigError>) -> Option<GroupMember> {
    if let Some(name) = item.as_str() {
        return Some(GroupMember::Name(name.to_owned()));
    }
    let value = |key: &str| match &item.value {
        NodeValue::Map(entries) => entries.iter().find(|(name, _)| name.as_str() == Some(key)),
        _ => None,
    };
    if value("group").is_some() {
        return GroupConfig::take(item, "task.", errors)
            .map(|group| GroupMember::Group(Box::new(group)));
    }
    let name = value("task").and_then(|(_, node)| node.as_str()).map(str::to_owned);
    if let Some(name) = name {
        return Some(GroupMember::Task { name, overrides: item });
    }
    let expected = "a name, or a mapping with `task` or `group`";
    let problem = Problem::WrongType { key: "task".into(), expected, found: item.kind() };
    errors.push(ConfigError { at: item.at, problem });
    None
}

impl AggregateRule {
    fn take_list(section: &mut Section) -> Vec<Self> {
        let Some(node) = section.take("aggregate_metric_list") else { return Vec::new() };
        let items = match node.value {
            NodeValue::List(items) => items,
            _ => vec![node],
        };
        items.into_iter().filter_map(|item| Self::read(item, section.errors())).collect()
    }

    fn read(item: Node, errors: &mut Vec<ConfigError>) -> Option<Self> {
        let mut section = Section::open(item, "aggregate_metric_list.", errors)?;
        let rule = Self {
            metric: section.string("metric").unwrap_or_default(),
            filters: section.strings("filter_list"),
            weight_by_size: section.boolean("weight_by_size").unwrap_or(true),
            aggregation: section.string("aggregation").unwrap_or_else(|| "mean".to_owned()),
        };
        let at = section.position();
        if rule.metric.is_empty() {
            let key = section.path("metric");
            section.fail(at.clone(), Problem::Missing { key, advice: "name the metric to join" });
        }
        if rule.aggregation != "mean" {
            let key = section.path("aggregation");
            let advice = format!("`{}` is not known; only `mean` joins results", rule.aggregation);
            section.fail(at, Problem::Value { key, advice });
        }
        section.finish();
        Some(rule)
    }
}

impl GroupMetadata {
    fn take(section: &mut Section) -> Self {
        let Some(node) = section.take("metadata") else { return Self::default() };
        if !matches!(node.value, NodeValue::Map(_)) {
            return Self::default();
        }
        let Some(mut section) = Section::open(node, "metadata.", section.errors()) else {
            return Self::default();
        };
        let stand_ins = section.mapping("stand_ins").unwrap_or_default();
        Self {
            version: section.take("version").map(|node| node.to_json()),
            routing_probe: section.strings("routing_probe").unwrap_or_default(),
            stand_ins: stand_ins
                .into_iter()
                .filter_map(|(task, other)| Some((task, other.as_str()?.to_owned())))
                .collect(),
            about: section.string("about").unwrap_or_default().trim().to_owned(),
            other: section.rest(),
        }
    }
}
