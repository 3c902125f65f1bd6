//! Listeners, and the way of one request: log, fault before, provider, fault after, answer.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, write_whole};
use crate::faults::{Action, When, fixed};
use crate::google::{self, discovery::Discovery};
use crate::message::{Reply, Request};
use crate::openapi::Spec;
use crate::state::{App, LogEntry, World};
use crate::wire::{Abort, Wire};
use crate::{admin, tls, zoom};

/// A started sandbox; it lives as long as the runtime it was started on.
pub struct Running {
    /// Plain provider address.
    pub http: Option<SocketAddr>,
    /// TLS provider address.
    pub tls: Option<SocketAddr>,
    /// Admin address.
    pub admin: SocketAddr,
    /// CA to trust.
    pub ca_pem: String,
    /// Seeded client, account and user, or null.
    pub seed: Value,
    ca_file: Option<String>,
}

impl Running {
    /// Content of the ready file.
    pub fn ready(&self) -> Value {
        json!({
            "pid": std::process::id(),
            "http": self.http, "http_url": self.http.map(|a| format!("http://{a}")),
            "tls": self.tls, "tls_url": self.tls.map(|a| format!("https://localhost:{}", a.port())),
            "admin": self.admin, "admin_url": format!("http://{}", self.admin),
            "ca_file": self.ca_file, "seed": self.seed,
        })
    }
}

/// Opens the listeners and writes the files.
pub async fn start(config: Config) -> Result<Running, String> {
    let spec = config
        .zoom_openapi
        .as_deref()
        .map(|p| Spec::load(p, &zoom::OUTSIDE_SPEC))
        .transpose()?;
    let mut world = World::default();
    let discovery = config
        .google_discovery
        .as_deref()
        .map(Discovery::load)
        .transpose()?;
    let seed = if config.seed {
        let mut seed = zoom::seed(&mut world);
        seed["google"] = google::seed(&mut world);
        seed
    } else {
        Value::Null
    };
    let app = Arc::new(App::new(world, spec, discovery));
    let identity = tls::generate()?;
    if let Some(path) = &config.ca_out {
        write_whole(path, &identity.ca_pem)?;
    }

    let mut running = Running {
        http: None,
        tls: None,
        admin: SocketAddr::from(([127, 0, 0, 1], 0)),
        ca_pem: identity.ca_pem.clone(),
        seed,
        ca_file: config.ca_out.as_ref().map(|p| p.display().to_string()),
    };
    if let Some(address) = config.http {
        let (listener, actual) = bind(address).await?;
        running.http = Some(actual);
        tokio::spawn(accept(listener, app.clone(), None));
    }
    if let Some(address) = config.tls {
        let (listener, actual) = bind(address).await?;
        running.tls = Some(actual);
        tokio::spawn(accept(
            listener,
            app.clone(),
            Some(TlsAcceptor::from(identity.server)),
        ));
    }
    let (listener, actual) = bind(config.admin.unwrap_or(running.admin)).await?;
    running.admin = actual;
    let router = admin::router(app);
    tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    if let Some(path) = &config.ready_file {
        write_whole(path, &running.ready().to_string())?;
    }
    Ok(running)
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), String> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|e| format!("cannot listen on {address}: {e}"))?;
    let actual = listener.local_addr().map_err(|e| e.to_string())?;
    Ok((listener, actual))
}

async fn accept(listener: TcpListener, app: Arc<App>, tls: Option<TlsAcceptor>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: wait for some to come back instead of spinning.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let id = app.world().connected();
        let abort = Arc::new(Abort::default());
        let wire = Wire::new(stream, abort.clone());
        let connection = Connection {
            app: app.clone(),
            id,
            listener: if tls.is_some() { "tls" } else { "http" },
            abort,
        };
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                None => connection.serve(wire).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(wire).await {
                        connection.serve(stream).await;
                    }
                }
            }
        });
    }
}

#[derive(Clone)]
struct Connection {
    app: Arc<App>,
    id: u64,
    listener: &'static str,
    abort: Arc<Abort>,
}

impl Connection {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let abort = self.abort.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let connection = self.clone();
            async move { Ok::<_, Infallible>(connection.answer(request).await) }
        });
        let builder = Builder::new(TokioExecutor::new());
        let serving = builder.serve_connection(TokioIo::new(stream), service);
        // The loser of the race is dropped, and with it the socket: that is what sends the reset.
        tokio::select! {
            _ = serving => {}
            () = abort.requested() => {}
        }
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> hyper::Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let now = jiff::Timestamp::now();
        let seq = self.app.world().arrived(LogEntry {
            seq: 0,
            ts_ms: now.as_millisecond(),
            ts: now.to_string(),
            connection: self.id,
            listener: self.listener,
            version: format!("{:?}", parts.version),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            status: None,
            fault: None,
        });
        let body = body
            .collect()
            .await
            .map(|b| b.to_bytes().to_vec())
            .unwrap_or_default();
        let query = parts.uri.query().unwrap_or_default();
        let request = Request {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: parts.headers,
            body,
        };
        let reply = self.run(&request, seq).await;
        respond(reply)
    }

    /// Runs the request through its fault, if it has one.
    async fn run(&self, request: &Request, seq: u64) -> Reply {
        let fault = self.app.world().faults.take(&request.method, &request.path);
        let note = fault
            .as_ref()
            .map(|(action, when)| format!("{when:?} {}", name(action)).to_lowercase());
        let reply = match fault {
            None => provider(&self.app, request),
            Some((Action::Delay { ms }, When::Before)) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                provider(&self.app, request)
            }
            Some((action, When::Before)) => self.apply(&action, Reply::empty(200), seq, note.as_ref()).await,
            Some((action, When::After)) => {
                let reply = provider(&self.app, request);
                self.apply(&action, reply, seq, note.as_ref()).await
            }
        };
        self.app.world().finished(seq, Some(reply.status), note);
        reply
    }

    async fn apply(&self, action: &Action, reply: Reply, seq: u64, note: Option<&String>) -> Reply {
        match action {
            Action::Status { code, body, headers } => fixed(*code, body.as_ref(), headers),
            Action::Truncate => reply.truncated(),
            Action::Delay { ms } => {
                tokio::time::sleep(Duration::from_millis(*ms)).await;
                reply
            }
            Action::Hang | Action::Reset => {
                self.app.world().finished(seq, None, note.cloned());
                if matches!(action, Action::Reset) {
                    self.abort.abort();
                }
                std::future::pending().await
            }
        }
    }
}

fn provider(app: &App, request: &Request) -> Reply {
    if google::is_for(request) {
        google::handle(app, request)
    } else {
        zoom::handle(app, request)
    }
}

fn name(action: &Action) -> &'static str {
    match action {
        Action::Status { .. } => "status",
        Action::Delay { .. } => "delay",
        Action::Hang => "hang",
        Action::Reset => "reset",
        Action::Truncate => "truncate",
    }
}

fn respond(reply: Reply) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response
        .body(Full::new(Bytes::from(reply.body)))
        .unwrap_or_else(|_| {
            // A scripted fault can name an impossible status or header; say so instead of hanging.
            let mut broken =
                hyper::Response::new(Full::new(Bytes::from_static(b"impossible scripted reply")));
            *broken.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            broken
        })
}
