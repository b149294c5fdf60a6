//! The device inbox over HTTP: decisions and what is on record of them, whose they may be, and the stream of
//! changes.

mod decisions;
mod rights;
mod stream;

use moneta_events::StreamId;
use serde_json::Value;

use crate::support::{
    browser::{Browser, Page},
    demo::PASSWORD,
    provider::Provider,
};

/// A browser in which somebody is signed in, at their inbox.
async fn inbox(provider: &Provider, user: &str) -> (Browser, Page) {
    let mut browser = provider.browser();
    let request = provider.client("web").request();
    let stop = browser.open(&request.path()).await;
    browser.finish(stop, user, PASSWORD).await;
    let page = browser.open("/device-inbox").await.page();
    (browser, page)
}

fn path(stream: StreamId) -> String {
    format!("/device-inbox/{}", stream.uuid)
}

/// What is on record of a request after it was made: type and data, in order.
async fn record(provider: &Provider, stream: StreamId) -> Vec<(String, Value)> {
    let events = provider.op().facts.events(stream).await.expect("the log is there");
    let read = |event: &moneta_events::Recorded| {
        let whole: Value = serde_json::from_slice(&event.body).expect("events are JSON");
        let name = event.envelope().expect("an envelope").event_type.to_owned();
        (name, whole["data"].clone())
    };
    events.iter().skip(1).map(read).collect()
}

/// The only event after the request.
async fn only(provider: &Provider, stream: StreamId) -> (String, Value) {
    let record = record(provider, stream).await;
    let [event] = &record[..] else { panic!("one event, not {record:?}") };
    event.clone()
}
