//! What must not be found: in the answers, at the client's door, in what the provider does next. Texts
//! are matched as they stand in the file.

use moneta_events::client::GrantType;

use crate::support::{
    answer::{Answer, parameter},
    browser::{Browser, Stop},
    demo::PASSWORD,
    html, logs,
    rp::{Tokens, claims, random},
};

use super::{
    judge::{Verdict, brief, ensure, is_foreign},
    must::{codes, successes},
    must_state,
    run::Run,
    stage::Stage,
};

/// `None` for a text nobody knows.
pub async fn check(stage: &mut Stage, run: &Run, text: &str) -> Option<Verdict> {
    if let Some(verdict) = in_answers(stage, run, text) {
        return Some(verdict);
    }
    Some(match text {
        "any change to the other object" => {
            let tokens = stage.before.clone();
            let refreshed = stage.client("web").refresh(tokens.first()?.refresh()).await;
            ensure(refreshed.status == 200, || brief(&refreshed))
        }
        "refresh_token unless policy says so" => ends_with_the_session(stage, run).await,
        "unbounded guessing" => {
            let refused = stage.count("transaction.code_refused").await;
            ensure(refused <= 6, || format!("{refused} guesses were judged"))
        }
        "forked families" => {
            let rotated = stage.count("token.rotated").await;
            ensure(rotated <= 1, || format!("{rotated} rotations"))
        }
        "session cookie" => {
            let signed_in = is_signed_in(stage, false).await;
            ensure(!signed_in, || "the browser is signed in".to_owned())
        }
        "attacker's handle becomes authenticated" => attacker_is_not_alice(stage).await,
        "old id authenticated" => {
            let signed_in = is_signed_in(stage, true).await;
            ensure(!signed_in, || "the planted cookies are signed in".to_owned())
        }
        "admin granted" => no_admin(stage, run).await,
        "code for the other user" => must_state::must_not_be(stage, run, "bob").await,
        "code for alice" => must_state::must_not_be(stage, run, "alice").await,
        "prompt dropped by reload or back button" => prompt_stays(stage).await,
        "hundreds of checks before the counter moves" => {
            let checks = must_state::checks_made(stage).await;
            ensure(checks < 100, || format!("{checks} passwords were checked"))
        }
        "stack overflow" => {
            let health = stage.provider.http.get("/healthz", &[]).await;
            ensure(health.status == 200, || brief(&health))
        }
        _ => return None,
    })
}

fn in_answers(stage: &Stage, run: &Run, text: &str) -> Option<Verdict> {
    Some(match text {
        "Location to an unregistered URI" | "Location outside the issuer origin" => {
            nowhere(run, |a| a.location().is_some_and(|location| is_foreign(stage, location)))
        }
        "values in the query" => {
            let registered = |a: &crate::support::browser::Arrival| a.uri.contains('?');
            ensure(!run.arrival.as_ref().is_some_and(registered), || format!("{:?}", run.arrival))
        }
        "code or token anywhere in the response" => nowhere(run, |a| {
            ["code=", "access_token", "id_token", "refresh_token"]
                .iter()
                .any(|t| a.whole().contains(t))
        }),
        "tokens" | "new tokens" | "token for high" | "access_token or id_token" => {
            nowhere(run, |a| has_tokens(a) || parameter_names(a).any(|n| n.ends_with("token")))
        }
        "claims" => nowhere(run, has_claims),
        "claims or code" => match (nowhere(run, has_claims), codes(run)) {
            (Ok(()), 0) => Ok(()),
            (found, codes) => Err(format!("{found:?}, {codes} codes")),
        },
        "307 or 308 after a credential POST" => nowhere(run, |a| matches!(a.status, 307 | 308)),
        "2 or more successes" => successes(run, 1).or_else(|_| successes(run, 0)),
        "5xx" => nowhere(run, |a| a.status >= 500),
        "code" => ensure(codes(run) == 0, || "a code went out".to_owned()),
        "2 codes" => ensure(codes(run) < 2, || "two codes went out".to_owned()),
        "response_type other than the stored one" => {
            nowhere(run, |a| parameter_names(a).any(|n| n == "code" || n.ends_with("token")))
        }
        "evil.test in the document" | "evil.test in body, Location, mail, cookie or iss" => {
            nowhere(run, |a| a.whole().contains("evil.test"))
        }
        "markup reflected unescaped in HTML" => nowhere(run, |a| {
            let text = a.text();
            a.is_html() && (text.contains("<script>alert") || text.contains("<img src=x"))
        }),
        "Domain attribute" => nowhere(run, |a| {
            a.header_all("set-cookie").any(|field| field.to_ascii_lowercase().contains("domain="))
        }),
        "HTML UI" => nowhere(run, Answer::is_html),
        "internal data" => nowhere(run, |a| a.status == 200 || a.body.len() > 4096),
        "forged line" => {
            let lines = logs::since(stage.log_mark);
            let broken =
                lines.lines().find(|l| serde_json::from_str::<serde_json::Value>(l).is_err());
            ensure(broken.is_none(), || format!("{broken:?}"))
        }
        "second request served" => ensure(run.hops.len() <= run.closed.len(), || {
            format!("{} answers on {} connections", run.hops.len(), run.closed.len())
        }),
        "ACAO: https://evil.test for a client that does not list it" => {
            nowhere(run, |a| a.header("access-control-allow-origin") == Some("https://evil.test"))
        }
        "ACAO: null" => nowhere(run, |a| a.header("access-control-allow-origin") == Some("null")),
        _ => return None,
    })
}

fn nowhere(run: &Run, found: impl Fn(&Answer) -> bool) -> Verdict {
    run.hops.iter().find(|a| found(a)).map_or(Ok(()), |a| Err(brief(a)))
}

fn has_tokens(answer: &Answer) -> bool {
    ["access_token", "refresh_token", "id_token"].iter().any(|name| answer.member(name).is_some())
}

fn has_claims(answer: &Answer) -> bool {
    answer.member("sub").is_some() || answer.text().contains("\"sub\"")
}

/// The names of the parameters of a redirect, in query and fragment.
fn parameter_names(answer: &Answer) -> impl Iterator<Item = String> {
    let known = ["code", "access_token", "id_token", "token"];
    let location = answer.location().unwrap_or_default().to_owned();
    known.into_iter().filter(move |name| parameter(&location, name).is_some()).map(str::to_owned)
}

/// Whether a browser has a session: `prompt=none` does not answer `login_required`.
async fn is_signed_in(stage: &mut Stage, attackers: bool) -> bool {
    let request = stage.request("web").with("prompt", "none").with("state", &random());
    let browser = if attackers { &mut stage.attacker } else { &mut stage.browser };
    match browser.open(&request.path()).await {
        Stop::Away(arrival) => arrival.get("error") != Some("login_required"),
        Stop::Page(_) => true,
    }
}

/// What the attacker's browser can get is not alice's.
async fn attacker_is_not_alice(stage: &mut Stage) -> Verdict {
    let request = stage.request("web").with("state", &random());
    let web = stage.client("web");
    let alice = stage.provider.subject_of("alice").await;
    let sub = subject_in(&mut stage.attacker, &request.path(), |code| async move {
        Tokens::of(&web.redeem(&code, &request.verifier).await)
    })
    .await;
    ensure(sub != Some(alice), || "the attacker's browser is alice".to_owned())
}

async fn subject_in<F>(
    browser: &mut Browser,
    path: &str,
    redeem: impl FnOnce(String) -> F,
) -> Option<String>
where
    F: Future<Output = Tokens>,
{
    let stop = browser.open(path).await;
    let stop = match stop {
        Stop::Page(page) if page.has("login-submit") => return None,
        Stop::Page(page) if page.has("consent-allow") => browser.click("consent-allow").await,
        other => other,
    };
    let tokens = redeem(stop.arrival().code()).await;
    claims(tokens.id())["sub"].as_str().map(str::to_owned)
}

/// The policy: a client that is registered for the grant gets a refresh token, and without
/// `offline_access` it is worth nothing once the session is over.
async fn ends_with_the_session(stage: &mut Stage, run: &Run) -> Verdict {
    let Some(refresh) = run.first().member("refresh_token") else { return Ok(()) };
    let allowed = stage.provider.metadata("web").grant_types.contains(&GrantType::RefreshToken);
    ensure(allowed, || "the client is not registered for the grant".to_owned())?;
    let lifetime = i64::from(stage.provider.settings().lifetimes.session);
    stage.provider.clock.advance(lifetime + 1);
    let answer = stage.client("web").refresh(&refresh).await;
    ensure(answer.error().as_deref() == Some("invalid_grant"), || brief(&answer))
}

async fn no_admin(stage: &mut Stage, run: &Run) -> Verdict {
    let Some(code) = parameter(run.first().location().unwrap_or_default(), "code") else {
        return Ok(());
    };
    let tokens = Tokens::of(&stage.client("web").redeem(&code, &stage.verifier).await);
    let scope = tokens.response["scope"].as_str().unwrap_or_default();
    ensure(!scope.contains("admin"), || format!("scope {scope:?}"))
}

/// After a reload the login page is still there, and nobody gets past it without the password.
async fn prompt_stays(stage: &mut Stage) -> Verdict {
    let request = stage.request("web").with("prompt", "login").with("state", &random());
    stage.browser.open(&request.path()).await.page();
    for _ in 0..2 {
        let page = stage.browser.reload().await.page();
        ensure(html::has_id(&page.answer.text(), "login-submit"), || page.visible())?;
    }
    let stop = stage.browser.sign_in("alice", &format!("not {PASSWORD}")).await;
    ensure(matches!(stop, Stop::Page(_)), || "a wrong password was enough".to_owned())
}
