//! The playground: a small relying party to try every flow with. In: clicks of whoever sits at this
//! machine. Out: what a client sees of a flow, and what the provider put on record about it.
//!
//! It is a client like any other: registered, public, and it knows the provider by its metadata and calls
//! it over HTTP. Only its timelines look behind the counter. It shows tokens to whoever comes, so the
//! configuration lets it in only where the server listens on a loopback address, and it answers only to
//! the provider's own host name: a page elsewhere whose name is made to lead here reads nothing.

mod actions;
mod callback;
mod flow;
mod id_token;
mod index;
mod json;
mod provider;
mod record;
mod result;
mod seen;
mod session;
mod start;
mod steps;
mod timeline;
mod transactions;
mod visitor;

use std::sync::Arc;

use actix_web::{guard, http::header, web};

use super::{assets, pages::Trouble};
use crate::ports::http_client::{CallError, HttpClient};

/// The `client_id` it is registered by.
pub const CLIENT_ID: &str = "playground";
/// Below the issuer.
const PATH: &str = "/playground";

/// What its handlers work with.
pub struct Playground {
    issuer: String,
    http: Arc<dyn HttpClient>,
    sessions: session::Sessions,
    cast: Cast,
}

/// Whom it may act as besides itself. Only the demo's, whose passwords and secrets everybody knows.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// Username and password of an end-user, to be shown.
    pub end_user: Option<(String, String)>,
    /// A service that gets tokens for itself.
    pub service: Option<Confidential>,
    /// A resource server, with the scope that leads to it.
    pub resource_server: Option<Confidential>,
}

/// A client with a secret.
#[derive(Debug, Clone)]
pub struct Confidential {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret.
    pub secret: String,
    /// The scope it is about.
    pub scope: String,
}

impl Playground {
    /// A playground of the provider `issuer`, which it calls by `http`.
    pub fn new(issuer: &str, http: Arc<dyn HttpClient>, cast: Cast) -> Self {
        let sessions = session::Sessions::default();
        Self { issuer: issuer.to_owned(), http, sessions, cast }
    }

    fn redirect_uri(&self) -> String {
        format!("{}{PATH}/callback", self.issuer)
    }
}

/// Adds its routes.
pub fn routes(config: &mut web::ServiceConfig, playground: web::Data<Playground>) {
    let authority =
        playground.issuer.split_once("://").map_or("", |(_, authority)| authority).to_owned();
    let is_own_name = guard::fn_guard(move |context| {
        context.head().headers().get(header::HOST).is_some_and(|host| host == authority.as_str())
    });
    let result = web::scope("/result/{attempt}")
        .route("", web::get().to(result::get))
        .route("/{action}", web::post().to(actions::post));
    let playground = web::scope(PATH)
        .guard(is_own_name)
        .app_data(playground)
        .route("", web::get().to(index::get))
        .route("/start", web::post().to(start::post))
        .route("/callback", web::get().to(callback::get))
        .route("/callback", web::post().to(callback::post))
        .service(result)
        .route("/timeline/{transaction}", web::get().to(timeline::get))
        .route("/transactions", web::get().to(transactions::get))
        .default_service(web::to(assets::not_found));
    config.service(playground);
}

impl From<CallError> for Trouble {
    fn from(cause: CallError) -> Self {
        tracing::warn!(%cause, "the playground cannot reach the provider");
        Self::Busy { retry_after: 2, too_many: false }
    }
}
