//! TCP proxy that adds distance: half a round trip each way, and one round trip per new connection.
//!
//! Each chunk carries the time it may leave, so chunks in flight overlap as they do on a real line; sleeping per
//! chunk would add up delays that a network does not add up. The price of opening a connection is what makes
//! connection reuse measurable.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// Chunks waiting in one direction; bounds the memory a stuck reader can cost.
const QUEUE: usize = 4096;

#[derive(Default)]
struct Stats {
    connections: AtomicU64,
    open: AtomicI64,
    to_server: AtomicU64,
    to_client: AtomicU64,
    round_trips: AtomicU64,
}

#[derive(Clone, Copy)]
struct Line {
    to: SocketAddr,
    rtt: Duration,
}

#[derive(Default)]
struct Args {
    listen: Option<SocketAddr>,
    to: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    rtt_ms: f64,
    ready_file: Option<String>,
}

fn args() -> Result<Args, String> {
    let mut parsed = Args {
        rtt_ms: 40.0,
        ..Args::default()
    };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().ok_or(format!("{flag} needs a value"))?;
        let address = |text: &str| {
            let full = if text.contains(':') {
                text.to_owned()
            } else {
                format!("127.0.0.1:{text}")
            };
            full.parse::<SocketAddr>()
                .map_err(|_| format!("not an address: {text}"))
        };
        match flag.as_str() {
            "--listen" => parsed.listen = Some(address(&value)?),
            "--to" => parsed.to = Some(address(&value)?),
            "--admin" => parsed.admin = Some(address(&value)?),
            "--rtt-ms" => parsed.rtt_ms = value.parse().map_err(|_| format!("not a number: {value}"))?,
            "--ready-file" => parsed.ready_file = Some(value),
            other => return Err(format!("unknown flag {other}")),
        }
    }
    Ok(parsed)
}

#[tokio::main]
async fn main() {
    if let Err(message) = run().await {
        eprintln!("delay-proxy: {message}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), String> {
    let args = args()?;
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let rtt = Duration::try_from_secs_f64(args.rtt_ms / 1000.0).map_err(|e| e.to_string())?;
    let line = Line {
        to: args.to.ok_or("--to is needed")?,
        rtt,
    };
    let listener = TcpListener::bind(args.listen.unwrap_or(local))
        .await
        .map_err(|e| e.to_string())?;
    let admin = TcpListener::bind(args.admin.unwrap_or(local))
        .await
        .map_err(|e| e.to_string())?;
    let listening = listener.local_addr().map_err(|e| e.to_string())?;
    let admin_address = admin.local_addr().map_err(|e| e.to_string())?;

    let stats = Arc::new(Stats::default());
    let router = Router::new()
        .route("/stats", get(show))
        .route("/reset", post(reset))
        .with_state(stats.clone());
    tokio::spawn(async move {
        let _ = axum::serve(admin, router).await;
    });
    let ready = json!({
        "pid": std::process::id(), "listen": listening, "admin": admin_address,
        "admin_url": format!("http://{admin_address}"), "to": line.to, "rtt_ms": args.rtt_ms,
    });
    if let Some(path) = &args.ready_file {
        telemed_sandbox::config::write_whole(std::path::Path::new(path), &ready.to_string())?;
    }
    println!("{ready}");

    loop {
        let Ok((client, _)) = listener.accept().await else {
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        stats.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(carry(client, line, stats.clone()));
    }
}

async fn carry(client: TcpStream, line: Line, stats: Arc<Stats>) {
    // The kernel has already completed the handshake without delay; the wait here stands for it.
    let opened = Instant::now();
    let Ok(server) = TcpStream::connect(line.to).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    stats.open.fetch_add(1, Ordering::Relaxed);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let half = line.rtt / 2;
    let turn = Arc::new(AtomicU64::new(0));
    let up = Direction {
        not_before: opened + line.rtt,
        half,
        stats: stats.clone(),
        turn: turn.clone(),
        up: true,
    };
    let down = Direction {
        not_before: opened,
        half,
        stats: stats.clone(),
        turn,
        up: false,
    };
    tokio::join!(up.run(from_client, to_server), down.run(from_server, to_client));
    stats.open.fetch_sub(1, Ordering::Relaxed);
}

struct Direction {
    not_before: Instant,
    half: Duration,
    stats: Arc<Stats>,
    turn: Arc<AtomicU64>,
    up: bool,
}

impl Direction {
    /// Reader and writer run side by side, so a chunk's wait never holds up the reading of the next.
    async fn run(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (sender, mut queue) = mpsc::channel::<(Instant, Vec<u8>)>(QUEUE);
        let reading = async {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(size @ 1..) = from.read(&mut buffer).await {
                self.count(size as u64);
                // Bytes sent right after connect reach the line only when the handshake is over.
                let leaves = Instant::now().max(self.not_before) + self.half;
                if sender.send((leaves, buffer[..size].to_vec())).await.is_err() {
                    break;
                }
            }
            // An empty chunk is the end of the stream, delayed like everything else.
            let _ = sender
                .send((Instant::now().max(self.not_before) + self.half, Vec::new()))
                .await;
        };
        let writing = async {
            while let Some((leaves, chunk)) = queue.recv().await {
                sleep_until(leaves).await;
                if chunk.is_empty() || to.write_all(&chunk).await.is_err() {
                    break;
                }
            }
            let _ = to.shutdown().await;
            queue.close();
        };
        tokio::join!(reading, writing);
    }

    /// A round trip is counted when the server's first byte follows a client's.
    fn count(&self, size: u64) {
        if self.up {
            self.stats.to_server.fetch_add(size, Ordering::Relaxed);
            self.turn.store(1, Ordering::Relaxed);
        } else {
            self.stats.to_client.fetch_add(size, Ordering::Relaxed);
            let turned = self.turn.swap(0, Ordering::Relaxed);
            self.stats.round_trips.fetch_add(turned, Ordering::Relaxed);
        }
    }
}

async fn show(State(stats): State<Arc<Stats>>) -> Json<Value> {
    let (up, down) = (
        stats.to_server.load(Ordering::Relaxed),
        stats.to_client.load(Ordering::Relaxed),
    );
    Json(json!({
        "connections": stats.connections.load(Ordering::Relaxed),
        "open": stats.open.load(Ordering::Relaxed),
        "round_trips": stats.round_trips.load(Ordering::Relaxed),
        "bytes": up + down, "bytes_to_server": up, "bytes_to_client": down,
    }))
}

async fn reset(State(stats): State<Arc<Stats>>) -> Json<Value> {
    for counter in [
        &stats.connections,
        &stats.to_server,
        &stats.to_client,
        &stats.round_trips,
    ] {
        counter.store(0, Ordering::Relaxed);
    }
    Json(json!({ "ok": true }))
}
