//! Many runs on one page: a table a group of tasks, a row a model, and only rows in one table that
//! answered the same questions.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::leaderboard_routing::{RoutingRow, routing};
use super::{ReportError, atomic, format, render};
use crate::summary::comparison::{differing_prompts, differing_settings};
use crate::summary::{Average, Cell, CellState, Contender, Runs, Section, Summary};

/// What the templates show.
#[derive(Serialize)]
pub(super) struct LeaderboardPage {
    title: String,
    boards: Vec<Board>,
    routing: Vec<RoutingRow>,
}

/// Rows that may be compared.
#[derive(Serialize)]
struct Board {
    title: String,
    /// What sets these rows apart from those of the group's first table.
    differs: String,
    tasks: Vec<String>,
    has_average: bool,
    rows: Vec<BoardRow>,
}

#[derive(Serialize)]
struct BoardRow {
    model: String,
    run: String,
    stage: String,
    date: String,
    newest: bool,
    average: String,
    cells: Vec<String>,
    #[serde(skip)]
    order: f64,
}

/// Writes leaderboard.html and leaderboard.md into `dir`; returns their paths.
///
/// # Errors
/// When a file cannot be built or written.
pub fn write_leaderboard(runs: &Runs, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let page = LeaderboardPage::of(runs);
    let (html, md) = (render::leaderboard_html(&page)?, render::leaderboard_md(&page)?);
    Ok(vec![
        atomic::write(&dir.join("leaderboard.html"), html.as_bytes())?,
        atomic::write(&dir.join("leaderboard.md"), md.as_bytes())?,
    ])
}

impl LeaderboardPage {
    fn of(runs: &Runs) -> Self {
        let newest = newest(runs);
        let count = runs.runs().len();
        Self {
            title: format!("Leaderboard of {} models in {count} runs", runs.models().len()),
            boards: boards(runs, &newest),
            routing: routing(runs, &newest),
        }
    }
}

/// Models of the run that was begun last whose weights no other run has; all of its models where
/// there is none.
fn newest(runs: &Runs) -> Vec<&Contender> {
    let last = runs.runs().iter().enumerate().max_by_key(|(_, run)| run.summary.created);
    let Some((last, _)) = last else { return Vec::new() };
    let digest = |model: &Contender| {
        let models = &runs.runs()[model.run].summary.manifest.models;
        models.get(&model.alias).map(|model| model.weights_digest.clone())
    };
    let (own, others): (Vec<_>, Vec<_>) = runs.models().iter().partition(|m| m.run == last);
    let is_new = |model: &&&Contender| !others.iter().any(|other| digest(other) == digest(model));
    let new: Vec<&Contender> = own.iter().filter(is_new).copied().collect();
    if new.is_empty() { own } else { new }
}

/// Sections by title in the order in which runs show them, each split where rows are not comparable.
fn boards(runs: &Runs, newest: &[&Contender]) -> Vec<Board> {
    let mut titles: Vec<String> = Vec::new();
    for section in runs.runs().iter().flat_map(|run| run.summary.sections()) {
        if !titles.contains(&section.title) {
            titles.push(section.title);
        }
    }
    titles.iter().flat_map(|title| boards_of(runs, title, newest)).collect()
}

/// A row before it is text.
struct Entry<'a> {
    model: &'a Contender,
    summary: &'a Summary,
    section: Section,
}

impl<'a> Entry<'a> {
    fn cell(&self, task: &str) -> Option<&'a Cell> {
        self.summary.cell(&self.model.alias, task)
    }

    fn average(&self) -> Option<&'a Average> {
        let group = self.section.group.as_ref()?;
        self.summary.averages(&self.model.alias).iter().find(|average| average.group == *group)
    }

    /// What keeps another row out of this one's table.
    fn differences(&self, other: &Self) -> Vec<String> {
        if self.section.tasks != other.section.tasks {
            return vec![format!("tasks: {}", other.section.tasks.join(", "))];
        }
        let (ours, theirs) = (&self.summary.manifest, &other.summary.manifest);
        let mut found: Vec<String> = Vec::new();
        for task in &self.section.tasks {
            found.extend(differing_settings(ours, theirs, task));
            let cells = self.cell(task).zip(other.cell(task));
            let scored = cells.filter(|(a, b)| [a, b].iter().all(|c| c.state == CellState::Scored));
            let Some((a, b)) = scored else { continue };
            if a.documents != b.documents {
                found.push(format!("documents: {} / {}", a.documents, b.documents));
            } else if differing_prompts((ours, a), (theirs, b)) {
                found.push(format!("prompts of {task}"));
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

fn boards_of<'r>(runs: &'r Runs, title: &str, newest: &[&Contender]) -> Vec<Board> {
    let entry = |model: &'r Contender| {
        let summary = &runs.runs()[model.run].summary;
        let section = summary.sections().into_iter().find(|section| section.title == title)?;
        Some(Entry { model, summary, section })
    };
    let mut tables: Vec<Vec<Entry<'_>>> = Vec::new();
    for entry in runs.models().iter().filter_map(entry) {
        match tables.iter_mut().find(|table| table[0].differences(&entry).is_empty()) {
            Some(table) => table.push(entry),
            None => tables.push(vec![entry]),
        }
    }
    let differs = |table: &[Entry<'_>]| tables[0][0].differences(&table[0]).join("; ");
    tables.iter().map(|table| board(runs, title, differs(table), table, newest)).collect()
}

fn board(
    runs: &Runs,
    title: &str,
    differs: String,
    entries: &[Entry<'_>],
    newest: &[&Contender],
) -> Board {
    let tasks = entries.first().map_or_else(Vec::new, |entry| entry.section.tasks.clone());
    let mut rows: Vec<BoardRow> =
        entries.iter().map(|entry| row(runs, entry, &tasks, newest)).collect();
    rows.sort_by(|a, b| b.order.total_cmp(&a.order));
    let has_average = entries.iter().any(|entry| entry.average().is_some());
    Board { title: title.to_owned(), differs, tasks, has_average, rows }
}

fn row(runs: &Runs, entry: &Entry<'_>, tasks: &[String], newest: &[&Contender]) -> BoardRow {
    let manifest = &entry.summary.manifest;
    let average = entry.average();
    let value = average.and_then(|average| average.value.as_ref().ok().copied());
    let text = |task: &String| {
        let cell = entry.cell(task)?;
        match &cell.state {
            CellState::Scored => cell.headline(&manifest.tasks[task]).and_then(format::scored),
            CellState::Missing(_) => Some("no data".to_owned()),
            CellState::Failed(_) => Some("FAILED".to_owned()),
            CellState::Unfinished => Some("unfinished".to_owned()),
        }
    };
    let stage = manifest.models.get(&entry.model.alias).and_then(|model| model.stage.clone());
    BoardRow {
        model: entry.model.label.clone(),
        run: runs.runs()[entry.model.run].name.clone(),
        stage: stage.unwrap_or_default(),
        date: format::date(entry.summary.created),
        newest: newest.contains(&entry.model),
        average: average.map_or_else(String::new, average_text),
        cells: tasks.iter().map(|task| text(task).unwrap_or_else(|| "–".to_owned())).collect(),
        order: value.unwrap_or(f64::NEG_INFINITY),
    }
}

fn average_text(average: &Average) -> String {
    let mark = if average.stand_ins.is_empty() { "" } else { " †" };
    match (&average.value, &average.interval) {
        (Err(_), _) => "–".to_owned(),
        (Ok(value), None) => format!("{}{mark}", format::metric(average.unit, *value)),
        (Ok(value), Some(interval)) => format!(
            "{} ({}){mark}",
            format::metric(average.unit, *value),
            format::ends(average.unit, interval)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;
    use crate::record::Record;
    use crate::testing;

    fn drawn(manifest: &Manifest, created: u64) -> Summary {
        let dir = tempfile::tempdir().unwrap();
        let mut record = Record::open(dir.path(), manifest).unwrap();
        testing::fill(&mut record);
        let mut summary = Summary::draw(&record).unwrap();
        summary.created = created;
        summary
    }

    fn written(runs: Vec<(String, Summary)>) -> (String, String) {
        let dir = tempfile::tempdir().unwrap();
        write_leaderboard(&Runs::new(runs), dir.path()).unwrap();
        let text = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
        (text("leaderboard.md"), text("leaderboard.html"))
    }

    #[test]
    fn runs_that_asked_the_same_share_a_table() {
        let mut later = testing::manifest();
        later.models["cpt"].weights_digest = "newer weights".to_owned();
        let runs = vec![
            ("r/one".to_owned(), drawn(&testing::manifest(), 10)),
            ("r/two".to_owned(), drawn(&later, 20)),
        ];
        let (md, html) = written(runs);
        assert_eq!(md.matches("### Hebrew board").count(), 1, "{md}");
        let newest: Vec<&str> = md.lines().filter(|line| line.contains("newest")).collect();
        assert!(newest.iter().all(|line| line.contains("two/cpt")) && !newest.is_empty(), "{md}");
        assert!(
            html.contains("default-src &#39;none&#39;") && html.matches("<script").count() == 1
        );
        assert!(md.contains("Leaderboard of 4 models in 2 runs"));
    }

    #[test]
    fn other_questions_get_a_table_of_their_own() {
        let mut other = testing::manifest();
        other.tasks["heb_snli"].version = "2.0".to_owned();
        let hostile = "<img src=x onerror=alert(1)>|`".to_owned();
        let runs = vec![
            ("r/one".to_owned(), drawn(&testing::manifest(), 10)),
            (hostile, drawn(&other, 20)),
        ];
        let (md, html) = written(runs);
        assert_eq!(md.matches("### Hebrew board").count(), 2, "{md}");
        assert!(md.contains("version: 1.0 / 2.0"), "{md}");
        assert!(!html.contains("<img") && !md.contains("<img"));
    }

    #[test]
    fn an_empty_run_has_a_page() {
        let dir = tempfile::tempdir().unwrap();
        let record = Record::open(dir.path(), &testing::manifest()).unwrap();
        let runs = vec![("r".to_owned(), Summary::draw(&record).unwrap())];
        let (md, _) = written(runs);
        assert!(md.contains("unfinished"), "{md}");
    }
}
