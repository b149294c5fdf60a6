//! The device inbox (CIBA Core 1.0 §8): the provider's own authentication device, a page for phones. An
//! end-user who is signed in sees what waits for them as it comes, and approves it with a fresh proof, denies
//! it, or reports that they know nothing of it.
//!
//! In: the browser's session and forms. Out: pages, a stream of changes, and decisions on record, each with
//! what was shown. Pages work without scripts; with them they keep themselves up to date.

mod application;
mod decide;
mod events;
mod listeners;
mod page;
mod visitor;
mod waiting;

use actix_web::web;

pub use listeners::Listeners;

use super::assets;

/// Where the inbox is.
pub const PATH: &str = "/device-inbox";

/// Adds its routes.
pub fn routes(config: &mut web::ServiceConfig) {
    let inbox = web::scope(PATH)
        .route("", web::get().to(page::list))
        .route("/events", web::get().to(events::get))
        .route("/manifest.webmanifest", web::get().to(application::manifest))
        .route("/worker.js", web::get().to(application::worker))
        .route("/offline", web::get().to(application::offline))
        .service(web::resource("/{request}").get(page::one).post(decide::post))
        .default_service(web::to(assets::not_found));
    config.service(inbox);
}
