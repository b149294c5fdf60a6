//! Streams that only take down what happened, such as configurations and incidents.

use std::{fmt::Debug, marker::PhantomData};

use moneta_events::{
    Category, EventPayload, configuration::ConfigurationEvent, incident::IncidentEvent,
};

use super::aggregate::{Aggregate, Decision};

/// A stream without rules: every command is recorded as it is.
#[derive(Debug, Clone)]
pub struct Journal<E>(PhantomData<E>);

impl<E> Default for Journal<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// The streams a kind of journal entry belongs to.
pub trait Entry: EventPayload + Debug + PartialEq {
    /// Their category.
    const CATEGORY: Category;
}

impl<E: Entry> Aggregate for Journal<E> {
    const CATEGORY: Category = E::CATEGORY;
    type Command = E;
    type Event = E;

    fn decide(&self, entry: &E) -> Decision<Self> {
        Decision::record(entry.clone())
    }

    fn evolve(&mut self, _: &E) {}
}

impl Entry for ConfigurationEvent {
    const CATEGORY: Category = Category::Configuration;
}

impl Entry for IncidentEvent {
    const CATEGORY: Category = Category::Incident;
}
