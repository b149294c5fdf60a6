//! The files the pages load, embedded in the binary.
//!
//! Each is served under a name that carries the digest of its content, so it may be cached for ever.

use std::{fmt::Write as _, sync::LazyLock};

use ring::digest::{SHA256, digest};

/// `Cache-Control` of every asset: another content has another name.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// One file.
#[derive(Debug)]
pub struct Asset {
    /// Its name under `/assets/`, with the digest in it.
    pub file: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its entity tag, with the quotes (RFC 9110 §8.8.3).
    pub etag: String,
    /// Its content.
    pub body: Vec<u8>,
}

/// All of them, and the names the templates link to.
pub(super) struct Assets {
    pub(super) stylesheet: Asset,
    pub(super) inbox_stylesheet: Asset,
    pub(super) inbox_script: Asset,
    pub(super) icon: Asset,
    /// The coin on a ground of its own, for systems that cut icons to their own shape.
    pub(super) touch_icon: Asset,
    pub(super) inbox_icons: [Asset; 2],
    pub(super) passkeys: Asset,
    guilloche: Asset,
    worker: Asset,
}

pub(super) static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let guilloche = Asset::new("guilloche", "svg", include_bytes!("assets/guilloche.svg"));
    let icon = Asset::new("coin", "svg", include_bytes!("assets/coin.svg"));
    let css = |name, text: &str| {
        Asset::new(name, "css", text.replace("guilloche.svg", &guilloche.file).as_bytes())
    };
    let stylesheet = css("moneta", include_str!("assets/moneta.css"));
    let inbox_stylesheet = css("inbox", include_str!("assets/inbox.css"));
    let mut worker = include_str!("assets/worker.js").to_owned();
    for (name, kept) in [
        ("moneta.css", &stylesheet),
        ("inbox.css", &inbox_stylesheet),
        ("guilloche.svg", &guilloche),
        ("coin.svg", &icon),
    ] {
        worker = worker.replace(name, &kept.file);
    }
    Assets {
        inbox_script: Asset::new("inbox", "js", include_bytes!("assets/inbox.js")),
        passkeys: Asset::new("passkeys", "js", include_bytes!("assets/passkeys.js")),
        touch_icon: Asset::new("touch-180", "png", include_bytes!("assets/touch-180.png")),
        inbox_icons: [
            Asset::new("inbox-192", "png", include_bytes!("assets/inbox-192.png")),
            Asset::new("inbox-512", "png", include_bytes!("assets/inbox-512.png")),
        ],
        worker: Asset::new("worker", "js", worker.as_bytes()),
        stylesheet,
        inbox_stylesheet,
        icon,
        guilloche,
    }
});

impl Assets {
    /// What is served under `/assets/`.
    fn files(&self) -> [&Asset; 9] {
        let [small, large] = &self.inbox_icons;
        [
            &self.stylesheet,
            &self.inbox_stylesheet,
            &self.inbox_script,
            &self.passkeys,
            &self.icon,
            &self.touch_icon,
            small,
            large,
            &self.guilloche,
        ]
    }
}

impl Asset {
    fn new(name: &str, extension: &str, body: &[u8]) -> Self {
        let digest = digest(&SHA256, body);
        let mut version = String::with_capacity(16);
        for byte in &digest.as_ref()[..8] {
            write!(version, "{byte:02x}").expect("a String takes every write");
        }
        Self {
            file: format!("{name}.{version}.{extension}"),
            content_type: match extension {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "png" => "image/png",
                _ => "image/svg+xml",
            },
            etag: format!("\"{version}\""),
            body: body.to_vec(),
        }
    }
}

/// The asset served as `/assets/{file}`.
pub fn find(file: &str) -> Option<&'static Asset> {
    ASSETS.files().into_iter().find(|asset| asset.file == file)
}

/// The coin, for `/favicon.ico`, which browsers ask for beside the pages.
pub fn icon() -> &'static Asset {
    &ASSETS.icon
}

/// The service worker of the device inbox, which keeps one address whatever its content.
pub fn worker() -> &'static Asset {
    &ASSETS.worker
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_under_the_digest_of_its_content() {
        for asset in ASSETS.files() {
            let found = find(&asset.file).unwrap();
            let again = digest(&SHA256, &found.body);
            let version = found.etag.trim_matches('"');
            assert!(found.file.contains(version), "{}", found.file);
            assert!(version.starts_with(&format!("{:02x}", again.as_ref()[0])));
        }
        assert!(find("moneta.css").is_none());
        assert!(find("../Cargo.toml").is_none());
    }

    #[test]
    fn the_stylesheets_are_small_and_load_nothing_from_elsewhere() {
        for asset in [&ASSETS.stylesheet, &ASSETS.inbox_stylesheet] {
            let css = String::from_utf8(asset.body.clone()).unwrap();
            assert!(css.len() < 15 * 1024, "{}: {} bytes", asset.file, css.len());
            assert!(css.contains(&ASSETS.guilloche.file));
            assert!(!css.contains("@import") && !css.contains("//") && !css.contains("data:"));
        }
    }

    #[test]
    fn the_worker_keeps_files_that_are_there() {
        let worker = String::from_utf8(worker().body.clone()).unwrap();
        let kept: Vec<_> = worker.split('"').filter(|text| text.starts_with("/assets/")).collect();
        assert_eq!(kept.len(), 4);
        for path in kept {
            assert!(find(&path["/assets/".len()..]).is_some(), "{path}");
        }
    }
}
