//! A TLS handshake with nothing after it: what a host speaks with us, for the administrator's eyes. It takes the way that
//! requests take.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, ProtocolVersion, StreamOwned};
use rustls_pki_types::ServerName;
use url::Url;

use super::TransportError;
use super::outbound::ProxyServer;
use super::transport::{HttpConfig, tls};
use super::way;
use crate::error::{Error, ErrorKind, Result, configuration};

/// Longest head of a proxy's answer.
const LONGEST_HEAD: usize = 8192;

/// The TLS version reached with the URL's host, `1.3` or `1.2`; none for plain http. Waits at most the connect
/// timeout for each step.
pub fn tls_version(config: &HttpConfig, url: &Url) -> Result<Option<&'static str>> {
    if url.scheme() != "https" {
        return Ok(None);
    }
    config.outbound.permit(url).map_err(blocked)?;
    let mut tls_config = tls(config)?;
    let mut tls = client(&tls_config, url)?;
    let proxy = config.outbound.proxy_for(url);
    match proxy {
        None => finish(&mut tls, &mut connect(config, url)?, None)?,
        Some(server) => {
            let mut stream = connect(config, server.url()).map_err(|_| failed(&way::unreachable(server)))?;
            if server.url().scheme() == "https" {
                // A proxy speaks HTTP/1.1.
                tls_config.alpn_protocols.clear();
                let mut stream = StreamOwned::new(client(&tls_config, server.url())?, stream);
                tunnel(&mut stream, server, url)?;
                finish(&mut tls, &mut stream, proxy)?;
            } else {
                tunnel(&mut stream, server, url)?;
                finish(&mut tls, &mut stream, proxy)?;
            }
        }
    }
    Ok(match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Some("1.3"),
        Some(ProtocolVersion::TLSv1_2) => Some("1.2"),
        _ => return Err(failed("the TLS handshake failed")),
    })
}

fn client(config: &ClientConfig, url: &Url) -> Result<ClientConnection> {
    let host = url
        .host_str()
        .ok_or_else(|| configuration("the address has no host"))?;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| configuration("the address has no usable host"))?;
    ClientConnection::new(Arc::new(config.clone()), name).map_err(|_| failed("the TLS handshake failed"))
}

fn finish(
    tls: &mut ClientConnection,
    stream: &mut (impl Read + Write),
    proxy: Option<&ProxyServer>,
) -> Result<()> {
    tls.complete_io(stream).map_err(|error| {
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref());
        match (cause, proxy) {
            (Some(rustls::Error::InvalidCertificate(_)), Some(proxy)) => failed(&way::inspected(proxy)),
            (Some(rustls::Error::InvalidCertificate(_)), None) => {
                failed("the server's certificate is not trusted")
            }
            _ => failed("the TLS handshake failed"),
        }
    })?;
    Ok(())
}

/// Asks the proxy for a way to the URL's host.
fn tunnel(stream: &mut (impl Read + Write), proxy: &ProxyServer, url: &Url) -> Result<()> {
    let unreachable = |_| failed(&way::unreachable(proxy));
    let target = format!(
        "{}:{}",
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or(443)
    );
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(login) = proxy.authorization()? {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(login.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).map_err(unreachable)?;
    stream.flush().map_err(unreachable)?;
    let (mut answer, mut byte) = (Vec::new(), [0_u8; 1]);
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < LONGEST_HEAD {
        stream.read_exact(&mut byte).map_err(unreachable)?;
        answer.extend_from_slice(&byte);
    }
    let status = String::from_utf8_lossy(&answer);
    match status.split_ascii_whitespace().nth(1) {
        Some("200") => Ok(()),
        Some("407") => Err(blocked(TransportError::closed(way::refused_login(proxy)))),
        _ => Err(failed(&way::closed(proxy))),
    }
}

fn connect(config: &HttpConfig, url: &Url) -> Result<TcpStream> {
    let (host, port) = (
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or(443),
    );
    let limit = config.connect_timeout;
    let addresses = (host.trim_matches(['[', ']']), port)
        .to_socket_addrs()
        .map_err(|_| failed("the host's name is not known"))?;
    let stream = addresses
        .into_iter()
        .find_map(|address| TcpStream::connect_timeout(&address, limit).ok())
        .ok_or_else(|| failed("no connection"))?;
    stream
        .set_read_timeout(Some(limit))
        .and_then(|()| stream.set_write_timeout(Some(limit)))
        .map_err(|_| failed("no connection"))?;
    Ok(stream)
}

fn blocked(error: TransportError) -> Error {
    Error::new(ErrorKind::Blocked, error.message)
}

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}
