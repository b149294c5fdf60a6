//! The layers together, the documents made from them, the demo, and the client validator.

mod clients;
mod demo;
mod documents;
mod keys;
mod layers;
mod rules;

use std::path::PathBuf;

use super::{Loaded, Settings, Sources, load};

/// A directory with one configuration file, `moneta.toml`.
struct Directory(tempfile::TempDir);

impl Directory {
    fn with(text: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("moneta.toml"), text).unwrap();
        Self(directory)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Loads the file with these variables and flags. Problems go without the directory's name.
    fn load(&self, env: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Loaded, String> {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
        };
        let file = Some(self.file("moneta.toml"));
        load(Sources { demo: false, file, env: pairs(env), flags: pairs(flags) }).map_err(|error| {
            error.to_string().replace(&format!("{}/", self.0.path().display()), "")
        })
    }
}

/// What the file `text` means.
fn settings(text: &str) -> Settings {
    Directory::with(text).load(&[], &[]).unwrap().settings
}

/// What is wrong with the file `text`, one problem a line.
fn problems(text: &str) -> Vec<String> {
    let error = Directory::with(text).load(&[], &[]).expect_err(text);
    error.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}
