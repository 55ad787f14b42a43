//! HTTP as it goes over the socket, and what is refused there.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::authority::{Authority, Fault, Renewal};
use super::process::Watchdog;
use super::{opens, refresh_token, with_family};

/// A request that spends a refresh token, on a connection that may stay.
pub fn refreshing(refresh_token: &str) -> String {
    let body = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    format!("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Spends one, and reads to the end of the connection, before which something has to come.
pub fn refresh(address: SocketAddr, refresh_token: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(refreshing(refresh_token).as_bytes())?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(answer),
    }
}

/// All that comes for these bytes until the connection ends.
fn raw(authority: &Authority, request: &str) -> String {
    let mut stream = TcpStream::connect(authority.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What comes until this was there so often.
fn read_until(stream: &mut TcpStream, wanted: &str, times: usize) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while String::from_utf8_lossy(&answer).matches(wanted).count() < times {
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let mut stream = TcpStream::connect(authority.address()).unwrap();
    let use_it = format!("GET /resource?access_token={} HTTP/1.1\r\nHost: x\r\n\r\n", tokens.access_token);
    // Two at once, then one in pieces.
    stream.write_all([use_it.as_str(), &use_it].concat().as_bytes()).unwrap();
    read_until(&mut stream, "\"family\":\"a\"", 2);
    let request = refreshing(refresh_token(&tokens));
    for piece in request.as_bytes().chunks(40) {
        stream.write_all(piece).unwrap();
    }
    let answer = read_until(&mut stream, "\"refresh_token\"", 1);
    assert!(
        answer.contains("Connection: keep-alive") && answer.contains("Cache-Control: no-store"),
        "{answer}"
    );
}

#[test]
fn a_fault_after_an_answer_ends_the_connection_that_stayed() {
    let (authority, tokens) = with_family(Renewal::Fixed);
    let mut stream = TcpStream::connect(authority.address()).unwrap();
    let request = refreshing(refresh_token(&tokens));
    stream.write_all(request.as_bytes()).unwrap();
    read_until(&mut stream, "}", 1);
    authority.fault("a", Fault::dropped_before());
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_client_that_waits_before_its_body_is_told_to_go_on() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    let mut stream = TcpStream::connect(authority.address()).unwrap();
    let request = refreshing(refresh_token(&tokens)).replace("Host: x", "Host: x\r\nExpect: 100-continue");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(read_until(&mut stream, "\r\n\r\n", 1), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(read_until(&mut stream, "\r\n", 1).contains("200 OK"));
}

#[test]
fn what_is_no_request_is_answered_and_ended() {
    let (authority, tokens) = with_family(Renewal::Rotating);
    for request in [
        "no request\r\n\r\n",
        "POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /token HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        "POST /token HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n",
    ] {
        assert!(raw(&authority, request).starts_with("HTTP/1.1 400 "), "{request}");
    }
    // The end of a client in the middle of a request is no request.
    let mut stream = TcpStream::connect(authority.address()).unwrap();
    let request = refreshing(refresh_token(&tokens));
    stream.write_all(&request.as_bytes()[..request.len() - 1]).unwrap();
    drop(stream);
    assert!(opens(&authority, &tokens.access_token));
    assert_eq!(authority.counts("a").requests, 0);
}

#[test]
fn an_authority_that_is_dropped_ends_every_connection() {
    let _end = Watchdog::new("the end of an authority", 60);
    let (authority, _) = with_family(Renewal::Rotating);
    let mut silent = TcpStream::connect(authority.address()).unwrap();
    // Known to be served: it had an answer.
    silent.write_all(b"GET /resource HTTP/1.1\r\n\r\n").unwrap();
    read_until(&mut silent, "}", 1);
    let address = authority.address();
    drop(authority);
    assert_eq!(silent.read(&mut [0]).unwrap_or(0), 0);
    assert!(TcpStream::connect(address).is_err());
}
