//! An HTTP proxy for CONNECT, as clinics have one between their servers and the world: asks for a Basic login when it was
//! given one, resolves names by its own table, and keeps what went through it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// Longest head of a request.
const LONGEST_HEAD: usize = 8192;

/// What to start.
#[derive(Clone, Debug, Default)]
pub struct ProxyConfig {
    /// Listener; a free port of this machine when absent.
    pub listen: Option<SocketAddr>,
    /// `user:password` that every request must bring.
    pub login: Option<String>,
    /// Where a host's name leads, whatever port was asked for. Other hosts are refused with 403.
    pub hosts: HashMap<String, SocketAddr>,
    /// One line of JSON for each request: `host`, `status`.
    pub log: Option<PathBuf>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Host and port that were asked for.
    pub target: String,
    /// What the proxy answered.
    pub status: u16,
}

/// A proxy that runs until it is dropped.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    passages: Arc<Mutex<Vec<Passage>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Listens.
    pub async fn start(config: ProxyConfig) -> io::Result<Self> {
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = TcpListener::bind(config.listen.unwrap_or(local)).await?;
        let address = listener.local_addr()?;
        let passages = Arc::new(Mutex::new(Vec::new()));
        let (config, seen) = (Arc::new(config), passages.clone());
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, config.clone(), seen.clone()));
            }
        });
        Ok(Self {
            address,
            passages,
            task,
        })
    }

    /// What was asked for so far.
    pub fn passages(&self) -> Vec<Passage> {
        self.passages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, config: Arc<ProxyConfig>, seen: Arc<Mutex<Vec<Passage>>>) {
    let Some(head) = head(&mut client).await else {
        return;
    };
    let mut words = head.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    let (status, server) = match config.hosts.get(host) {
        _ if !admitted(&head, config.login.as_deref()) => (407, None),
        _ if method != "CONNECT" => (405, None),
        None => (403, None),
        Some(address) => match TcpStream::connect(address).await {
            Ok(server) => (200, Some(server)),
            Err(_) => (502, None),
        },
    };
    note(&config, &seen, target, status);
    let extra = if status == 407 {
        "Proxy-Authenticate: Basic realm=\"clinic\"\r\n"
    } else {
        ""
    };
    let close = if status == 200 {
        ""
    } else {
        "Content-Length: 0\r\nConnection: close\r\n"
    };
    let answer = format!("HTTP/1.1 {status} -\r\n{extra}{close}\r\n");
    if client.write_all(answer.as_bytes()).await.is_ok()
        && let Some(mut server) = server
    {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}

/// Reads no further than the head: what follows belongs to the server.
async fn head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
        if head.len() > LONGEST_HEAD {
            return None;
        }
    }
    String::from_utf8(head).ok()
}

fn admitted(head: &str, login: Option<&str>) -> bool {
    let Some(login) = login else { return true };
    let expected = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(login)
    );
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case("proxy-authorization") && value.trim() == expected)
}

fn note(config: &ProxyConfig, seen: &Mutex<Vec<Passage>>, target: &str, status: u16) {
    // Under the lock, so that lines do not run into each other.
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.push(Passage {
        target: target.to_owned(),
        status,
    });
    if let Some(path) = &config.log {
        use std::io::Write as _;
        let line = format!("{}\n", json!({ "host": target, "status": status }));
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
