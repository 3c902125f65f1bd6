//! A TLS handshake with nothing after it: what a host speaks with us, for the administrator's eyes.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;

use rustls::{ClientConnection, ProtocolVersion};
use rustls_pki_types::ServerName;
use url::Url;

use super::transport::{HttpConfig, tls};
use crate::error::{Error, ErrorKind, Result, configuration};

/// The TLS version reached with the URL's host, `1.3` or `1.2`; none for plain http. Waits at most the connect
/// timeout for each step.
pub fn tls_version(config: &HttpConfig, url: &Url) -> Result<Option<&'static str>> {
    if url.scheme() != "https" {
        return Ok(None);
    }
    let host = url
        .host_str()
        .ok_or_else(|| configuration("the address has no host"))?;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| configuration("the address has no usable host"))?;
    let mut tls = ClientConnection::new(Arc::new(tls(config)?), name)
        .map_err(|_| failed("the TLS handshake failed"))?;
    let mut stream = connect(config, url)?;
    tls.complete_io(&mut stream).map_err(|error| {
        failed(match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(_)) => "the server's certificate is not trusted",
            _ => "the TLS handshake failed",
        })
    })?;
    Ok(match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Some("1.3"),
        Some(ProtocolVersion::TLSv1_2) => Some("1.2"),
        _ => return Err(failed("the TLS handshake failed")),
    })
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

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}
