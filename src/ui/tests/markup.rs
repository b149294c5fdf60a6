//! As much of an HTML reader as it takes to look at our own pages.

/// An opening tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Every opening tag, in order. Like a browser it takes any `<` before a letter for one, so text that
/// escaped its field shows.
pub(super) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (tag, after) = tag(rest);
            tags.push(tag);
            rest = after;
        }
    }
    tags
}

fn tag(text: &str) -> (Tag, &str) {
    let end_of_name = |c: char| c.is_whitespace() || matches!(c, '>' | '/' | '=');
    let (name, mut rest) = text.split_at(text.find(end_of_name).expect("a tag ends"));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (Tag { name: name.to_owned(), attributes }, after);
        }
        let (attribute, after) = rest.split_at(rest.find(end_of_name).expect("a tag ends"));
        let value = after.strip_prefix('=').map(|quoted| {
            let quoted = quoted.strip_prefix('"').expect("we quote every value");
            quoted.split_once('"').expect("a quote ends")
        });
        rest = value.map_or(after, |(_, after)| after);
        attributes.push((attribute.to_owned(), value.map_or("", |(value, _)| value).to_owned()));
    }
}
