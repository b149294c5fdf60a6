//! The device authorization grant's own doors (RFC 8628): the endpoint where a device asks, and the pages on
//! which its user goes on with another device.

pub mod authorization;
pub mod decision;
pub mod entry;
mod visitor;
