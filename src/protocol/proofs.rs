//! What an end-user proved who they are with, as `amr` says it (RFC 8176), and whether more is to be asked
//! for.

use super::rules::Rules;

/// The methods a configuration can name (RFC 8176 §2).
pub const METHODS: [&str; 7] = ["pwd", "otp", "pop", "hwk", "swk", "user", "mfa"];

const MIN_PASSWORD: usize = 8;
/// Longer ones are refused before they are hashed.
const MAX_PASSWORD: usize = 1024;

/// What was proved in one sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proofs {
    /// The password was right.
    pub password: bool,
    /// A one-time code was.
    pub totp: bool,
    /// A passkey signed.
    pub passkey: Option<PasskeyProof>,
}

/// What is known of a passkey that signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyProof {
    /// Whether it may be copied to other devices, so that software guards its key; where it may not, its
    /// device does. Without attestation that is the authenticator's word.
    pub backup_eligible: bool,
    /// Whether the authenticator verified who holds it.
    pub user_verified: bool,
}

/// What an end-user has beside the password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Enrolled {
    /// One-time codes.
    pub totp: bool,
    /// Passkeys.
    pub passkeys: bool,
}

/// Whether a second step is to follow the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondStep {
    /// No.
    No,
    /// The client would like it, and may be told that it did not happen (OpenID Connect Core 1.0 §5.5.1.1).
    Wanted,
    /// The end-user set it up.
    Required,
}

impl Proofs {
    /// `amr`. A passkey whose authenticator verified its holder is two factors by itself.
    pub fn amr(&self) -> Vec<String> {
        let verified = self.passkey.is_some_and(|passkey| passkey.user_verified);
        let factors = [self.password, self.totp, self.passkey.is_some(), verified].map(usize::from);
        let said = [
            ("pwd", self.password),
            ("otp", self.totp),
            ("pop", self.passkey.is_some()),
            ("hwk", self.passkey.is_some_and(|passkey| !passkey.backup_eligible)),
            ("swk", self.passkey.is_some_and(|passkey| passkey.backup_eligible)),
            ("user", self.passkey.is_some()),
            ("mfa", factors.iter().sum::<usize>() > 1),
        ];
        said.into_iter().filter(|(_, is)| *is).map(|(name, _)| name.to_owned()).collect()
    }
}

/// Whether somebody who proved `proofs` and has `enrolled` is asked for more, where the client wants one of
/// `acr_values`.
pub fn second_step(
    proofs: Proofs,
    enrolled: Enrolled,
    acr_values: &[String],
    rules: &Rules,
) -> SecondStep {
    if proofs.totp || proofs.passkey.is_some() {
        return SecondStep::No;
    }
    if enrolled.totp {
        return SecondStep::Required;
    }
    let rank = |proofs: Proofs| {
        rules.acr_reached(&proofs.amr()).and_then(|reached| rules.acr_rank(reached))
    };
    let wanted = acr_values.iter().filter_map(|acr| rules.acr_rank(acr)).min();
    let helps = enrolled.passkeys
        && [false, true].into_iter().any(|backup_eligible| {
            let passkey = Some(PasskeyProof { backup_eligible, user_verified: true });
            rank(Proofs { passkey, ..proofs }) >= wanted
        });
    if wanted > rank(proofs) && helps { SecondStep::Wanted } else { SecondStep::No }
}

/// What is wrong with a password.
pub fn password_problem(password: &str) -> Option<String> {
    if password.chars().count() < MIN_PASSWORD {
        Some(format!("must have at least {MIN_PASSWORD} characters"))
    } else {
        (password.len() > MAX_PASSWORD).then(|| format!("is longer than {MAX_PASSWORD} bytes"))
    }
}
