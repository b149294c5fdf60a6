//! The words that clients can use: scopes, resources, authentication contexts.

use super::{
    claims,
    error::{Problems, did_you_mean},
    raw,
    resolved::{AcrLevel, ResourceDefinition, ScopeDefinition},
    text::readable,
    tree::Path,
    uri,
};
use crate::protocol::proofs::METHODS;

/// RFC 6749 §3.3, OpenID Connect Core 1.0 §5.4.
pub(super) fn scopes(
    named: raw::Named<raw::Scope>,
    problems: &mut Problems,
) -> Vec<ScopeDefinition> {
    let path = Path::to("scopes");
    let token = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    if !named.0.iter().any(|(name, _)| name == "openid") {
        problems.add(&path, "has no `openid`, without which nobody can sign in");
    }
    let mut scopes = Vec::with_capacity(named.0.len());
    for (name, raw::Scope { description, claims }) in named.0 {
        let path = path.key(&name);
        if name.is_empty() || name.len() > 128 || !name.bytes().all(token) {
            problems.add(&path, "is no scope: use ASCII without spaces, quotes and backslashes");
        }
        if let Err(text) = readable(&description, 200) {
            problems.add(&path.key("description"), format!("{text}; end-users read it"));
        }
        for (index, claim) in claims.iter().enumerate() {
            if claim.is_empty() || (claims::is_reserved(claim) && claim != "sub") {
                let text = format!("`{claim}` is in tokens anyhow or not at all; remove it");
                problems.add(&path.key("claims").index(index), text);
            }
        }
        scopes.push(ScopeDefinition { name, description, claims });
    }
    scopes
}

/// RFC 8707 §2.
pub(super) fn resources(
    declared: Vec<raw::Resource>,
    scopes: &[ScopeDefinition],
    issuer: &str,
    problems: &mut Problems,
) -> Vec<ResourceDefinition> {
    let path = Path::to("resources");
    let mut resources: Vec<ResourceDefinition> = Vec::with_capacity(declared.len());
    for (index, raw::Resource { identifier, scopes: leading }) in declared.into_iter().enumerate() {
        let path = path.index(index);
        if let Err(text) = uri::resource(&identifier) {
            problems.add(&path.key("identifier"), text);
        } else if identifier == issuer {
            problems.add(&path.key("identifier"), "is the issuer, which is a resource by itself");
        } else if resources.iter().any(|other| other.identifier == identifier) {
            problems.add(&path.key("identifier"), "is declared twice");
        }
        if leading.is_empty() {
            problems.add(&path.key("scopes"), "is empty, so no token could be for it");
        }
        for (index, scope) in leading.iter().enumerate() {
            if !scopes.iter().any(|known| known.name == *scope) {
                let meant = did_you_mean(scope, scopes.iter().map(|known| known.name.as_str()));
                problems.add(
                    &path.key("scopes").index(index),
                    format!("`{scope}` is not declared in [scopes]{meant}"),
                );
            }
        }
        resources.push(ResourceDefinition { identifier, scopes: leading });
    }
    resources
}

pub(super) fn acr(declared: Vec<raw::Acr>, problems: &mut Problems) -> Vec<AcrLevel> {
    let path = Path::to("acr");
    if declared.is_empty() {
        problems.add(&path, "is empty; every sign-in reaches some authentication context");
    }
    let mut levels: Vec<AcrLevel> = Vec::with_capacity(declared.len());
    for (index, raw::Acr { name, amr }) in declared.into_iter().enumerate() {
        let path = path.index(index);
        if name.is_empty() || name == "0" || !name.bytes().all(|b| b.is_ascii_graphic()) {
            problems.add(
                &path.key("name"),
                "must be ASCII without spaces, and `0` means no authentication",
            );
        } else if levels.iter().any(|other| other.name == name) {
            problems.add(&path.key("name"), "is declared twice");
        }
        if amr.is_empty() || amr.iter().any(|method| !METHODS.contains(&method.as_str())) {
            let text = format!("must name methods this provider has: {}", METHODS.join(", "));
            problems.add(&path.key("amr"), text);
        }
        levels.push(AcrLevel { name, amr });
    }
    levels
}
