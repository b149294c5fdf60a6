//! The playground, where the configuration asks for one.

use std::sync::Arc;

use moneta_events::client::GrantType;

use crate::{
    adapters::http::OutgoingHttp,
    config::{ClientDeclaration, Settings},
    http::playground::{Cast, Confidential, Playground},
};

/// Builds it. It calls this machine and nothing else.
pub(super) fn playground(settings: &Settings) -> anyhow::Result<Option<Playground>> {
    if !settings.playground {
        return Ok(None);
    }
    let http = OutgoingHttp::to_this_machine()?;
    Ok(Some(Playground::new(&settings.issuer, Arc::new(http), cast(settings))))
}

/// The demo's end-user and clients. Other configurations have secrets that are nobody's business.
fn cast(settings: &Settings) -> Cast {
    if !settings.demo {
        return Cast::default();
    }
    let confidential = |client: &ClientDeclaration, scope: &str| {
        Some(Confidential {
            client_id: client.metadata.client_id.to_string(),
            secret: client.secret.as_ref()?.expose().clone(),
            scope: scope.to_owned(),
        })
    };
    let end_user = settings.users.iter().find_map(|user| {
        let password = user.password.as_ref()?.expose().clone();
        Some((user.username.clone(), password))
    });
    let service = settings.clients.iter().find_map(|client| {
        let metadata = &client.metadata;
        let serves = metadata.grant_types.contains(&GrantType::ClientCredentials);
        serves.then(|| confidential(client, &metadata.scope.to_string()))?
    });
    let resource_server = settings.clients.iter().find_map(|client| {
        let own = client.metadata.resource.as_ref()?;
        let resource = settings.resources.iter().find(|resource| resource.identifier == *own)?;
        confidential(client, resource.scopes.first()?)
    });
    Cast { end_user, service, resource_server }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Sources, load};

    fn settings(flags: &[(&str, &str)]) -> Settings {
        let flags = flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let sources = Sources { demo: true, file: None, env: Vec::new(), flags: flags.collect() };
        load(sources).unwrap().settings
    }

    #[test]
    fn it_acts_as_others_in_the_demo_alone() {
        let demo = cast(&settings(&[]));
        assert_eq!(demo.end_user.unwrap().0, "alice");
        let named = |client: Option<Confidential>| client.map(|c| (c.client_id, c.scope)).unwrap();
        assert_eq!(named(demo.service), ("low".to_owned(), "api".to_owned()));
        assert_eq!(named(demo.resource_server), ("rs1".to_owned(), "api".to_owned()));

        let own = cast(&Settings { demo: false, ..settings(&[]) });
        assert!(own.end_user.is_none() && own.service.is_none() && own.resource_server.is_none());
    }

    #[test]
    fn it_is_there_where_it_is_asked_for() {
        assert!(playground(&settings(&[])).unwrap().is_some());
        assert!(playground(&settings(&[("playground", "false")])).unwrap().is_none());
    }
}
