//! The cases that ask for something the provider does not do yet, by the feature they wait for.
//!
//! A case leaves this table with the feature. Everything that is not in it runs.

use super::case::Case;

/// Whole classes.
const CLASSES: &[(&str, &str)] = &[
    ("PAR", "pushed authorization requests (RFC 9126)"),
    ("JAR", "request objects (RFC 9101)"),
    ("DPO", "DPoP (RFC 9449)"),
    ("MTL", "mutual TLS (RFC 8705)"),
    ("CIB", "CIBA"),
    ("DEV", "device authorization grant (RFC 8628)"),
    ("TEX", "token exchange (RFC 8693)"),
    ("DCR", "dynamic client registration (RFC 7591)"),
    ("SRF", "outgoing requests: jwks_uri, request_uri, sector identifiers, notifications"),
    ("LGO", "logout endpoint"),
];

/// Single cases.
const CASES: &[(&str, &str)] = &[
    ("RED-040", "dynamic client registration (RFC 7591)"),
    ("XSS-009", "dynamic client registration (RFC 7591)"),
    ("XSS-011", "dynamic client registration (RFC 7591)"),
    ("XSS-012", "dynamic client registration (RFC 7591)"),
    ("XSS-014", "audit pages"),
    ("COD-007", "pushed authorization requests (RFC 9126)"),
    ("COD-008", "device authorization grant (RFC 8628)"),
    ("COD-012", "password reset"),
    ("COD-024", "HTTP/2"),
    ("PKC-012", "device authorization grant (RFC 8628)"),
    ("RFT-011", "logout endpoint"),
    ("SES-008", "enrolment links"),
    ("SES-009", "password reset"),
    ("LOG-004", "erasure of a person"),
    ("HTP-008", "claims parameter (OpenID Connect Core 1.0 §5.5)"),
    ("HTP-011", "HTTP/2"),
    ("AUT-002", "password reset"),
    ("AUT-012", "backup codes"),
    ("AUT-013", "one-time codes by mail or message"),
    ("AUT-026", "enrolment links"),
    ("AUT-027", "password reset"),
    ("AUT-028", "password reset"),
    ("AUT-030", "upstream identity providers"),
    ("AUT-031", "upstream identity providers"),
    ("AUT-032", "registering by oneself"),
    ("CLA-001", "private_key_jwt (RFC 7523)"),
    ("CLA-002", "private_key_jwt (RFC 7523)"),
    ("CLA-004", "private_key_jwt (RFC 7523)"),
    ("CLA-006", "private_key_jwt (RFC 7523)"),
    ("CLA-007", "private_key_jwt (RFC 7523)"),
    ("CLA-009", "private_key_jwt (RFC 7523)"),
    ("CLA-011", "private_key_jwt (RFC 7523)"),
    ("CLA-012", "private_key_jwt (RFC 7523)"),
    ("CLA-014", "private_key_jwt (RFC 7523)"),
    ("CLA-016", "private_key_jwt (RFC 7523)"),
    ("CLA-017", "private_key_jwt (RFC 7523)"),
    ("CLA-019", "private_key_jwt (RFC 7523)"),
    ("XJW-002", "back-channel logout tokens"),
    ("XJW-004", "JWT introspection responses (RFC 9701)"),
    ("XJW-007", "private_key_jwt (RFC 7523)"),
    ("XJW-009", "private_key_jwt (RFC 7523)"),
    ("XJW-011", "request objects (RFC 9101)"),
    ("ADM-001", "admin API"),
    ("ADM-002", "admin API"),
    ("ADM-004", "admin API"),
    ("ADM-006", "admin API"),
    ("ADM-007", "admin API"),
    ("ADM-009", "admin API"),
    ("ADM-011", "admin API"),
    ("ADM-012", "admin API"),
    ("ADM-013", "admin API"),
];

/// The feature a case waits for, `None` where it runs.
pub fn waits_for(case: &Case) -> Option<&'static str> {
    let of_class = CLASSES.iter().find(|(prefix, _)| *prefix == case.prefix());
    let of_case = CASES.iter().find(|(id, _)| *id == case.id);
    of_class.or(of_case).map(|(_, feature)| *feature)
}

/// Entries that name no case of the file.
pub fn stale(cases: &[Case]) -> Vec<&'static str> {
    let class_gone = |prefix: &str| !cases.iter().any(|case| case.prefix() == prefix);
    let case_gone = |id: &str| !cases.iter().any(|case| case.id == id);
    let classes = CLASSES.iter().filter(|(prefix, _)| class_gone(prefix));
    let single = CASES.iter().filter(|(id, _)| case_gone(id));
    classes.chain(single).map(|(name, _)| *name).collect()
}
