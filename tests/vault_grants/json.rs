//! What the types of grants look like in JSON, there and back.

use dm_connections::domain::json::read;
use dm_connections::domain::{AtMost, Contexts, Flow, Limits, Run, Subject, Whom};
use serde::de::DeserializeOwned;

fn problem<T: DeserializeOwned>(json: &str) -> String {
    match read::<T>("it", json.as_bytes()) {
        Ok(_) => panic!("{json} was read"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn there_and_back() {
    fn same<T: DeserializeOwned + serde::Serialize>(all: &[&str]) {
        for json in all {
            let value: T = read("it", json.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), *json);
        }
    }
    let digest = "ab".repeat(32);
    same::<AtMost>(&[r#""*""#, "[]", r#"["a","b"]"#]);
    same::<Contexts>(&[r#""*""#, r#"["chat","rest"]"#]);
    same::<Whom>(&[r#""owner""#, r#""anyone""#, r#""nobody""#, r#"{"users":["user:3","user:12"]}"#]);
    same::<Run>(&[
        r#""any""#,
        r#"{"session":"s 1"}"#,
        &format!(r#"{{"flow":{{"id":"5","digest":"{digest}"}}}}"#),
    ]);
    for (json, expected) in [
        (r#"{"asking":"user:3"}"#, Subject::Asking("user:3".parse().unwrap())),
        (r#"{"scheduled":"user:3"}"#, Subject::Scheduled("user:3".parse().unwrap())),
        ("null", Subject::Nobody),
    ] {
        assert_eq!(read::<Subject>("it", json.as_bytes()).unwrap(), expected);
    }
}

#[test]
fn what_is_none_is_refused_and_never_quoted() {
    let secret = "canary";
    let refusals = [
        problem::<AtMost>(&format!("\"{secret}\"")),
        problem::<AtMost>(&format!(r#"["{secret} {secret}"]"#)),
        problem::<AtMost>("{}"),
        problem::<AtMost>("null"),
        problem::<AtMost>("[[]]"),
        problem::<Contexts>(&format!(r#"["{secret}"]"#)),
        problem::<Contexts>(r#""chat""#),
        problem::<Whom>(&format!("\"{secret}\"")),
        problem::<Whom>(r#"{"users":["agent:3"]}"#),
        problem::<Whom>(r#"{"users":["user:03"]}"#),
        problem::<Whom>(r#"{"users":["user:0"]}"#),
        problem::<Whom>(r#"["user:3"]"#),
        problem::<Run>(&format!(r#"{{"session":"{secret}\u0000"}}"#)),
        problem::<Run>(r#"{"session":""}"#),
        problem::<Run>(r#"{"flow":{"id":"5"}}"#),
        problem::<Run>(r#"{"flow":{"id":"5","digest":"AB"}}"#),
        problem::<Run>(&format!(r#"{{"flow":{{"id":"5","digest":"{}"}}}}"#, "AB".repeat(32))),
        problem::<Run>(&format!(r#"{{"flow":{{"id":"5","digest":"{}é"}}}}"#, "a".repeat(62))),
        problem::<Flow>(&format!(r#"{{"id":"5","digest":"{}"}}"#, "ab".repeat(32))),
        problem::<Flow>(&format!(r#"{{"id":"5","owner":"{secret}","digest":"{}"}}"#, "ab".repeat(32))),
        problem::<Subject>(&format!(r#"{{"{secret}":"user:1"}}"#)),
        problem::<Subject>(r#"{"asking":12}"#),
        problem::<Subject>(r#"{"asking":"user:1","scheduled":"user:1"}"#),
        problem::<Subject>("\"nobody\""),
        problem::<Limits>(r#"{"scopes":"*"}"#),
        problem::<Limits>("\"*\""),
    ];
    for refusal in refusals {
        assert!(!refusal.contains(secret), "{refusal}");
    }
}
