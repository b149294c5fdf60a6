//! Runs a relying party that is written in another language, over its standard streams.
//!
//! In: a provider, a script and its task, one line of JSON. The script may then ask, a line each, for what
//! only a person can do (see [`Wish`]); it is answered with a line each. Out: what it reports in its last
//! line. Whatever its library finds wrong ends it with a failure, and so the test.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{
    browser::{Arrival, Browser, Carried, Stop},
    demo::PASSWORD,
    http::encode,
    provider::Provider,
};

/// What a script asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wish {
    /// Open the URL, sign in and allow.
    Open(String),
    /// Open the URL, sign in and deny.
    Deny(String),
    /// Decide a backchannel request, after which the provider's clock moves on.
    Decide { auth_req_id: String, decision: String },
    /// Nothing more; this is what came out.
    Report(Value),
}

/// A running script. Dropping it ends it.
struct Script {
    child: Child,
    input: ChildStdin,
    output: Option<Lines<BufReader<ChildStdout>>>,
}

/// Lets a script, a path below `tests/foreign`, do its task as a relying party with alice before her
/// browser. Gives back what it reports.
///
/// # Panics
/// Where the script fails, or nothing is installed that could run it.
pub async fn run(provider: &Provider, script: &str, task: &Value) -> Value {
    let mut running = Script::start(script);
    let mut browser = provider.browser();
    running.say(task);
    loop {
        match running.hear().await {
            Some(Wish::Open(url)) => {
                let stop = browser.open(&url).await;
                let arrival = browser.finish(stop, "alice", PASSWORD).await;
                running.say(&carried(&arrival));
            }
            Some(Wish::Deny(url)) => {
                let arrival = deny(&mut browser, &url).await;
                running.say(&carried(&arrival));
            }
            Some(Wish::Decide { auth_req_id, decision }) => {
                let query = format!("auth_req_id={auth_req_id}&decision={decision}");
                let path = format!("/test/backchannel/approve?{query}");
                let answer = provider.http.send("POST", &path, &[], None).await;
                assert_eq!(answer.status, 204, "{}", answer.whole());
                provider.clock.advance(6);
                running.say(&Value::Null);
            }
            Some(Wish::Report(report)) => {
                let ended = running.child.wait().expect("it is a child of this process");
                assert!(ended.success(), "{script} ends with {ended}");
                return report;
            }
            None => panic!("{script} fails; what it says of it is above"),
        }
    }
}

/// What a script is told of a declared client.
pub fn introduce(provider: &Provider, id: &str) -> Value {
    let client = provider.client(id);
    let method = provider.metadata(id).token_endpoint_auth_method;
    json!({
        "id": client.id,
        "secret": client.secret,
        "redirect_uri": client.redirect_uri,
        "auth_method": method.as_str(),
        "key": well_known_key(id),
    })
}

/// The private key of a demo client that has one.
fn well_known_key(id: &str) -> Option<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("config/demo/{id}.jwk.json"));
    let text = std::fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).expect("a key is JSON"))
}

async fn deny(browser: &mut Browser, url: &str) -> Arrival {
    match browser.open(url).await {
        Stop::Page(page) if page.has("login-submit") => {
            browser.sign_in("alice", PASSWORD).await.page();
        }
        Stop::Page(_) => {}
        away @ Stop::Away(_) => return away.arrival(),
    }
    browser.click("consent-deny").await.arrival()
}

/// The request that brings an authorization response to the client.
fn carried(arrival: &Arrival) -> Value {
    let params = encode(&arrival.params);
    match arrival.carried {
        Carried::Query => json!({ "url": format!("{}?{params}", arrival.uri) }),
        Carried::Fragment => json!({ "url": format!("{}#{params}", arrival.uri) }),
        Carried::FormPost => json!({ "url": arrival.uri, "body": params }),
    }
}

impl Script {
    fn start(script: &str) -> Self {
        let installed = installed();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
        let program = match Path::new(script).extension().and_then(|e| e.to_str()) {
            Some("mjs") => installed.join("node"),
            Some("py") => installed.join("python/bin/python3"),
            _ => panic!("{script} is in no language that is known here"),
        };
        assert!(program.exists(), "{} is not there: run tests/foreign/install", program.display());
        let mut child = Command::new(program)
            .arg(sources.join(script))
            .env_clear()
            .env("MONETA_FOREIGN", installed)
            .env("AUTHLIB_INSECURE_TRANSPORT", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("what is installed can be started");
        let input = child.stdin.take().expect("it is piped");
        let output = child.stdout.take().expect("it is piped");
        Self { child, input, output: Some(BufReader::new(output).lines()) }
    }

    fn say(&mut self, value: &Value) {
        // A script that has failed does not listen; what it says last is heard all the same.
        let _ = writeln!(self.input, "{value}");
    }

    /// The next wish; `None` where it ended without a report.
    async fn hear(&mut self) -> Option<Wish> {
        let mut output = self.output.take().expect("one hears at a time");
        let heard = tokio::task::spawn_blocking(move || (output.next(), output));
        let (line, output) = heard.await.expect("reading does not panic");
        self.output = Some(output);
        let line = line?.expect("scripts speak UTF-8");
        Some(serde_json::from_str(&line).unwrap_or_else(|e| panic!("no wish: {line} ({e})")))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where `tests/foreign/install` puts things: beside what cargo builds.
fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.expect("it is in the target directory").join("foreign")
}
