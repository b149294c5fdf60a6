//! Talking to a person: text, tables, questions, progress.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use zeroize::Zeroizing;

/// Longer input is no password.
const LONGEST_INPUT: u64 = 64 * 1024;

/// Writes to standard output. Whoever reads may stop when they have seen enough (`| head`).
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a JSON value, indented for people and in one line for programs.
pub(super) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = if io::stdout().is_terminal() {
        serde_json::to_string_pretty(value)?
    } else {
        serde_json::to_string(value)?
    };
    print(&format!("{text}\n"));
    Ok(())
}

/// Says on standard error what went wrong.
pub(super) fn complain(message: &str) {
    let paint = Paint::of(&io::stderr());
    let _ = writeln!(io::stderr(), "{} {message}", paint.red("moneta:"));
}

/// Says something beside the result on standard error.
pub(super) fn note(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}

/// Colours, where somebody sees them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    /// For what goes to standard output.
    pub(super) fn stdout() -> Self {
        Self::of(&io::stdout())
    }

    fn of(stream: &impl io::IsTerminal) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self { on: wanted && stream.is_terminal() }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }
}

/// Text of strangers as it may stand on a terminal: control characters are spelled out.
pub(super) fn tame(text: &str) -> String {
    let mut tame = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control()
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
        {
            // Writing to a String cannot fail.
            let _ = write!(tame, "\\u{{{:x}}}", u32::from(c));
        } else {
            tame.push(c);
        }
    }
    tame
}

/// Columns under their heads, two spaces apart.
pub(super) fn table(head: &[&str], rows: &[Vec<String>], paint: Paint) -> String {
    let mut widths: Vec<usize> = head.iter().map(|title| title.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (cell, width) in cells.zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.trim_end().to_owned()
    };
    let mut text = paint.bold(&line(&mut head.iter().copied()));
    text.push('\n');
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
        text.push('\n');
    }
    text
}

/// Labels and values, the values in one column.
pub(super) fn facts(facts: &[(&str, String)], paint: Paint) -> String {
    let width = facts.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    facts.iter().fold(String::new(), |mut text, (label, value)| {
        let _ = writeln!(text, "  {}  {value}", paint.dim(&format!("{label:width$}")));
        text
    })
}

/// A bar for `total` events, drawn on a terminal only.
pub(super) fn progress(total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
    let template = "{prefix} [{bar:30}] {human_pos}/{human_len}  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(template).expect("a test draws it");
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// What stands in `file` (`-` for standard input), perhaps with a newline at its end.
pub(super) fn secret(file: &Path, what: &str) -> anyhow::Result<Zeroizing<String>> {
    if file != Path::new("-") {
        let secret = crate::config::read_secret(file).map_err(anyhow::Error::msg)?;
        return Ok(Zeroizing::new(secret.expose().clone()));
    }
    let mut text = Zeroizing::new(String::new());
    io::stdin()
        .take(LONGEST_INPUT)
        .read_to_string(&mut text)
        .with_context(|| format!("{what} cannot be read from standard input"))?;
    let end = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Zeroizing::new(end.strip_suffix('\r').unwrap_or(end).to_owned()))
}

/// A password: from `file` (`-` for standard input), asked for twice on a terminal, or else read from
/// standard input.
pub(super) fn password(file: Option<&Path>, whose: &str) -> anyhow::Result<Zeroizing<String>> {
    match file {
        Some(file) => secret(file, "the password"),
        None if io::stdin().is_terminal() => ask_password(whose),
        None => secret(Path::new("-"), "the password"),
    }
}

fn ask_password(whose: &str) -> anyhow::Result<Zeroizing<String>> {
    let terminal = console::Term::stderr();
    let ask = |question: &str| -> io::Result<Zeroizing<String>> {
        terminal.write_str(question)?;
        Ok(Zeroizing::new(terminal.read_secure_line()?))
    };
    let first = ask(&format!("Password for {whose}: "))?;
    if *first != *ask("Again: ")? {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}

/// Asks before something that cannot be undone. Without a terminal only `--yes` says yes.
pub(super) fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(super::exit::usage("this cannot be undone; say --yes to do it"));
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        bail!("nothing was changed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paint = Paint { on: false };

    #[test]
    fn tables_are_aligned_and_have_no_spaces_at_their_ends() {
        let rows = [
            vec!["web".to_owned(), "é".to_owned(), String::new()],
            vec!["a".to_owned(), "öffentlich".to_owned(), "x".to_owned()],
        ];
        assert_eq!(
            table(&["ID", "KIND", "NOTE"], &rows, PLAIN),
            "ID   KIND        NOTE\nweb  é\na    öffentlich  x\n"
        );
    }

    #[test]
    fn strangers_text_cannot_steer_the_terminal() {
        assert_eq!(tame("a\x1b[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(tame("Zoë 日本"), "Zoë 日本");
    }

    #[test]
    fn the_bar_can_be_drawn() {
        progress(10, "Verifying").finish_and_clear();
    }
}
