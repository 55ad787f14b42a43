//! No format drifts unseen: every format of `src/crypto`, and every MAC of a store, against the answers in
//! `tests/known-answers`, which another implementation wrote and which are only read here.

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dm_connections::crypto::labels::{self, Label};
use dm_connections::crypto::{
    Binding, DataKey, Error, Fields, Kek, KeyMaterial, LegacyKey, LegacyOpen, Purpose, Secret32, StoreSecret,
    check_value, is_envelope, matches_check_value, record,
};
use dm_connections::domain::{KeyId, Random, RandomUnavailable, RecordId, StoreId};
use dm_connections::vault::{Anchor, Begin, GrantQuery, Kind, Mode, Vault, VerifyOptions, close_all};
use serde_json::Value;
use support::Site;

#[test]
fn fields() {
    for case in good("fields", 22) {
        assert_eq!(hex(case.fields().as_bytes()), case.text("encoded"), "{case:?}");
    }
}

#[test]
fn records() {
    for case in good("record", 5) {
        let random = Drawn::new([case.hex("salt")]);
        let (key, id, plaintext) = (case.secret("key"), case.key_id("key_id"), case.hex("plaintext"));
        let made = record::seal(&key, id, &case.fields(), &plaintext, &random).unwrap();
        assert_eq!(hex(&made), case.text("record"), "{case:?}");
        assert_eq!(record::key_id_of(&made), Ok(id), "{case:?}");
        assert_eq!(*record::open(&key, id, &case.fields(), &made).unwrap(), plaintext, "{case:?}");
    }
    for case in failing("record", "failing", 96) {
        let opened =
            record::open(&case.secret("key"), case.key_id("key_id"), &case.fields(), &case.hex("record"));
        assert_eq!(opened.unwrap_err(), case.error(), "{case:?}");
    }
}

#[test]
fn envelopes() {
    for case in good("envelope", 3) {
        let (id, key) = (case.hex("data_key_id"), case.hex("data_key"));
        let data_key = DataKey::generate(&Drawn::new([id, key])).unwrap();
        let wrapped =
            data_key.wrap(&case.kek(), &case.binding(), &Drawn::new([case.hex("wrap_salt")])).unwrap();
        assert_eq!(hex(&wrapped), case.text("wrapped"), "{case:?}");

        let data_key = DataKey::unwrap(&case.kek(), &wrapped, &case.binding()).unwrap();
        assert_eq!(hex(data_key.id().as_bytes()), case.text("data_key_id"), "{case:?}");
        let document = case.hex("document");
        let sealed = data_key.seal(&case.binding(), &document, &Drawn::new([case.hex("seal_salt")])).unwrap();
        assert_eq!(hex(&sealed), case.text("sealed"), "{case:?}");
        assert_eq!(*data_key.open(&case.binding(), &sealed).unwrap(), document, "{case:?}");
    }
    for case in failing("envelope", "wrapped_failing", 28) {
        let unwrapped = DataKey::unwrap(&case.kek(), &case.hex("wrapped"), &case.binding());
        assert_eq!(unwrapped.unwrap_err(), case.error(), "{case:?}");
    }
    let first = good("envelope", 3).remove(0);
    let data_key = DataKey::unwrap(&first.kek(), &first.hex("wrapped"), &first.binding()).unwrap();
    for case in failing("envelope", "sealed_failing", 27) {
        let opened = data_key.open(&case.binding(), &case.hex("sealed"));
        assert_eq!(opened.unwrap_err(), case.error(), "{case:?}");
    }
}

#[test]
fn store_secrets_and_mac_keys() {
    for case in good("store-secret", 1) {
        let secret = StoreSecret::generate(&Drawn::new([case.hex("secret")])).unwrap();
        let wrapped = secret.wrap(&case.kek(), case.store(), &Drawn::new([case.hex("salt")])).unwrap();
        assert_eq!(hex(&wrapped), case.text("wrapped"), "{case:?}");

        let secret = StoreSecret::unwrap(&case.kek(), &wrapped, case.store()).unwrap();
        let tags: Vec<_> = case.array("tags").map(Case).collect();
        assert_eq!(tags.len(), 9);
        for tag in tags {
            let key = secret.mac_key(tag.label());
            assert_eq!(hex(&key.tag(&tag.fields())), tag.text("tag"), "{tag:?}");
            assert!(key.verify(&tag.fields(), &tag.hex("tag")), "{tag:?}");
        }
    }
    for case in failing("store-secret", "failing", 21) {
        let unwrapped = StoreSecret::unwrap(&case.kek(), &case.hex("wrapped"), case.store());
        assert_eq!(unwrapped.unwrap_err(), case.error(), "{case:?}");
    }
}

#[test]
fn check_values() {
    for case in good("check-value", 3) {
        let value = check_value(&case.secret("key"), case.store(), case.key_id("key_id"));
        assert_eq!(hex(&value), case.text("check_value"), "{case:?}");
        assert!(matches(&case), "{case:?}");
    }
    for case in failing("check-value", "failing", 7) {
        assert!(!matches(&case), "{case:?}");
    }

    fn matches(case: &Case) -> bool {
        let expected = case.hex("check_value");
        matches_check_value(&case.secret("key"), case.store(), case.key_id("key_id"), &expected)
    }
}

#[test]
fn legacy_envelopes() {
    for case in good("legacy-envelope", 3) {
        let key = LegacyKey::from_salt(&case.hex("salt"));
        let opened = key.open(case.text("envelope").as_bytes());
        assert_eq!(*opened.unwrap(), case.hex("plaintext"), "{case:?}");
        let iv = STANDARD.decode(case.text("envelope").split(':').nth(3).unwrap()).unwrap();
        let sealed = key.seal(&case.hex("plaintext"), &Drawn::new([iv])).unwrap();
        assert_eq!(sealed, case.text("envelope").as_bytes(), "{case:?}");
        assert!(is_envelope(case.text("envelope").as_bytes()), "{case:?}");
    }
    for case in failing("legacy-envelope", "failing", 18) {
        let opened = LegacyKey::from_salt(&case.hex("salt")).open(case.text("envelope").as_bytes());
        let expected = match case.text("error") {
            "malformed" => LegacyOpen::Malformed,
            "does_not_open" => LegacyOpen::DoesNotOpen,
            other => panic!("{other}"),
        };
        assert_eq!(opened.unwrap_err(), expected, "{case:?}");
    }
}

/// The MACs of rows, grants, heads of pairs, audit records, the chain's end and an anchor: a store that the other
/// implementation wrote is sound, and is not with any of them changed.
#[test]
fn a_whole_store() {
    let site = Site::new("known-store");
    let content = Case(read("store"));
    let vault = || site.open_with(&[KeyMaterial::raw(&content.hex("key")).unwrap()]).unwrap();
    drop(vault());
    close_all();
    let sql = site.sql();
    sql.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (table, rows) in content.0["tables"].as_object().unwrap() {
        sql.execute(&format!("DELETE FROM {table}"), []).unwrap();
        for row in rows.as_array().unwrap() {
            let names: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
            let places = vec!["?"; names.len()].join(", ");
            let insert = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(", "));
            sql.execute(&insert, rusqlite::params_from_iter(columns(row))).unwrap();
        }
    }
    let identity = &content.0["store"];
    let names: Vec<String> = identity.as_object().unwrap().keys().map(|name| format!("{name} = ?")).collect();
    let update = format!("UPDATE store SET {}", names.join(", "));
    sql.execute(&update, rusqlite::params_from_iter(columns(identity))).unwrap();

    let vault = vault();
    let anchor: Anchor = serde_json::from_value(content.0["anchor"].clone()).unwrap();
    let codes = |vault: &Vault, anchor: &Anchor| {
        let options = VerifyOptions { anchor: Some(anchor.clone()), ..Default::default() };
        let found = vault.verify_audit(&options).unwrap();
        assert_eq!((found.records, found.rows, found.pairs), (6, 1, 1));
        found.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&vault, &anchor), [""; 0]);
    let row = support::address("instagram", "user:12", "default");
    assert_eq!(support::text(&vault, Kind::Connection, &row), content.text("document"));
    let grants = vault.list_grants(&GrantQuery::default()).unwrap().items;
    let told: Vec<_> = grants.iter().map(|grant| (grant.status, grant.integrity)).collect();
    assert_eq!(told, [(Some("active"), true), (Some("active"), true), (Some("revoked"), true)]);

    let proposed = || {
        let found = vault.proposals(None, None).unwrap().items;
        found.iter().map(|one| (one.count, one.grant.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(proposed(), [(2, true)]);
    // The same request met once more is the same proposal.
    let (request, wanted) = (support::acting::asking("user:13", "agent:7"), {
        let mut wanted = support::acting::wanted("instagram", &["publish"]);
        (wanted.owner, wanted.account) = (Some("user:12".parse().unwrap()), Some("default".parse().unwrap()));
        wanted
    });
    let kept = sql.query_row("SELECT mac FROM proposals", [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    sql.execute("UPDATE proposals SET mac = zeroblob(32)", []).unwrap();
    assert_eq!(proposed(), []);
    sql.execute("UPDATE proposals SET mac = ?1", [kept]).unwrap();

    // How its renewals stand; a state that somebody else wrote is none.
    let failures = || {
        let told = vault.refresh_status(&row, &Begin { force: true, ..Begin::default() }).unwrap();
        (told.outcome, told.failures)
    };
    assert_eq!(failures(), ("due", 3));
    let kept = sql.query_row("SELECT mac FROM refreshes", [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    sql.execute("UPDATE refreshes SET mac = zeroblob(32)", []).unwrap();
    assert_eq!(failures(), ("due", 0));
    sql.execute("UPDATE refreshes SET mac = ?1", [kept]).unwrap();

    let flipped = |column: &str, at: usize| {
        let digit = format!("substr(hex({column}), {at}, 1)");
        let other = format!("CASE {digit} WHEN '0' THEN '1' ELSE '0' END");
        format!("unhex(substr(hex({column}), 1, {at} - 1) || {other} || substr(hex({column}), {at} + 1))")
    };
    for (table, column, at, which, code) in [
        ("connections", "row_mac", 1, "1", "row_changed"),
        ("grants", "mac", 1, "uses_left = 3", "pair_changed"),
        ("grants", "mac", 64, "effect = 'forbid'", "pair_changed"),
        ("grants", "mac", 64, "state = 'revoked'", "pair_changed"),
        ("grant_heads", "head", 64, "1", "pair_changed"),
        ("audit", "mac", 64, "sequence = 3", "record_changed"),
        ("audit_streams", "head", 1, "1", "head_changed"),
        ("audit_streams", "head", 128, "1", "head_changed"),
    ] {
        let change = |to: &str| format!("UPDATE {table} SET {column} = {to} WHERE {which}");
        let select = format!("SELECT {column} FROM {table} WHERE {which}");
        let kept: Vec<u8> = sql.query_row(&select, [], |row| row.get(0)).unwrap();
        sql.execute(&change(&flipped(column, at)), []).unwrap();
        assert!(codes(&vault, &anchor).contains(&code), "{table} {column} {which}");
        sql.execute(&change("?1"), [&kept]).unwrap();
        assert_eq!(codes(&vault, &anchor), [""; 0]);
    }
    let hash = anchor.hash.replace(&anchor.hash[..4], "0000");
    assert_eq!(codes(&vault, &Anchor { hash, ..anchor }), ["anchor_differs"]);
    vault.admit(&request, &wanted, Mode::Observe).unwrap();
    assert_eq!(proposed(), [(3, true)]);

    // The fingerprint in the state is that of the account's credential: it was handed in already, without an answer.
    let begun = Arc::new(vault).begin_refresh(&row, &Begin { force: true, ..Begin::default() }).unwrap();
    assert!(begun.told.lease.unwrap().lost);
}

/// What a row of a file has in its columns: blobs are in hexadecimal.
fn columns(row: &Value) -> Vec<rusqlite::types::Value> {
    use rusqlite::types::Value as Column;
    let column = |value: &Value| match value {
        Value::Null => Column::Null,
        Value::Number(number) => Column::Integer(number.as_i64().unwrap()),
        Value::String(text) => Column::Text(text.clone()),
        Value::Object(blob) => Column::Blob(unhex(blob["hex"].as_str().unwrap())),
        other => panic!("{other}"),
    };
    row.as_object().unwrap().values().map(column).collect()
}

/// A case of a file.
#[derive(Debug)]
struct Case(Value);

/// The good cases of a file, which has this many.
fn good(file: &str, count: usize) -> Vec<Case> {
    let cases: Vec<_> = Case(read(file)).array("good").map(Case).collect();
    assert_eq!(cases.len(), count, "{file}.json");
    cases
}

/// The cases of a file that must not open, each with what it does not say taken from the first good one.
fn failing(file: &str, list: &str, count: usize) -> Vec<Case> {
    let content = read(file);
    let whole = |difference: Value| {
        let mut case = content["good"][0].clone();
        for part in [&difference, &difference["with"]] {
            let members = part.as_object().unwrap().iter();
            case.as_object_mut().unwrap().extend(members.map(|(name, value)| (name.clone(), value.clone())));
        }
        Case(case)
    };
    let cases: Vec<_> = Case(content.clone()).array(list).map(whole).collect();
    assert_eq!(cases.len(), count, "{list} of {file}.json");
    cases
}

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/known-answers/{file}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

impl Case {
    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("{name} of {self:?}"))
    }

    fn array(&self, name: &str) -> impl Iterator<Item = Value> + use<> {
        self.0[name].as_array().unwrap_or_else(|| panic!("{name} of {self:?}")).clone().into_iter()
    }

    fn hex(&self, name: &str) -> Vec<u8> {
        unhex(self.text(name))
    }

    fn secret(&self, name: &str) -> Secret32 {
        Secret32::copy_from(&self.hex(name).try_into().unwrap())
    }

    fn key_id(&self, name: &str) -> KeyId {
        KeyId::from_bytes(self.hex(name).try_into().unwrap())
    }

    fn store(&self) -> StoreId {
        StoreId::from_bytes(self.hex("store").try_into().unwrap())
    }

    fn kek(&self) -> Kek {
        Kek::new(self.key_id("kek_id"), self.secret("kek"))
    }

    fn binding(&self) -> Binding<'_> {
        let purposes = [Purpose::Connection, Purpose::Config, Purpose::Kept];
        Binding {
            store: self.store(),
            record: RecordId::from_bytes(self.hex("record").try_into().unwrap()),
            owner: self.text("owner"),
            provider: self.text("provider"),
            purpose: purposes.into_iter().find(|purpose| purpose.as_str() == self.text("purpose")).unwrap(),
            seal_revision: self.0["seal_revision"].as_i64().unwrap(),
        }
    }

    fn label(&self) -> Label {
        use labels::*;
        let all = [
            SEALED,
            DATA_KEY,
            STORE_SECRET,
            CHECK_VALUE,
            MAC_ROWS,
            MAC_GRANTS,
            MAC_AUDIT,
            MAC_FINGERPRINTS,
            MAC_LEDGER,
            MAC_KEPT,
            MAC_GRANT_HEADS,
            MAC_PROPOSALS,
            MAC_REFRESHES,
        ];
        all.into_iter().find(|label| label.as_bytes() == self.text("label").as_bytes()).unwrap()
    }

    fn fields(&self) -> Fields {
        self.array("fields").fold(Fields::new(self.label()), |fields, field| {
            let (kind, value) = field.as_object().unwrap().iter().next().unwrap();
            match (kind.as_str(), value) {
                ("text", Value::String(text)) => fields.text(text),
                ("bytes", Value::String(text)) => fields.bytes(&unhex(text)),
                ("integer", Value::Number(number)) => fields.integer(number.as_i64().unwrap()),
                ("optional", Value::Null) => fields.optional(None),
                ("optional", Value::String(text)) => fields.optional(Some(&unhex(text))),
                other => panic!("{other:?}"),
            }
        })
    }

    fn error(&self) -> Error {
        match self.text("error") {
            "format" => Error::Format,
            "does_not_open" => Error::DoesNotOpen,
            other => panic!("{other}"),
        }
    }
}

/// Gives out what the file says, draw by draw, and nothing after that.
struct Drawn(Mutex<Vec<Vec<u8>>>);

impl Drawn {
    fn new<const N: usize>(draws: [Vec<u8>; N]) -> Self {
        Self(Mutex::new(draws.into_iter().rev().collect()))
    }
}

impl Random for Drawn {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        let next = self.0.lock().unwrap().pop().ok_or(RandomUnavailable)?;
        out.copy_from_slice(&next);
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
