//! The admin's door, as a test in another language uses it; and the authority as a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::authority::{Authority, Renewal};
use super::{refresh_token, with_family};

/// What the admin's door answers.
fn admin(address: SocketAddr, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    json_of(address, &format!("{method} /admin/{path}"), &body)
}

fn json_of(address: SocketAddr, line: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head["HTTP/1.1 ".len()..][..3].parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// A whole story told at the doors alone.
fn story(address: SocketAddr) {
    let told = |method: &str, path: &str, body: Value| admin(address, method, path, &body);
    assert_eq!(
        told("POST", "clock", json!({ "now": 1_800_000_000 })),
        (200, json!({ "now": 1_800_000_000 }))
    );
    let terms = json!({ "renewal": "rotating", "expires_in": 60, "scope": "read" });
    let (status, tokens) = told("POST", "families", json!({ "family": "user:1", "terms": terms }));
    assert_eq!((status, &tokens["expires_in"], &tokens["scope"]), (201, &json!(60), &json!("read")));
    let refresh = |token: &Value| {
        let form = format!("grant_type=refresh_token&refresh_token={}", token.as_str().unwrap());
        json_of(address, "POST /token", &form)
    };
    let used = |tokens: &Value| {
        let token = tokens["access_token"].as_str().unwrap();
        json_of(address, &format!("GET /resource?access_token={token}"), "")
    };
    assert_eq!(used(&tokens), (200, json!({ "family": "user:1", "expires_in": 60 })));
    assert_eq!(told("POST", "clock", json!({ "advance": 60 })).1["now"], 1_800_000_060);
    assert_eq!(used(&tokens).0, 401);

    let fault = json!({ "times": 2, "answer": { "status": { "code": 503, "retry_after": 7 } } });
    assert_eq!(told("POST", "faults", json!({ "family": "user:1", "fault": fault })).0, 201);
    assert_eq!(refresh(&tokens["refresh_token"]).0, 503);
    assert_eq!(told("GET", "families/user:1", Value::Null).1["faults"][0]["times"], 1);
    assert_eq!(told("DELETE", "faults", Value::Null).0, 200);
    let (status, renewed) = refresh(&tokens["refresh_token"]);
    assert_eq!((status, used(&renewed).0), (200, 200));
    assert_eq!(refresh(&tokens["refresh_token"]), (400, refusal()));

    let (_, state) = told("GET", "state", Value::Null);
    let family = &state["families"]["user:1"];
    assert_eq!((&family["ended"], &state["totals"]), (&json!("reuse"), &family["counts"]));
    let wanted = json!({ "issued": 1, "requests": 3, "renewals": 1, "rotations": 1, "reuses": 1, "refused": 0,
        "failed": 1, "revoked": 1, "dropped": 0, "unseen": 0 });
    assert_eq!(family["counts"], wanted);
    assert_eq!(
        (&state["now"], &state["held"], &state["unknown"]),
        (&json!(1_800_000_060), &json!(0), &json!(0))
    );
}

fn refusal() -> Value {
    json!({ "error": "invalid_grant", "error_description": "the refresh token is not valid, or not any more" })
}

#[test]
fn all_can_be_told_and_asked_at_the_admins_door() {
    story(Authority::start().address());
}

#[test]
fn held_requests_are_seen_and_released_there() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let address = authority.address();
    // For whoever comes next, and in the words of JSON: without an end, and at its default door.
    let fault = json!({ "fault": { "hold": "after", "times": null } });
    assert_eq!(admin(address, "POST", "faults", &fault).0, 201);
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| authority.refresh(refresh_token(&tokens)).unwrap());
        super::faults::until(|| admin(address, "GET", "state", &Value::Null).1["held"] == 1);
        assert_eq!(admin(address, "GET", "families/a", &Value::Null).1["counts"]["rotations"], 1);
        assert_eq!(admin(address, "POST", "release", &Value::Null).0, 200);
        assert!(asking.join().unwrap().tokens().is_some());
    });
    let (status, family) = admin(address, "DELETE", "families/a", &Value::Null);
    assert_eq!((status, &family["ended"]), (200, &json!("withdrawal")));
}

#[test]
fn what_an_admin_gets_wrong_is_named() {
    let address = with_family(Renewal::Rotating);
    let wrong = |method: &str, path: &str, body: Value, status: u16, named: &str| {
        let (found, answer) = admin(address.0.address(), method, path, &body);
        assert_eq!(found, status, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(named), "{answer}");
    };
    wrong("POST", "families", Value::Null, 400, "EOF");
    wrong("POST", "families", json!({ "family": "a b" }), 400, "letters");
    wrong("POST", "families", json!({ "family": "b", "terms": { "expires": 1 } }), 400, "`expires`");
    wrong("POST", "faults", json!({ "family": "b", "fault": {} }), 404, "no family b");
    wrong("POST", "faults", json!({ "family": "a", "fault": { "answer": "late" } }), 400, "`late`");
    wrong("POST", "clock", json!({ "hour": 1 }), 400, "`hour`");
    wrong("GET", "families/b", Value::Null, 404, "no family b");
    wrong("DELETE", "families/b", Value::Null, 404, "no family b");
    wrong("GET", "elsewhere", Value::Null, 404, "nothing of that name");
}

/// The example beside this test's binary.
fn start() -> Child {
    let test = std::env::current_exe().unwrap();
    let program: PathBuf = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples/authority");
    let hint = "`cargo test` builds it, and so does `cargo build --example authority`";
    let mut command = Command::new(&program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}; {hint}", program.display()))
}

#[test]
fn a_process_of_its_own_says_where_it_is_and_ends_with_its_input() {
    let mut child = start();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let places: Value = serde_json::from_str(&line).unwrap();
    let url = places["url"].as_str().unwrap();
    for door in ["token", "revoke", "resource", "admin"] {
        assert_eq!(places[door], format!("{url}/{door}"));
    }
    let address: SocketAddr = url.strip_prefix("http://").unwrap().parse().unwrap();
    assert!(address.ip().is_loopback());
    story(address);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert!(TcpStream::connect(address).is_err());
}
