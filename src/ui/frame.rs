//! What pages share: who provides them, and which client they speak of.

use moneta_events::client::ClientMetadata;

use super::{Link, assets::ASSETS};

/// The provider, as every page names it.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The name of the brand.
    pub brand: &'a str,
    /// The issuer identifier.
    pub issuer: &'a str,
}

impl Frame<'_> {
    /// The issuer without its scheme: what people compare with the address bar.
    pub(super) fn host(&self) -> &str {
        self.issuer.split_once("://").map_or(self.issuer, |(_, host)| host)
    }

    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    pub(super) fn stylesheet(&self) -> &'static str {
        &ASSETS.stylesheet.file
    }

    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    pub(super) fn icon(&self) -> &'static str {
        &ASSETS.icon.file
    }

    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    pub(super) fn touch_icon(&self) -> &'static str {
        &ASSETS.touch_icon.file
    }

    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    pub(super) fn inbox_stylesheet(&self) -> &'static str {
        &ASSETS.inbox_stylesheet.file
    }
}

/// The client, as people see it (OpenID Connect Dynamic Client Registration 1.0 §2).
#[derive(Debug, Clone)]
pub struct ClientCard<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its logo.
    pub logo: Option<Link<'a>>,
    /// Its home page.
    pub home: Option<Link<'a>>,
    /// How it treats personal data.
    pub policy: Option<Link<'a>>,
    /// Its terms of service.
    pub terms: Option<Link<'a>>,
}

impl<'a> ClientCard<'a> {
    /// The card of a registered client.
    pub fn of(client: &'a ClientMetadata) -> Self {
        let web = |address: &'a Option<String>| address.as_deref().and_then(Link::web);
        Self {
            name: client.display_name(),
            logo: web(&client.logo_uri),
            home: web(&client.client_uri),
            policy: web(&client.policy_uri),
            terms: web(&client.tos_uri),
        }
    }

    /// Stands where a logo would.
    pub(super) fn initial(&self) -> String {
        let letter = self.name.chars().find(|c| c.is_alphanumeric()).unwrap_or('?');
        letter.to_uppercase().collect()
    }
}
