//! The colours against the contrast WCAG 2.2 asks for, in both schemes.

use std::collections::HashMap;

use crate::ui::assets::ASSETS;

type Palette = HashMap<String, [f64; 3]>;

/// Light, and dark: what the stylesheet's second `:root` says, over the first.
fn palettes() -> [Palette; 2] {
    let css = String::from_utf8(ASSETS.stylesheet.body.clone()).unwrap();
    let mut blocks = css.split(":root {").skip(1).map(|block| block.split('}').next().unwrap());
    let light = colours(blocks.next().unwrap());
    let mut dark = light.clone();
    dark.extend(colours(blocks.next().unwrap()));
    [light, dark]
}

fn colours(block: &str) -> Palette {
    let colour = |line: &str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
        let value = value.strip_suffix(';')?;
        let channel = |at: usize| u8::from_str_radix(&value[at..at + 2], 16).unwrap();
        Some((name.to_owned(), [0, 2, 4].map(|at| f64::from(channel(at)) / 255.0)))
    };
    block.lines().filter_map(colour).collect()
}

/// Relative luminance (WCAG 2.2, "relative luminance").
fn luminance(colour: [f64; 3]) -> f64 {
    let [r, g, b] =
        colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn check(pairs: &[(&str, &str)], least: f64) {
    for (palette, scheme) in palettes().iter().zip(["light", "dark"]) {
        for (front, back) in pairs {
            let contrast = contrast(palette[*front], palette[*back]);
            assert!(contrast >= least, "{scheme}: {front} on {back} is {contrast:.2}");
        }
    }
}

/// Success criterion 1.4.3.
#[test]
fn text_is_readable() {
    let on_both = ["ink", "muted", "gold", "link", "good", "bad", "no"];
    let mut pairs: Vec<_> =
        on_both.iter().flat_map(|text| [(*text, "ground"), (*text, "surface")]).collect();
    pairs.extend([
        ("bad", "bad-ground"),
        ("muted", "bad-ground"),
        ("ink", "bad-ground"),
        ("on-main", "main"),
        ("on-patina", "patina"),
        ("on-patina-muted", "patina"),
        ("coin", "patina"),
    ]);
    check(&pairs, 4.5);
}

/// Success criteria 1.4.11 and 2.4.13: borders of fields, the focus ring, what the drawing says.
#[test]
fn controls_can_be_told_from_their_ground() {
    check(
        &[
            ("edge", "surface"),
            ("edge", "ground"),
            ("gold", "surface"),
            ("gold", "ground"),
            ("main", "surface"),
            ("good", "surface"),
        ],
        3.0,
    );
}
