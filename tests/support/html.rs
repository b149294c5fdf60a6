//! Reads the provider's own pages: tags, forms, text. Knows just enough HTML for well-formed pages and
//! runs no script.

/// One start tag.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Lower case.
    pub name: String,
    /// In order, names in lower case, values decoded.
    pub attributes: Vec<(String, String)>,
    /// Byte offset just after the tag.
    pub end: usize,
}

impl Tag {
    /// The value of an attribute; empty where it stands alone.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A form with what it would send.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Where to; empty for the page's own address.
    pub action: String,
    /// Upper case.
    pub method: String,
    /// Everything that has a name and is sent whichever button is used.
    pub fields: Vec<Field>,
    /// The submit buttons.
    pub buttons: Vec<Button>,
}

/// An input of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its `id`.
    pub id: Option<String>,
    /// Its `name`.
    pub name: String,
    /// Its value now.
    pub value: String,
    /// Whether a person does not see it.
    pub hidden: bool,
    /// For check boxes and radio buttons: whether it is set. Others always are.
    pub checked: bool,
}

/// A submit button.
#[derive(Debug, Clone)]
pub struct Button {
    /// Its `id`.
    pub id: Option<String>,
    /// Sent with the form where it has one.
    pub name: Option<String>,
    /// Its value.
    pub value: String,
    /// Sends the form elsewhere.
    pub action: Option<String>,
    /// Sends the form by another method.
    pub method: Option<String>,
}

impl Form {
    /// The pairs a browser would send when this button is clicked.
    pub fn pairs(&self, button: Option<&Button>) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = self
            .fields
            .iter()
            .filter(|field| field.checked)
            .map(|field| (field.name.clone(), field.value.clone()))
            .collect();
        if let Some(Button { name: Some(name), value, .. }) = button {
            pairs.push((name.clone(), value.clone()));
        }
        pairs
    }

    /// The button with that id.
    pub fn button(&self, id: &str) -> Option<&Button> {
        self.buttons.iter().find(|button| button.id.as_deref() == Some(id))
    }

    /// The field with that id.
    pub fn field_mut(&mut self, id: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.id.as_deref() == Some(id))
    }
}

/// All start tags, in order. Comments and the insides of scripts and styles are skipped.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        let rest = &html[open..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |i| open + i + 3);
        } else if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            let tag = read_tag(html, open + 1);
            at = tag.end;
            if matches!(tag.name.as_str(), "script" | "style" | "title" | "textarea") {
                let close = format!("</{}", tag.name);
                at = html[at..].to_ascii_lowercase().find(&close).map_or(html.len(), |i| at + i);
            }
            found.push(tag);
        } else {
            at = open + 1;
        }
    }
    found
}

fn read_tag(html: &str, start: usize) -> Tag {
    let bytes = html.as_bytes();
    let stop = |from: usize, ends: &[u8]| {
        (from..bytes.len()).find(|&i| ends.contains(&bytes[i])).unwrap_or(bytes.len())
    };
    let mut at = stop(start, b" \t\r\n/>");
    let name = html[start..at].to_ascii_lowercase();
    let mut attributes = Vec::new();
    loop {
        while at < bytes.len() && matches!(bytes[at], b' ' | b'\t' | b'\r' | b'\n' | b'/') {
            at += 1;
        }
        if at >= bytes.len() || bytes[at] == b'>' {
            return Tag { name, attributes, end: (at + 1).min(bytes.len()) };
        }
        let name_end = stop(at, b"= \t\r\n/>");
        let attribute = html[at..name_end.max(at + 1)].to_ascii_lowercase();
        at = name_end.max(at + 1);
        let mut value = String::new();
        if bytes.get(at) == Some(&b'=') {
            at += 1;
            let quote = bytes.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\''));
            let (from, to, next) = if let Some(quote) = quote {
                let end = stop(at + 1, &[quote]);
                (at + 1, end, end + 1)
            } else {
                let end = stop(at, b" \t\r\n>");
                (at, end, end)
            };
            value = decode(&html[from..to]);
            at = next;
        }
        attributes.push((attribute, value));
    }
}

/// Turns character references back into characters.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = rest.find(';').filter(|&end| end < 12).and_then(|end| {
            let name = &rest[1..end];
            let numeric = name.strip_prefix('#').and_then(|number| {
                match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                }
                .and_then(char::from_u32)
            });
            let character = match name {
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some('\u{a0}'),
                _ => numeric,
            };
            character.map(|c| (c, end + 1))
        });
        let (character, length) = known.unwrap_or(('&', 1));
        out.push(character);
        rest = &rest[length..];
    }
    out + rest
}

/// All forms of a page.
pub fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for tag in tags(html) {
        let text = |name: &str| tag.attribute(name).map(str::to_owned);
        if tag.name == "form" {
            forms.push(Form {
                action: text("action").unwrap_or_default(),
                method: text("method").unwrap_or_else(|| "get".to_owned()).to_uppercase(),
                ..Form::default()
            });
        }
        let Some(form) = forms.last_mut() else { continue };
        let kind = text("type").unwrap_or_default().to_ascii_lowercase();
        let submits = match tag.name.as_str() {
            "button" => matches!(kind.as_str(), "" | "submit"),
            "input" => matches!(kind.as_str(), "submit" | "image"),
            _ => false,
        };
        if submits {
            form.buttons.push(Button {
                id: text("id"),
                name: text("name"),
                value: text("value").unwrap_or_default(),
                action: text("formaction"),
                method: text("formmethod").map(|method| method.to_uppercase()),
            });
        } else if let ("input" | "select" | "textarea", Some(name)) =
            (tag.name.as_str(), text("name"))
        {
            let box_like = matches!(kind.as_str(), "checkbox" | "radio");
            let default = if box_like { "on" } else { "" };
            form.fields.push(Field {
                id: text("id"),
                name,
                value: text("value").unwrap_or_else(|| default.to_owned()),
                hidden: kind == "hidden",
                checked: !box_like || tag.attribute("checked").is_some(),
            });
        }
    }
    forms
}

/// Whether an element carries that id.
pub fn has_id(html: &str, id: &str) -> bool {
    tags(html).iter().any(|tag| tag.attribute("id") == Some(id))
}

/// What a person reads: everything outside of tags, scripts and styles, spaces folded.
pub fn visible(html: &str) -> String {
    let mut text = String::new();
    let mut at = 0;
    let lower = html.to_ascii_lowercase();
    while at < html.len() {
        let open = html[at..].find('<').map_or(html.len(), |i| at + i);
        text.push_str(&html[at..open]);
        text.push(' ');
        let skipped = ["script", "style"]
            .into_iter()
            .find(|name| lower[open..].starts_with(&format!("<{name}")))
            .and_then(|name| lower[open..].find(&format!("</{name}")))
            .map_or(open, |i| open + i);
        at = html[skipped..].find('>').map_or(html.len(), |i| skipped + i + 1);
    }
    decode(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}
