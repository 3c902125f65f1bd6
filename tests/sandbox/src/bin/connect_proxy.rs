//! Command line of the proxy: starts it, writes the ready file and stays.

use telemed_sandbox::proxy::{Proxy, ProxyConfig};

fn config() -> Result<(ProxyConfig, Option<String>), String> {
    let (mut config, mut ready) = (ProxyConfig::default(), None);
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value = args.next().ok_or(format!("{flag} needs a value"))?;
        let address = |text: &str| {
            text.parse()
                .map_err(|_| format!("not an address and port: {text}"))
        };
        match flag.as_str() {
            "--listen" => config.listen = Some(address(&value)?),
            "--login" => config.login = Some(value),
            "--log" => config.log = Some(value.into()),
            "--ready-file" => ready = Some(value),
            "--host" => {
                let (host, to) = value.split_once('=').ok_or("--host needs NAME=ADDRESS:PORT")?;
                config.hosts.insert(host.to_owned(), address(to)?);
            }
            other => return Err(format!("unknown flag {other}")),
        }
    }
    Ok((config, ready))
}

async fn run() -> Result<(), String> {
    let (config, ready) = config()?;
    let proxy = Proxy::start(config).await.map_err(|error| error.to_string())?;
    if let Some(path) = ready {
        telemed_sandbox::config::write_whole(std::path::Path::new(&path), &proxy.address.port().to_string())?;
    }
    println!("{}", proxy.address);
    std::future::pending::<()>().await;
    Ok(())
}

#[tokio::main]
async fn main() {
    if let Err(message) = run().await {
        eprintln!("connect-proxy: {message}");
        std::process::exit(1);
    }
}
