use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use http::{HeaderMap, Method};

use super::*;
use crate::error::ErrorKind;

fn config() -> HttpConfig {
    HttpConfig {
        ca_file: None,
        allow_http: true,
        connect_timeout: Duration::from_secs(60),
        total_timeout: Duration::from_secs(60),
        max_body: 1000,
        outbound: Outbound::default(),
    }
}

fn request(url: &str) -> Request {
    let url = Url::parse(url).unwrap();
    Request {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(60),
    }
}

async fn get(config: &HttpConfig, url: &str) -> std::result::Result<Response, TransportError> {
    ReqwestClient::new(config).unwrap().execute(request(url)).await
}

/// A server for one connection; gives its address, and the request it read.
fn serve(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).unwrap();
        answer(&mut stream);
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    });
    (address, served)
}

fn serve_text(text: String) -> (String, thread::JoinHandle<String>) {
    serve(move |stream| drop(stream.write_all(text.as_bytes())))
}

#[tokio::test]
async fn redirects_are_answers_and_the_user_agent_is_ours() {
    let (address, served) = serve_text(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\nhi".to_owned(),
    );
    let response = get(&config(), &format!("http://{address}/a?b=c")).await.unwrap();
    assert_eq!(
        (response.status.as_u16(), response.body.as_slice()),
        (302, b"hi".as_slice())
    );
    let seen = served.join().unwrap();
    assert!(seen.starts_with("GET /a?b=c HTTP/1.1"), "{seen}");
    assert!(
        seen.contains(concat!(
            "user-agent: kivicare-telemed/",
            env!("CARGO_PKG_VERSION")
        )),
        "{seen}"
    );
}

#[tokio::test]
async fn bodies_are_accepted_up_to_the_cap() {
    for (length, fits) in [(1000, true), (1001, false)] {
        let body = "x".repeat(length);
        for head in [
            format!("content-length: {length}"),
            "connection: close".to_owned(),
        ] {
            let (address, _) = serve_text(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"));
            match get(&config(), &format!("http://{address}/")).await {
                Ok(response) => assert!(fits && response.body.len() == length),
                Err(error) => {
                    assert!(!fits);
                    assert_eq!((error.kind, error.sent), (TransportErrorKind::BodyTooLarge, true));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(&config(), &format!("http://{address}/?secret=1"))
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Connect, false));
    assert!(!format!("{error:?} {error}").contains("secret"));
}

#[tokio::test]
async fn a_connection_that_breaks_later_may_have_been_sent() {
    for text in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let (address, _) = serve_text(text.to_owned());
        let error = get(&config(), &format!("http://{address}/")).await.unwrap_err();
        assert!(error.sent, "{error:?}");
        assert!(
            matches!(error.kind, TransportErrorKind::Reset | TransportErrorKind::Other),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_late_answer_is_a_timeout() {
    // Until the client has given up.
    let (given_up, wait) = std::sync::mpsc::channel::<()>();
    let (address, _) = serve(move |_| {
        let _ = wait.recv();
    });
    let mut request = request(&format!("http://{address}/"));
    request.timeout = Duration::from_secs(1);
    let error = ReqwestClient::new(&config())
        .unwrap()
        .execute(request)
        .await
        .unwrap_err();
    drop(given_up);
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Timeout, true));
}

#[tokio::test]
async fn a_failed_tls_handshake_was_not_sent() {
    let (address, _) = serve_text("HTTP/1.1 400 Bad Request\r\n\r\n".to_owned());
    let error = get(&config(), &format!("https://{address}/")).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (TransportErrorKind::Tls, false));
}

#[tokio::test]
async fn plain_http_is_for_this_machine_and_where_allowed() {
    let strict = HttpConfig {
        allow_http: false,
        ..config()
    };
    for (config, url) in [
        (&config(), "http://zoom.example.test/"),
        (&config(), "http://127.0.0.1.example.test/"),
        (&config(), "ftp://127.0.0.1/"),
        (&strict, "http://127.0.0.1:1/"),
    ] {
        // With a client of its own, since a strict one needs the system's authorities.
        let Ok(client) = ReqwestClient::new(config) else {
            continue;
        };
        let error = client.execute(request(url)).await.unwrap_err();
        assert_eq!(
            (error.kind, error.sent),
            (TransportErrorKind::InvalidUrl, false),
            "{url}"
        );
    }
}

#[test]
fn an_unusable_ca_file_is_named() {
    let not_pem = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    for path in [not_pem, PathBuf::from("/nonexistent/ca.pem")] {
        let shown = path.display().to_string();
        let error = ReqwestClient::new(&HttpConfig {
            ca_file: Some(path),
            ..config()
        })
        .err()
        .unwrap();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(&shown), "{error}");
    }
}
