//! Follows the log. In: appends of this node, and the log itself. Out: read models that are up to date.
//! Subscribers register; the feed knows none of them. Called by `engine`, `process` and `app`.

pub mod board;
pub mod projector;
pub mod publish;
pub mod queries;
mod status;
