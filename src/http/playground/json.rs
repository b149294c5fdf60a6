//! JSON for reading.

use serde::de::IgnoredAny;

/// `text` over several lines, its members in the order they stand: what is shown must be what was signed
/// or stored. Text that is no JSON comes back as it is.
pub(super) fn pretty(text: &str) -> String {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return text.to_owned();
    }
    let mut lines = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        if quoted {
            lines.push(c);
            match c {
                '\\' => lines.extend(chars.next()),
                '"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match c {
            '"' => {
                quoted = true;
                lines.push(c);
            }
            '{' | '[' => {
                lines.push(c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    lines.push(end);
                } else {
                    depth += 1;
                    new_line(&mut lines, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut lines, depth);
                lines.push(c);
            }
            ',' => {
                lines.push(c);
                new_line(&mut lines, depth);
            }
            ':' => lines.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => lines.push(c),
        }
    }
    lines
}

fn new_line(lines: &mut String, depth: usize) {
    lines.push('\n');
    lines.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::pretty;

    #[test]
    fn order_and_values_stay() {
        let text = r#"{"z":"a,b:{\"c\"}","a":[1,{"x":null}, [ ] ],"e":{},"t":"\\"}"#;
        let shown = pretty(text);
        assert_eq!(
            shown,
            "{\n  \"z\": \"a,b:{\\\"c\\\"}\",\n  \"a\": [\n    1,\n    {\n      \"x\": null\n    },\n    []\n  ],\n  \"e\": {},\n  \"t\": \"\\\\\"\n}"
        );
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&shown), read(text));
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        for text in ["", "<html> x", "}}}]", "\"open", "{\"a\":\"\\", "é"] {
            assert_eq!(pretty(text), text);
        }
    }
}
