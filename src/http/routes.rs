//! Which path leads to which handler.

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::{Next, from_fn},
    web,
};

use super::{
    assets, authorize, backchannel, cors, device, discovery, health, inbox, interaction,
    introspection, op::Op, revocation, token, userinfo,
};
use crate::protocol::endpoints;

/// Bytes of a request body.
const BODY: usize = 64 * 1024;

/// Adds every route of the provider.
pub fn configure(config: &mut web::ServiceConfig) {
    let interaction = web::scope("/interaction/{handle}")
        .service(
            web::resource("/login")
                .get(interaction::login::get)
                .post(interaction::login::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/second-factor")
                .get(interaction::second_factor::get)
                .post(interaction::second_factor::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/consent")
                .get(interaction::consent::get)
                .post(interaction::consent::post)
                .default_service(only("GET, POST")),
        )
        .default_service(web::to(assets::not_found));
    config
        .app_data(web::PayloadConfig::new(BODY))
        .service(
            web::resource(endpoints::AUTHORIZATION)
                .get(authorize::get)
                .post(authorize::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(endpoints::TOKEN)
                .wrap(from_fn(cross_origin))
                .post(token::post)
                .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
                .default_service(only("POST")),
        )
        .service(
            web::resource(endpoints::USERINFO)
                .wrap(from_fn(cross_origin))
                .get(userinfo::get)
                .post(userinfo::post)
                .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(endpoints::REVOCATION)
                .wrap(from_fn(cross_origin))
                .post(revocation::post)
                .route(web::method(actix_web::http::Method::OPTIONS).to(cors::preflight))
                .default_service(only("POST")),
        )
        .service(
            web::resource(endpoints::INTROSPECTION)
                .post(introspection::post)
                .default_service(only("POST")),
        )
        .service(
            web::resource(endpoints::DEVICE_AUTHORIZATION)
                .post(device::authorization::post)
                .default_service(only("POST")),
        )
        .service(
            web::resource(endpoints::BACKCHANNEL_AUTHENTICATION)
                .post(backchannel::post)
                .default_service(only("POST")),
        )
        .service(
            web::resource(endpoints::DEVICE_VERIFICATION)
                .get(device::entry::get)
                .post(device::entry::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource(format!("{}/{{request}}", endpoints::DEVICE_VERIFICATION))
                .get(device::decision::get)
                .post(device::decision::post)
                .default_service(only("GET, POST")),
        )
        .service(web::resource(endpoints::JWKS).get(discovery::jwks).default_service(only("GET")))
        .service(
            web::resource([endpoints::OPENID_CONFIGURATION, endpoints::OAUTH_AUTHORIZATION_SERVER])
                .get(discovery::metadata)
                .default_service(only("GET")),
        )
        .service(interaction)
        .configure(account)
        .configure(inbox::routes)
        .route("/", web::get().to(assets::home))
        .route("/assets/{file}", web::get().to(assets::file))
        .route("/favicon.ico", web::get().to(assets::icon))
        .route("/healthz", web::get().to(health::live))
        .route("/readyz", web::get().to(health::ready));
}

/// The pages of the account.
fn account(config: &mut web::ServiceConfig) {
    use super::account::{overview, passkeys, password, sign_in, totp};
    config
        .service(web::resource("/account").get(overview::get).default_service(only("GET")))
        .service(
            web::resource("/account/sign-in")
                .get(sign_in::get)
                .post(sign_in::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/account/second-factor")
                .get(sign_in::second_get)
                .post(sign_in::second_post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/account/sign-out")
                .post(overview::sign_out)
                .default_service(only("POST")),
        )
        .service(
            web::resource("/account/password")
                .get(password::get)
                .post(password::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/account/totp")
                .get(totp::get)
                .post(totp::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/account/totp/remove").post(totp::remove).default_service(only("POST")),
        )
        .service(
            web::resource("/account/passkey")
                .get(passkeys::get)
                .post(passkeys::post)
                .default_service(only("GET, POST")),
        )
        .service(
            web::resource("/account/passkey/remove")
                .post(passkeys::remove)
                .default_service(only("POST")),
        );
}

/// Adds what exists for tests alone.
pub fn configure_test(config: &mut web::ServiceConfig) {
    config.service(
        web::resource(backchannel::approve::PATH)
            .get(backchannel::approve::decide)
            .post(backchannel::approve::decide)
            .default_service(only("GET, POST")),
    );
}

/// `405`, with the methods there are (RFC 9110 §15.5.6).
fn only(methods: &'static str) -> actix_web::Route {
    web::to(move || async move {
        HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, methods)).finish()
    })
}

async fn cross_origin(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_preflight = request.method() == actix_web::http::Method::OPTIONS;
    let op = request.app_data::<web::Data<Op>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(op) = op.filter(|_| !is_preflight) {
        let (request, answer) = (response.request().clone(), response.response_mut());
        cors::mark(&request, &op, answer.headers_mut());
    }
    Ok(response)
}
