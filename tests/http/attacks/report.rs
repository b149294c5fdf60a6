//! What was run and how it went, as a page of Markdown that grows as the classes finish.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, sync::Mutex};

static RESULTS: Mutex<BTreeMap<String, Outcome>> = Mutex::new(BTreeMap::new());

/// How a case went.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// As expected.
    Passed,
    /// Not so, and how.
    Failed(Vec<String>),
    /// Waits for a feature.
    NotApplicable(&'static str),
}

/// Notes how a case went.
pub fn note(id: &str, outcome: Outcome) {
    results().insert(id.to_owned(), outcome);
}

fn results() -> std::sync::MutexGuard<'static, BTreeMap<String, Outcome>> {
    RESULTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The report of everything that has finished in this process.
pub fn render() -> String {
    let results = results().clone();
    let of = |prefix: &str| {
        results.iter().filter(move |(id, _)| id.starts_with(prefix)).collect::<Vec<_>>()
    };
    let mut classes: Vec<_> = results.keys().filter_map(|id| id.split('-').next()).collect();
    classes.dedup();
    let mut text = String::from(
        "# Attack cases\n\n| class | run | passed | not yet applicable |\n|---|---|---|---|\n",
    );
    let mut sums = (0, 0, 0);
    for class in &classes {
        let (mut run, mut passed, mut waiting) = (0, 0, 0);
        for (_, outcome) in of(class) {
            match outcome {
                Outcome::Passed => (run, passed) = (run + 1, passed + 1),
                Outcome::Failed(_) => run += 1,
                Outcome::NotApplicable(_) => waiting += 1,
            }
        }
        let _ = writeln!(text, "| {class} | {run} | {passed} | {waiting} |");
        sums = (sums.0 + run, sums.1 + passed, sums.2 + waiting);
    }
    let _ = writeln!(text, "| all | {} | {} | {} |", sums.0, sums.1, sums.2);
    let mut waits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut failed = String::new();
    for (id, outcome) in &results {
        match outcome {
            Outcome::NotApplicable(feature) => waits.entry(feature).or_default().push(id),
            Outcome::Failed(wrong) => {
                let _ = writeln!(failed, "- {id}: {}", wrong.join("; "));
            }
            Outcome::Passed => {}
        }
    }
    if !failed.is_empty() {
        let _ = write!(text, "\n## Failed\n\n{failed}");
    }
    text.push_str("\n## Not yet applicable\n\n");
    for (feature, ids) in waits {
        let _ = writeln!(text, "- {feature}: {}", ids.join(" "));
    }
    text
}

/// Writes the report beside the build's other results.
pub fn write() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("attacks-report.md"), render()));
    written.expect("the report can be written");
}
