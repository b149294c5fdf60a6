//! What must hold of the provider's state after the attack: asked of its endpoints and of its log.

use crate::support::{
    answer::Answer,
    demo::PASSWORD,
    html,
    jar::Origin,
    rp::{Tokens, claims, random},
};

use super::{
    judge::{Verdict, brief, ensure, is_foreign},
    run::Run,
    stage::Stage,
};

/// `None` for a text nobody knows.
pub async fn check(stage: &mut Stage, run: &Run, text: &str) -> Option<Verdict> {
    Some(match text {
        "refresh(rt1) -> invalid_grant" => first_refresh_refused(stage).await,
        "audit event code_replayed" => on_record(stage, "transaction.code_replayed").await,
        "audit event refresh_replayed" => on_record(stage, "token.replayed").await,
        "active:false at once on every node" => {
            ensure(run.first().json()["active"] == false, || brief(run.first()))
        }
        "introspect(at1).active==false"
        | "access tokens of the grant inactive too"
        | "because a replay was seen, the winner's tokens are revoked within 1 s"
        | "family revoked after the race"
        | "rt2 and all family access tokens dead within 1 s" => all_dead(stage, run).await,
        "exactly one CodeRedeemed event in the stream" => {
            let found = stage.count("transaction.code_exchanged").await;
            ensure(found == 1, || format!("{found} events"))
        }
        "after at most 5 wrong tries the right verifier fails too" => guessing_ends(stage).await,
        "token still active afterwards" => {
            let tokens = stage.before.clone();
            let web = stage.client("web");
            match tokens.first() {
                Some(first) => ensure(web.is_active(&first.access).await, || "revoked".to_owned()),
                None => Err("no token was made".to_owned()),
            }
        }
        "iss equals the issuer in query, fragment, form_post and JARM" => every_mode(stage).await,
        "discovery has authorization_response_iss_parameter_supported=true" => {
            let document =
                stage.provider.http.get("/.well-known/openid-configuration", &[]).await.json();
            let says = &document["authorization_response_iss_parameter_supported"];
            ensure(*says == true, || says.to_string())
        }
        "a fresh transaction is made for alice's browser" => fresh_transaction(stage, run).await,
        "session id changes at login, at step-up and at account switch" => rotates(stage).await,
        "code is for the user shown on the page, or refused" => {
            must_not_be(stage, run, "bob").await
        }
        "fresh login; auth_time later" | "credential asked again; auth_time later" => {
            later_auth_time(stage, run).await
        }
        "same status, same length class, same text, same cookies" => same_answers(stage, run).await,
        "at most 5 + workers checks are made" => {
            let limit = 5 + stage.provider.settings().server.workers;
            let checks = checks_made(stage).await;
            ensure(checks <= limit, || format!("{checks} passwords were checked, not {limit}"))
        }
        "alice logs in from a known device or with a passkey" => {
            ensure(run.first().status == 303 || run.first().status == 302, || brief(run.first()))
        }
        "all absolute URLs from configuration" => absolute_urls(stage, run).await,
        "no third-party resources on pages whose URL holds secrets" => {
            third_parties(stage, run).await
        }
        "process alive" => alive(stage).await,
        "Cache-Control: no-store" => no_store(stage, run).await,
        "body identical to the clean answer" => identical(stage, run).await,
        "expired stays expired; no new token has iat in the future beyond skew" => {
            stays_expired(stage, run).await
        }
        _ => return None,
    })
}

/// Every token that the attack must have ended is inactive, those bought in the run included.
async fn all_dead(stage: &Stage, run: &Run) -> Verdict {
    let mut tokens = stage.before.clone();
    let bought = |a: &&Answer| a.status == 200 && a.member("access_token").is_some();
    tokens.extend(run.answers.iter().filter(bought).map(Tokens::of));
    ensure(!tokens.is_empty(), || "there was no token to begin with".to_owned())?;
    let web = stage.client("web");
    for token in tokens {
        ensure(!web.is_active(&token.access).await, || "an access token is active".to_owned())?;
        if let Some(refresh) = &token.refresh {
            ensure(!web.is_active(refresh).await, || "a refresh token is active".to_owned())?;
        }
    }
    Ok(())
}

async fn first_refresh_refused(stage: &Stage) -> Verdict {
    let refresh = stage.before.first().map(|tokens| tokens.refresh().to_owned());
    let answer = stage.client("web").refresh(&refresh.ok_or("no tokens were kept")?).await;
    ensure(answer.error().as_deref() == Some("invalid_grant"), || brief(&answer))
}

async fn on_record(stage: &Stage, event_type: &str) -> Verdict {
    let found = stage.count(event_type).await;
    ensure(found > 0, || format!("no {event_type} is on record"))
}

async fn guessing_ends(stage: &mut Stage) -> Verdict {
    let code = stage.values.get("code").cloned().ok_or("there is no code")?;
    let web = stage.client("web");
    for _ in 0..4 {
        web.redeem(&code, &random()).await;
    }
    let answer = web.redeem(&code, &stage.verifier).await;
    ensure(answer.error().as_deref() == Some("invalid_grant"), || brief(&answer))
}

async fn every_mode(stage: &mut Stage) -> Verdict {
    for mode in ["query", "fragment", "form_post"] {
        let request = stage.request("web").with("response_mode", mode).with("state", &random());
        let arrival = stage.grant(&request).await;
        let issuer = stage.provider.http.issuer();
        ensure(arrival.get("iss") == Some(issuer), || format!("{mode}: {:?}", arrival.get("iss")))?;
    }
    Ok(())
}

/// Alice sees no page of mallory's transaction; starting anew works for her.
async fn fresh_transaction(stage: &mut Stage, run: &Run) -> Verdict {
    let page = run.first().text();
    ensure(!html::has_id(&page, "consent-allow"), || {
        "alice is asked in mallory's name".to_owned()
    })?;
    let request = stage.request("web").with("state", &random());
    let arrival = stage.grant(&request).await;
    ensure(arrival.get("code").is_some(), || format!("{arrival:?}"))
}

/// The cookies that differ after signing in, stepping up and switching are new each time.
async fn rotates(stage: &mut Stage) -> Verdict {
    let mut seen = vec![session_values(stage)];
    for user in ["alice", "bob"] {
        let request = stage.request("web").with("prompt", "login").with("state", &random());
        let stop = stage.browser.open(&request.path()).await;
        let _ = stage.browser.finish(stop, user, PASSWORD).await;
        let now = session_values(stage);
        let kept = now.iter().any(|value| seen.iter().flatten().any(|old| old == value));
        ensure(!kept, || format!("a session cookie outlived signing in as {user}"))?;
        seen.push(now);
    }
    Ok(())
}

/// The values of the session cookies in alice's browser.
fn session_values(stage: &Stage) -> Vec<String> {
    let own = stage.browser.jar.all().iter();
    own.filter(|cookie| cookie.name.ends_with("session"))
        .map(|cookie| cookie.value.clone())
        .collect()
}

/// The code of the run, if there is one, is not for `user`.
pub async fn must_not_be(stage: &mut Stage, run: &Run, user: &str) -> Verdict {
    let location = run.first().location().unwrap_or_default();
    let Some(code) = crate::support::answer::parameter(location, "code") else { return Ok(()) };
    let sub = if let Some(known) = stage.values.get("sub") {
        known.clone()
    } else {
        let tokens = Tokens::of(&stage.client("web").redeem(&code, &stage.verifier).await);
        let sub = claims(tokens.id())["sub"].as_str().unwrap_or_default().to_owned();
        stage.values.insert("sub".to_owned(), sub.clone());
        sub
    };
    let theirs = stage.provider.subject_of(user).await;
    ensure(sub != theirs, || format!("the code is for {user}"))
}

async fn later_auth_time(stage: &mut Stage, run: &Run) -> Verdict {
    let page = run.first().text();
    ensure(html::has_id(&page, "login-submit"), || "no login page is shown".to_owned())?;
    stage.provider.clock.advance(5);
    let stop = stage.browser.sign_in("alice", PASSWORD).await;
    let code = stage.browser.finish(stop, "alice", PASSWORD).await.code();
    let tokens = Tokens::of(&stage.client("web").redeem(&code, &stage.verifier).await);
    let auth_time = claims(tokens.id())["auth_time"].as_i64().ok_or("no auth_time")?;
    let now = stage.provider.now().as_seconds();
    ensure((auth_time - now).abs() <= 1, || format!("auth_time {auth_time}, now {now}"))
}

/// A wrong password for alice and one for nobody look alike.
async fn same_answers(stage: &mut Stage, run: &Run) -> Verdict {
    let mut other = stage.provider.browser();
    other.open(&stage.request("web").path()).await.page();
    other.fill("username", "alice");
    other.fill("password", "x");
    let (_, target, pairs) = other.submission("login-submit");
    let real = other.request("POST", &target, Some(&pairs), Origin::SameSite).await;
    let ghost = run.first();
    let shape = |answer: &Answer| {
        let text = html::visible(&answer.text()).replace("ghost", "*").replace("alice", "*");
        let names: Vec<_> = answer.header_all("set-cookie").map(cookie_name).collect();
        (answer.status, text, names, answer.body.len())
    };
    ensure(shape(ghost) == shape(&real), || format!("{} against {}", brief(ghost), brief(&real)))
}

fn cookie_name(field: &str) -> String {
    field.split('=').next().unwrap_or_default().to_owned()
}

/// How many passwords were compared: refusals that are not for being throttled.
pub async fn checks_made(stage: &Stage) -> usize {
    let recorded = stage.recorded().await;
    let compared = |(name, body): &&(String, String)| {
        name == "transaction.authentication_failed" && !body.contains("\"throttled\"")
    };
    recorded.iter().filter(compared).count()
}

/// Lives, and refuses a document too long for a URL without reading it.
async fn alive(stage: &Stage) -> Verdict {
    let deep = "[".repeat(100_000);
    let request = stage.request("web").with("claims", &deep);
    let answer = stage.provider.http.post("/authorize", &[], &request.params).await;
    ensure((300..500).contains(&answer.status), || brief(&answer))?;
    let health = stage.provider.http.get("/healthz", &[]).await;
    ensure(health.status == 200, || brief(&health))
}

async fn no_store(stage: &mut Stage, run: &Run) -> Verdict {
    let web = stage.client("web");
    let tokens = Tokens::of(run.first());
    let mut answers = vec![("token", run.first().clone())];
    answers.push(("userinfo", web.userinfo(&tokens.access).await));
    answers.push(("introspection", web.introspect(&tokens.access).await));
    answers.push(("token error", web.redeem("no-code", &random()).await));
    let consent = stage.consent_page().await;
    answers.push(("consent", consent.answer));
    let wrong = stage.request("web").with("redirect_uri", "https://evil.test/cb");
    answers.push(("error page", stage.browser.open(&wrong.path()).await.page().answer));
    let posted = stage.request("web").with("response_mode", "form_post").with("state", &random());
    let stop = stage.browser.open(&posted.path()).await;
    stage.browser.finish(stop, "alice", PASSWORD).await;
    let last = stage.browser.hops.last().cloned().ok_or("no answer")?;
    answers.push(("form_post", last));
    for (name, answer) in answers {
        let value = answer.header("cache-control").unwrap_or_default();
        ensure(value.contains("no-store"), || format!("{name}: {value:?}"))?;
    }
    Ok(())
}

async fn identical(stage: &Stage, run: &Run) -> Verdict {
    let http = &stage.provider.http;
    for path in ["/.well-known/openid-configuration", "/jwks"] {
        let clean = http.get(path, &[]).await;
        let forwarded =
            [("x-forwarded-prefix", "/x".to_owned()), ("x-original-host", "evil.test".to_owned())];
        let noisy = http.get(&format!("{path}?issuer=https://evil.test"), &forwarded).await;
        ensure(noisy.body == clean.body, || format!("{path} follows its input"))?;
    }
    let clean = http.get("/.well-known/openid-configuration", &[]).await;
    ensure(run.first().body == clean.body, || brief(run.first()))
}

async fn stays_expired(stage: &mut Stage, run: &Run) -> Verdict {
    let active = run.first().json()["active"].as_bool();
    ensure(active == Some(false), || format!("active: {active:?}"))?;
    for old in stage.before.clone() {
        let active = stage.client("web").is_active(&old.access).await;
        ensure(!active, || "the access token is active again for its client".to_owned())?;
    }
    let tokens = stage.tokens("web", "openid").await;
    let iat = claims(tokens.id())["iat"].as_i64().ok_or("no iat")?;
    ensure(iat <= stage.provider.now().as_seconds() + 10, || format!("iat {iat} is in the future"))
}

/// Redirects included.
async fn absolute_urls(stage: &mut Stage, run: &Run) -> Verdict {
    let mut answers = run.hops.clone();
    let forged = super::template::headers(stage).await?;
    answers.push(stage.provider.http.get(&stage.request("web").path(), &forged).await);
    for answer in answers {
        let text = answer.whole();
        ensure(!text.contains("evil.test"), || brief(&answer))?;
        for (at, _) in text.match_indices("://") {
            let start = text[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |i| i + 1);
            let url: String =
                text[start..].chars().take_while(|c| !" \"'<>,;)\\".contains(*c)).collect();
            let known = [stage.provider.http.issuer(), "https://rp.test", "http://www.w3.org/"];
            let allowed = known.iter().any(|origin| url.starts_with(origin));
            ensure(allowed, || format!("{url} is not from the configuration"))?;
        }
    }
    Ok(())
}

/// A page may show what comes from elsewhere only where its URL is worth nothing to who learns of it:
/// another browser that opens it is turned away.
async fn third_parties(stage: &mut Stage, run: &Run) -> Verdict {
    let loads = [("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src")];
    let foreign = |tag: &html::Tag| {
        let named = loads.iter().filter(|(name, _)| tag.name == *name);
        let mut sources = named.filter_map(|(_, attribute)| tag.attribute(attribute));
        sources.find(|source| is_foreign(stage, source)).map(str::to_owned)
    };
    let pages = run.hops.iter().filter(|answer| answer.is_html());
    let source = pages.flat_map(|page| html::tags(&page.text())).find_map(|tag| foreign(&tag));
    let Some(source) = source else { return Ok(()) };
    let path = stage.browser.page().path.clone();
    let shown = stage.attacker.open(&path).await.page();
    ensure((400..500).contains(&shown.answer.status), || {
        format!("{path} loads {source} and opens in any browser")
    })
}
