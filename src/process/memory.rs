//! Keeps the provider small. The allocator gives back to the machine what has been free for a second, but
//! looks only when something large is freed: a provider that falls quiet would keep what its busiest
//! moment took, and hashing one password takes 19 MiB.

use std::{hint::black_box, time::Duration};

use tokio::sync::watch;

/// How often the allocator is made to look.
const PAUSE: Duration = Duration::from_secs(2);

/// Large enough to be freed at once, and never touched, so that it costs address space only.
const LARGE: usize = 1 << 20;

/// Takes memory in small pages only. Where the machine hands out huge ones, each thread's first
/// allocation takes 2 MiB, and no flow is measurably quicker for it. (The allocator is built not to ask
/// for them, before this is called.)
pub fn in_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(cause) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%cause, "huge pages stay on");
    }
}

/// Makes the allocator look until `stop` says so.
pub async fn give_back(mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => drop(black_box(Vec::<u8>::with_capacity(LARGE))),
            _ = stop.changed() => return,
        }
    }
}
