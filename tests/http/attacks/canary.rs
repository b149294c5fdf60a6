//! Secrets and personal data that are easy to recognise go through every flow; then the log and the files
//! of the store are searched for them.

use std::path::Path;

use crate::support::{
    answer::Answer,
    demo::PASSWORD,
    http::{Header, pairs},
    logs,
    rp::{Tokens, random},
};

use super::{judge::ensure, program::Program, run::Run, stage::Stage};

const IN_LOGS: &str = "0 hits for password, code, token, secret, assertion, cookie, verifier, TOTP seed in logs, \
                       traces, metrics, core dumps";
const IN_STORE: &str =
    "0 plaintext hits in SQLite, WAL, backups and KurrentDB streams; only digests or sealed values";
const FORGED: &str = "one structured record per event; control bytes escaped";

/// What nobody may find afterwards.
struct Canaries {
    secrets: Vec<(&'static str, String)>,
    personal: Vec<(&'static str, String)>,
}

/// Every flow once, well and badly.
async fn all_flows(stage: &mut Stage) -> Canaries {
    let mut secrets = vec![("password", PASSWORD.to_owned()), ("verifier", stage.verifier.clone())];
    let (client_state, hint) = (random(), format!("hint-{}", random()));
    let typed = format!("typed-{}", random());
    let wrong = format!("wrong-{}", random());
    let request = stage
        .request("web")
        .with("scope", "openid profile email offline_access")
        .with("state", &client_state)
        .with("login_hint", &hint);
    stage.browser.open(&request.path()).await.page();
    secrets.push((
        "csrf",
        super::template::csrf(&stage.browser.page().answer.text()).unwrap_or_default(),
    ));
    stage.browser.sign_in(&typed, &wrong).await.page();
    let stop = stage.browser.sign_in("alice", PASSWORD).await;
    let code = stage.browser.finish(stop, "alice", PASSWORD).await.code();
    let web = stage.client("web");
    web.redeem(&code, &random()).await;
    let tokens = Tokens::of(&web.redeem(&code, &stage.verifier).await);
    web.userinfo(&tokens.access).await;
    web.introspect(&tokens.access).await;
    let next = Tokens::of(&web.refresh(tokens.refresh()).await);
    stage.provider.http.get(&format!("/userinfo?access_token={}", next.access), &[]).await;
    let posted =
        [pairs([("token", next.refresh())]), pairs([("client_secret", &random())])].concat();
    stage.provider.http.post("/revoke", &[], &posted).await;
    web.revoke(next.refresh()).await;
    web.refresh(tokens.refresh()).await;
    let own = Tokens::of(&stage.client("low").client_credentials("api").await);
    secrets.extend([("code", code), ("wrong password", wrong), ("client's own token", own.access)]);
    for tokens in [&tokens, &next] {
        secrets.push(("access token", tokens.access.clone()));
        secrets.push(("refresh token", tokens.refresh().to_owned()));
        secrets.push(("ID Token", tokens.id().to_owned()));
    }
    for id in ["web", "low"] {
        secrets.push(("client secret", stage.client(id).secret.unwrap_or_default()));
    }
    for cookie in stage.browser.jar.all() {
        secrets.push(("cookie", cookie.value.clone()));
    }
    let mut personal =
        vec![("state", client_state), ("login_hint", hint), ("typed username", typed)];
    let email = stage.provider.claim_of("alice", "email");
    personal.extend(email.map(|email| ("email", email)));
    Canaries { secrets, personal }
}

/// The log of everything says none of them: what is logged of a panic, and what the program writes where
/// an operator asks for all of it.
pub async fn logs(stage: &mut Stage) -> Result<Run, String> {
    let canaries = all_flows(stage).await;
    let tokens = stage.offline_tokens().await;
    stage.provider.slow.panic_once();
    stage.client("web").refresh(tokens.refresh()).await;
    ensure(logs::contains("the actor of a stream panicked"), || "nothing panicked".to_owned())?;
    let late = [("refresh token", tokens.refresh().to_owned())];
    let mut found = Vec::new();
    for (kind, secret) in canaries.secrets.iter().chain(&late) {
        found.extend(logs::contains(secret).then_some(*kind));
    }
    for format in ["json", "human"] {
        let program = Program::start(format)?;
        let canaries = program.play(stage, all_flows).await;
        let log = program.log();
        ensure(log.contains("serving"), || format!("the program logs nothing: {log}"))?;
        let held = canaries.secrets.iter().filter(|(_, secret)| log.contains(secret.as_str()));
        found.extend(held.map(|(kind, _)| *kind));
    }
    let health = stage.provider.http.get("/healthz", &[]).await;
    let verdict = ensure(found.is_empty(), || format!("the log holds: {found:?}"));
    Ok(Run { measured: vec![(IN_LOGS, verdict)], ..Run::one(health) })
}

/// The files of the store hold none of them, nor what is personal.
pub async fn store(stage: &mut Stage) -> Result<Run, String> {
    let mut canaries = all_flows(stage).await;
    canaries.secrets.append(&mut canaries.personal);
    let health = stage.provider.http.get("/healthz", &[]).await;
    let mut files = Vec::new();
    read_all(stage.provider.directory(), &mut files).map_err(|e| e.to_string())?;
    ensure(files.iter().any(|(_, bytes)| !bytes.is_empty()), || "there are no files".to_owned())?;
    let mut found = Vec::new();
    for (kind, secret) in &canaries.secrets {
        let holds =
            |(_, bytes): &&(String, Vec<u8>)| String::from_utf8_lossy(bytes).contains(&**secret);
        found.extend(files.iter().find(holds).map(|(file, _)| format!("{kind} in {file}")));
    }
    let verdict = ensure(found.is_empty(), || format!("{found:?}"));
    Ok(Run { measured: vec![(IN_STORE, verdict)], ..Run::one(health) })
}

fn read_all(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, files)?;
        } else if path.is_file() {
            files.push((path.display().to_string(), std::fs::read(&path)?));
        }
    }
    Ok(())
}

/// Control characters in everything a stranger may name; each log line stays one record.
pub async fn forged_lines(stage: &mut Stage) -> Result<Run, String> {
    stage.log_mark = logs::mark();
    let answers = nasty_requests(stage).await;
    let mut forged = logs::since(stage.log_mark).lines().find(|line| !is_json(line)).map(owned);
    for (format, is_record) in [("json", is_json as fn(&str) -> bool), ("human", is_human)] {
        let program = Program::start(format)?;
        program.play(stage, nasty_requests).await;
        let log = program.log();
        ensure(log.contains("serving"), || format!("the program logs nothing: {log}"))?;
        forged = forged.or_else(|| log.lines().find(|line| !is_record(line)).map(owned));
    }
    let verdict = || ensure(forged.is_none(), || format!("{forged:?}"));
    Ok(Run {
        measured: vec![(FORGED, verdict()), ("forged line", verdict())],
        ..Run::many(answers)
    })
}

fn owned(line: &str) -> String {
    line.to_owned()
}

/// One record for programs.
fn is_json(line: &str) -> bool {
    let record = serde_json::from_str::<serde_json::Value>(line);
    record.is_ok_and(|value| value.is_object()) && is_plain(line)
}

/// One record for people: it begins with the time and the level.
fn is_human(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let time = words.next().is_some_and(|word| word.starts_with("20") && word.ends_with('Z'));
    let levels = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
    time && words.next().is_some_and(|word| levels.contains(&word)) && is_plain(line)
}

fn is_plain(line: &str) -> bool {
    !line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Requests with what would begin another line.
async fn nasty_requests(stage: &mut Stage) -> Vec<Answer> {
    const NASTY: &str = "a\r\nfake\u{1b}[31m\u{2028}{\"level\":\"ERROR\"}";
    let http = stage.provider.http.clone();
    let mut answers = Vec::new();
    let request = stage.request("web").with("client_id", NASTY);
    answers.push(http.get(&request.path(), &[]).await);
    let request = stage.request("web").with("state", NASTY).with("login_hint", NASTY);
    answers.push(http.get(&request.path(), &[]).await);
    stage.login_page().await;
    answers.push(stage.browser.sign_in(NASTY, "x").await.page().answer);
    let agent: [Header; 1] = [("user-agent", "a\u{2028}\tb {\"level\":\"ERROR\"}".to_owned())];
    answers.push(http.get("/no-such-page", &agent).await);
    answers.push(http.get("/a%0d%0afake", &agent).await);
    answers.push(http.post("/token", &agent, &pairs([("x", NASTY), ("client_id", NASTY)])).await);
    answers
}
