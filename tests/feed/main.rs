//! What follows the log while it grows: the projector, the queries, and the processes that live on them.

mod expiry;
mod node;
mod projector;
mod queries;
mod support;
