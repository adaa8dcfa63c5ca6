//! Columns of a regression over documents of several tasks.

/// `values` without the mean of each task, and that divided by the pooled standard deviation
/// within tasks, which is returned too: one unit is then a standard deviation among documents of
/// a task. `None` when nothing varies within tasks.
pub(super) fn standardised(tasks: &[usize], values: &[f64]) -> Option<(Vec<f64>, f64)> {
    let centred = centred(tasks, values);
    let squares: f64 = centred.iter().map(|x| x * x).sum();
    let degrees = values.len().saturating_sub(present(tasks).len());
    let sd = (squares / degrees.max(1) as f64).sqrt();
    let scale = values.iter().map(|x| x.abs()).fold(0.0, f64::max);
    (sd > 1e-9 * scale.max(1e-9)).then(|| (centred.iter().map(|x| x / sd).collect(), sd))
}

/// `values` minus the mean of their task.
pub(super) fn centred(tasks: &[usize], values: &[f64]) -> Vec<f64> {
    let count = tasks.iter().max().map_or(0, |most| most + 1);
    let mut sums = vec![(0.0, 0.0); count];
    for (&task, value) in tasks.iter().zip(values) {
        sums[task] = (sums[task].0 + value, sums[task].1 + 1.0);
    }
    tasks.iter().zip(values).map(|(&task, value)| value - sums[task].0 / sums[task].1).collect()
}

/// A column of ones and zeros for every task but the first.
pub(super) fn task_columns(tasks: &[usize]) -> Vec<Vec<f64>> {
    let of = |task: usize| tasks.iter().map(|&other| f64::from(u8::from(other == task))).collect();
    present(tasks).into_iter().skip(1).map(of).collect()
}

/// Tasks that have a document, ascending.
pub(super) fn present(tasks: &[usize]) -> Vec<usize> {
    let mut present = tasks.to_vec();
    present.sort_unstable();
    present.dedup();
    present
}

/// The columns as rows, without those that the intercept and earlier columns make up.
pub(super) fn independent_rows(columns: Vec<Vec<f64>>, documents: usize) -> Vec<Vec<f64>> {
    let mut basis = vec![vec![1.0 / (documents.max(1) as f64).sqrt(); documents]];
    let mut rows = vec![Vec::new(); documents];
    for column in columns {
        let size = norm(&column);
        let mut rest = column.clone();
        for direction in &basis {
            let share: f64 = rest.iter().zip(direction).map(|(x, d)| x * d).sum();
            rest.iter_mut().zip(direction).for_each(|(x, d)| *x -= share * d);
        }
        let left = norm(&rest);
        if left > 1e-6 * size && left > 0.0 {
            rest.iter_mut().for_each(|x| *x /= left);
            basis.push(rest);
            rows.iter_mut().zip(column).for_each(|(row, x)| row.push(x));
        }
    }
    rows
}

fn norm(column: &[f64]) -> f64 {
    column.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_a_standard_deviation_within_tasks() {
        let (values, sd) = standardised(&[0, 0, 1, 1], &[1.0, 3.0, 101.0, 103.0]).unwrap();
        assert!((sd - 2.0_f64.sqrt()).abs() < 1e-12, "4 squares over 2 degrees of freedom");
        assert!((values[0] + 1.0 / sd).abs() < 1e-12 && (values[0] - values[2]).abs() < 1e-12);
        assert_eq!(standardised(&[0, 0, 1], &[5.0, 5.0, 9.0]), None);
    }

    #[test]
    fn columns_that_others_make_up_are_left_out() {
        let tasks = [0, 0, 1, 1];
        let mut columns = task_columns(&tasks);
        columns.push(vec![3.0; 4]);
        columns.push(vec![2.0, 2.0, 0.0, 0.0]);
        columns.push(vec![1.0, 2.0, 3.0, 4.5]);
        assert_eq!(
            independent_rows(columns, 4),
            [vec![0.0, 1.0], vec![0.0, 2.0], vec![1.0, 3.0], vec![1.0, 4.5]]
        );
    }
}
