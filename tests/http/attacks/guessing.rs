//! Guessing: passwords from elsewhere, client secrets, tokens.

use std::net::{IpAddr, Ipv4Addr};

use crate::support::{
    demo::PASSWORD,
    rp::{basic, random},
};

use super::{judge::ensure, run::Run, stage::Stage};

/// Another machine of the attacker, as far as one machine can tell.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
/// The guesses of a flood; the file's numbers are for a night on a large machine.
const GUESSES: usize = 1_000;

/// Alice signs in once, so that her browser is known; then somebody fails to be her from elsewhere.
pub async fn fail_from_elsewhere(stage: &mut Stage, times: usize) {
    stage.sign_in().await;
    let there = stage.provider.http.sent_from(ELSEWHERE);
    for round in 0..times.div_ceil(10) {
        let mut browser = stage.provider.browser_over(there.clone());
        browser.open(&stage.request("web").path()).await.page();
        for guess in 0..10 {
            browser.fill("username", "alice");
            browser.fill("password", &format!("{PASSWORD} {round} {guess}"));
            let (method, target, form) = browser.submission("login-submit");
            if !browser.submit(&method, &target, &form).await.page().has("login-submit") {
                break;
            }
        }
    }
}

/// Random tokens at the introspection endpoint until it slows the caller down.
pub async fn tokens(stage: &mut Stage) -> Result<Run, String> {
    let rs2 = stage.client("rs2");
    let mut answers = Vec::new();
    for _ in 0..GUESSES {
        let answer = rs2.introspect(&random()).await;
        let throttled = answer.status == 429;
        answers.push(answer);
        if throttled {
            break;
        }
    }
    let throttled = ensure(answers.iter().any(|a| a.status == 429), || {
        format!("{} guesses were answered", answers.len())
    });
    let active = answers.iter().any(|answer| answer.json()["active"] == true);
    ensure(!active, || "a random token is active".to_owned())?;
    Ok(Run { measured: vec![("throttled", throttled)], ..Run::many(answers) })
}

/// Wrong secrets for `web` until the guesser is slowed down; then the genuine client from elsewhere.
pub async fn secrets(stage: &mut Stage) -> Result<Run, String> {
    let web = stage.client("web");
    let code = stage.code("web").await;
    let form = web.redemption(&code, &stage.verifier);
    let mut answers = Vec::new();
    for _ in 0..GUESSES {
        let fields = [basic("web", &random())];
        let answer = stage.provider.http.post("/token", &fields, &form).await;
        let throttled = answer.status == 429;
        answers.push(answer);
        if throttled {
            break;
        }
    }
    let throttled = ensure(answers.iter().any(|a| a.status == 429), || {
        format!("{} guesses were answered", answers.len())
    });
    let mut genuine = web.clone();
    genuine.http = stage.provider.http.sent_from(ELSEWHERE);
    let answer = genuine.introspect(&random()).await;
    let served =
        ensure(answer.status == 200, || format!("the genuine client got {}", answer.status));
    Ok(Run {
        measured: vec![
            ("throttled per client and source", throttled),
            ("no lockout of the genuine client from another source", served),
        ],
        ..Run::many(answers)
    })
}
