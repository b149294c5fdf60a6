//! Attacks on passkeys, one-time codes and the account.

use futures_util::future::join_all;

use crate::{
    factors::{code_at, enrol_passkey, enrol_totp, enter, options, post_passkey},
    support::{
        authenticator::{Answer as Signed, VERIFIED},
        demo::PASSWORD,
        jar::Origin,
    },
};

use super::{judge::ensure, run::Run, stage::Stage};

/// What the attack brought about, by the types of events.
async fn recorded(stage: &Stage, since: u64, event: &str) -> usize {
    let events = stage.provider.events_after(since).await;
    events.iter().filter(|(name, _)| name == event).count()
}

/// Answers of alice's passkey with one thing wrong, as the case names it.
pub async fn passkey(stage: &mut Stage) -> Result<Run, String> {
    let twist = stage.case.param("assertion").unwrap_or_default().to_owned();
    enter(&mut stage.browser, "alice").await;
    let mut passkey = enrol_passkey(&stage.provider, &mut stage.browser).await;
    let mut good = Signed::default();
    match twist.as_str() {
        "{{challenge used twice}}" | "{{challenge of another session}}" => {}
        "{{rpIdHash wrong}}" => good.rp_id = Some("evil.test"),
        "{{id differs from rawId}}" => good.id = Some("AAAA"),
        "{{signature missing or over other data}}" => good.spoiled = true,
        "{{credential of bob for user alice}}" => {
            let alice = passkey.user_handle.clone();
            let mut bobs = stage.provider.browser();
            enter(&mut bobs, "bob").await;
            passkey = enrol_passkey(&stage.provider, &mut bobs).await;
            passkey.user_handle = alice;
        }
        "{{crossOrigin true / unexpected topOrigin}}" => {
            (good.cross_origin, good.top_origin) = (true, Some("https://evil.test"));
        }
        "{{CBOR: 10^9 array length, indefinite maps, depth 10 000, duplicate keys}}" => {
            // In the extensions, where nothing has to be signed for a parser to look at it.
            good.flags = VERIFIED | 0b1000_0000;
            good.behind = [vec![0x81; 5_000], vec![0x9A, 0x3B, 0x9A, 0xCA, 0x00]].concat();
        }
        other => return Err(format!("unmapped assertion {other}")),
    }
    let page = stage.attacker.open(&stage.request("web").path()).await.page();
    let asked = match twist.as_str() {
        "{{challenge of another session}}" => {
            let mut another = stage.provider.browser();
            options(&another.open(&stage.request("web").path()).await.page())
        }
        _ => options(&page),
    };
    let answer = passkey.get(&asked, &good);
    if twist == "{{challenge used twice}}" {
        post_passkey(&mut stage.attacker, &answer).await;
        stage.attacker.show_again(page);
    }
    let since = stage.provider.head().await;
    post_passkey(&mut stage.attacker, &answer).await;
    let sessions = recorded(stage, since, "session.started").await
        + recorded(stage, since, "session.reauthenticated").await;
    let none = ensure(sessions == 0, || format!("{sessions} sessions"));
    let answer = stage.attacker.hops.first().cloned().ok_or("no answer")?;
    Ok(Run { measured: vec![("session", none)], ..Run::one(answer) })
}

/// Alice's password, and a page that asks for a code, in the attacker's browser.
async fn password_done(stage: &mut Stage) -> String {
    enter(&mut stage.browser, "alice").await;
    let secret = enrol_totp(&stage.provider, &mut stage.browser).await;
    stage.attacker.open(&stage.request("web").path()).await.page();
    stage.attacker.sign_in("alice", PASSWORD).await.page();
    secret
}

/// A code that was accepted, once more.
pub async fn code_twice(stage: &mut Stage) -> Result<Run, String> {
    let secret = password_done(stage).await;
    let code = code_at(&secret, stage.provider.now());
    stage.attacker.fill("otp", &code);
    stage.attacker.click("factor-submit").await.page();
    let mut again = stage.provider.browser();
    again.open(&stage.request("web").path()).await.page();
    again.sign_in("alice", PASSWORD).await.page();
    again.fill("otp", &code);
    let page = again.click("factor-submit").await.page();
    let used = recorded(stage, 0, "subject.totp_used").await;
    let once = ensure(used == 1, || format!("{used} acceptances"));
    let measured = vec![("second acceptance inside the window", once)];
    Ok(Run { measured, ..Run::one(page.answer) })
}

/// One code in many sign-ins at the same moment.
pub async fn code_race(stage: &mut Stage) -> Result<Run, String> {
    let secret = password_done(stage).await;
    let code = code_at(&secret, stage.provider.now());
    let mut browsers = Vec::new();
    for _ in 0..stage.case.request.race.as_ref().map_or(2, |plan| plan.n).min(8) {
        let mut browser = stage.provider.browser();
        browser.open(&stage.request("web").path()).await.page();
        browser.sign_in("alice", PASSWORD).await.page();
        browser.fill("otp", &code);
        browsers.push(browser);
    }
    let answers = join_all(browsers.iter_mut().map(|browser| async {
        let (method, target, pairs) = browser.submission("factor-submit");
        browser.request(&method, &target, Some(&pairs), Origin::SameSite).await
    }));
    let answers = answers.await;
    let used = recorded(stage, 0, "subject.totp_used").await;
    let one = ensure(used <= 1, || format!("{used} acceptances"));
    Ok(Run { measured: vec![("at most 1 accepted over all nodes", one)], ..Run::many(answers) })
}

/// Codes are guessed for a day by somebody who has the password.
pub async fn guess_codes(stage: &mut Stage) -> Result<Run, String> {
    password_done(stage).await;
    let (mut answers, mut judged) = (Vec::new(), 0);
    for _ in 0..90 {
        let mut browser = stage.provider.browser();
        browser.open(&stage.request("web").path()).await.page();
        browser.sign_in("alice", PASSWORD).await.page();
        for _ in 0..12 {
            browser.fill("otp", "000000");
            let page = browser.click("factor-submit").await.page();
            let stopped = page.answer.status == 429;
            judged += usize::from(!stopped);
            answers.push(page.answer);
            if stopped {
                break;
            }
        }
        stage.provider.clock.advance(960);
    }
    let few = ensure(judged <= 100, || format!("{judged} guesses were judged in a day"));
    let measured = vec![("own counter; hard stop by 100 tries per day", few)];
    Ok(Run { measured, ..Run::many(answers) })
}

/// To the consent form, past the second step.
pub async fn skip_second_factor(stage: &mut Stage) -> Result<Run, String> {
    password_done(stage).await;
    let (method, target, mut pairs) = stage.attacker.submission("factor-submit");
    let target = target.replace("second-factor", "consent");
    pairs.push(("action".to_owned(), "allow".to_owned()));
    let answer = stage.attacker.request(&method, &target, Some(&pairs), Origin::SameSite).await;
    let codes = recorded(stage, 0, "transaction.code_issued").await;
    let none = ensure(codes == 0, || format!("{codes} codes"));
    Ok(Run { measured: vec![("code", none)], ..Run::one(answer) })
}

/// A new password from somebody who does not know the old one.
pub async fn wrong_old_password(stage: &mut Stage) -> Result<Run, String> {
    enter(&mut stage.browser, "alice").await;
    stage.browser.open("/account/password").await.page();
    for (id, text) in [("old", "wrong"), ("new", "another one"), ("again", "another one")] {
        stage.browser.fill(id, text);
    }
    let page = stage.browser.click("password-submit").await.page();
    let changed = recorded(stage, 0, "subject.password_changed").await;
    let none = ensure(changed == 0, || "it was".to_owned());
    Ok(Run { measured: vec![("password changed", none)], ..Run::one(page.answer) })
}
