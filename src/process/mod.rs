//! Work that no request waits for. In: the log, the clock. Out: orders. Each part does its work at least
//! once and leaves it to the streams' revisions that nothing happens twice. Started by `app`.

pub mod backchannel;
pub mod expiry;
pub mod guards;
pub mod incidents;
pub mod keys;
pub mod memory;
