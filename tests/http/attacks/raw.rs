//! Hand-made messages: what no HTTP library would send. The `__raw__` texts are matched as they stand.

use std::time::Duration;

use crate::support::{
    http::{Header, encode},
    rp::basic,
    wire::Wire,
};

use super::{run::Run, stage::Stage};

const SILENCE: Duration = Duration::from_millis(400);
/// A second request hidden in the body of the first.
const SMUGGLED: &str = "GET /jwks HTTP/1.1\r\nHost: smuggled.test\r\n\r\n";

/// Sends the messages that a `__raw__` text describes, each on a connection of its own.
pub async fn run(stage: &mut Stage, text: &str) -> Result<Run, String> {
    let authority = stage.provider.http.authority();
    let messages = match text {
        "Content-Length and Transfer-Encoding: chunked together" => {
            content_length_and_te(&authority)
        }
        "Transfer-Encoding: xchunked / two TE / TE with VT; bare LF; space before colon; obs-fold" => {
            obfuscated(&authority)
        }
        "headers of 64 KiB; 1 000 headers" => header_flood(&authority),
        "grant_type given twice" => return repeated_parameter(stage).await,
        "application/json body" => return json_body(stage).await,
        "10 000 parameters, 1 MiB names, all hashing alike" => return flood(stage).await,
        other => return Err(format!("unmapped raw message {other:?}")),
    };
    let mut run = Run::default();
    for message in messages {
        let mut wire =
            Wire::open(stage.provider.http.address()).await.map_err(|e| e.to_string())?;
        // The server may close while we still write; what it said before counts.
        let _ = wire.write(&message).await;
        let heard = wire.hear_out(SILENCE).await;
        run.closed.push(heard.closed);
        run.hops.extend(heard.answers.clone());
        run.answers.extend(heard.answers.into_iter().take(1));
    }
    Ok(run)
}

fn head(authority: &str, fields: &str) -> String {
    format!(
        "POST /token HTTP/1.1\r\nHost: {authority}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n{fields}\r\n"
    )
}

fn content_length_and_te(authority: &str) -> Vec<Vec<u8>> {
    let chunked = format!("0\r\n\r\n{SMUGGLED}");
    let fields = format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", chunked.len());
    let swapped = "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n";
    [head(authority, &fields) + &chunked, head(authority, swapped) + &chunked]
        .map(String::into_bytes)
        .to_vec()
}

fn obfuscated(authority: &str) -> Vec<Vec<u8>> {
    let body = format!("0\r\n\r\n{SMUGGLED}");
    let with = |fields: &str| (head(authority, fields) + &body).into_bytes();
    vec![
        with("Transfer-Encoding: xchunked\r\n"),
        with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        with("Transfer-Encoding: \x0bchunked\r\n"),
        with("Transfer-Encoding : chunked\r\n"),
        with("X-A: b\r\n Transfer-Encoding: chunked\r\n"),
        format!(
            "POST /token HTTP/1.1\nHost: {authority}\nContent-Length: 5\nTransfer-Encoding: chunked\n\n{body}"
        )
        .into_bytes(),
    ]
}

fn header_flood(authority: &str) -> Vec<Vec<u8>> {
    let start = format!("GET /jwks HTTP/1.1\r\nHost: {authority}\r\n");
    let long = format!("{start}X-Long: {}\r\n\r\n", "a".repeat(1 << 16));
    let many = (0..1_000).fold(start, |head, i| head + &format!("X-{i}: 1\r\n"));
    vec![long.into_bytes(), (many + "\r\n").into_bytes()]
}

async fn post(stage: &mut Stage, fields: &[Header], body: String) -> Run {
    stage.head = stage.provider.head().await;
    let http = &stage.provider.http;
    Run::one(http.send("POST", "/token", fields, Some(body.into_bytes())).await)
}

fn form() -> Header {
    ("content-type", "application/x-www-form-urlencoded".to_owned())
}

fn web(stage: &Stage) -> Header {
    let web = stage.client("web");
    basic(&web.id, web.secret.as_deref().unwrap_or_default())
}

async fn repeated_parameter(stage: &mut Stage) -> Result<Run, String> {
    let code = stage.code("web").await;
    let web_client = stage.client("web");
    let mut pairs = web_client.redemption(&code, &stage.verifier);
    pairs.insert(0, pairs[0].clone());
    let fields = [form(), web(stage)];
    Ok(post(stage, &fields, encode(&pairs)).await)
}

async fn json_body(stage: &mut Stage) -> Result<Run, String> {
    let code = stage.code("web").await;
    let pairs = stage.client("web").redemption(&code, &stage.verifier);
    let object: serde_json::Map<_, _> = pairs.into_iter().map(|(n, v)| (n, v.into())).collect();
    let body = serde_json::Value::Object(object).to_string();
    let fields = [("content-type", "application/json".to_owned()), web(stage)];
    Ok(post(stage, &fields, body).await)
}

/// Each of the three floods five times; the quickest answer of each counts, so that a busy machine does
/// not look like a slow parser.
async fn flood(stage: &mut Stage) -> Result<Run, String> {
    let many = (0..10_000).fold(String::new(), |body, i| body + &format!("p{i}=1&"));
    let long = format!("{}=1", "n".repeat(1 << 20));
    // "Aa" and "BB" collide under the classic 31-polynomial; names built of them all do.
    let bit = |i: u32, at: u32| if i >> at & 1 == 0 { "Aa" } else { "BB" };
    let alike = (0..2_000).fold(String::new(), |body, i| {
        body + &(0..11).map(|at| bit(i, at)).collect::<String>() + "=1&"
    });
    let mut run = Run::default();
    for body in [many, long, alike] {
        let mut quickest = None;
        for _ in 0..5 {
            let fields = [form(), web(stage)];
            let answer = post(stage, &fields, body.clone()).await.answers.remove(0);
            if quickest
                .as_ref()
                .is_none_or(|best: &crate::support::answer::Answer| answer.took < best.took)
            {
                quickest = Some(answer);
            }
        }
        run.answers.extend(quickest);
    }
    run.hops.clone_from(&run.answers);
    Ok(run)
}
