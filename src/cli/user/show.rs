//! Who is registered.

use anyhow::Context as _;
use moneta_events::{Category, SubjectId, Timestamp};
use moneta_projections::{sealed_field::SealedField, subject::SubjectView};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    cli::{
        block_on,
        data::{Keys, Reader},
        exit::not_found,
        global::Global,
        terminal::{self, Paint},
        time,
    },
    engine::privacy::Unreadable,
    store::EventStore as _,
};

/// An end-user, as far as it could be opened.
#[derive(Serialize)]
struct Shown {
    sub: SubjectId,
    username: Option<String>,
    enabled: bool,
    has_password: bool,
    registered_at: Timestamp,
    password_changed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<Map<String, Value>>,
}

pub(super) fn list(global: &Global, redact: bool, json: bool) -> anyhow::Result<()> {
    let settings = global.load(Vec::new())?.settings;
    let users = block_on(async {
        let reader = Reader::open(&settings.data)?;
        let keys = if redact { None } else { Some(Keys::open(&settings).context(CLOSED)?) };
        let mut users = Vec::new();
        for stream in reader.log.streams(Category::Subject).await? {
            users.extend(user(&reader, keys.as_ref(), SubjectId(stream.uuid), false).await?);
        }
        Ok(users)
    })?;
    if json {
        return terminal::print_json(&users);
    }
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            vec![
                user.username.as_deref().map_or_else(|| "(sealed)".to_owned(), terminal::tame),
                user.sub.to_string(),
                if user.enabled { "enabled" } else { "disabled" }.to_owned(),
                time::show(user.registered_at),
            ]
        })
        .collect();
    let head = ["USERNAME", "SUB", "STATE", "REGISTERED (UTC)"];
    terminal::print(&terminal::table(&head, &rows, Paint::stdout()));
    Ok(())
}

const CLOSED: &str = "personal data cannot be opened (--redact does without)";

pub(super) fn show(global: &Global, name: &str, json: bool) -> anyhow::Result<()> {
    let settings = global.load(Vec::new())?.settings;
    let shown = block_on(async {
        let reader = Reader::open(&settings.data)?;
        let keys = Keys::open(&settings).context(CLOSED)?;
        let Some(subject) = keys.find(&reader.facts, name).await? else {
            return Err(not_found(format!("there is no user {name}")));
        };
        let shown = user(&reader, Some(&keys), subject, true).await?;
        shown.ok_or_else(|| not_found(format!("there is no user {name}")))
    })?;
    if json {
        return terminal::print_json(&shown);
    }
    let paint = Paint::stdout();
    let state = if shown.enabled { paint.green("enabled") } else { paint.red("disabled") };
    let username = terminal::tame(shown.username.as_deref().unwrap_or("(erased)"));
    let mut text = format!("{} {state}\n", paint.bold(&username));
    let password = match (shown.has_password, shown.password_changed_at) {
        (false, _) => "none: cannot sign in".to_owned(),
        (true, None) => "as registered".to_owned(),
        (true, Some(at)) => format!("changed {} UTC", time::show(at)),
    };
    let mut facts = vec![
        ("sub", shown.sub.to_string()),
        ("registered", format!("{} UTC", time::show(shown.registered_at))),
        ("password", password),
    ];
    let claims = shown.claims.unwrap_or_default();
    facts.extend(claims.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        (name.as_str(), terminal::tame(&value))
    }));
    text.push_str(&terminal::facts(&facts, paint));
    terminal::print(&text);
    Ok(())
}

async fn user(
    reader: &Reader,
    keys: Option<&Keys>,
    subject: SubjectId,
    with_claims: bool,
) -> anyhow::Result<Option<Shown>> {
    let known = reader.facts.subject(subject).await?;
    let SubjectView {
        exists: true,
        enabled,
        username,
        claims,
        password,
        credential_changed_at,
        ..
    } = &known.view
    else {
        return Ok(None);
    };
    let first = reader.log.read(subject.stream(), 0, 1).await?;
    let first = first.first().context("a registered user has an event")?;
    let (mut name, mut all) = (None, None);
    if let Some(keys) = keys {
        name = open(keys, subject, username.as_ref()).await?;
        if with_claims {
            let text = open(keys, subject, claims.as_ref()).await?;
            all = text.map(|text| serde_json::from_str(&text)).transpose()?;
        }
    }
    Ok(Some(Shown {
        sub: subject,
        username: name,
        enabled: *enabled,
        has_password: password.is_some(),
        registered_at: first.envelope()?.occurred_at,
        password_changed_at: *credential_changed_at,
        claims: all,
    }))
}

/// Nothing where its key was destroyed.
async fn open(
    keys: &Keys,
    subject: SubjectId,
    field: Option<&SealedField>,
) -> anyhow::Result<Option<String>> {
    let Some(SealedField { sealed, event_type, field }) = field else { return Ok(None) };
    match keys.privacy.open(sealed, subject.stream(), event_type, field).await {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes.to_vec())?)),
        Err(Unreadable::Erased) => Ok(None),
        Err(cause) => Err(cause).with_context(|| format!("{field} of {subject}")),
    }
}
