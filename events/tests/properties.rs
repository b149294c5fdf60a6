//! What no example shows: any bytes at all, and any envelope that can be written.

mod support;

use std::{cell::OnceCell, sync::Arc};

use moneta_events::{
    Actor, ActorKind, Category, ClientId, Digest, Envelope, Outcome, Reason, Recorded, Sealed,
    StreamId, SubjectId, Timestamp, Verdict,
};
use proptest::{option, prelude::*, sample::Index};
use serde_json::value::RawValue;
use uuid::Uuid;

use support::{Line, corpus, rewrite};

fn stream() -> impl Strategy<Value = StreamId> {
    let category = (0..Category::ALL.len()).prop_map(|at| Category::ALL[at]);
    (category, any::<u128>()).prop_map(|(c, uuid)| StreamId::new(c, Uuid::from_u128(uuid)))
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_micros)
}

fn sealed() -> impl Strategy<Value = Sealed> {
    (stream(), any::<[u8; 12]>(), any::<Vec<u8>>()).prop_map(|(owner, nonce, ciphertext)| Sealed {
        owner,
        nonce,
        ciphertext: ciphertext.into(),
    })
}

fn actor() -> impl Strategy<Value = Actor> {
    let kind = prop_oneof![
        Just(ActorKind::Browser),
        Just(ActorKind::User),
        Just(ActorKind::Client),
        Just(ActorKind::Operator),
        Just(ActorKind::System),
    ];
    (kind, option::of(any::<String>()))
        .prop_map(|(kind, id)| Actor { kind, id: id.map(Into::into) })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let result = prop_oneof![Just(Verdict::Success), Just(Verdict::Refused), Just(Verdict::Denied)];
    let reason = (0..Reason::ALL.len()).prop_map(|at| Reason::ALL[at]);
    (result, option::of(reason)).prop_map(|(result, reason)| Outcome { result, reason })
}

/// The parts that any call may choose; the rest are names the provider gives itself.
type Parts = (
    (u128, StreamId, u64, Timestamp, Timestamp, Option<StreamId>, Digest),
    (Actor, Option<u128>, Option<String>, Option<Sealed>, Outcome),
    String,
);

fn parts() -> impl Strategy<Value = Parts> {
    let digest = any::<[u8; 32]>().prop_map(Digest);
    (
        (
            any::<u128>(),
            stream(),
            any::<u64>(),
            timestamp(),
            timestamp(),
            option::of(stream()),
            digest,
        ),
        (
            actor(),
            option::of(any::<u128>()),
            option::of(any::<String>()),
            option::of(sealed()),
            outcome(),
        ),
        any::<String>(),
    )
}

/// Any way to spoil a line: bytes replaced, and its end cut off.
fn spoiled() -> impl Strategy<Value = Recorded> {
    thread_local!(static CORPUS: OnceCell<Vec<Line>> = const { OnceCell::new() });
    let edits = prop::collection::vec((any::<Index>(), any::<u8>()), 0..4);
    (any::<Index>(), edits, option::of(any::<Index>())).prop_map(|(which, edits, cut)| {
        CORPUS.with(|lines| {
            let line = which.get(lines.get_or_init(corpus));
            let mut body = line.recorded.body.to_vec();
            for (at, byte) in edits {
                *at.get_mut(&mut body) = byte;
            }
            if let Some(cut) = cut {
                body.truncate(cut.index(line.recorded.body.len()));
            }
            Recorded { body: Arc::from(body), ..line.recorded.clone() }
        })
    })
}

proptest! {
    #[test]
    fn reading_any_bytes_never_panics(body in any::<Vec<u8>>(), stream in stream()) {
        let recorded = Recorded { position: 1, stream, revision: 0, body: body.into() };
        let _ = recorded.envelope();
        let _ = recorded.head();
    }

    #[test]
    fn reading_a_spoiled_event_never_panics(recorded in spoiled()) {
        if let Ok(envelope) = recorded.envelope() {
            for category in Category::ALL {
                let _ = rewrite(category, &envelope);
            }
        }
    }

    #[test]
    fn an_envelope_that_was_written_is_read_and_written_to_the_same_bytes(parts in parts()) {
        let ((uuid, stream, revision, occurred_at, recorded_at, transaction, previous), who, text) = parts;
        let (actor, subject, client, source, outcome) = who;
        let uuid = Uuid::from_u128(uuid);
        let data = serde_json::value::to_raw_value(&serde_json::json!({ "text": text })).unwrap();
        let written = Envelope {
            id: uuid,
            event_type: "transaction.denied",
            schema: 1,
            stream,
            revision,
            order: uuid,
            occurred_at,
            recorded_at,
            transaction,
            causation: uuid,
            correlation: uuid,
            actor,
            subject: subject.map(|uuid| SubjectId(Uuid::from_u128(uuid))),
            client: client.map(|id| ClientId(id.into())),
            source,
            outcome,
            configuration: "a1b2c3d4e5f",
            node: "node-1",
            previous,
            data: &data,
        }
        .to_bytes();
        let recorded = Recorded { position: 1, stream, revision, body: written.clone().into() };
        let read = recorded.envelope().unwrap();
        prop_assert_eq!(read.to_bytes(), written);
        prop_assert_eq!(read.occurred_at, occurred_at);
        prop_assert_eq!(RawValue::get(read.data), data.get());
    }
}
