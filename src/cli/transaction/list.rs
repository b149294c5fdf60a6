//! `moneta transaction list`.

use anyhow::Context as _;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use moneta_events::{ClientId, Reason, SubjectId, Timestamp};
use moneta_projections::timeline::{self, Cursor, Ending, Filter, Page, State, Summary};

use super::read_model;
use crate::{
    cli::{
        block_on,
        data::{Keys, Reader},
        exit::{Exit, not_found},
        global::Global,
        terminal::{self, Paint},
        time,
    },
    config::Settings,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Asked for by this client
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// Of this end-user, by username
    #[arg(long, value_name = "NAME", conflicts_with = "subject")]
    user: Option<String>,
    /// Of this end-user, by `sub`
    #[arg(long, value_name = "SUB")]
    subject: Option<SubjectId>,
    /// That came just so far
    #[arg(long, value_parser = words(State::ALL, State::as_str))]
    state: Option<State>,
    /// That ended like this
    #[arg(long, value_parser = words(Ending::ALL, Ending::as_str))]
    outcome: Option<Ending>,
    /// In which this was the last reason to refuse something
    #[arg(long, value_parser = words(Reason::ALL, Reason::as_str), hide_possible_values = true)]
    reason: Option<Reason>,
    /// Started then or later: a time, or how long ago (1h, 7d)
    #[arg(long, value_name = "TIME", value_parser = time::instant)]
    since: Option<Timestamp>,
    /// Started before: a time, or how long ago
    #[arg(long, value_name = "TIME", value_parser = time::instant)]
    until: Option<Timestamp>,
    /// At most so many, up to 1000
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// The page after this place, which the page before it told
    #[arg(long, value_name = "PLACE")]
    after: Option<Cursor>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Words of a list, each for a value.
fn words<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(move |value| word(*value))).try_map(move |given| {
        all.iter().copied().find(|value| word(*value) == given).ok_or("not one of the words")
    })
}

pub(super) fn run(global: &Global, arguments: Arguments) -> anyhow::Result<Exit> {
    let settings = global.load(Vec::new())?.settings;
    let json = arguments.json;
    let page = block_on(async {
        let reader = Reader::open(&settings.data)?;
        let filter = filter(arguments, &settings, &reader).await?;
        let connection =
            read_model::up_to_date(&reader.log, &settings.data.join("read.db")).await?;
        Ok(timeline::list(&connection, &filter)?)
    })?;
    if json {
        let next = page.next.map(|place| place.to_string());
        let page = serde_json::json!({ "transactions": page.rows, "next": next, "position": page.position });
        terminal::print_json(&page)?;
    } else {
        terminal::print(&render(&page, Paint::stdout()));
    }
    Ok(Exit::Done)
}

async fn filter(
    arguments: Arguments,
    settings: &Settings,
    reader: &Reader,
) -> anyhow::Result<Filter> {
    let Arguments { client, user, subject, state, outcome, reason, since, until, .. } = arguments;
    let subject = match &user {
        None => subject,
        Some(name) => {
            let keys = Keys::open(settings)
                .context("usernames are sealed and cannot be looked up (--subject does without)")?;
            let found = keys.find(&reader.facts, name).await?;
            Some(found.ok_or_else(|| not_found(format!("there is no user {name}")))?)
        }
    };
    Ok(Filter {
        client: client.as_deref().map(ClientId::from),
        subject,
        session: None,
        state,
        outcome,
        reason,
        since,
        until,
        after: arguments.after,
        limit: arguments.limit,
    })
}

fn render(page: &Page, paint: Paint) -> String {
    if page.rows.is_empty() {
        return "No transactions.\n".to_owned();
    }
    let head = ["STARTED (UTC)", "ID", "CLIENT", "STATE", "OUTCOME", "REASON", "EVENTS", "TOOK"];
    let rows: Vec<_> = page.rows.iter().map(row).collect();
    let mut text = terminal::table(&head, &rows, paint);
    if let Some(next) = &page.next {
        text.push_str(&paint.dim(&format!("more: --after {next}\n")));
    }
    text
}

fn row(summary: &Summary) -> Vec<String> {
    vec![
        time::show(summary.started_at),
        summary.stream.to_string(),
        summary.client.to_string(),
        summary.state.as_str().to_owned(),
        summary.outcome.as_str().to_owned(),
        summary.reason.map_or("", Reason::as_str).to_owned(),
        summary.events.to_string(),
        summary.duration.map(time::span).unwrap_or_default(),
    ]
}
