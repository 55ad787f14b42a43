//! HTTP/1.1 (RFC 9112), as much of it as a token endpoint needs. Requests are parsed by `httparse` and
//! `form_urlencoded`; answers are written here, since half of them are to be bad ones.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// No head and no body is longer.
const MOST: usize = 64 * 1024;

/// What a client asks.
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Those of the query, then those of a form.
    pub parameters: Vec<(String, String)>,
    pub authorization: Option<String>,
    pub body: Vec<u8>,
    /// Whether the client wants to ask again on this connection.
    pub keep_alive: bool,
}

impl Request {
    /// The parameter of that name. RFC 6749 3.2: one without a value was not sent.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// The access token of RFC 6750.
    pub fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer ")).map(str::trim)
    }

    /// The name and the secret of a client (RFC 6749 2.3.1), by Basic or as parameters.
    pub fn client(&self) -> Option<(String, String)> {
        let basic = self.authorization.as_deref().and_then(|value| value.strip_prefix("Basic "));
        if let Some(basic) = basic {
            let pair = String::from_utf8(STANDARD.decode(basic.trim()).ok()?).ok()?;
            let (id, secret) = pair.split_once(':')?;
            return Some((decoded(id), decoded(secret)));
        }
        let secret = self.parameter("client_secret").unwrap_or_default();
        self.parameter("client_id").map(|id| (id.to_owned(), secret.to_owned()))
    }
}

/// Both halves of Basic are form-encoded first (RFC 6749 2.3.1).
fn decoded(half: &str) -> String {
    let pair = form_urlencoded::parse(half.as_bytes()).next();
    pair.map(|(half, _)| half.into_owned()).unwrap_or_default()
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(status: u16, body: &impl serde::Serialize) -> Self {
        let headers = vec![("Content-Type", "application/json".into()), ("Cache-Control", "no-store".into())];
        Self { status, headers, body: serde_json::to_vec(body).unwrap() }
    }

    /// One that says what was wrong with an admin's request.
    pub fn wrong(status: u16, what: &str) -> Self {
        Self::json(status, &serde_json::json!({ "error": what }))
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    /// As it goes over the wire.
    pub fn bytes(&self, keep_alive: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let connection = if keep_alive { "keep-alive" } else { "close" };
        head += &format!("Content-Length: {}\r\nConnection: {connection}\r\n\r\n", self.body.len());
        [head.as_bytes(), &self.body].concat()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        // A client must not look at it.
        _ => "Other",
    }
}

/// One client's connection.
pub struct Connection {
    stream: TcpStream,
    /// What was read and not yet asked for.
    buffer: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// The next request; none once the client has gone, an answer where it cannot be read.
    pub fn request(&mut self) -> Result<Option<Request>, Response> {
        let bad = |what| Response::wrong(400, what);
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 64];
            let mut head = httparse::Request::new(&mut headers);
            match head.parse(&self.buffer) {
                Ok(httparse::Status::Complete(length)) => {
                    let (mut request, rest) = understood(&head).map_err(bad)?;
                    let expects = header(&head, "expect").is_some();
                    self.buffer.drain(..length);
                    if expects && self.buffer.len() < rest && !self.send(b"HTTP/1.1 100 Continue\r\n\r\n") {
                        return Ok(None);
                    }
                    while self.buffer.len() < rest {
                        if !self.more() {
                            return Ok(None);
                        }
                    }
                    request.body = self.buffer.drain(..rest).collect();
                    if request.method == "POST" && !request.path.starts_with("/admin") {
                        request.parameters.extend(form_urlencoded::parse(&request.body).into_owned());
                    }
                    return Ok(Some(request));
                }
                Ok(httparse::Status::Partial) if self.buffer.len() > MOST => {
                    return Err(bad("the head is too long"));
                }
                Ok(httparse::Status::Partial) => {
                    if !self.more() {
                        return Ok(None);
                    }
                }
                Err(error) => return Err(bad(&error.to_string())),
            }
        }
    }

    fn more(&mut self) -> bool {
        let mut chunk = [0; 8192];
        match self.stream.read(&mut chunk) {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                self.buffer.extend_from_slice(&chunk[..length]);
                true
            }
        }
    }

    /// Whether the client has closed its end, as the system does for a process that was killed. No client that matters
    /// closes only half and still listens.
    pub fn gone(&self) -> bool {
        if self.stream.set_nonblocking(true).is_err() {
            return true;
        }
        let gone = match self.stream.peek(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        };
        gone || self.stream.set_nonblocking(false).is_err()
    }

    /// Whether the system took all of it.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }
}

fn header<'a>(head: &httparse::Request<'_, 'a>, name: &str) -> Option<&'a str> {
    let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(found.value).ok()
}

/// The request without its body, and the body's length.
fn understood(head: &httparse::Request) -> Result<(Request, usize), &'static str> {
    let (method, target) = (head.method.ok_or("no method")?, head.path.ok_or("no target")?);
    if header(head, "transfer-encoding").is_some() {
        return Err("send a Content-Length and no Transfer-Encoding");
    }
    let length =
        header(head, "content-length").unwrap_or("0").parse().map_err(|_| "Content-Length is no number")?;
    if length > MOST {
        return Err("the body is too long");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let closes = header(head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        parameters: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        authorization: header(head, "authorization").map(str::to_owned),
        body: Vec::new(),
        keep_alive: head.version == Some(1) && !closes,
    };
    Ok((request, length))
}
