use std::path::Path;

use harness_reports::manifest::LossCurve;

/// A longer log is kept as the lowest and the highest loss of this many stretches.
const STRETCHES: usize = 2500;

/// Reads a trainer's log: a CSV file with columns `step` and `loss`, others are not looked at.
///
/// # Errors
/// What is wrong with it and in which line.
pub fn read_loss(path: &Path) -> Result<LossCurve, String> {
    let mut sheet = csv::Reader::from_path(path).map_err(|error| error.to_string())?;
    let headers = sheet.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let place = headers.iter().position(|header| header.trim() == name);
        let known = || headers.iter().collect::<Vec<_>>().join(", ");
        place.ok_or_else(|| format!("it has no column `{name}`; it has {}", known()))
    };
    let (step, loss) = (column("step")?, column("loss")?);
    let mut curve = LossCurve::default();
    for row in sheet.records() {
        let row = row.map_err(|error| error.to_string())?;
        let line = row.position().map_or(0, csv::Position::line);
        let (at, value) = (&row[step], &row[loss]);
        let at = at.trim().parse().map_err(|_| format!("line {line}: `{at}` is no step"))?;
        let value: f64 =
            value.trim().parse().map_err(|_| format!("line {line}: `{value}` is no loss"))?;
        if value.is_finite() {
            curve.steps.push(at);
            curve.losses.push(value);
        } else {
            curve.not_finite += 1;
        }
    }
    Ok(if curve.losses.len() > 2 * STRETCHES { shortened(&curve) } else { curve })
}

/// The lowest and the highest loss of each stretch, in their order.
fn shortened(curve: &LossCurve) -> LossCurve {
    let length = curve.losses.len().div_ceil(STRETCHES);
    let mut short = LossCurve { not_finite: curve.not_finite, ..LossCurve::default() };
    for (steps, losses) in curve.steps.chunks(length).zip(curve.losses.chunks(length)) {
        let all = || (0..losses.len()).map(|at| (losses[at], at));
        let least = all().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, at)| at);
        let most = all().max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, at)| at);
        let ends = [least.min(most), least.max(most)];
        let distinct = if least == most { &ends[..1] } else { &ends[..] };
        short.steps.extend(distinct.iter().map(|&at| steps[at]));
        short.losses.extend(distinct.iter().map(|&at| losses[at]));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LossCurve, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loss.csv");
        std::fs::write(&path, text).unwrap();
        read_loss(&path)
    }

    #[test]
    fn columns_are_found_by_name() {
        let curve = read("tokens,loss,step\n9,2.5,10\n18,nan,20\n27,1.5,30\n").unwrap();
        let expected = LossCurve { steps: vec![10, 30], losses: vec![2.5, 1.5], not_finite: 1 };
        assert_eq!(curve, expected);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(
            read("iteration,loss\n1,2\n")
                .unwrap_err()
                .contains("no column `step`; it has iteration")
        );
        assert_eq!(read("step,loss\n1,2\n2,low\n").unwrap_err(), "line 3: `low` is no loss");
        assert!(read("step,loss\n1\n").is_err());
        assert!(read_loss(Path::new("no/such.csv")).is_err());
    }

    #[test]
    fn long_logs_keep_their_spikes() {
        let rows: String =
            (0..20_000).map(|i| format!("{i},{}\n", if i == 7_777 { 9 } else { 1 })).collect();
        let curve = read(&format!("step,loss\n{rows}")).unwrap();
        assert!(curve.losses.len() <= 2 * STRETCHES && curve.losses.contains(&9.0));
        assert!(curve.steps.is_sorted() && curve.steps.len() == curve.losses.len());
    }
}
