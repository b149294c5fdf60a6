//! Every page as people get it: complete for those who cannot see it, whole on a phone, and in a picture
//! (`target/screenshots`).

use crate::{
    stage::{Look, Stage, play_with},
    support::demo::PASSWORD,
};

/// What is wrong with the page that is shown. A target smaller than 24 pixels is hard to hit (WCAG 2.2,
/// success criterion 2.5.8).
const PROBLEMS: &str = r"
    const problems = [], page = document.documentElement;
    const all = (css) => [...document.querySelectorAll(css)];
    if (page.lang !== 'en') problems.push('no language');
    if (!document.title.trim()) problems.push('no title');
    for (const one of ['h1', 'main']) {
        if (all(one).length !== 1) problems.push(`${all(one).length} times ${one}`);
    }
    for (const field of all('input:not([type=hidden]), select')) {
        if (!field.labels.length) problems.push(`no label: ${field.id}`);
    }
    for (const control of all('a, button, summary')) {
        if (!control.textContent.trim()) problems.push(`no name: ${control.outerHTML}`);
    }
    for (const control of all('.button, input:not([type=hidden]), select, summary, .choice')) {
        const { width, height } = control.getBoundingClientRect();
        if (width < 24 || height < 24) problems.push(`small: ${control.outerHTML}`);
    }
    if (page.scrollWidth > page.clientWidth) problems.push(`wider than the window: ${page.scrollWidth}`);
    return problems;";

async fn look_at(stage: &Stage, name: &str) {
    let still =
        "return Promise.all(document.getAnimations().map((one) => one.finished)).then(() => 1)";
    stage.browser.run(still).await;
    stage.browser.picture(name).await;
    let problems = stage.browser.run(PROBLEMS).await;
    assert_eq!(problems, serde_json::json!([]), "{name}");
}

async fn tour(stage: &Stage) {
    let browser = &stage.browser;
    browser.go("/").await;
    look_at(stage, "home").await;
    browser.go(&stage.request(&[]).replace("client_id=web", "client_id=nobody")).await;
    look_at(stage, "error").await;
    browser.go("/playground").await;
    look_at(stage, "playground").await;
    browser.click("[value=wrong_verifier] + button").await;
    browser.arrive("Sign in").await;
    look_at(stage, "login").await;
    stage.sign_in("alice", "wrong").await;
    browser.find("#login-error").await;
    look_at(stage, "login-failed").await;
    stage.sign_in("alice", PASSWORD).await;
    browser.arrive("Allow access?").await;
    browser.click("summary").await;
    look_at(stage, "consent").await;
    browser.click("#consent-allow").await;
    browser.arrive("The code was refused").await;
    look_at(stage, "refused").await;
    browser.click_through("[action$='/redeem'] button").await;
    browser.arrive("The app knows who you are").await;
    look_at(stage, "result").await;
    browser.click("[href*='/timeline/']").await;
    browser.find(".seal").await;
    browser.click(".step summary").await;
    look_at(stage, "timeline").await;
    browser.click("[href='/playground/transactions']").await;
    browser.arrive("Transactions").await;
    look_at(stage, "transactions").await;
    browser.go(&stage.request(&[("prompt", "select_account")])).await;
    browser.arrive("Choose an account").await;
    look_at(stage, "select-account").await;
    browser.go(&stage.request(&[("prompt", "login")])).await;
    browser.arrive("Sign in").await;
    look_at(stage, "login-again").await;
    inbox(stage).await;
}

async fn inbox(stage: &Stage) {
    let browser = &stage.browser;
    browser.go("/device-inbox").await;
    browser.find("#live[data-state=on]").await;
    look_at(stage, "inbox-empty").await;
    stage.provider.asks("web", "alice", "openid profile", "W4SCT-7731").await;
    stage.provider.clock.advance(30);
    stage.provider.asks("web-es256", "alice", "openid", "").await;
    browser.find(".request + .request").await;
    look_at(stage, "inbox").await;
    browser.click("#approve").await;
    browser.arrive("Approve this?").await;
    browser.click("summary").await;
    look_at(stage, "inbox-request").await;
    browser.fill("#confirm-password", "wrong").await;
    browser.click_through("#approve").await;
    browser.find("#confirm-error").await;
    look_at(stage, "inbox-wrong-password").await;
    browser.fill("#confirm-password", PASSWORD).await;
    browser.click("#approve").await;
    browser.arrive("Approved").await;
    look_at(stage, "inbox-approved").await;
    browser.go("/device-inbox").await;
    browser.click("#report").await;
    browser.arrive("Reported").await;
    look_at(stage, "inbox-reported").await;
}

const DESKTOP: Look = Look { phone: false, dark: false, scripts: true };

#[test]
fn on_a_desk_by_day() {
    play_with(DESKTOP, async |stage: &Stage| tour(stage).await);
}

#[test]
fn on_a_desk_by_night() {
    play_with(Look { dark: true, ..DESKTOP }, async |stage: &Stage| tour(stage).await);
}

#[test]
fn on_a_phone_by_day() {
    play_with(Look { phone: true, ..DESKTOP }, async |stage: &Stage| tour(stage).await);
}

#[test]
fn on_a_phone_by_night() {
    let look = Look { phone: true, dark: true, ..DESKTOP };
    play_with(look, async |stage: &Stage| tour(stage).await);
}
