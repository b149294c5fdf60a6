//! Compares what came back with what the case expects, and with what holds for every case: no failure
//! of the server, no panic, a living process, no secret in the log.

use crate::support::{answer::Answer, demo, logs};

use super::{case::Redirect, must, must_not, must_state, run::Run, stage::Stage};

/// What a check finds.
pub type Verdict = Result<(), String>;

/// `Ok` where `holds`, else the text.
pub fn ensure(holds: bool, text: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(text()) }
}

/// All that is wrong; empty for a passed case.
pub async fn judge(stage: &mut Stage, run: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    let case = stage.case.clone();
    let mut note = |verdict: Verdict| wrong.extend(verdict.err());
    note(status(stage, run));
    note(error(stage, run));
    note(redirect(stage, run));
    for text in &case.expect.must {
        note(required(stage, run, text).await.map_err(|e| format!("must: {text}: {e}")));
    }
    for text in &case.expect.must_not {
        note(forbidden(stage, run, text).await.map_err(|e| format!("must not: {text}: {e}")));
    }
    note(implied(stage, run).await);
    wrong
}

async fn required(stage: &mut Stage, run: &Run, text: &str) -> Verdict {
    if let Some((_, measured)) = run.measured.iter().find(|(name, _)| *name == text) {
        return measured.clone();
    }
    match must::check(stage, run, text) {
        Some(verdict) => verdict,
        None => match must_state::check(stage, run, text).await {
            Some(verdict) => verdict,
            None => Err("unmapped".to_owned()),
        },
    }
}

async fn forbidden(stage: &mut Stage, run: &Run, text: &str) -> Verdict {
    if let Some((_, measured)) = run.measured.iter().find(|(name, _)| *name == text) {
        return measured.clone();
    }
    must_not::check(stage, run, text).await.unwrap_or_else(|| Err("unmapped".to_owned()))
}

fn status(stage: &Stage, run: &Run) -> Verdict {
    let allowed = &stage.case.expect.status;
    let other = run.answers.iter().find(|a| !allowed.is_empty() && !allowed.contains(&a.status));
    match other {
        Some(answer) => {
            Err(format!("status {} is none of {allowed:?}: {}", answer.status, brief(answer)))
        }
        None => Ok(()),
    }
}

/// Each answer that is no success carries one of the registered errors; pages carry none.
fn error(stage: &Stage, run: &Run) -> Verdict {
    let allowed = &stage.case.expect.error;
    if allowed.is_empty() {
        return Ok(());
    }
    for answer in &run.answers {
        if answer.status == 200 || answer.is_html() {
            continue;
        }
        let found = arrived(run, "error").or_else(|| answer.error());
        if !found.as_ref().is_some_and(|code| allowed.contains(code)) {
            return Err(format!("error {found:?} is none of {allowed:?}: {}", brief(answer)));
        }
    }
    Ok(())
}

fn redirect(stage: &Stage, run: &Run) -> Verdict {
    match stage.case.expect.redirect {
        Redirect::Unsaid => Ok(()),
        Redirect::NotApplicable => {
            ensure(run.answers.iter().all(|a| a.location().is_none()), || {
                "the endpoint redirected".to_owned()
            })
        }
        Redirect::None | Redirect::OpPage => stays(stage, run),
        Redirect::ClientError => {
            leaves(stage, run)?;
            ensure(arrived(run, "error").is_some(), || {
                "there is no error in the response".to_owned()
            })
        }
        Redirect::ClientCode => {
            leaves(stage, run)?;
            ensure(arrived(run, "code").is_some(), || "there is no code in the response".to_owned())
        }
    }
}

/// The browser is nowhere sent away from the issuer.
fn stays(stage: &Stage, run: &Run) -> Verdict {
    for answer in &run.hops {
        let away = answer.location().filter(|location| is_foreign(stage, location));
        if let Some(location) = away {
            return Err(format!("sent away to {location}"));
        }
    }
    ensure(run.arrival.is_none(), || format!("sent away: {:?}", run.arrival))
}

/// The response reached a registered URI of the client, with `iss` and the `state` that was sent.
fn leaves(stage: &Stage, run: &Run) -> Verdict {
    let Some(arrival) = &run.arrival else {
        return Err(format!("nothing reached the client: {}", brief(run.first())));
    };
    let client = run.sent("client_id").unwrap_or_default();
    let registered = stage.provider.metadata(client).redirect_uris;
    ensure(registered.contains(&arrival.uri), || format!("{} is not registered", arrival.uri))?;
    let issuer = stage.provider.http.issuer();
    ensure(arrival.get("iss") == Some(issuer), || format!("iss is {:?}", arrival.get("iss")))?;
    ensure(arrival.get("state") == run.sent("state"), || "state came back changed".to_owned())
}

async fn implied(stage: &Stage, run: &Run) -> Verdict {
    let asks_for = |answer: &Answer| stage.case.expect.status.contains(&answer.status);
    let broken = run.hops.iter().find(|a| a.status >= 500 && !asks_for(a));
    if let Some(answer) = broken {
        return Err(format!("the server failed: {}", brief(answer)));
    }
    let panics = logs::panics();
    ensure(panics.is_empty(), || format!("the server panicked: {panics:?}"))?;
    let health = stage.provider.http.get("/healthz", &[]).await;
    ensure(health.status == 200, || format!("/healthz says {}", health.status))?;
    let mut secrets: Vec<&str> = vec![demo::PASSWORD, &stage.verifier];
    let secret_values = ["code", "at", "rt", "idt", "csrf"];
    secrets.extend(
        secret_values.iter().filter_map(|name| stage.values.get(*name).map(String::as_str)),
    );
    let logged = logs::since(stage.log_mark);
    match secrets.into_iter().find(|secret| logged.contains(secret)) {
        Some(secret) => Err(format!("the log holds {secret}")),
        None => Ok(()),
    }
}

/// Whether a `Location` leads away from the issuer.
pub fn is_foreign(stage: &Stage, location: &str) -> bool {
    let http = &stage.provider.http;
    let base = url::Url::parse(http.issuer()).expect("the issuer is a URL");
    base.join(location).map_or(true, |target| target.origin() != base.origin())
}

/// A parameter of the authorization response.
pub fn arrived(run: &Run, name: &str) -> Option<String> {
    run.arrival.as_ref()?.get(name).map(str::to_owned)
}

/// An answer on one line.
pub fn brief(answer: &Answer) -> String {
    let text: String = if answer.is_html() {
        crate::support::html::visible(&answer.text())
    } else {
        answer.text()
    };
    let text: String = text.chars().take(200).collect();
    format!("{} {} {text:?}", answer.status, answer.location().unwrap_or_default())
}
