//! `backbeat ping`: whether the server or worker on this machine has all it needs, for health checks of containers.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::exit::Exit;
use crate::{configuration, terminal};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Whom to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port it listens on [default: PORT]
    #[arg(long)]
    port: Option<u16>,
}

/// Asks for `/health/ready`; anything but 200 ends with [`Exit::Missing`].
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let port = configuration::load(None, arguments.port)?.port;
    let answer = ask(port)?;
    let head = answer.lines().next().unwrap_or_default();
    terminal::say(answer.rsplit("\r\n\r\n").next().unwrap_or_default());
    Ok(if head.contains(" 200 ") { Exit::Done } else { Exit::Missing })
}

fn ask(port: u16) -> Result<String> {
    let address = ("127.0.0.1", port).to_socket_addrs()?.next().context("there is no loopback address")?;
    let mut stream =
        TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("nothing listens at {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(|| format!("no answer from {address}"))?;
    Ok(answer)
}
