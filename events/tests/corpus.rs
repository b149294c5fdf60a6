//! What was ever written can be read, and means the same bytes.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use moneta_events::{Category, DecodeError, Reason, Recorded, StreamId, chain};

use support::{Line, corpus, rewrite, types};

#[test]
fn every_line_is_read_and_written_to_the_same_bytes() {
    for Line { place, recorded } in corpus() {
        let envelope = recorded.envelope().unwrap_or_else(|cause| panic!("{place}: {cause}"));
        assert_eq!(envelope.to_bytes(), &*recorded.body, "{place}: the envelope");
        let again = rewrite(recorded.stream.category, &envelope)
            .unwrap_or_else(|cause| panic!("{place}: {cause}"));
        assert_eq!(again.event_type.name, envelope.event_type, "{place}");
        assert_eq!(again.outcome, envelope.outcome, "{place}: the envelope repeats the outcome");
        if envelope.schema == again.event_type.schema {
            assert_eq!(again.data.get(), envelope.data.get(), "{place}: the data");
        }
    }
}

#[test]
fn the_head_of_every_line_says_what_its_envelope_says() {
    for Line { place, recorded } in corpus() {
        let (envelope, head) = (recorded.envelope().unwrap(), recorded.head().unwrap());
        assert_eq!(
            (head.event_type, head.schema, head.stream, head.revision, head.occurred_at),
            (
                envelope.event_type,
                envelope.schema,
                envelope.stream,
                envelope.revision,
                envelope.occurred_at
            ),
            "{place}"
        );
        assert_eq!(head.data.get(), envelope.data.get(), "{place}");
        let elsewhere = Recorded { revision: recorded.revision + 1, ..recorded.clone() };
        assert!(matches!(elsewhere.head(), Err(DecodeError::Misplaced { .. })), "{place}");
    }
}

#[test]
fn every_type_and_version_has_a_line() {
    let lines = corpus();
    let found: BTreeSet<_> = lines
        .iter()
        .map(|line| {
            let envelope = line.recorded.envelope().unwrap();
            (line.recorded.stream.category.as_str(), envelope.event_type, envelope.schema)
        })
        .collect();
    for category in Category::ALL {
        for known in types(category) {
            let shared = (category != Category::Transaction && known.name.starts_with("token."))
                || (category != Category::Backchannel && known.name.starts_with("approval."));
            for schema in 1..=known.schema {
                assert!(
                    shared || found.contains(&(category.as_str(), known.name, schema)),
                    "tests/corpus has no {} of schema {schema}; see \"How to add or change an event\" in README.md",
                    known.name
                );
            }
        }
    }
}

#[test]
fn every_reason_has_a_line() {
    let lines = corpus();
    let found: BTreeSet<_> = lines
        .iter()
        .filter_map(|line| line.recorded.envelope().unwrap().outcome.reason)
        .map(Reason::as_str)
        .collect();
    for reason in Reason::ALL {
        assert!(found.contains(reason.as_str()), "no line gives {} as reason", reason.as_str());
    }
}

#[test]
fn the_streams_of_the_corpus_are_whole_chains() {
    let mut streams: BTreeMap<StreamId, Vec<Recorded>> = BTreeMap::new();
    for line in corpus() {
        streams.entry(line.recorded.stream).or_default().push(line.recorded);
    }
    for events in streams.values() {
        chain::verify(events).unwrap();
    }
}
