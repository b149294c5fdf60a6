//! What a person sees when the server is up.

use std::{fmt::Write as _, net::SocketAddr};

use serde_json::json;

use super::recent::Checked;
use crate::{
    cli::{
        log::Format,
        terminal::{self, Paint},
    },
    config::{Settings, UserDeclaration},
};

/// What is shown beside the settings.
pub(super) struct Banner {
    /// The demo's end-users, whose passwords everybody may know.
    pub(super) demo: Option<Vec<UserDeclaration>>,
    /// How.
    pub(super) format: Format,
}

impl Banner {
    /// Shows it; the first line says where the provider is served.
    pub(super) fn show(&self, settings: &Settings, listen: SocketAddr, checked: Checked) {
        match self.format {
            Format::Human => terminal::print(&self.text(settings, listen, checked)),
            Format::Json => {
                let line = json!({
                    "serving": settings.issuer, "listen": listen, "data": settings.data,
                    "events": checked.head,
                });
                terminal::print(&format!("{line}\n"));
            }
        }
    }

    fn text(&self, settings: &Settings, listen: SocketAddr, checked: Checked) -> String {
        let (paint, issuer) = (Paint::stdout(), &settings.issuer);
        let mut text =
            format!("Moneta {} is serving {}\n\n", env!("CARGO_PKG_VERSION"), paint.bold(issuer));
        let events = match checked.head {
            0 => "a new event log".to_owned(),
            head if checked.events == head => format!("{head} events, verified"),
            head => format!("{head} events, the last {} verified", checked.events),
        };
        let mut facts = vec![
            ("listening on", listen.to_string()),
            ("data", format!("{} ({events})", settings.data.display())),
            ("metadata", format!("{issuer}/.well-known/openid-configuration")),
        ];
        if settings.playground {
            facts.push(("playground", format!("{issuer}/playground")));
        }
        text.push_str(&terminal::facts(&facts, paint));
        if let Some(users) = &self.demo {
            text.push_str("\nThis is the demo: everybody knows its passwords. Sign in with\n");
            for user in users {
                let password = user.password.as_ref().map_or("", |secret| secret.expose());
                let username = paint.bold(&format!("{:10}", user.username));
                // Writing to a String cannot fail.
                let _ = writeln!(text, "  {username}  {password}");
            }
        }
        text.push_str("\nCtrl-C stops it.\n");
        text
    }
}
