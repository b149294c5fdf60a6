//! The documentation of every option, read from `config/default.toml`.
//!
//! In that file a line `# text` is prose about what follows, `key = value` an option with its default,
//! and `#key = value` an option without one, with an example.

use std::fmt::Write as _;

use super::{DEFAULTS, layers::PREFIX};

/// The documented file.
#[derive(Debug, Default)]
pub(super) struct Document {
    introduction: Vec<String>,
    pub(super) sections: Vec<Section>,
}

/// The options below one header.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Such as `server`; `scopes.NAME` for a table with keys that the file chooses; empty at the top.
    pub(super) path: String,
    /// Whether the header repeats, one for each element.
    list: bool,
    prose: Vec<String>,
    pub(super) options: Vec<Documented>,
}

/// One option.
#[derive(Debug)]
pub(super) struct Documented {
    pub(super) key: String,
    /// Its default or example in TOML's notation.
    value: String,
    /// Whether `value` is in force where nothing else is said.
    default: bool,
    pub(super) prose: Vec<String>,
}

impl Documented {
    /// The first paragraph, in one line.
    pub(super) fn summary(&self) -> String {
        let lines: Vec<&str> =
            self.prose.iter().map(String::as_str).take_while(|line| !line.is_empty()).collect();
        lines.join(" ")
    }

    /// The value in force where nothing else is said.
    pub(super) fn default_value(&self) -> Option<&str> {
        self.default.then_some(self.value.as_str())
    }
}

impl Document {
    /// What `config/default.toml` says.
    pub(super) fn of_defaults() -> Self {
        let mut document = Self { sections: vec![Section::default()], ..Self::default() };
        let mut prose: Vec<String> = Vec::new();
        let mut lines = DEFAULTS.lines();
        while let Some(line) = lines.next() {
            match line.strip_prefix('#') {
                Some("") => prose.push(String::new()),
                Some(text) if text.starts_with(' ') => prose.push(text[1..].to_owned()),
                Some(option) => document.add(option, false, &mut prose, &mut lines),
                None if line.is_empty() && document.introduction.is_empty() => {
                    document.introduction = std::mem::take(&mut prose);
                }
                None if line.is_empty() => prose.clear(),
                None => document.add(line, true, &mut prose, &mut lines),
            }
        }
        document
    }

    fn add(
        &mut self,
        line: &str,
        default: bool,
        prose: &mut Vec<String>,
        rest: &mut std::str::Lines<'_>,
    ) {
        let prose = std::mem::take(prose);
        if let Some(header) = line.strip_prefix('[') {
            let list = header.starts_with('[');
            let path = header.trim_matches(['[', ']']);
            let path = match path.split_once('.') {
                Some((parent, _)) => format!("{parent}.NAME"),
                None => path.to_owned(),
            };
            self.sections.push(Section { path, list, prose, options: Vec::new() });
            return;
        }
        let Some((key, value)) = line.split_once('=') else { return };
        let mut value = value.trim().to_owned();
        while value.matches('[').count() > value.matches(']').count() {
            let Some(more) = rest.next() else { break };
            value.push_str(more.trim());
        }
        let documented = Documented { key: key.trim().to_owned(), value, default, prose };
        if let Some(section) = self.sections.last_mut() {
            section.options.push(documented);
        }
    }
}

/// The catalogue of all options in Markdown: the content of `config/README.md`.
pub fn catalogue() -> String {
    let document = Document::of_defaults();
    let mut page = "# Options\n\n\
        <!-- Made from default.toml by `moneta config docs`. Change the comments there. -->\n\n"
        .to_owned();
    paragraphs(&mut page, &document.introduction);
    let mut shown: Vec<&str> = Vec::new();
    // Writing to a String cannot fail, here and below.
    for section in &document.sections {
        if section.options.is_empty() || shown.contains(&section.path.as_str()) {
            continue;
        }
        shown.push(&section.path);
        let title = match (section.path.as_str(), section.list) {
            ("", _) => "At the top of the file".to_owned(),
            (path, true) => format!("`[[{path}]]`"),
            (path, false) => format!("`[{path}]`"),
        };
        let _ = writeln!(page, "## {title}\n");
        paragraphs(&mut page, &section.prose);
        for option in &section.options {
            describe(&mut page, section, option);
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn describe(page: &mut String, section: &Section, option: &Documented) {
    let path = match section.path.as_str() {
        "" => option.key.clone(),
        parent => format!("{parent}.{}", option.key),
    };
    let _ = writeln!(page, "### `{path}`\n");
    paragraphs(page, &option.prose);
    let kind = if option.default { "Default" } else { "Not set; for example" };
    let _ = write!(page, "{kind}: `{}`", option.value);
    if !section.list && !path.contains("NAME") {
        let variable = path.to_uppercase().replace('.', "__");
        let _ = write!(page, ". Environment: `{PREFIX}{variable}`");
    }
    page.push_str(".\n\n");
}

fn paragraphs(page: &mut String, prose: &[String]) {
    if !prose.is_empty() {
        page.push_str(&prose.join("\n"));
        page.push_str("\n\n");
    }
}
