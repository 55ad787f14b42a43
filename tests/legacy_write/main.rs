//! Writing the old option: what its writer changed is done, and nothing else.
#![allow(missing_docs)]

mod delegations;
mod hostile;
mod kept;
mod merging;
mod model;
mod processes;
mod rows;
mod same;
#[path = "../support/mod.rs"]
mod support;
mod whole;

use dm_connections::crypto::{OsRandom, is_envelope};
use dm_connections::vault::{ExportOptions, Facts, Format, Kind, Vault, WriteOutcome, WriteReport};
use serde_json::Value;
use support::{address, document, salt};

pub const CONN: Kind = Kind::Connection;

/// The option as the store has it now.
pub fn export(vault: &Vault, format: Format) -> Vec<u8> {
    let options = ExportOptions {
        format,
        fields: Vec::new(),
        fields_of: std::collections::BTreeMap::new(),
        leave_out: false,
    };
    vault.export(&salt(), &options).unwrap().option.to_vec()
}

pub fn option(vault: &Vault) -> Value {
    serde_json::from_slice(&export(vault, Format::Json)).unwrap()
}

/// Writes an option by somebody who was handed `base`, and reads back.
#[track_caller]
pub fn write(vault: &Vault, base: &Value, option: &Value) -> WriteReport {
    let report = write_only(vault, Some(base), option);
    assert_eq!(report.writes, vault.writes().unwrap());
    reads_back(vault, option);
    report
}

pub fn write_only(vault: &Vault, base: Option<&Value>, option: &Value) -> WriteReport {
    let base = base.map(Value::to_string);
    let base = base.as_ref().map(String::as_bytes);
    let report = vault.write_option(base, option.to_string().as_bytes(), &[salt()], Format::Json).unwrap();
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains("canary") && !told.contains("dm:enc"), "{told}");
    report
}

/// What is exported is what was written, in its order, once envelopes are opened.
#[track_caller]
pub fn reads_back(vault: &Vault, written: &Value) {
    let (read, written) = (opened(&self::option(vault)).to_string(), opened(written).to_string());
    let differ = read.bytes().zip(written.bytes()).position(|(one, other)| one != other);
    let from = differ.unwrap_or_default().saturating_sub(200);
    assert!(read == written, "...{}\nis read, and written was\n...{}", &read[from..], &written[from..]);
}

/// The same with every envelope opened that opens.
pub fn opened(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), opened(value))).collect(),
        Value::Array(items) => items.iter().map(opened).collect(),
        Value::String(text) if is_envelope(text.as_bytes()) => match salt().open(text.as_bytes()) {
            Ok(plain) => String::from_utf8(plain.to_vec()).unwrap().into(),
            Err(_) => value.clone(),
        },
        _ => value.clone(),
    }
}

pub fn sealed(text: &str) -> Value {
    String::from_utf8(salt().seal(text.as_bytes(), &OsRandom).unwrap()).unwrap().into()
}

pub fn save(vault: &Vault, provider: &str, owner: &str, account: &str, json: &str) -> String {
    vault.save(CONN, &address(provider, owner, account), &document(json), &Facts::default()).unwrap().id
}

pub fn text(vault: &Vault, provider: &str, owner: &str, account: &str) -> String {
    support::text(vault, CONN, &address(provider, owner, account))
}

/// What became of each part: its place, outcome and code.
pub fn told(report: &WriteReport) -> Vec<String> {
    let name = |outcome| serde_json::to_value(outcome).unwrap().as_str().unwrap().to_owned();
    let entries = report.entries.iter();
    entries.map(|one| format!("{} {} {}", one.path.join("/"), name(one.outcome), one.code)).collect()
}

pub fn outcomes(report: &WriteReport) -> Vec<WriteOutcome> {
    report.entries.iter().map(|one| one.outcome).collect()
}

/// Every row and every kept piece with its revision or id, and how many writes there were: what stays where nothing is written.
pub fn state(site: &support::Site) -> Vec<String> {
    let sql = site.sql();
    let all = |query: &str| -> Vec<String> {
        let mut statement = sql.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut state =
        all("SELECT hex(id) || ' ' || revision || ' ' || seal_revision || ' ' || coalesce(legacy, '') \
                         FROM connections ORDER BY id");
    state.extend(all("SELECT hex(id) FROM kept ORDER BY id"));
    state.extend(all("SELECT agent || owner || head FROM (SELECT agent, owner, hex(head) AS head FROM grant_heads) ORDER BY 1"));
    state.extend(all("SELECT hex(slot) || hex(content) FROM import_ledger ORDER BY slot"));
    state.extend(all("SELECT 'writes ' || writes FROM store"));
    state.extend(all("SELECT 'records ' || count(*) FROM audit"));
    state
}

#[test]
fn role() {
    processes::play();
}
