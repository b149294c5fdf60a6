//! Clients and end-users that the configuration declares: from the file's notation to what a registration
//! would have made of them.

use moneta_events::{
    Scope,
    client::{ClientMetadata, GrantType},
};
use serde_json::json;

use super::{
    claims,
    client::{Offered, validate_client},
    client_secret::validate_client_secret,
    duration::Seconds,
    error::Problems,
    raw,
    resolved::{ClientDeclaration, Settings, UserDeclaration},
    secret::Secret,
    tree::Path,
};
use crate::protocol::proofs::password_problem;

const MAX_USERNAME: usize = 128;

/// The declared clients, checked like registrations.
pub(super) fn clients(
    declared: Vec<raw::Client>,
    offered: &Offered<'_>,
    problems: &mut Problems,
) -> Vec<ClientDeclaration> {
    let path = Path::to("clients");
    let mut clients: Vec<ClientDeclaration> = Vec::with_capacity(declared.len());
    for (index, mut client) in declared.into_iter().enumerate() {
        let path = path.index(index);
        // What was unreadable in it is known already and would only be misunderstood now.
        let readable = !problems.any_below(&path);
        let given = (client.secret.take(), client.secret_file.take());
        let secret = secret(given, &path, "secret", problems);
        let metadata = metadata(client);
        if clients.iter().any(|other| other.metadata.client_id == metadata.client_id) {
            problems.add(&path.key("client_id"), "is declared twice");
        }
        let mut found = Vec::new();
        if readable {
            found = validate_client(&metadata, offered);
        }
        if readable && !problems.any_below(&path.key("secret_file")) {
            let secret = secret.as_ref().map(|secret| secret.expose().as_str());
            found.extend(validate_client_secret(&metadata, secret));
        }
        for problem in found {
            let member = path.key(problem.member);
            let place = problem.index.map_or_else(|| member.clone(), |i| member.index(i));
            problems.add(&place, problem.text);
        }
        clients.push(ClientDeclaration { metadata, secret });
    }
    clients
}

/// What is left out is as in a registration without it; without the grant of the front channel nothing
/// belongs there.
fn metadata(client: raw::Client) -> ClientMetadata {
    let default: ClientMetadata = serde_json::from_value(json!({ "client_id": client.client_id }))
        .expect("every other member has a default");
    let grant_types = client.grant_types.unwrap_or(default.grant_types);
    let has_code = grant_types.contains(&GrantType::AuthorizationCode);
    let has_end_user = grant_types.iter().any(|grant| grant.has_end_user());
    let seconds = |lifetime: Option<Seconds>| lifetime.map(|Seconds(seconds)| seconds);
    ClientMetadata {
        client_id: default.client_id,
        client_name: client.client_name,
        application_type: client.application_type.unwrap_or_default(),
        redirect_uris: client.redirect_uris.unwrap_or_default(),
        token_endpoint_auth_method: client.token_endpoint_auth_method.unwrap_or_default(),
        response_types: client.response_types.unwrap_or(if has_code {
            default.response_types
        } else {
            Vec::new()
        }),
        response_modes: client.response_modes.unwrap_or(default.response_modes),
        scope: match client.scope {
            Some(scope) => Scope::parse(&scope),
            None if has_end_user => default.scope,
            None => Scope::default(),
        },
        code_challenge_methods: client
            .code_challenge_methods
            .unwrap_or(default.code_challenge_methods),
        require_pkce: client.require_pkce.unwrap_or(default.require_pkce),
        id_token_signed_response_alg: client
            .id_token_signed_response_alg
            .unwrap_or(default.id_token_signed_response_alg),
        access_token_format: client.access_token_format.unwrap_or_default(),
        access_token_signed_response_alg: client
            .access_token_signed_response_alg
            .unwrap_or(default.access_token_signed_response_alg),
        default_max_age: seconds(client.default_max_age),
        default_acr_values: client.default_acr_values.unwrap_or_default(),
        require_auth_time: client.require_auth_time.unwrap_or_default(),
        consent: client.consent.unwrap_or_default(),
        jwks: client.jwks,
        jwks_uri: client.jwks_uri,
        token_endpoint_auth_signing_alg: client.token_endpoint_auth_signing_alg,
        backchannel_token_delivery_mode: client.backchannel_token_delivery_mode,
        backchannel_client_notification_endpoint: client.backchannel_client_notification_endpoint,
        backchannel_authentication_request_signing_alg: client
            .backchannel_authentication_request_signing_alg,
        backchannel_user_code_parameter: client.backchannel_user_code_parameter.unwrap_or_default(),
        web_origins: client.web_origins.unwrap_or_default(),
        resource: client.resource,
        client_uri: client.client_uri,
        logo_uri: client.logo_uri,
        policy_uri: client.policy_uri,
        tos_uri: client.tos_uri,
        contacts: client.contacts.unwrap_or_default(),
        access_token_lifetime: seconds(client.access_token_lifetime),
        refresh_token_lifetime: seconds(client.refresh_token_lifetime),
        grant_types,
    }
}

/// The declared end-users. `released` are the claims that scopes ask for.
pub(super) fn users(
    declared: Vec<raw::User>,
    released: &[&str],
    problems: &mut Problems,
) -> Vec<UserDeclaration> {
    let path = Path::to("users");
    let mut users: Vec<UserDeclaration> = Vec::with_capacity(declared.len());
    for (index, user) in declared.into_iter().enumerate() {
        let path = path.index(index);
        let name = &user.username;
        if let Some(text) = username_problem(name) {
            problems.add(&path.key("username"), text);
        }
        if users.iter().any(|other| other.username.to_lowercase() == name.to_lowercase()) {
            problems.add(&path.key("username"), "is declared twice");
        }
        for (claim, text) in claims::problems(&user.claims, released) {
            problems.add(&path.key("claims").key(claim), text);
        }
        let password = secret((user.password, user.password_file), &path, "password", problems);
        if let Some(text) = password.as_ref().and_then(|given| password_problem(given.expose())) {
            problems.add(&path.key("password"), text);
        }
        users.push(UserDeclaration { username: user.username, password, claims: user.claims });
    }
    users
}

/// A secret, given itself or as the name of a file that holds it and perhaps a newline at its end.
fn secret(
    given: (Option<Secret<String>>, Option<String>),
    path: &Path,
    key: &str,
    problems: &mut Problems,
) -> Option<Secret<String>> {
    let in_file = path.key(&format!("{key}_file"));
    match given {
        (inline, None) => inline,
        (Some(inline), Some(_)) => {
            problems.add(&in_file, format!("is set beside `{key}`; keep one of them"));
            Some(inline)
        }
        (None, Some(file)) => {
            let secret = read_secret(std::path::Path::new(&file));
            secret.map_err(|text| problems.add(&in_file, text)).ok()
        }
    }
}

/// The secret that `file` holds, perhaps with a newline at its end.
pub fn read_secret(file: &std::path::Path) -> Result<Secret<String>, String> {
    let text = std::fs::read_to_string(file)
        .map(Secret::new)
        .map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    let end = text.expose().strip_suffix('\n').unwrap_or(text.expose());
    Ok(Secret::new(end.strip_suffix('\r').unwrap_or(end).to_owned()))
}

/// Reads one client in the notation of `[[clients]]`, with what is left out as in a registration without
/// it. Whether it may be registered is for [`validate_client`] and [`validate_client_secret`] to say.
pub fn read_client(members: serde_json::Value) -> Result<ClientDeclaration, String> {
    let mut client: raw::Client =
        serde_json::from_value(members).map_err(|error| error.to_string())?;
    let secret = match (client.secret.take(), client.secret_file.take()) {
        (inline, None) => inline,
        (None, Some(file)) => Some(
            read_secret(std::path::Path::new(&file)).map_err(|e| format!("secret_file: {e}"))?,
        ),
        (Some(_), Some(_)) => return Err("secret_file is set beside `secret`".to_owned()),
    };
    Ok(ClientDeclaration { metadata: metadata(client), secret })
}

/// What is wrong with a name to sign in with.
pub fn username_problem(name: &str) -> Option<String> {
    let unfit = |c: char| c.is_whitespace() || c.is_control();
    let good = (1..=MAX_USERNAME).contains(&name.chars().count()) && !name.contains(unfit);
    (!good).then(|| format!("must be 1 to {MAX_USERNAME} characters without spaces"))
}

/// What is wrong with the claims of an end-user, each with the claim's name.
pub fn claims_problems(
    claims: &serde_json::Map<String, serde_json::Value>,
    settings: &Settings,
) -> Vec<(String, String)> {
    let released: Vec<&str> =
        settings.scopes.iter().flat_map(|scope| &scope.claims).map(String::as_str).collect();
    let problems = claims::problems(claims, &released).into_iter();
    problems.map(|(claim, text)| (claim.to_owned(), text)).collect()
}
