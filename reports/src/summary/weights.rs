//! Weights of an average's tasks.

use crate::manifest::{GroupManifest, Manifest};

/// Weights by documents, which sum to 1.
pub(super) fn by_size(sizes: &[usize]) -> Vec<f64> {
    let total: usize = sizes.iter().sum();
    sizes.iter().map(|&size| size as f64 / total as f64).collect()
}

/// Weights of a group's tasks, which sum to 1: each member alike, a group inside counting as one
/// member, whose weight its own members share.
pub(super) fn alike(manifest: &Manifest, group: &GroupManifest) -> Vec<f64> {
    let inner: Vec<&GroupManifest> = group
        .groups
        .iter()
        .filter_map(|name| manifest.groups.iter().find(|other| other.name == *name))
        .filter(|inner| inner.tasks.len() < group.tasks.len())
        .collect();
    let home = |task: &String| inner.iter().position(|inner| inner.tasks.contains(task));
    let homes: Vec<Option<usize>> = group.tasks.iter().map(home).collect();
    let members = inner.len() + homes.iter().filter(|home| home.is_none()).count();
    let share = 1.0 / members.max(1) as f64;
    let weight = |(task, home): (&String, &Option<usize>)| match home {
        None => share,
        Some(at) => {
            let place = inner[*at].tasks.iter().position(|other| other == task);
            place.map_or(0.0, |place| share * alike(manifest, inner[*at])[place])
        }
    };
    group.tasks.iter().zip(&homes).map(weight).collect()
}

/// Σ value · weight.
pub(super) fn weighted(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

/// Tasks are independent samples, so variances add.
pub(super) fn weighted_error(errors: &[f64], weights: &[f64]) -> f64 {
    errors.iter().zip(weights).map(|(error, weight)| (error * weight).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::manifest;

    #[test]
    fn weights_by_size_or_alike() {
        assert_eq!(by_size(&[30, 10]), [0.75, 0.25]);
        assert_eq!(alike(&manifest(), &group("g", &["a", "b"], &[])), [0.5, 0.5]);
    }

    fn group(name: &str, tasks: &[&str], groups: &[&str]) -> GroupManifest {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        GroupManifest {
            name: name.to_owned(),
            tasks: owned(tasks),
            groups: owned(groups),
            ..GroupManifest::default()
        }
    }

    #[test]
    fn a_group_inside_counts_as_one_member() {
        let outer = group("outer", &["a", "x", "y", "z"], &["inner"]);
        let inner = group("inner", &["x", "y", "z"], &["innermost"]);
        let innermost = group("innermost", &["y", "z"], &[]);
        let groups = vec![outer.clone(), inner, innermost];
        let manifest = Manifest { groups, ..manifest() };
        assert_eq!(alike(&manifest, &outer), [0.5, 0.25, 0.125, 0.125]);
    }
}
