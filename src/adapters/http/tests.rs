use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// Answers one request with `answer` and tells what it was asked.
async fn server(answer: String) -> (Url, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token?a=b", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let length = connection.read(&mut asked).await.unwrap();
        let _ = connection.write_all(answer.as_bytes()).await;
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    (Url::parse(&url).unwrap(), asked)
}

fn client() -> OutgoingHttp {
    OutgoingHttp::new(AddressPolicy::Loopback).unwrap()
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
        assert_eq!(AddressPolicy::Loopback.allows(address.parse().unwrap()), allowed, "{address}");
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
