//! The demo configuration that comes with the program, made cheap enough for a thousand starts.

use std::{net::SocketAddr, path::Path};

use moneta::config::{Settings, Sources, load};

/// The password of every demo user.
pub const PASSWORD: &str = "correct horse battery staple";

/// The secret of a confidential demo client.
pub fn secret(client_id: &str) -> String {
    format!("{client_id}-secret-0123456789abcdef0123456789abcdef")
}

/// Settings of a demo provider that listens at `listen` and keeps its files in `data`.
pub fn settings(listen: SocketAddr, data: &Path) -> Settings {
    let flag = |name: &str, value: String| (name.to_owned(), value);
    let sources = Sources {
        demo: true,
        file: None,
        env: Vec::new(),
        flags: vec![
            flag("server.listen", listen.to_string()),
            flag("server.workers", "2".to_owned()),
            flag("issuer", format!("http://{listen}")),
            flag("data", data.display().to_string()),
        ],
    };
    let mut settings = load(sources).expect("the demo configuration is sound").settings;
    settings.server.admin_socket = false;
    settings.passwords.memory_kib = 64;
    settings.passwords.iterations = 1;
    settings
}
