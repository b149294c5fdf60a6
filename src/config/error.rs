//! What is wrong with a configuration, all of it, each with the place to look at.

use std::fmt;

use super::tree::{Node, Origin, Path, Step};

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written; `None` where it is not in any layer.
    pub origin: Option<Origin>,
    /// The option, such as `server.listen`; empty where it concerns none.
    pub path: String,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.text)
    }
}

/// The configuration cannot be used. Its text names every problem, one a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// In the order of their places; never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => f.write_str("the configuration has a problem:")?,
            count => write!(f, "the configuration has {count} problems:")?,
        }
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl From<Vec<Problem>> for ConfigError {
    fn from(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| match &problem.origin {
            Some(Origin::File { file, line, column }) => (0, file.to_string(), *line, *column),
            _ => (1, String::new(), 0, 0),
        });
        Self { problems }
    }
}

/// Problems while they are being found, with their ways down the tree.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(Path, Site, String)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// The value at the path.
    Value,
    /// The last key of the path.
    Key,
}

impl Problems {
    /// Notes a problem with the value at `path`, unless one is already known there.
    pub(crate) fn add(&mut self, path: &Path, text: impl Into<String>) {
        if !self.0.iter().any(|(known, ..)| known == path) {
            self.0.push((path.clone(), Site::Value, text.into()));
        }
    }

    /// Notes a problem with the key that `path` ends in.
    pub(crate) fn add_key(&mut self, path: &Path, text: impl Into<String>) {
        self.0.push((path.clone(), Site::Key, text.into()));
    }

    /// Whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether anything at or below `path` is wrong.
    pub(crate) fn any_below(&self, path: &Path) -> bool {
        self.0.iter().any(|(known, ..)| known.0.starts_with(&path.0))
    }

    /// All of them with their places in `tree`.
    pub(crate) fn located(self, tree: &Node) -> Vec<Problem> {
        let place = |path: &Path, site| match (path.0.split_last(), site) {
            (Some((Step::Key(key), way)), Site::Key) => {
                tree.get(&Path(way.to_vec()))?.entry(key).map(|entry| entry.at.clone())
            }
            _ => tree.origin_of(path),
        };
        self.0
            .into_iter()
            .map(|(path, site, text)| Problem {
                origin: place(&path, site),
                path: tree.describe(&path),
                text,
            })
            .collect()
    }
}

/// The one of `known` that `word` was probably meant to be.
pub(crate) fn suggestion<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(word.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …?` or nothing.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    suggestion(word, known).map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
}

/// How many letters to insert, remove or replace to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let known = ["listen", "workers", "trusted_proxies"];
        assert_eq!(suggestion("lisen", known), Some("listen"));
        assert_eq!(suggestion("trusted_proxy", known), Some("trusted_proxies"));
        assert_eq!(suggestion("colour", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
