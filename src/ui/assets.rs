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
    pub(super) icon: Asset,
    guilloche: Asset,
}

pub(super) static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    const SVG: &str = "image/svg+xml";
    let guilloche = Asset::new("guilloche", "svg", SVG, include_str!("assets/guilloche.svg"));
    let css = include_str!("assets/moneta.css").replace("guilloche.svg", &guilloche.file);
    Assets {
        stylesheet: Asset::new("moneta", "css", "text/css; charset=utf-8", &css),
        icon: Asset::new("coin", "svg", SVG, include_str!("assets/coin.svg")),
        guilloche,
    }
});

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, body: &str) -> Self {
        let digest = digest(&SHA256, body.as_bytes());
        let mut version = String::with_capacity(16);
        for byte in &digest.as_ref()[..8] {
            write!(version, "{byte:02x}").expect("a String takes every write");
        }
        Self {
            file: format!("{name}.{version}.{extension}"),
            content_type,
            etag: format!("\"{version}\""),
            body: body.as_bytes().to_vec(),
        }
    }
}

/// The asset served as `/assets/{file}`.
pub fn find(file: &str) -> Option<&'static Asset> {
    [&ASSETS.stylesheet, &ASSETS.icon, &ASSETS.guilloche].into_iter().find(|a| a.file == file)
}

/// The coin, for `/favicon.ico`, which browsers ask for beside the pages.
pub fn icon() -> &'static Asset {
    &ASSETS.icon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_is_found_under_the_digest_of_its_content() {
        for asset in [&ASSETS.stylesheet, &ASSETS.icon, &ASSETS.guilloche] {
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
    fn the_stylesheet_is_small_and_loads_nothing_from_elsewhere() {
        let css = String::from_utf8(ASSETS.stylesheet.body.clone()).unwrap();
        assert!(css.len() < 15 * 1024, "{} bytes", css.len());
        assert!(css.contains(&ASSETS.guilloche.file));
        assert!(!css.contains("@import") && !css.contains("//") && !css.contains("data:"));
    }
}
