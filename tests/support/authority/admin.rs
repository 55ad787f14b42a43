//! What a test tells the authority, and asks it, from another process: see the table in `mod.rs`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::clock::Turn;
use super::family::{End, Family, Terms};
use super::faults::Fault;
use super::http::{Request, Response};
use super::ledger::Ledger;
use super::server::Server;

/// `POST families`: a name, and the terms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    family: String,
    #[serde(default)]
    terms: Terms,
}

/// `POST faults`: a fault, and whose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trouble {
    /// None: of whatever request comes next.
    #[serde(default)]
    family: Option<String>,
    fault: Fault,
}

/// The answer to a request below `/admin/`.
pub fn answer(server: &Server, path: &str, request: &Request) -> Response {
    let method = request.method.as_str();
    if (method, path) == ("POST", "release") {
        server.release();
        return Response::json(200, &json!({}));
    }
    let mut state = server.state();
    let held = state.held;
    let ledger = &mut state.ledger;
    let answered = match (method, path.split_once('/').unwrap_or((path, ""))) {
        ("GET", ("state", "")) => Ok(Response::json(200, &whole(ledger, held))),
        ("POST", ("families", "")) => issue(ledger, &request.body),
        ("GET", ("families", name)) => ledger.families.get(name).map(told).ok_or_else(|| unknown(name)),
        ("DELETE", ("families", name)) => match ledger.families.get_mut(name) {
            Some(family) => {
                family.end(End::Withdrawal);
                Ok(told(family))
            }
            None => Err(unknown(name)),
        },
        ("POST", ("faults", "")) => read(&request.body).and_then(|trouble| add(ledger, trouble)),
        ("DELETE", ("faults", "")) => {
            ledger.clear_faults();
            Ok(Response::json(200, &json!({})))
        }
        ("POST", ("clock", "")) => read::<Turn>(&request.body).map(|turn| {
            ledger.clock.turn(turn);
            Response::json(200, &json!({ "now": ledger.clock.now() }))
        }),
        _ => Err(Response::wrong(404, "there is nothing of that name, or not by that method")),
    };
    answered.unwrap_or_else(|wrong| wrong)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|error| Response::wrong(400, &error.to_string()))
}

fn unknown(name: &str) -> Response {
    Response::wrong(404, &format!("there is no family {name}"))
}

fn issue(ledger: &mut Ledger, body: &[u8]) -> Result<Response, Response> {
    let Consent { family, terms } = read(body)?;
    // It is a part of a path.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:@".contains(&byte);
    if family.is_empty() || !family.bytes().all(plain) {
        return Err(Response::wrong(400, "a family's name is made of letters, digits and -_.:@"));
    }
    Ok(Response::json(201, &ledger.issue(&family, terms)))
}

fn add(ledger: &mut Ledger, trouble: Trouble) -> Result<Response, Response> {
    let faults = match trouble.family {
        None => &mut ledger.faults,
        Some(name) => &mut ledger.families.get_mut(&name).ok_or_else(|| unknown(&name))?.faults,
    };
    faults.add(trouble.fault);
    Ok(Response::json(201, &faults))
}

fn told(family: &Family) -> Response {
    Response::json(200, &report(family))
}

fn report(family: &Family) -> Value {
    json!({ "terms": family.terms, "ended": family.ended, "counts": family.counts(), "faults": family.faults })
}

fn whole(ledger: &Ledger, held: u64) -> Value {
    let families: serde_json::Map<_, _> =
        ledger.families.iter().map(|(name, family)| (name.clone(), report(family))).collect();
    json!({
        "now": ledger.clock.now(),
        "held": held,
        "unknown": ledger.unknown,
        "faults": ledger.faults,
        "totals": ledger.totals(),
        "families": families,
    })
}
