//! Turns `{{…}}` into values. A text no maker knows fails the case.

use serde_json::Value;

use crate::support::{
    demo::PASSWORD,
    html,
    rp::{basic, random, s256},
};

use super::stage::Stage;

/// A text with all its templates replaced.
pub async fn fill(stage: &mut Stage, text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or("a template does not end")?;
        out.push_str(before);
        out.push_str(&value(stage, name).await?);
        rest = after;
    }
    Ok(out + rest)
}

/// The parameters of the case with their templates replaced, in the file's (sorted) order.
pub async fn params(stage: &mut Stage) -> Result<Vec<(String, String)>, String> {
    let mut filled = Vec::new();
    for (name, value) in stage.case.request.params.clone() {
        if name.starts_with("__") {
            continue;
        }
        let text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        filled.push((name, fill(stage, &text).await?));
    }
    Ok(filled)
}

/// The header fields of the case. `Basic client` stands for that client's credentials; a planted cookie
/// is in the browser already.
pub async fn headers(stage: &mut Stage) -> Result<Vec<(&'static str, String)>, String> {
    let mut filled = Vec::new();
    for (name, value) in stage.case.request.headers.clone() {
        let text = value.as_str().ok_or_else(|| format!("header {name} is not text"))?.to_owned();
        let field: &'static str = Box::leak(name.to_ascii_lowercase().into_boxed_str());
        if field == "cookie" {
            continue;
        }
        let known = text.strip_prefix("Basic ").map(|id| stage.client(id));
        filled.push(match known {
            Some(client) => basic(&client.id, client.secret.as_deref().unwrap_or_default()),
            None => (field, fill(stage, &text).await?),
        });
    }
    Ok(filled)
}

async fn value(stage: &mut Stage, name: &str) -> Result<String, String> {
    if let Some(known) = stage.values.get(name) {
        return Ok(known.clone());
    }
    if let Some((count, letter)) = name.split_once('*') {
        let count: usize =
            count.parse().map_err(|_| format!("unmapped template {{{{{name}}}}}"))?;
        return Ok(letter.repeat(count));
    }
    Ok(match name {
        "rand" | "wrong" | "wrong_i" => random(),
        "v" => stage.verifier.clone(),
        "s256" => s256(&stage.verifier),
        "pw" | "right" => PASSWORD.to_owned(),
        "any" => "alice".to_owned(),
        "1MiB" => "x".repeat(1 << 20),
        // As deep as fits into the URL; what is longer is refused unread, which `must_state` checks.
        "nested 100000" => "[".repeat(10_000),
        "edited" => {
            r#"{"client_id":"web","response_type":"token","redirect_uri":"https://evil.test/cb"}"#
                .to_owned()
        }
        "code" => stage.code("web").await,
        "code[:-1]" => {
            let mut code = stage.code("web").await;
            code.pop();
            code
        }
        "code.swapcase" => swap_case(&stage.code("web").await),
        "at" => stage.offline_tokens().await.access,
        "rt" | "rt_web" => stage.offline_tokens().await.refresh().to_owned(),
        "idt" => stage.offline_tokens().await.id().to_owned(),
        "csrf" => csrf(&stage.browser.page().answer.text())?,
        "csrf_other" => csrf(&stage.attacker.page().answer.text())?,
        _ => return Err(format!("unmapped template {{{{{name}}}}}")),
    })
}

/// The token of a page's form that proves which browser it was shown to.
pub fn csrf(page: &str) -> Result<String, String> {
    let fields = html::forms(page).into_iter().flat_map(|form| form.fields);
    let token = fields.into_iter().find(|field| field.hidden && field.name.contains("csrf"));
    token.map(|field| field.value).ok_or_else(|| "the page has no csrf field".to_owned())
}

fn swap_case(text: &str) -> String {
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(swap).collect()
}
