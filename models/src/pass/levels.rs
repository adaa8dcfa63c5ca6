//! [`levels`]: what can run at the same time.

/// Indices in waves, from what each one continues: whatever a wave's members continue is in earlier waves. A
/// parent stands before its children.
pub(crate) fn levels(parents: impl Iterator<Item = Option<usize>>) -> Vec<Vec<usize>> {
    let mut depth: Vec<usize> = vec![];
    let mut levels: Vec<Vec<usize>> = vec![];
    for (index, parent) in parents.enumerate() {
        let level = parent.map_or(0, |parent| depth[parent] + 1);
        depth.push(level);
        if levels.len() == level {
            levels.push(vec![]);
        }
        levels[level].push(index);
    }
    levels
}
