//! What a registration allows although it is discouraged: for auditors to find.

use serde::{Deserialize, Serialize};

use super::{ClientMetadata, GrantType};

/// A warning beside the event that brought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WeaknessNoted {
    /// What is weak.
    pub weakness: Weakness,
}

/// Something that a registration opens. Never rename a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// Tokens go through the browser, where they can leak and cannot be bound to the client.
    ImplicitGrant,
}

impl Weakness {
    /// Every weakness.
    pub const ALL: [Self; 1] = [Self::ImplicitGrant];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImplicitGrant => "implicit_grant",
        }
    }

    /// The rule that discourages it, by specification and section.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::ImplicitGrant => "RFC 9700 §2.1.2",
        }
    }

    /// One sentence for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ImplicitGrant => {
                "Tokens go through the browser, where they can leak and cannot be bound to the client."
            }
        }
    }
}

impl ClientMetadata {
    /// What is weak about this registration.
    pub fn weaknesses(&self) -> impl Iterator<Item = Weakness> {
        Weakness::ALL.into_iter().filter(|weakness| match weakness {
            Weakness::ImplicitGrant => self.grant_types.contains(&GrantType::Implicit),
        })
    }

    /// What is weak about it, and was not before.
    pub fn weaknesses_since(&self, before: Option<&Self>) -> impl Iterator<Item = Weakness> {
        let had = move |weakness| before.is_some_and(|old| old.weaknesses().any(|w| w == weakness));
        self.weaknesses().filter(move |weakness| !had(*weakness))
    }
}
