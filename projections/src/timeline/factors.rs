//! Sentences about passkeys and one-time codes.

use moneta_events::{
    Timestamp,
    factor::{Factor, FactorEvent, Purpose},
    transaction::FactorVerified,
};

use super::{Describe, sentences::list};

impl Describe for FactorEvent {
    fn sentence(&self, _: Timestamp) -> String {
        match self {
            Self::PasskeyRegistered(new) => format!(
                "The end-user registered passkey {}, which {}{}.",
                new.credential,
                match (new.backup_eligible, new.backed_up) {
                    (false, _) => "stays on one device",
                    (true, false) => "may be copied to other devices",
                    (true, true) => "is copied to other devices",
                },
                verifying(new.user_verified)
            ),
            Self::PasskeyUsed(used) => format!(
                "Passkey {} signed the provider's challenge {}{}.",
                used.credential,
                purpose(used.purpose),
                verifying(used.user_verified)
            ),
            Self::PasskeyRemoved(gone) => format!("Passkey {} was removed.", gone.credential),
            Self::TotpEnrolled(_) => {
                "The end-user set up one-time codes and proved it with one.".to_owned()
            }
            Self::TotpUsed(used) => format!(
                "The one-time code of step {} was used {}; it and all before it are spent.",
                used.step,
                purpose(used.purpose)
            ),
            Self::TotpRemoved(_) => "One-time codes were removed.".to_owned(),
            Self::FactorFailed(failed) => {
                format!("Attempt {} with {} failed.", failed.attempt, factor(failed.factor))
            }
        }
    }
}

/// The first of two steps of signing in.
pub(super) fn verified(verified: &FactorVerified) -> String {
    format!(
        "End-user {} began to sign in with {} ({}); a second factor is asked for.",
        verified.subject,
        factor(verified.factor),
        list(&verified.amr)
    )
}

fn factor(factor: Factor) -> &'static str {
    match factor {
        Factor::Password => "the password",
        Factor::Passkey => "a passkey",
        Factor::Totp => "a one-time code",
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "to sign in",
        Purpose::SecondFactor => "as second factor",
        Purpose::Approval => "to approve something",
    }
}

fn verifying(user_verified: bool) -> &'static str {
    if user_verified {
        ", and its authenticator verified who held it"
    } else {
        ", and its authenticator did not verify who held it"
    }
}
