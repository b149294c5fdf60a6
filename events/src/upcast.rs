//! Lifting the data of an old schema to the current one, step by step, when it is read. What is stored
//! and hashed stays as it was written.

use serde_json::{Value, value::RawValue};

use crate::EventType;

/// A pure step from one schema number of one type to the next.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The type it is for.
    pub event_type: &'static str,
    /// The schema number it starts from; it ends at the next one.
    pub from: u16,
    /// The change.
    pub apply: fn(Value) -> Value,
}

/// Every step there is. A type whose schema number is `n` has steps from 1 to `n - 1` here.
pub const STEPS: &[Step] = &[
    // 2 knows a `method` more, which 1 never says.
    Step { event_type: "transaction.authenticated", from: 1, apply: |data| data },
];

/// Applies the steps from `schema` up to the current schema of `event_type`.
pub fn lift(
    steps: &[Step],
    event_type: &EventType,
    schema: u16,
    data: &RawValue,
) -> Result<Box<RawValue>, serde_json::Error> {
    let mut value: Value = serde_json::from_str(data.get())?;
    for from in schema..event_type.schema {
        let step = steps
            .iter()
            .find(|step| step.event_type == event_type.name && step.from == from)
            .ok_or_else(|| {
                <serde_json::Error as serde::de::Error>::custom(format!(
                    "no way from schema {from} of {} to the next",
                    event_type.name
                ))
            })?;
        value = (step.apply)(value);
    }
    serde_json::value::to_raw_value(&value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TYPE: EventType = EventType { name: "lamp.lit", schema: 3, summary: "", personal: &[] };

    const LAMP: &[Step] = &[
        Step {
            event_type: "lamp.lit",
            from: 2,
            apply: |v| json!({"lumen": v["watt"].as_u64().unwrap_or(0) * 15}),
        },
        Step { event_type: "lamp.lit", from: 1, apply: |v| json!({"watt": v["power"]}) },
    ];

    #[test]
    fn steps_are_taken_in_order_from_where_the_data_stands() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        assert_eq!(lift(LAMP, &TYPE, 1, &raw(r#"{"power":4}"#)).unwrap().get(), r#"{"lumen":60}"#);
        assert_eq!(lift(LAMP, &TYPE, 2, &raw(r#"{"watt":2}"#)).unwrap().get(), r#"{"lumen":30}"#);
        assert!(lift(&LAMP[..1], &TYPE, 1, &raw("{}")).is_err(), "a missing step is an error");
    }

    #[test]
    fn every_type_has_all_its_steps() {
        for known in crate::catalog::types() {
            for from in 1..known.schema {
                assert!(STEPS.iter().any(|s| s.event_type == known.name && s.from == from));
            }
        }
    }
}
