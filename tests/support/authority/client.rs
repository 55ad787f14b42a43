//! A client for Rust tests: one request, one connection, and what came of it as it came.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use form_urlencoded::Serializer;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::family::Tokens;

/// A test whose answer never comes fails, and does not hang.
const PATIENCE: Duration = Duration::from_secs(300);

/// A whole HTTP answer; its body may be anything.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    /// The header of that name, written in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// None where the body is no such JSON.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }

    /// The tokens of an answer that has some.
    pub fn tokens(&self) -> Option<Tokens> {
        self.read().filter(|_| self.status == 200)
    }

    /// The error code of RFC 6749 5.2.
    pub fn error(&self) -> Option<String> {
        Some(self.read::<Value>()?["error"].as_str()?.to_owned())
    }
}

/// `headers` are lines, each with its end. Parameters go into the body of a POST, into the query of anything else.
pub fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    parameters: &[(&str, &str)],
    headers: &str,
) -> io::Result<Reply> {
    let form = Serializer::new(String::new()).extend_pairs(parameters).finish();
    let (target, body) = match method {
        "POST" => (path.to_owned(), form),
        _ => (format!("{path}?{form}"), String::new()),
    };
    let length = body.len();
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\n{headers}{kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    understood(&answer)
}

/// An error where the connection ended before the answer did.
fn understood(answer: &[u8]) -> io::Result<Reply> {
    let short = || Error::new(ErrorKind::UnexpectedEof, "the connection ended before the answer did");
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let parsed = head.parse(answer).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(length) = parsed else { return Err(short()) };
    let header = |header: &httparse::Header| {
        (header.name.to_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    let headers: Vec<_> = head.headers.iter().map(header).collect();
    let body = String::from_utf8_lossy(&answer[length..]).into_owned();
    let reply = Reply { status: head.code.ok_or_else(short)?, headers, body };
    match reply.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length == reply.body.len() => Ok(reply),
        _ => Err(short()),
    }
}
