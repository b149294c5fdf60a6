//! `schema/` and the catalogue in `README.md` say what the code says. `MONETA_BLESS=1` rewrites them.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::PathBuf,
};

use moneta_events::{Category, Envelope, EventType, catalog};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

const START: &str = "<!-- catalogue: generated from the code by tests/catalogue.rs -->\n";
const END: &str = "<!-- end of catalogue -->\n";

#[test]
fn the_schemas_on_file_are_those_of_the_code() {
    let data: BTreeMap<&str, schemars::Schema> = catalog::schemas().into_iter().collect();
    let mut on_file = listed("schema");
    for known in catalog::types() {
        for old in 1..known.schema {
            let name = format!("{}.v{old}.json", known.name);
            assert!(on_file.remove(&name), "schema/{name} must be kept");
        }
        let name = format!("{}.v{}.json", known.name, known.schema);
        let text = serde_json::to_string_pretty(&schema(known, &data[known.name])).unwrap() + "\n";
        on_file.remove(&name);
        expect(&format!("schema/{name}"), &text);
    }
    assert!(on_file.is_empty(), "no event has these schemas: {on_file:?}");
}

#[test]
fn the_catalogue_in_the_readme_is_that_of_the_code() {
    let readme = fs::read_to_string(path("README.md")).unwrap();
    let (before, rest) = readme.split_once(START).expect("the mark where the catalogue starts");
    let (_, after) = rest.split_once(END).expect("the mark where it ends");
    let mut table = String::from(
        "| Type | Schema | Streams | Personal fields | What happened |\n|---|---|---|---|---|\n",
    );
    for known in catalog::types() {
        let EventType { name, schema, summary, personal } = known;
        writeln!(
            table,
            "| [`{name}`](schema/{name}.v{schema}.json) | {schema} | {} | {} | {summary} |",
            streams(known).join(", "),
            personal.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", "),
        )
        .unwrap();
    }
    expect("README.md", &format!("{before}{START}{table}{END}{after}"));
}

#[test]
fn personal_fields_are_the_sealed_ones() {
    for (name, schema) in catalog::schemas() {
        let mut sealed = Vec::new();
        sealed_fields(schema.as_value(), &mut sealed);
        let mut personal = catalog::find(name).unwrap().personal.to_vec();
        sealed.sort_unstable();
        personal.sort_unstable();
        assert_eq!(sealed, personal, "sealed and personal fields of {name}");
    }
}

/// The schema of a whole stored event: envelope and data.
fn schema(known: &EventType, data: &schemars::Schema) -> Value {
    let written = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut event = written.into_root_schema_for::<Envelope<'_>>().to_value();
    let mut data = data.clone().to_value();
    let data_fields = data.as_object_mut().unwrap();
    data_fields.remove("$schema");
    data_fields.remove("title");
    let event_fields = event.as_object_mut().unwrap();
    if let Some(Value::Object(defs)) = data_fields.remove("$defs") {
        let all = event_fields["$defs"].as_object_mut().unwrap();
        for (name, def) in defs {
            let known = all.entry(name.as_str()).or_insert_with(|| def.clone());
            assert_eq!(*known, def, "two definitions of {name}");
        }
    }
    event_fields.insert("title".to_owned(), json!(known.name));
    event_fields.insert("description".to_owned(), json!(known.summary));
    let fields: &mut Map<String, Value> = event_fields["properties"].as_object_mut().unwrap();
    fields["type"] = json!({ "const": known.name, "description": fields["type"]["description"] });
    fields["schema"] =
        json!({ "const": known.schema, "description": fields["schema"]["description"] });
    fields["stream"]["pattern"] = json!(format!("^({})-", streams(known).join("|")));
    fields["data"] = data;
    // In the order of their names: whether `serde_json` keeps another is up to what else is built.
    event.sort_all_objects();
    event
}

/// The categories of the streams that hold the type.
fn streams(known: &EventType) -> Vec<&'static str> {
    Category::ALL
        .into_iter()
        .filter(|category| support::types(*category).contains(known))
        .map(Category::as_str)
        .collect()
}

fn sealed_fields<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    let is_sealed = |field: &Value| field.to_string().contains("\"#/$defs/Sealed\"");
    for (key, value) in schema.as_object().into_iter().flatten() {
        match value {
            Value::Object(fields) if key == "properties" => {
                let sealed = fields.iter().filter(|(_, field)| is_sealed(field));
                found.extend(sealed.map(|(name, _)| name.as_str()));
            }
            Value::Object(_) => sealed_fields(value, found),
            _ => {}
        }
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The names of the files in a folder.
fn listed(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(path(folder)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The file must hold `text`; is made to, where `MONETA_BLESS` is set.
fn expect(name: &str, text: &str) {
    if env::var_os("MONETA_BLESS").is_some() {
        fs::write(path(name), text).unwrap();
    }
    let found = fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        found == text,
        "events/{name} is not what the code says. Where the change is meant, run\n\n    \
         MONETA_BLESS=1 cargo test -p moneta-events --features schema --test catalogue\n\n\
         and review the difference."
    );
}
