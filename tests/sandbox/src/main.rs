//! Command line of the sandbox: starts the listeners, writes the ready file and stays.

use telemed_sandbox::{Config, start};

#[tokio::main]
async fn main() {
    let config = match Config::from_args(std::env::args().skip(1)) {
        Ok(config) => config,
        Err(message) => {
            eprintln!("telemed-sandbox: {message}");
            std::process::exit(2);
        }
    };
    match start(config).await {
        Ok(running) => {
            println!("{}", running.ready());
            std::future::pending::<()>().await;
        }
        Err(message) => {
            eprintln!("telemed-sandbox: {message}");
            std::process::exit(1);
        }
    }
}
