//! FAPI-CIBA (`fapi-ciba-id1`), poll, `private_key_jwt`: all that does not need mutual TLS.

mod flows;
mod refusals;
mod suite;
