//! The JSON Schema of the file, for editors: shapes from the code that reads it, descriptions and
//! defaults from `config/default.toml`.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    document::Document,
    error::Problems,
    layers::{self, Place},
    raw, read,
    shape::{Shape, shape},
    tree::{Node, Origin},
};

/// The schema as text: the content of `config/schema.json`.
pub fn schema() -> String {
    let document = Document::of_defaults();
    let mut root = Writer { document: &document }.table(&shape::<raw::Raw>(), "");
    root.sort_all_objects();
    let mut whole = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("title".to_owned(), json!("Moneta configuration")),
        ("description".to_owned(), json!("Made from default.toml by `moneta config schema`.")),
    ]);
    whole.extend(root.as_object_mut().map(std::mem::take).unwrap_or_default());
    let mut whole = Value::Object(whole);
    whole.sort_all_objects();
    format!("{whole:#}\n")
}

struct Writer<'a> {
    document: &'a Document,
}

impl Writer<'_> {
    fn write(&self, shape: &Shape, path: &str) -> Value {
        match shape {
            Shape::Anything => json!({}),
            Shape::Text => json!({ "type": "string" }),
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Whole { most: u64::MAX } => json!({ "type": "integer", "minimum": 0 }),
            Shape::Whole { most } => json!({ "type": "integer", "minimum": 0, "maximum": most }),
            Shape::Duration => json!({ "type": ["string", "integer"], "minimum": 0 }),
            Shape::Choice(names) => json!({ "enum": names }),
            Shape::List(element) => json!({ "type": "array", "items": self.write(element, path) }),
            Shape::Named(element) => json!({
                "type": "object",
                "additionalProperties": self.write(element, &format!("{path}.NAME")),
            }),
            Shape::Table(_) => self.table(shape, path),
        }
    }

    fn table(&self, shape: &Shape, path: &str) -> Value {
        let Shape::Table(fields) = shape else { return json!({}) };
        let mut properties = Map::new();
        for (name, field) in fields {
            let mut property = self.write(
                field,
                &if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") },
            );
            if let Some(members) = property.as_object_mut() {
                members.extend(self.documentation(path, name));
            }
            properties.insert((*name).to_owned(), property);
        }
        let mut table = json!({
            "type": "object", "additionalProperties": false, "properties": properties,
        });
        let required = match path {
            "acr" => required::<raw::Acr>(),
            "resources" => required::<raw::Resource>(),
            "clients" => required::<raw::Client>(),
            "users" => required::<raw::User>(),
            _ => Vec::new(),
        };
        if !required.is_empty() {
            table["required"] = json!(required);
        }
        table
    }

    fn documentation(&self, section: &str, key: &str) -> Map<String, Value> {
        let mut members = Map::new();
        let mut sections = self.document.sections.iter().filter(|known| known.path == section);
        let option =
            sections.find_map(|known| known.options.iter().find(|option| option.key == key));
        let Some(option) = option else { return members };
        members.insert("description".to_owned(), json!(option.summary()));
        // The values below names and in lists belong to their elements.
        if !section.contains("NAME")
            && section != "acr"
            && let Some(default) = option.default_value()
            && let Ok(parsed) =
                layers::file(&format!("v = {default}"), &Place::Same(Origin::Default))
            && let Some(value) = parsed.entry("v").and_then(|entry| entry.node.to_json())
        {
            members.insert("default".to_owned(), value);
        }
        members
    }
}

/// The keys without which a `T` cannot be read.
fn required<T: DeserializeOwned>() -> Vec<String> {
    let nothing = Node::empty(Origin::Default);
    let mut problems = Problems::default();
    read::read::<T>(&nothing, &nothing, &mut problems);
    problems.located(&nothing).into_iter().map(|problem| problem.path).collect()
}
