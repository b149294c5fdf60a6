//! The `moneta` binary.

/// Many small allocations on several threads are what it is for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    moneta::cli::main()
}
