//! Orders about end-users.

use anyhow::{anyhow, bail};
use moneta_events::{Digest, SubjectId};
use serde_json::{Map, Value, json};

use super::{
    Confidential,
    desk::{Desk, all_good},
};
use crate::{
    cli::exit::not_found,
    config::{claims_problems, username_problem},
    engine::people::{People, PeopleError},
    protocol::proofs::password_problem,
};

/// Registers an end-user.
pub(super) async fn add(
    desk: &Desk<'_>,
    username: &str,
    password: Option<&Confidential>,
    claims: &Map<String, Value>,
) -> anyhow::Result<Value> {
    let problem = username_problem(username).map(|text| format!("username: {text}"));
    all_good("the user", problem.as_slice())?;
    check_claims(desk, claims)?;
    let phc = match password {
        Some(password) => Some(hash(desk, password).await?),
        None => None,
    };
    let subject = people(desk)
        .register(username, claims, phc.as_deref(), desk.context())
        .await
        .map_err(|error| named(username, error))?;
    Ok(json!({ "username": username, "sub": subject, "can_sign_in": phc.is_some() }))
}

/// Sets the password. What was granted on the old one stops working.
pub(super) async fn set_password(
    desk: &Desk<'_>,
    user: &str,
    password: &Confidential,
) -> anyhow::Result<Value> {
    let subject = find(desk, user).await?;
    let phc = hash(desk, password).await?;
    people(desk)
        .set_password(subject, &phc, desk.context())
        .await
        .map_err(|error| named(user, error))?;
    Ok(json!({ "user": user, "sub": subject }))
}

/// Changes claims; those that are not named stay, unless all others are to go.
pub(super) async fn change_claims(
    desk: &Desk<'_>,
    user: &str,
    changes: &Map<String, Value>,
    replace: bool,
) -> anyhow::Result<Value> {
    let subject = find(desk, user).await?;
    let before = claims(desk, subject).await?;
    let mut after = if replace { Map::new() } else { before.clone() };
    for (claim, value) in changes {
        match value {
            Value::Null => after.remove(claim),
            value => after.insert(claim.clone(), value.clone()),
        };
    }
    check_claims(desk, &after)?;
    let mut names: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|claim| before.get(*claim) != after.get(*claim))
        .cloned()
        .collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        people(desk)
            .set_claims(subject, &after, names.clone(), desk.context())
            .await
            .map_err(|error| named(user, error))?;
    }
    Ok(json!({ "user": user, "sub": subject, "changed": names }))
}

/// Lets an end-user sign in, or not.
pub(super) async fn set_enabled(
    desk: &Desk<'_>,
    user: &str,
    enabled: bool,
) -> anyhow::Result<Value> {
    let subject = find(desk, user).await?;
    let changed = desk.facts.subject(subject).await?.view.enabled != enabled;
    people(desk)
        .set_enabled(subject, enabled, desk.context())
        .await
        .map_err(|error| named(user, error))?;
    Ok(json!({ "user": user, "sub": subject, "enabled": enabled, "changed": changed }))
}

/// Takes further factors away; answers with those that were there.
pub(super) async fn remove_factors(
    desk: &Desk<'_>,
    user: &str,
    passkeys: &[Digest],
    totp: bool,
    all: bool,
) -> anyhow::Result<Value> {
    let subject = find(desk, user).await?;
    let known = desk.facts.subject(subject).await?;
    if let Some(unknown) = passkeys.iter().find(|id| known.view.passkey(**id).is_none()) {
        return Err(not_found(format!("{user} has no passkey {unknown}")));
    }
    let own = known.view.passkeys.iter().map(|passkey| passkey.credential);
    let gone: Vec<Digest> = own.filter(|own| all || passkeys.contains(own)).collect();
    let totp = (totp || all) && known.view.totp.is_some();
    let each = gone.iter().copied().map(Some).chain(totp.then_some(None));
    for passkey in each {
        people(desk)
            .remove_factor(subject, passkey, desk.context())
            .await
            .map_err(|error| named(user, error))?;
    }
    Ok(json!({ "user": user, "sub": subject, "passkeys": gone, "totp": totp }))
}

fn people<'a>(desk: &'a Desk<'_>) -> People<'a> {
    People {
        ledger: desk.ledger,
        facts: desk.facts,
        privacy: desk.privacy,
        usernames: desk.usernames,
    }
}

/// By the name they sign in with, or by their subject.
async fn find(desk: &Desk<'_>, user: &str) -> anyhow::Result<SubjectId> {
    if let Some(subject) = people(desk).find(user).await? {
        return Ok(subject);
    }
    if let Ok(subject) = user.parse::<SubjectId>()
        && desk.facts.subject(subject).await?.view.exists
    {
        return Ok(subject);
    }
    Err(unknown(user))
}

async fn claims(desk: &Desk<'_>, subject: SubjectId) -> anyhow::Result<Map<String, Value>> {
    let known = desk.facts.subject(subject).await?;
    let Some(field) = &known.view.claims else { return Ok(Map::new()) };
    let (of, name) = (field.event_type, field.field);
    let bytes = desk.privacy.open(&field.sealed, subject.stream(), of, name).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

async fn hash(desk: &Desk<'_>, password: &Confidential) -> anyhow::Result<String> {
    let problem = password_problem(&password.0).map(|text| format!("the password {text}"));
    if let Some(problem) = problem {
        bail!(problem);
    }
    Ok(desk.passwords.hash(password.0.clone()).await?)
}

fn check_claims(desk: &Desk<'_>, claims: &Map<String, Value>) -> anyhow::Result<()> {
    let problems = claims_problems(claims, desk.settings);
    let problems: Vec<String> =
        problems.into_iter().map(|(claim, text)| format!("{claim}: {text}")).collect();
    all_good("the claims", &problems)
}

fn unknown(user: &str) -> anyhow::Error {
    not_found(format!("there is no user {user}"))
}

fn named(user: &str, error: PeopleError) -> anyhow::Error {
    match error {
        PeopleError::Unknown => unknown(user),
        PeopleError::Taken => anyhow!("there is a user {user} already"),
        error => error.into(),
    }
}
