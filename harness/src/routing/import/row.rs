//! One row of a wide table.

use std::path::Path;

use super::ImportError;

/// How far a row's sum may lie from top-k (or 1): published tables were rounded to bf16.
const TOLERANCE: f64 = 0.005;

/// The table that rows belong to.
pub(super) struct File<'a> {
    pub(super) path: &'a Path,
    pub(super) experts: usize,
}

/// A row that holds what it must.
pub(super) struct Row {
    pub(super) layer: usize,
    pub(super) language: String,
    pub(super) rates: Vec<f64>,
    pub(super) sum: usize,
}

impl File<'_> {
    pub(super) fn wrong(&self, line: usize, column: &str, problem: String) -> ImportError {
        ImportError::Content {
            path: self.path.to_owned(),
            place: format!("line {line}, {column}"),
            problem,
        }
    }

    pub(super) fn row(&self, line: usize, record: &csv::StringRecord) -> Result<Row, ImportError> {
        if record.len() != self.experts + 2 {
            let problem =
                format!("has {} cells where the header has {}", record.len(), self.experts + 2);
            return Err(self.wrong(line, "the row", problem));
        }
        let layer = record[0].trim().parse().map_err(|_| {
            self.wrong(line, "column Layer", format!("`{}` is no layer number", &record[0]))
        })?;
        let language = record[1].trim().to_owned();
        if language.is_empty() {
            return Err(self.wrong(line, "column Language", "is empty".to_owned()));
        }
        let cells = record.iter().skip(2).enumerate();
        let rates: Vec<f64> =
            cells.map(|(expert, cell)| self.rate(line, expert, cell)).collect::<Result<_, _>>()?;
        let sum = self.whole_sum(line, rates.iter().sum())?;
        Ok(Row { layer, language, rates, sum })
    }

    fn rate(&self, line: usize, expert: usize, cell: &str) -> Result<f64, ImportError> {
        let rate = cell.trim().parse::<f64>().ok();
        rate.filter(|rate| rate.is_finite() && *rate >= 0.0).ok_or_else(|| {
            let problem = format!("`{cell}` is no finite number of 0 or more");
            self.wrong(line, &format!("column Expert_{expert}"), problem)
        })
    }

    fn whole_sum(&self, line: usize, sum: f64) -> Result<usize, ImportError> {
        let whole = sum.round();
        if whole >= 1.0 && (sum - whole).abs() <= TOLERANCE * whole {
            return Ok(whole as usize);
        }
        let problem = format!(
            "sums to {sum:.4}; rates of top-k experts sum to k and mean scores to 1, within 0.5 % (scores of sigmoid \
             routers are to be divided by their sum first)"
        );
        Err(self.wrong(line, "the row", problem))
    }
}
