//! From the file's notation to settings: types, ranges and the rules that join several options. Every
//! problem is noted; the settings are only good when there is none.

use std::{fmt::Display, ops::RangeInclusive, path::PathBuf, thread::available_parallelism};

use moneta_events::client::ClientMetadata;
use serde_json::json;

use super::{
    client::{ACCESS_TOKEN_LIFETIME, Offered, REFRESH_TOKEN_LIFETIME},
    declared,
    duration::Seconds,
    error::Problems,
    network,
    raw::{self, Raw},
    record,
    resolved::{
        Backchannel, Brand, ClientDeclaration, Device, Keys, Lifetimes, Limits, Passwords, Settings,
    },
    text::readable,
    tree::Path,
    uri, vocabulary,
};

/// What the provider can sign with, and must hold for everybody (OpenID Connect Core 1.0 §15.1).
const ALGORITHMS: [&str; 4] = ["RS256", "ES256", "EdDSA", "PS256"];
const MANDATORY_ALGORITHM: &str = "RS256";
/// The least memory in KiB that Argon2id may take with 1, 2, 3, 4 and more passes (OWASP Password Storage
/// Cheat Sheet).
const ARGON2_MEMORY: [u32; 5] = [47_104, 19_456, 12_288, 9_216, 7_168];

/// Turns what was read into settings. `demo` says that well-known passwords are in it.
pub(super) fn resolve(raw: Raw, demo: bool, problems: &mut Problems) -> Settings {
    let server = network::server(&raw.server, problems);
    let issuer = network::issuer(raw.issuer.as_deref(), &server, problems);
    network::only_for_this_machine(&raw, demo, &issuer, server.listen, problems);
    if raw.data.is_empty() {
        problems.add(&Path::to("data"), "is empty; name a directory");
    }
    network::node(&raw.node, problems);
    let scopes = vocabulary::scopes(raw.scopes, problems);
    let resources = vocabulary::resources(raw.resources, &scopes, &issuer, problems);
    let mut settings = Settings {
        lifetimes: lifetimes(&raw.lifetimes, problems),
        limits: limits(&raw.limits, problems),
        device: device(&raw.device, problems),
        backchannel: backchannel(&raw.backchannel, problems),
        acr: vocabulary::acr(raw.acr, problems),
        outbound: network::outbound(raw.outbound, problems),
        keys: keys(raw.keys, problems),
        passwords: passwords(&raw.passwords, problems),
        brand: brand(raw.brand, problems),
        data: PathBuf::from(raw.data),
        node: raw.node,
        playground: raw.playground,
        demo,
        clients: Vec::new(),
        users: Vec::new(),
        version: "".into(),
        recorded: serde_json::Value::Null,
        issuer,
        server,
        scopes,
        resources,
    };
    settings.clients = declared::clients(raw.clients, &Offered::by(&settings), problems);
    let released: Vec<&str> =
        settings.scopes.iter().flat_map(|scope| &scope.claims).map(String::as_str).collect();
    settings.users = declared::users(raw.users, &released, problems);
    keys_outlive_tokens(&settings, problems);
    if settings.playground {
        settings.clients.push(playground(&settings, problems));
    }
    record::record(&mut settings);
    settings
}

/// As many as the machine has processors, where the number is left to it.
pub(super) fn automatic(number: usize) -> usize {
    match number {
        0 => available_parallelism().map_or(1, usize::from),
        number => number,
    }
}

fn lifetimes(raw: &raw::Lifetimes, problems: &mut Problems) -> Lifetimes {
    let path = Path::to("lifetimes");
    let mut time = |key: &str, seconds: Seconds, range: RangeInclusive<u32>| {
        period(&path.key(key), seconds, &range, problems)
    };
    let lifetimes = Lifetimes {
        transaction: time("transaction", raw.transaction, 60..=3_600),
        // RFC 6749 §4.1.2: ten minutes at most.
        code: time("code", raw.code, 1..=600),
        access_token: time("access_token", raw.access_token, ACCESS_TOKEN_LIFETIME),
        refresh_token: time("refresh_token", raw.refresh_token, REFRESH_TOKEN_LIFETIME),
        id_token: time("id_token", raw.id_token, 30..=86_400),
        session: time("session", raw.session, 60..=2_592_000),
        keys_overlap: time("keys_overlap", raw.keys_overlap, 60..=7_776_000),
    };
    if lifetimes.refresh_token < lifetimes.access_token {
        problems.add(
            &path.key("refresh_token"),
            "must not be shorter than lifetimes.access_token: it could never be used",
        );
    }
    lifetimes
}

/// A token must not outlive the published key that verifies it (OpenID Connect Core 1.0 §10.1.1).
fn keys_outlive_tokens(settings: &Settings, problems: &mut Problems) {
    let lifetimes = &settings.lifetimes;
    let longest = settings
        .clients
        .iter()
        .filter_map(|client| client.metadata.access_token_lifetime)
        .chain([lifetimes.access_token, lifetimes.id_token])
        .max()
        .unwrap_or_default();
    if lifetimes.keys_overlap < longest {
        problems.add(
            &Path::to("lifetimes.keys_overlap"),
            format!(
                "must be at least {}, as long as the longest token lives: a retired key still \
                 verifies",
                Seconds(longest)
            ),
        );
    }
}

fn limits(raw: &raw::Limits, problems: &mut Problems) -> Limits {
    let path = Path::to("limits");
    for (key, number, range) in [
        ("live_transactions", raw.live_transactions, 1..=10_000_000),
        ("live_inboxes", raw.live_inboxes, 0..=1_000_000),
        ("orders_per_shard", raw.orders_per_shard, 1..=1_000_000),
        ("orders_per_stream", raw.orders_per_stream, 1..=10_000),
        ("password_hashes", raw.password_hashes, 0..=1_024),
        ("long_polls", raw.long_polls, 0..=100_000),
    ] {
        within(&path.key(key), &number, &range, problems);
    }
    for (key, number, range) in [
        ("code_attempts", raw.code_attempts, 1..=20),
        ("login_attempts", raw.login_attempts, 1..=1_000),
        ("login_window", raw.login_window.0, 60..=86_400),
        ("open_requests", raw.open_requests, 1..=32),
        ("open_requests_per_client", raw.open_requests_per_client, 1..=32),
        ("denials", raw.denials, 1..=32),
        ("denial_window", raw.denial_window.0, 60..=2_592_000),
        ("report_window", raw.report_window.0, 60..=31_536_000),
    ] {
        within(&path.key(key), &number, &range, problems);
    }
    if raw.orders_per_stream > raw.orders_per_shard {
        problems.add(&path.key("orders_per_stream"), "must not exceed limits.orders_per_shard");
    }
    Limits {
        live_transactions: raw.live_transactions,
        live_inboxes: raw.live_inboxes,
        orders_per_shard: raw.orders_per_shard,
        orders_per_stream: raw.orders_per_stream,
        code_attempts: raw.code_attempts,
        login_attempts: raw.login_attempts,
        login_window: raw.login_window.0,
        password_hashes: automatic(raw.password_hashes),
        authorize_per_address: raw.authorize_per_address,
        failures_per_address: raw.failures_per_address,
        device_requests_per_client: raw.device_requests_per_client,
        wrong_user_codes: raw.wrong_user_codes,
        backchannel_per_client: raw.backchannel_per_client,
        open_requests: raw.open_requests,
        open_requests_per_client: raw.open_requests_per_client,
        denials: raw.denials,
        denial_window: raw.denial_window.0,
        report_window: raw.report_window.0,
        long_polls: raw.long_polls,
    }
}

fn device(raw: &raw::Device, problems: &mut Problems) -> Device {
    let path = Path::to("device");
    Device {
        lifetime: period(&path.key("lifetime"), raw.lifetime, &(60..=1_800), problems),
        interval: period(&path.key("interval"), raw.interval, &(1..=60), problems),
    }
}

fn backchannel(raw: &raw::Backchannel, problems: &mut Problems) -> Backchannel {
    let path = Path::to("backchannel");
    for (key, seconds, range) in [
        ("lifetime", raw.lifetime, 10..=3_600),
        ("longest_lifetime", raw.longest_lifetime, 10..=86_400),
        ("interval", raw.interval, 1..=300),
        ("long_polling", raw.long_polling, 0..=60),
    ] {
        if !range.contains(&seconds.0) {
            let (least, most) = (Seconds(*range.start()), Seconds(*range.end()));
            problems.add(&path.key(key), format!("must be from {least} to {most}"));
        }
    }
    if raw.longest_lifetime.0 < raw.lifetime.0 {
        problems
            .add(&path.key("longest_lifetime"), "must not be shorter than backchannel.lifetime");
    }
    Backchannel {
        lifetime: raw.lifetime.0,
        longest_lifetime: raw.longest_lifetime.0,
        interval: raw.interval.0,
        long_polling: raw.long_polling.0,
        test_approval: raw.test_approval,
    }
}

/// Notes a time out of `range`; says how many seconds it is.
pub(super) fn period(
    path: &Path,
    Seconds(seconds): Seconds,
    range: &RangeInclusive<u32>,
    problems: &mut Problems,
) -> u32 {
    if !range.contains(&seconds) {
        let (least, most) = (Seconds(*range.start()), Seconds(*range.end()));
        problems.add(path, format!("must be from {least} to {most}"));
    }
    seconds
}

/// Notes a number out of `range`.
pub(super) fn within<N: PartialOrd + Display>(
    path: &Path,
    number: &N,
    range: &RangeInclusive<N>,
    problems: &mut Problems,
) {
    if !range.contains(number) {
        problems.add(path, format!("must be from {} to {}", range.start(), range.end()));
    }
}

fn keys(raw: raw::Keys, problems: &mut Problems) -> Keys {
    let path = Path::to("keys");
    for (index, algorithm) in raw.algorithms.iter().enumerate() {
        let at = path.key("algorithms").index(index);
        if !ALGORITHMS.contains(&algorithm.as_str()) {
            problems.add(&at, format!("must be one of {}", ALGORITHMS.join(", ")));
        } else if raw.algorithms[..index].contains(algorithm) {
            problems.add(&at, "is there twice");
        }
    }
    if !raw.algorithms.iter().any(|algorithm| algorithm == MANDATORY_ALGORITHM) {
        problems.add(
            &path.key("algorithms"),
            "must have RS256: clients that say nothing else expect it (OpenID Connect Core 1.0 §15.1)",
        );
    }
    let kek_file = raw.kek_file.map(PathBuf::from);
    if let Some(Err(text)) = kek_file.as_deref().map(private_file) {
        problems.add(&path.key("kek_file"), text);
    }
    Keys { kek_file, algorithms: raw.algorithms }
}

/// A file that is there and that not everybody on the machine can read.
fn private_file(file: &std::path::Path) -> Result<(), String> {
    let metadata = std::fs::metadata(file)
        .map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    if !metadata.is_file() {
        return Err(format!("`{}` is not a file", file.display()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o007 != 0 {
        return Err(format!(
            "`{}` can be read by everybody on this machine; take that away (chmod o-rwx)",
            file.display()
        ));
    }
    Ok(())
}

fn passwords(raw: &raw::Passwords, problems: &mut Problems) -> Passwords {
    let path = Path::to("passwords");
    within(&path.key("iterations"), &raw.iterations, &(1..=16), problems);
    within(&path.key("parallelism"), &raw.parallelism, &(1..=16), problems);
    let passes = usize::try_from(raw.iterations).unwrap_or(usize::MAX).clamp(1, 5);
    let least = ARGON2_MEMORY[passes - 1];
    if !(least..=2_097_152).contains(&raw.memory_kib) {
        problems.add(
            &path.key("memory_kib"),
            format!(
                "must be from {least} to 2097152 with passwords.iterations = {}: less is cheap to guess",
                raw.iterations
            ),
        );
    }
    Passwords {
        memory_kib: raw.memory_kib,
        iterations: raw.iterations,
        parallelism: raw.parallelism,
    }
}

fn brand(raw: raw::Brand, problems: &mut Problems) -> Brand {
    let path = Path::to("brand");
    if let Err(text) = readable(&raw.name, 60) {
        problems.add(&path.key("name"), text);
    }
    for (key, link) in [("policy_uri", &raw.policy_uri), ("tos_uri", &raw.tos_uri)] {
        if let Some(Err(text)) = link.as_ref().map(|link| uri::link(link)) {
            problems.add(&path.key(key), text);
        }
    }
    Brand { name: raw.name, policy_uri: raw.policy_uri, tos_uri: raw.tos_uri }
}

/// The client of the built-in playground, whose redirect URI follows from the issuer.
fn playground(settings: &Settings, problems: &mut Problems) -> ClientDeclaration {
    if settings.clients.iter().any(|client| client.metadata.client_id.as_str() == PLAYGROUND) {
        problems.add(
            &Path::to("playground"),
            format!("needs the client_id `{PLAYGROUND}` for itself; rename the declared client"),
        );
    }
    let scope: Vec<&str> = settings.scopes.iter().map(|scope| scope.name.as_str()).collect();
    let metadata: ClientMetadata = serde_json::from_value(json!({
        "client_id": PLAYGROUND,
        "client_name": "Playground",
        "redirect_uris": [format!("{}/playground/callback", settings.issuer)],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": scope.join(" "),
    }))
    .expect("these members are the metadata's own");
    ClientDeclaration { metadata, secret: None }
}

/// The `client_id` of the playground.
pub(super) const PLAYGROUND: &str = "playground";
