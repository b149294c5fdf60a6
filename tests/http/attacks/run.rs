//! Sends what a case says and collects what came back.

use crate::support::{
    answer::Answer,
    browser::{Arrival, Stop},
    demo::PASSWORD,
    html::{Form, forms},
    http::encode,
    jar::Origin,
};

use super::{
    case::{Kind, Redirect},
    race, raw,
    stage::Stage,
    template,
};

/// What came back.
#[derive(Debug, Default)]
pub struct Run {
    /// The answers to judge: one for most cases, all of a race.
    pub answers: Vec<Answer>,
    /// Every answer on the way, redirects included.
    pub hops: Vec<Answer>,
    /// The authorization response that reached a client's door.
    pub arrival: Option<Arrival>,
    /// The parameters that were sent.
    pub sent: Vec<(String, String)>,
    /// For raw connections: whether the server closed each of them.
    pub closed: Vec<bool>,
    /// What a scenario measured, by the text of the requirement it answers.
    pub measured: Vec<(&'static str, Result<(), String>)>,
}

impl Run {
    /// A run with one answer.
    pub fn one(answer: Answer) -> Self {
        Self { hops: vec![answer.clone()], answers: vec![answer], ..Self::default() }
    }

    /// A run with many answers.
    pub fn many(answers: Vec<Answer>) -> Self {
        Self { hops: answers.clone(), answers, ..Self::default() }
    }

    /// The first answer.
    pub fn first(&self) -> &Answer {
        self.answers.first().expect("a run has an answer")
    }

    /// A parameter that was sent.
    pub fn sent(&self, name: &str) -> Option<&str> {
        self.sent.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Plays the attack.
pub async fn run(stage: &mut Stage) -> Result<Run, String> {
    let case = stage.case.clone();
    if let Some(message) = case.param("__raw__") {
        return raw::run(stage, message).await;
    }
    let params = template::params(stage).await?;
    let headers = template::headers(stage).await?;
    stage.head = stage.provider.head().await;
    stage.log_mark = crate::support::logs::mark();
    let mut run = match (case.kind, case.request.race) {
        (Kind::Race, Some(plan)) => race::run(stage, plan, &params, &headers).await?,
        _ => once(stage, &params, &headers).await?,
    };
    run.sent = params;
    Ok(run)
}

type Pairs = [(String, String)];
type Fields = [(&'static str, String)];

async fn once(stage: &mut Stage, params: &Pairs, headers: &Fields) -> Result<Run, String> {
    let case = stage.case.clone();
    let method = case.request.method.as_str();
    let has_transaction = params.iter().any(|(name, _)| name == "txn");
    match case.endpoint.as_str() {
        "authorization" if has_transaction => interact(stage, method, params, headers).await,
        "authorization" => authorize(stage, method, params, headers).await,
        "login" | "consent" => interact(stage, method, params, headers).await,
        _ if !stage.targets.is_empty() => {
            let mut answers = Vec::new();
            for target in stage.targets.clone() {
                answers.push(stage.provider.http.send(method, &target, headers, None).await);
            }
            Ok(Run::many(answers))
        }
        endpoint => {
            let path = path_of(endpoint)?;
            Ok(Run::one(direct(stage, method, path, params, headers).await?))
        }
    }
}

/// The path of an endpoint that clients call.
pub fn path_of(endpoint: &str) -> Result<&'static str, String> {
    Ok(match endpoint {
        "token" => "/token",
        "userinfo" => "/userinfo",
        "introspection" => "/introspect",
        "revocation" => "/revoke",
        "discovery" => "/.well-known/openid-configuration",
        "authorization" => "/authorize",
        other => return Err(format!("unmapped endpoint {other}")),
    })
}

async fn direct(
    stage: &Stage,
    method: &str,
    path: &str,
    params: &Pairs,
    headers: &Fields,
) -> Result<Answer, String> {
    let http = &stage.provider.http;
    let steps: Vec<_> = stage.case.request.steps.iter().map(String::as_str).collect();
    match (method, steps.as_slice()) {
        ("POST", ["POST /token?client_secret=... -> 400/401"]) => {
            let secret = stage.client("web").secret.unwrap_or_default();
            let target = format!("{path}?{}", encode(&[("client_secret", secret)]));
            Ok(http.post(&target, headers, params).await)
        }
        (_, [_, ..]) => Err(format!("unmapped steps {steps:?}")),
        ("POST", []) => Ok(http.post(path, headers, params).await),
        (_, []) if params.is_empty() => Ok(http.send(method, path, headers, None).await),
        (_, []) => {
            let target = format!("{path}?{}", encode(params));
            Ok(http.send(method, &target, headers, None).await)
        }
    }
}

async fn authorize(
    stage: &mut Stage,
    method: &str,
    params: &Pairs,
    headers: &Fields,
) -> Result<Run, String> {
    if method != "GET" || !headers.is_empty() {
        return Err(format!("unmapped authorization request: {method} with {headers:?}"));
    }
    let target = format!("/authorize?{}", encode(params));
    let mut stop = stage.browser.open(&target).await;
    let mut hops = stage.browser.hops.clone();
    let to_the_end = stage.case.expect.redirect == Redirect::ClientCode
        || params.iter().any(|(name, value)| name == "response_mode" && value == "form_post");
    if to_the_end
        && let Stop::Page(page) = &stop
        && (page.has("login-submit") || page.has("consent-allow"))
    {
        stop = Stop::Away(stage.browser.finish(stop, "alice", PASSWORD).await);
        hops.extend(stage.browser.hops.clone());
    }
    let last = hops.last().cloned().ok_or("no answer")?;
    let arrival = match stop {
        Stop::Away(arrival) => Some(arrival),
        Stop::Page(_) => None,
    };
    Ok(Run { answers: vec![last], hops, arrival, ..Run::default() })
}

/// A step on the login or consent page that the stage has open.
async fn interact(
    stage: &mut Stage,
    method: &str,
    params: &Pairs,
    headers: &Fields,
) -> Result<Run, String> {
    let foreign = params.iter().find(|(name, _)| name == "txn").map(|(_, value)| value.clone());
    let target = match foreign {
        Some(path) => path,
        None => stage.browser.page().path.clone(),
    };
    if method == "GET" {
        let extra: Vec<_> = params.iter().filter(|(name, _)| name != "txn").cloned().collect();
        let join = if target.contains('?') { '&' } else { '?' };
        stage.browser.open(&format!("{target}{join}{}", encode(&extra))).await;
        let hops = stage.browser.hops.clone();
        let last = hops.last().cloned().ok_or("no answer")?;
        return Ok(Run { answers: vec![last], hops, ..Run::default() });
    }
    let (target, pairs) = submission(stage, &target, params)?;
    stage.browser.headers.extend(headers.iter().cloned());
    let answer = stage.browser.request("POST", &target, Some(&pairs), Origin::SameSite).await;
    stage.browser.headers.truncate(1);
    Ok(Run::one(answer))
}

/// The form that is shown, filled with what the case says: `username` and `password` by their ids,
/// `csrf` for the field that guards the form (left out where the precondition says so), `decision` for
/// the button, everything else added as it is.
pub fn submission(
    stage: &Stage,
    target: &str,
    params: &Pairs,
) -> Result<(String, Vec<(String, String)>), String> {
    let said = |name: &str| params.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let page = stage.browser.page();
    let button_id = if page.has("login-submit") { "login-submit" } else { "consent-allow" };
    if said("decision").is_some_and(|decision| decision != "allow") {
        return Err("unmapped decision".to_owned());
    }
    let all = forms(&page.answer.text());
    let mut form: Form =
        all.into_iter().find(|form| form.button(button_id).is_some()).ok_or("no form is shown")?;
    for id in ["username", "password"] {
        if let (Some(field), Some(value)) = (form.field_mut(id), said(id)) {
            field.value = value;
        }
    }
    let wants_csrf = said("csrf");
    form.fields.retain_mut(|field| {
        let guards = field.hidden && field.name.contains("csrf");
        if let (Some(token), true) = (&wants_csrf, guards) {
            token.clone_into(&mut field.value);
        }
        !guards || stage.case.precondition != "no CSRF token"
    });
    let button = form.button(button_id).cloned();
    let action = button.as_ref().and_then(|b| b.action.clone()).unwrap_or(form.action.clone());
    let target = if target == page.path && !action.is_empty() { action } else { target.to_owned() };
    let mut pairs = form.pairs(button.as_ref());
    let known = ["username", "password", "csrf", "txn", "decision"];
    pairs.extend(params.iter().filter(|(name, _)| !known.contains(&name.as_str())).cloned());
    Ok((target, pairs))
}
