//! The log in memory.

use std::sync::Arc;

use moneta::store::memory::MemoryLog;

crate::contract::contract!(((), Arc::new(MemoryLog::new())));
