//! Tells what is in a web server's access log.

mod args;
mod count;

use std::io::{self, IsTerminal};
use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::ctrl_c;

use args::{Args, Command, Format};

fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .without_time()
        .init();
    match Args::parse().command {
        Command::Report { logs, top, format } => {
            let report = count::files(&logs)?.report(top);
            match format {
                Format::Table => println!("{report}"),
                Format::Json => println!("{}", serde_json::to_string_pretty(&report)?),
            }
            Ok(())
        }
        Command::Serve { logs, listen } => {
            let router = lumber_server::router(count::files(&logs)?);
            runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(serve(router, listen))
        }
    }
}

/// Serves until Ctrl-C and says where.
async fn serve(router: Router, listen: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("listening on {listen}"))?;
    println!("http://{}/report", listener.local_addr()?);
    axum::serve(listener, router)
        .with_graceful_shutdown(async { ctrl_c().await.unwrap_or_default() })
        .await
        .context("serving")
}
