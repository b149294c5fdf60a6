use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Answers one request with `answer` and tells what it was asked.
async fn server(answer: String) -> (Url, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token?a=b", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        serve(connection, &answer).await
    });
    (Url::parse(&url).unwrap(), asked)
}

async fn serve(mut connection: impl AsyncRead + AsyncWrite + Unpin, answer: &str) -> String {
    let mut asked = vec![0; 4096];
    let length = connection.read(&mut asked).await.unwrap();
    let _ = connection.write_all(answer.as_bytes()).await;
    let _ = connection.shutdown().await;
    String::from_utf8_lossy(&asked[..length]).into_owned()
}

const EMPTY: &str = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";

/// A server with a certificate for `name` by an authority of its own.
async fn tls_server(name: &str, answer: &'static str) -> (u16, Authorities) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![cert.der().clone()], key)
    .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            if let Ok(connection) = acceptor.accept(connection).await {
                serve(connection, answer).await;
            }
        }
    });
    (port, Authorities::from_pem(cert.pem().as_bytes()).unwrap())
}

fn client() -> OutgoingHttp {
    OutgoingHttp::to_this_machine().unwrap()
}

fn internet(allowed: &[(&str, u16)], authorities: &Authorities) -> OutgoingHttp {
    let allowed = allowed
        .iter()
        .map(|(host, port)| Destination { host: Host::parse(host).unwrap(), port: *port })
        .collect();
    OutgoingHttp::to_the_internet(allowed, authorities).unwrap()
}

async fn get(client: &OutgoingHttp, url: &str) -> Result<u16, CallError> {
    client.send(Call::get(Url::parse(url).unwrap())).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_form_goes_out_as_it_is_and_the_answer_comes_back_whole() {
    let (url, asked) = server("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\n{}".to_owned()).await;
    let call = Call::post(url, &[("a", "1 &"), ("b", "ü")]).header("x-test", "yes".to_owned());
    let answer = client().send(call).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (401, "{}"));
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /token?a=b HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("x-test: yes\r\n"), "{asked}");
    assert!(asked.contains("content-type: application/x-www-form-urlencoded\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\na=1+%26&b=%C3%BC"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let (url, asked) = server(moved.to_owned()).await;
    assert_eq!(client().send(Call::get(url)).await.unwrap().status, 302);
    assert!(asked.await.unwrap().starts_with("GET "));
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LONGEST + 1));
    let (url, _asked) = server(long).await;
    assert_eq!(client().send(Call::get(url)).await.unwrap_err(), CallError::TooLong);
}

#[tokio::test]
async fn nothing_beyond_this_machine_is_called() {
    for url in [
        "http://192.0.2.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://[::ffff:192.0.2.1]/",
        "http://[fe80::1]/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "data:text/plain,x",
    ] {
        let call = Call::get(Url::parse(url).unwrap());
        assert_eq!(client().send(call).await.unwrap_err(), CallError::Forbidden, "{url}");
    }
}

#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    let (url, _asked) = server("HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
    let by_name = format!("http://localhost:{}/", url.port().unwrap());
    let answer = client().send(Call::get(Url::parse(&by_name).unwrap())).await.unwrap();
    assert_eq!(answer.status, 204);
    for (address, allowed) in
        [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("192.0.2.1", false)]
    {
        assert_eq!(Reach::Loopback.includes(address.parse().unwrap()), allowed, "{address}");
    }
}

#[tokio::test]
async fn nobody_there_is_told_in_a_sentence() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = client().send(Call::get(Url::parse(&url).unwrap())).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(cause) if cause.contains("refused")));
}

#[tokio::test]
async fn json_goes_out_with_a_bearer_token() {
    let (url, asked) = server(EMPTY.to_owned()).await;
    let call = Call::post_json(url, r#"{"auth_req_id":"x"}"#.to_owned()).bearer("t0ken");
    assert_eq!(client().send(call).await.unwrap().status, 204);
    let asked = asked.await.unwrap();
    assert!(asked.contains("content-type: application/json\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer t0ken\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\n{\"auth_req_id\":\"x\"}"), "{asked}");
}

/// Security class 27: nobody hears a knock.
#[tokio::test]
async fn nothing_special_is_called_on_the_way_to_the_internet() {
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = canary.local_addr().unwrap().port();
    let client = internet(&[], &Authorities::default());
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "[::]",
        "10.0.0.1",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "224.0.0.1",
        "rp.test@127.0.0.1",
        "u:p@example.com",
    ] {
        let refused = get(&client, &format!("https://{host}:{port}/")).await;
        assert_eq!(refused, Err(CallError::Forbidden), "{host}");
    }
    for host in ["localhost", "localhost."] {
        let refused = get(&client, &format!("https://{host}:{port}/")).await;
        let Err(CallError::Unreachable(cause)) = refused else { panic!("{host}: {refused:?}") };
        assert!(!cause.contains("refused"), "{host}: {cause}");
    }
    for url in
        ["http://example.com/", "http://8.8.8.8/", "ftp://example.com/", "file:///etc/passwd"]
    {
        assert_eq!(get(&client, url).await, Err(CallError::Forbidden), "{url}");
    }
    let knock = tokio::time::timeout(Duration::from_millis(50), canary.accept()).await;
    assert!(knock.is_err(), "somebody connected");
}

#[tokio::test]
async fn what_is_allowed_is_called_wherever_it_is() {
    let (port, authorities) = tls_server("localhost", EMPTY).await;
    let client = internet(&[("localhost", port)], &authorities);
    assert_eq!(get(&client, &format!("https://localhost:{port}/jwks")).await, Ok(204));
    // Another port, another spelling, and the address it has are other places.
    let (other, _) = tls_server("localhost", EMPTY).await;
    let elsewhere = get(&client, &format!("https://localhost:{other}/")).await;
    assert!(matches!(elsewhere, Err(CallError::Unreachable(_))), "{elsewhere:?}");
    let address = get(&client, &format!("https://127.0.0.1:{port}/")).await;
    assert_eq!(address, Err(CallError::Forbidden));

    let (url, _asked) = server(EMPTY.to_owned()).await;
    let plain = internet(&[("127.0.0.1", url.port().unwrap())], &Authorities::default());
    assert_eq!(get(&plain, url.as_str()).await, Ok(204), "on this machine nobody listens");
    let far = internet(&[("192.0.2.1", 80)], &Authorities::default());
    assert_eq!(get(&far, "http://192.0.2.1/").await, Err(CallError::Forbidden));
}

#[tokio::test]
async fn certificates_are_checked() {
    let (port, authorities) = tls_server("localhost", EMPTY).await;
    let url = format!("https://localhost:{port}/");
    let stranger = internet(&[("localhost", port)], &Authorities::default());
    let refused = get(&stranger, &url).await;
    assert!(
        matches!(&refused, Err(CallError::Unreachable(cause)) if cause.contains("UnknownIssuer")),
        "{refused:?}"
    );
    let (port, own) = tls_server("rp.test", EMPTY).await;
    let misnamed = internet(&[("localhost", port)], &own);
    let refused = get(&misnamed, &format!("https://localhost:{port}/")).await;
    assert!(
        matches!(&refused, Err(CallError::Unreachable(cause)) if cause.contains("not valid for name")),
        "{refused:?}"
    );
    let good = internet(&[("localhost", port)], &authorities);
    assert!(get(&good, &format!("https://localhost:{port}/")).await.is_err());
    for pem in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(matches!(
            Authorities::from_pem(pem.as_bytes()),
            Err(CertificatesError::Unreadable(_))
        ));
    }
}

/// A 302 to somewhere else is read, not followed, also where the first address was allowed.
#[tokio::test]
async fn a_redirect_over_tls_is_an_answer() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let (port, authorities) = tls_server("localhost", moved).await;
    let client = internet(&[("localhost", port)], &authorities);
    assert_eq!(get(&client, &format!("https://localhost:{port}/")).await, Ok(302));
}

/// Security class 29: a byte a second keeps nobody for longer than five.
#[tokio::test]
async fn a_slow_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let _ = connection.read(&mut [0; 4096]).await;
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while connection.write_all(b"{").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let begun = Instant::now();
    let given_up = get(&client(), &url).await;
    assert!(matches!(given_up, Err(CallError::Unreachable(_))), "{given_up:?}");
    let took = begun.elapsed();
    assert!((TOTAL..TOTAL * 3).contains(&took), "{took:?} {given_up:?}");
}

#[tokio::test]
async fn only_so_many_calls_are_under_way() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let client = client();
    let _all = client.under_way.acquire_many(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
    assert_eq!(get(&client, &url).await, Err(CallError::Busy));
}
