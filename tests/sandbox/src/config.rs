//! Settings from the command line, with an environment variable behind every flag.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What to start; a listener that is `None` is not opened.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Plain HTTP provider listener.
    pub http: Option<SocketAddr>,
    /// TLS provider listener (HTTP/1.1 and HTTP/2 by ALPN).
    pub tls: Option<SocketAddr>,
    /// Admin listener; port 0 on loopback when absent.
    pub admin: Option<SocketAddr>,
    /// Where the generated CA goes.
    pub ca_out: Option<PathBuf>,
    /// Where the actual ports go; written last, so its existence means "listening".
    pub ready_file: Option<PathBuf>,
    /// Create the default client, account and doctor.
    pub seed: bool,
    /// Published API description to hold requests against.
    pub zoom_openapi: Option<PathBuf>,
    /// Google's discovery document to hold requests against.
    pub google_discovery: Option<PathBuf>,
}

impl Config {
    /// Reads flags (`--flag value` or `--flag=value`), then the environment for what is missing.
    pub fn from_args(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut config = Self::default();
        let mut args = args;
        while let Some(arg) = args.next() {
            let (flag, inline) = match arg.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            if flag == "--seed" {
                config.seed = true;
                continue;
            }
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| args.next())
                    .ok_or(format!("{flag} needs a value"))
            };
            match flag.as_str() {
                "--http" => config.http = Some(address(&value()?)?),
                "--tls" => config.tls = Some(address(&value()?)?),
                "--admin" => config.admin = Some(address(&value()?)?),
                "--ca-out" => config.ca_out = Some(value()?.into()),
                "--ready-file" => config.ready_file = Some(value()?.into()),
                "--google-discovery" => config.google_discovery = Some(value()?.into()),
                "--zoom-openapi" => config.zoom_openapi = Some(value()?.into()),
                other => return Err(format!("unknown flag {other}")),
            }
        }
        config.fill_from_env()?;
        if config.http.is_none() && config.tls.is_none() {
            return Err("give --http or --tls (or both)".into());
        }
        Ok(config)
    }

    fn fill_from_env(&mut self) -> Result<(), String> {
        for (slot, name) in [
            (&mut self.http, "SANDBOX_HTTP"),
            (&mut self.tls, "SANDBOX_TLS"),
            (&mut self.admin, "SANDBOX_ADMIN"),
        ] {
            if slot.is_none()
                && let Some(text) = env(name)
            {
                *slot = Some(address(&text)?);
            }
        }
        for (slot, name) in [
            (&mut self.ca_out, "SANDBOX_CA_OUT"),
            (&mut self.ready_file, "SANDBOX_READY_FILE"),
            (&mut self.zoom_openapi, "ZOOM_OPENAPI"),
            (&mut self.google_discovery, "GOOGLE_DISCOVERY"),
        ] {
            if slot.is_none() {
                *slot = env(name).map(PathBuf::from);
            }
        }
        self.seed |= env("SANDBOX_SEED").is_some_and(|v| v != "0");
        Ok(())
    }
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("not an address and port: {text}"))
}

/// Writes through a temporary name, so that a reader polling for the file never sees half of it.
pub fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, text)
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}
