//! Redeeming a code.

use moneta_events::{
    Reason,
    token::{RevocationCause, Revoked, TokenEvent},
    transaction::{CodeExchanged, CodeRefused, CodeReplayed, TransactionEvent as Event},
};

use super::{Exchange, Phase, Transaction};
use crate::domain::{aggregate::Decision, pkce};

/// Redemptions by a client that does not own the code that go on record.
const RECORDED_FOREIGN: u32 = 3;

impl Transaction {
    /// Redeems the code (RFC 6749 §4.1.3). The order of the checks is pinned by
    /// `tests/spec/code_exchange.rs`.
    pub(super) fn exchange(&self, x: &Exchange) -> Decision<Self> {
        let (Some(request), Some(code)) = (&self.request, &self.code) else {
            return Decision::refuse(Reason::CodeUnknown);
        };
        if code.digest != x.code {
            return Decision::refuse(Reason::CodeUnknown);
        }
        if request.client_id != x.client_id {
            return refuse_code(Reason::CodeClientMismatch, code.foreign, RECORDED_FOREIGN);
        }
        match self.phase {
            Phase::Exchanged if self.tokens.revoked.is_none() => {
                return Decision::refuse_and_record(
                    Reason::CodeReplayed,
                    vec![
                        Event::CodeReplayed(CodeReplayed { code: x.code }),
                        Event::Token(TokenEvent::Revoked(Revoked {
                            cause: RevocationCause::CodeReplayed,
                        })),
                    ],
                );
            }
            Phase::Exchanged => return Decision::refuse(Reason::CodeReplayed),
            Phase::CodeOut if self.tokens.revoked.is_none() => {}
            // Tokens that were sent beside the code were revoked, and with them all of the grant.
            Phase::CodeOut => {
                return refuse_code(Reason::GrantRevoked, code.failed, x.attempts);
            }
            _ => return Decision::refuse(Reason::CodeExpired),
        }
        if code.failed >= x.attempts {
            return Decision::refuse(Reason::CodeAttemptsExhausted);
        }
        let refuse = |reason| refuse_code(reason, code.failed, x.attempts);
        if code.expires_at <= x.now {
            return refuse(Reason::CodeExpired);
        }
        if x.redirect_uri.as_deref() != Some(request.redirect_uri.as_str()) {
            return refuse(Reason::CodeRedirectUriMismatch);
        }
        let pkce = match pkce::verify(request.code_challenge.as_ref(), x.code_verifier.as_deref()) {
            Ok(checked) => checked,
            Err(reason) => return refuse(reason),
        };
        if let Err(reason) = x.gate {
            return refuse(reason);
        }
        if x.issued.generation != 0 || !x.issued.access_token.scope.is_subset_of(&self.granted) {
            return refuse(Reason::ScopeExceedsGrant);
        }
        Decision::record_all(vec![
            Event::CodeExchanged(CodeExchanged { code: x.code, pkce }),
            Event::Token(TokenEvent::Issued(x.issued.clone())),
        ])
    }
}

/// Refuses a redemption; records it while fewer than `limit` are on record.
fn refuse_code(reason: Reason, already: u32, limit: u32) -> Decision<Transaction> {
    if already >= limit {
        return Decision::refuse(reason);
    }
    let refused = CodeRefused { reason, attempt: already + 1 };
    Decision::refuse_and_record(reason, vec![Event::CodeRefused(refused)])
}
