//! The listener and its threads, and what is done with a request at each of the doors.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::admin;
use super::faults::{Answer, Endpoint, Fault, Moment};
use super::http::{Connection, Request, Response};
use super::ledger::{Asked, Ledger, Refusal};

/// The authority, as its threads share it.
#[derive(Default)]
pub struct Server {
    state: Mutex<State>,
    /// What somebody may wait for has changed: requests held, released, or all is over.
    changed: Condvar,
}

#[derive(Default)]
pub struct State {
    pub ledger: Ledger,
    /// Requests that wait to be released.
    pub held: u64,
    /// How often those that waited were released.
    releases: u64,
    stopping: bool,
    /// Open connections, so that they can be closed.
    open: BTreeMap<u64, TcpStream>,
    connections: u64,
}

/// What was done at a door.
struct Done {
    response: Response,
    /// The family whose refresh token was spent.
    rotated: Option<String>,
}

impl Server {
    /// Never poisoned: a test that fails elsewhere still gets its counts.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves until it is stopped. A thread for each connection, all joined at the end.
    pub fn run(&self, listener: &TcpListener) {
        thread::scope(|threads| {
            for stream in listener.incoming() {
                let Some((number, stream)) = stream.ok().and_then(|stream| self.welcome(stream)) else {
                    if self.state().stopping {
                        break;
                    }
                    continue;
                };
                threads.spawn(move || {
                    if let Ok(mut connection) = Connection::new(stream) {
                        while self.serve(&mut connection) {}
                    }
                    // The last handle of the socket: now it is closed.
                    self.state().open.remove(&number);
                });
            }
        })
    }

    /// None once the server stops.
    fn welcome(&self, stream: TcpStream) -> Option<(u64, TcpStream)> {
        let mut state = self.state();
        if state.stopping {
            return None;
        }
        state.connections += 1;
        let number = state.connections;
        let copy = stream.try_clone().ok()?;
        state.open.insert(number, copy);
        Some((number, stream))
    }

    /// Ends every wait and every connection. The listener has to be woken by one more connection.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        for stream in state.open.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }

    /// Lets all held requests go on.
    pub fn release(&self) {
        self.state().releases += 1;
        self.changed.notify_all();
    }

    /// Whether so many requests were held before the time was over.
    pub fn wait_for_held(&self, count: u64, patience: Duration) -> bool {
        let few = |state: &mut State| state.held < count && !state.stopping;
        let waited = self.changed.wait_timeout_while(self.state(), patience, few);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.held >= count
    }

    /// One request. False where nothing more is to come on this connection.
    fn serve(&self, connection: &mut Connection) -> bool {
        let request = match connection.request() {
            Ok(Some(request)) => request,
            Ok(None) => return false,
            Err(response) => {
                connection.send(&response.bytes(false));
                return false;
            }
        };
        let door = match (request.method.as_str(), request.path.as_str()) {
            // Meta's tokens are renewed by GET.
            ("GET" | "POST", "/token") => Endpoint::Token,
            ("POST", "/revoke") | ("DELETE", "/me/permissions") => Endpoint::Revoke,
            ("GET" | "POST", "/resource") => Endpoint::Resource,
            (_, path) => {
                let response = match path.strip_prefix("/admin/") {
                    Some(path) => admin::answer(self, path, &request),
                    None => Response::wrong(404, "the doors are /token, /revoke, /resource and /admin/..."),
                };
                return connection.send(&response.bytes(request.keep_alive)) && request.keep_alive;
            }
        };
        self.meet(door, &request, connection)
    }

    /// What is asked, and what goes wrong with it.
    fn meet(&self, door: Endpoint, request: &Request, connection: &mut Connection) -> bool {
        let token = presented(door, request);
        let fault = self.state().ledger.arrived(door, token);
        self.pause(&fault, Moment::Before, fault.before_ms);
        let done = fault.acts().then(|| self.act(door, request, token, &fault));
        if done.is_none() && door == Endpoint::Token {
            self.state().ledger.failed(token);
        }
        self.pause(&fault, Moment::After, fault.after_ms);
        self.deliver(fault.answer, done, request.keep_alive, connection)
    }

    /// The end of the server is the end of every pause.
    fn pause(&self, fault: &Fault, moment: Moment, milliseconds: u64) {
        let delay = Duration::from_millis(milliseconds);
        let waited = self.changed.wait_timeout_while(self.state(), delay, |state| !state.stopping);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if fault.hold == Some(moment) {
            state.held += 1;
            self.changed.notify_all();
            let releases = state.releases;
            let waiting = |state: &mut State| state.releases == releases && !state.stopping;
            let waited = self.changed.wait_while(state, waiting);
            state = waited.unwrap_or_else(PoisonError::into_inner);
            state.held -= 1;
        }
    }

    fn act(&self, door: Endpoint, request: &Request, token: Option<&str>, fault: &Fault) -> Done {
        let mut state = self.state();
        let ledger = &mut state.ledger;
        let response = match door {
            Endpoint::Token => return renew(ledger, request, token, fault),
            Endpoint::Revoke => match (token, request.client()) {
                (None, _) => error(400, "invalid_request", "there is no token in it"),
                (Some(token), client) => match ledger.revoke(token, client.as_ref()) {
                    Ok(()) => Response::json(200, &json!({ "success": true })),
                    Err(_) => invalid_client(),
                },
            },
            Endpoint::Resource => match token.and_then(|token| ledger.valid(token, true)) {
                Some((family, left)) => Response::json(200, &json!({ "family": family, "expires_in": left })),
                None => error(401, "invalid_token", "the access token is not valid, or not any more")
                    .with("WWW-Authenticate", "Bearer error=\"invalid_token\""),
            },
        };
        Done { response, rotated: None }
    }

    /// Sends what the client is to get. A rotation that it does not get is counted before it can know.
    fn deliver(
        &self,
        answer: Answer,
        done: Option<Done>,
        keep_alive: bool,
        connection: &mut Connection,
    ) -> bool {
        let nothing = || Done { response: unavailable(503, None, None), rotated: None };
        let Done { response, rotated } = done.unwrap_or_else(nothing);
        let lost = answer.swallows() || connection.gone();
        let dropped = || rotated.iter().for_each(|family| self.state().ledger.dropped(family));
        if lost {
            dropped();
        }
        let sent = match answer {
            Answer::Whole | Answer::WithoutRefreshToken => connection.send(&response.bytes(keep_alive)),
            Answer::Status { code, retry_after, body } => {
                connection.send(&unavailable(code, retry_after, body).bytes(keep_alive))
            }
            Answer::Malformed => {
                let body = response.body[..response.body.len() / 2].to_vec();
                connection.send(&Response { body, ..response }.bytes(keep_alive))
            }
            Answer::Half => {
                let bytes = response.bytes(keep_alive);
                connection.send(&bytes[..bytes.len() - response.body.len().div_ceil(2)]);
                return false;
            }
            Answer::Nothing => return false,
        };
        if !sent && !lost {
            dropped();
        }
        sent && keep_alive
    }
}

/// The token that a request is about.
fn presented(door: Endpoint, request: &Request) -> Option<&str> {
    match door {
        Endpoint::Token => match request.parameter("grant_type")? {
            "refresh_token" => request.parameter("refresh_token"),
            "ig_refresh_token" | "th_refresh_token" => request.parameter("access_token"),
            "fb_exchange_token" => request.parameter("fb_exchange_token"),
            _ => None,
        },
        Endpoint::Revoke => request.parameter("token").or_else(|| used(request)),
        Endpoint::Resource => used(request),
    }
}

/// The access token that a request is made with.
fn used(request: &Request) -> Option<&str> {
    request.bearer().or_else(|| request.parameter("access_token"))
}

fn renew(ledger: &mut Ledger, request: &Request, token: Option<&str>, fault: &Fault) -> Done {
    let refused = |response| Done { response, rotated: None };
    let asked = match request.parameter("grant_type") {
        None => return refused(error(400, "invalid_request", "there is no grant_type")),
        Some("refresh_token") if request.method == "POST" => Asked::RefreshToken,
        Some("refresh_token") => return refused(error(400, "invalid_request", "use POST (RFC 6749 3.2)")),
        Some("ig_refresh_token" | "th_refresh_token" | "fb_exchange_token") => Asked::Itself,
        Some(_) => {
            return refused(error(400, "unsupported_grant_type", "nothing of that kind is given here"));
        }
    };
    let Some(token) = token else {
        return refused(error(400, "invalid_request", "there is no token in it"));
    };
    let keeps = fault.answer == Answer::WithoutRefreshToken;
    match ledger.renew(asked, token, request.client().as_ref(), keeps) {
        Ok(renewed) => Done { response: Response::json(200, &renewed.tokens), rotated: renewed.rotated },
        Err(Refusal::InvalidClient) => refused(invalid_client()),
        Err(refusal) if asked == Asked::Itself => refused(graph_error(refusal)),
        Err(_) => refused(error(400, "invalid_grant", "the refresh token is not valid, or not any more")),
    }
}

/// RFC 6749 5.2.
fn error(status: u16, code: &str, description: &str) -> Response {
    Response::json(status, &json!({ "error": code, "error_description": description }))
}

fn invalid_client() -> Response {
    error(401, "invalid_client", "the token is another client's")
        .with("WWW-Authenticate", "Basic realm=\"token\"")
}

/// An error as Meta words it: 190 is its number for a token that is no good, 100 for a wrong parameter.
fn graph_error(refusal: Refusal) -> Response {
    let (code, message) = match refusal {
        Refusal::TooYoung => (100, "The access token is too young to be renewed"),
        Refusal::InvalidGrant | Refusal::InvalidClient => {
            (190, "The access token is not valid, or not any more")
        }
    };
    Response::json(400, &json!({ "error": { "message": message, "type": "OAuthException", "code": code } }))
}

/// What a provider in trouble says.
fn unavailable(code: u16, retry_after: Option<u64>, body: Option<String>) -> Response {
    let mut response = match body {
        None => error(code, "temporarily_unavailable", "the request met a fault that a test asked for"),
        Some(body) => {
            Response { status: code, headers: vec![("Content-Type", "text/html".into())], body: body.into() }
        }
    };
    if let Some(seconds) = retry_after {
        response = response.with("Retry-After", seconds);
    }
    response
}
