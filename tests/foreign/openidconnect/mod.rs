//! The openidconnect crate as relying party.

use openidconnect::{
    ClientId, ClientSecret, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, RedirectUrl,
    core::{CoreClient, CoreProviderMetadata},
};

use crate::support::provider::Provider;

mod code;
mod front_channel;

/// The crate's client, as far as discovery sets it up.
pub type Party = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Sends what the crate asks for.
pub async fn fetch(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let response = client.execute(request.try_into()?).await?;
    let mut answer = openidconnect::http::Response::builder().status(response.status());
    if let Some(headers) = answer.headers_mut() {
        headers.clone_from(response.headers());
    }
    let body = response.bytes().await?.to_vec();
    Ok(answer.body(body).expect("a status and headers that came in go out"))
}

/// A declared client of a provider that it has discovered.
pub async fn party(provider: &Provider, id: &str) -> Party {
    let issuer = IssuerUrl::new(provider.http.issuer().to_owned()).expect("a URL");
    let metadata = CoreProviderMetadata::discover_async(issuer, &fetch).await.expect("discovery");
    let client = provider.client(id);
    let secret = client.secret.map(ClientSecret::new);
    CoreClient::from_provider_metadata(metadata, ClientId::new(client.id), secret)
        .set_redirect_uri(RedirectUrl::new(client.redirect_uri).expect("a URL"))
}
