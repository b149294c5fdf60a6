//! `moneta client`.

use serde_json::json;

use super::support::Place;

#[test]
fn a_client_registered_without_a_server_is_served_later() {
    let place = Place::new();
    let added =
        place.json(&["client", "add", "job", "--grant", "client_credentials", "--scope", "api"]);
    let secret = added["secret"].as_str().unwrap();
    assert!(secret.len() >= 43, "256 bits in base64url");
    let shown = place.json(&["client", "show", "job"]);
    assert_eq!(shown["enabled"], true);
    assert_eq!(shown["metadata"]["grant_types"], json!(["client_credentials"]));
    assert_eq!(shown["metadata"]["response_types"], json!([]), "left out as in a declaration");
    assert!(!shown.to_string().contains(secret));

    let server = place.serve();
    assert!(server.gives_token("job", secret));
    assert!(!server.gives_token("job", "wrong"));
}

#[test]
fn changes_take_effect_in_the_running_server_at_once() {
    let place = Place::new();
    let server = place.serve();
    let added =
        place.json(&["client", "add", "job", "--grant", "client_credentials", "--scope", "api"]);
    let secret = added["secret"].as_str().unwrap();
    assert!(server.gives_token("job", secret));

    place.run(&["client", "disable", "job"]).with(0);
    assert!(!server.gives_token("job", secret));
    place.run(&["client", "enable", "job"]).with(0);
    assert!(server.gives_token("job", secret));

    let rotated = place.json(&["client", "rotate-secret", "job", "--keep-old", "0s"]);
    let fresh = rotated["secret"].as_str().unwrap();
    assert!(server.gives_token("job", fresh) && !server.gives_token("job", secret));
    let given = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let rotate = ["client", "rotate-secret", "job", "--secret-file", "-"];
    let said = place.run_with(&rotate, &format!("{given}\n")).with(0);
    assert!(!said.out.contains(given), "only what was made here is told");
    assert!(server.gives_token("job", given) && server.gives_token("job", fresh));

    let updated = place.json(&["client", "update", "job", "--set", "access_token_lifetime=5m"]);
    assert_eq!(updated["changed"], true);
    let token =
        server.token("job", given, &[("grant_type", "client_credentials"), ("scope", "api")]);
    assert_eq!(token.json()["expires_in"], 300);
    place.run(&["client", "update", "job", "--set", "access_token_lifetime="]).with(0);
    assert_eq!(
        place.json(&["client", "show", "job"])["metadata"]["access_token_lifetime"],
        json!(null)
    );

    place.run(&["client", "remove", "job"]).with(2);
    place.run(&["client", "remove", "job", "--yes"]).with(0);
    assert!(!server.gives_token("job", given));
    place.run(&["client", "show", "job"]).with(4);
    place.run(&["client", "disable", "job"]).with(4);
    let again = place.run(&["client", "add", "job", "--grant", "client_credentials"]).with(1);
    assert!(again.err.contains("was removed before"), "{}", again.err);
}

#[test]
fn a_script_may_call_from_the_origins_of_its_client() {
    let place = Place::new();
    let allowed = |server: &super::support::Server| {
        let headers = ["Origin: https://app.example.com".to_owned()];
        let answer = server.ask("POST /token", &headers, "");
        !answer.headers("access-control-allow-origin").is_empty()
    };
    let server = place.serve();
    assert!(!allowed(&server));
    let uri = "https://app.example.com/cb";
    let origin = "https://app.example.com";
    place
        .run(&["client", "add", "app", "--public", "--redirect-uri", uri, "--web-origin", origin])
        .with(0);
    assert!(allowed(&server));
    server.stop();
    assert!(allowed(&place.serve()), "also after the next start");
}

#[test]
fn every_problem_of_a_client_is_said() {
    let place = Place::new();
    let said = place
        .run(&["client", "add", "bad", "--redirect-uri", "http://bad.example/cb", "--scope", "apo"])
        .with(1);
    assert!(said.err.contains("redirect_uris[0]: is plain http"), "{}", said.err);
    assert!(said.err.contains("did you mean `api`"), "{}", said.err);
    place.run(&["client", "add", "bad", "--set", "colour=red"]).with(2);
    place.run(&["client", "show", "bad"]).with(4);
}

#[test]
fn clients_come_from_files() {
    let place = Place::new();
    let toml = place.write(
        "clients.toml",
        "[[clients]]\nclient_id = \"one\"\ngrant_types = [\"client_credentials\"]\nscope = \"api\"\n\
         access_token_lifetime = \"2m\"\n\n\
         [[clients]]\nclient_id = \"two\"\ngrant_types = [\"client_credentials\"]\n\
         secret = \"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\nscope = \"api\"\n",
    );
    let said = place.run(&["client", "add", "--from", toml.to_str().unwrap()]).with(0);
    assert_eq!(said.out.matches("is not shown again").count(), 1, "{}", said.out);
    let json = place.write(
        "client.json",
        r#"{"client_id": "three", "grant_types": ["client_credentials"], "access_token_lifetime": 90}"#,
    );
    place.run(&["client", "add", "--from", json.to_str().unwrap()]).with(0);
    let lifetime =
        |id| place.json(&["client", "show", id])["metadata"]["access_token_lifetime"].clone();
    assert_eq!((lifetime("one"), lifetime("three")), (json!(120), json!(90)));
    assert!(place.serve().gives_token("two", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"));
}

#[test]
fn what_the_configuration_declares_is_not_removed() {
    let place = Place::new();
    let server = place.serve();
    let said = place.run(&["client", "remove", "web", "--yes"]).with(1);
    assert!(said.err.contains("declared in the configuration"), "{}", said.err);
    let said = place.run(&["client", "update", "web", "--name", "Other"]).with(0);
    assert!(said.err.contains("the next start of the server makes it so again"), "{}", said.err);
    server.stop();
    place.serve().stop();
    let shown = place.json(&["client", "show", "web"]);
    assert_eq!(shown["metadata"]["client_name"], "Example Web Application");
}

#[test]
fn events_name_the_operator() {
    let place = Place::new();
    let job = ["client", "add", "job", "--grant", "client_credentials"];
    place.run(&job).with(0);
    let stream = place.json(&["client", "list"]);
    assert_eq!(stream[0]["metadata"]["client_id"], "job");
    let name = uuid::Uuid::new_v5(
        &uuid::Uuid::from_u128(0x6d6f_6e65_7461_5e00_8000_0000_0000_0001),
        b"job",
    );
    let shown = place.json(&["transaction", "show", &format!("client-{name}"), "--redact"]);
    let actor = shown["entries"][0]["actor"].as_str().unwrap();
    assert!(actor.starts_with("operator ") && actor.contains("uid "), "{actor}");
}
