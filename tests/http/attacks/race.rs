//! The same request many times at once, over connections that are open before the start.

use crate::support::{answer::Answer, crowd::Crowd, demo::PASSWORD, http::encode, wire::post};

use super::{
    case::Race,
    run::{Run, path_of, submission},
    stage::Stage,
};

/// Connections where the case does not say how many.
const CONNECTIONS: usize = 64;

/// Plays the race of the case.
pub async fn run(
    stage: &mut Stage,
    plan: Race,
    params: &[(String, String)],
    headers: &[(&'static str, String)],
) -> Result<Run, String> {
    if plan.same_connection || plan.repeat.is_some() {
        return Err(format!("unmapped race {plan:?}"));
    }
    let messages = match stage.case.endpoint.as_str() {
        "login" => guesses(stage, plan.n).await,
        "consent" => {
            let (target, pairs) = {
                let path = stage.browser.page().path.clone();
                submission(stage, &path, params)?
            };
            vec![stage.browser.message(&target, &pairs); plan.n]
        }
        endpoint => {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.clone())).collect();
            let authority = stage.provider.http.authority();
            vec![post(&authority, path_of(endpoint)?, &headers, &encode(params)); plan.n]
        }
    };
    let connections = match stage.case.endpoint.as_str() {
        "login" => plan.n / GUESSES,
        _ => plan.connections.unwrap_or(CONNECTIONS).min(plan.n),
    };
    Ok(Run::many(fire(stage, messages, connections).await))
}

/// Sends all messages over that many connections, all starting together.
pub async fn fire(stage: &Stage, messages: Vec<Vec<u8>>, connections: usize) -> Vec<Answer> {
    let mut crowd = Crowd::open(stage.provider.http.address(), connections).await;
    crowd.fire(messages).await
}

/// The guesses of each browser, one after the other.
const GUESSES: usize = 20;

/// Wrong passwords for alice from many browsers, each with a login page of its own; the browsers take
/// turns in the list, so that each connection speaks for one of them.
async fn guesses(stage: &Stage, n: usize) -> Vec<Vec<u8>> {
    let mut browsers = Vec::new();
    for _ in 0..n / GUESSES {
        let mut browser = stage.provider.browser();
        browser.open(&stage.client("web").request().path()).await.page();
        browsers.push(browser);
    }
    let mut messages = Vec::new();
    for guess in 0..GUESSES {
        for browser in &mut browsers {
            browser.fill("username", "alice");
            browser.fill("password", &format!("{PASSWORD} {guess}"));
            let (_, target, pairs) = browser.submission("login-submit");
            messages.push(browser.message(&target, &pairs));
        }
    }
    messages
}
