//! Rows to write: plain text where a real store has ciphertext, which no engine can tell.

use dm_connections::domain::{KeyId, RecordId, StoreId};
use dm_connections::store::{
    Engine, Error, Filter, GrantHead, GrantRow, Identity, Kept, KeyRecord, KeyStatus, Kind, LedgerEntry,
    Meta, Row, WriteTx,
};

/// The id with this number: greater numbers sort later.
pub fn id(number: u64) -> RecordId {
    let mut bytes = [0x11; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    RecordId::from_bytes(bytes)
}

pub fn key_id(number: u8) -> KeyId {
    KeyId::from_bytes([number; 8])
}

pub fn identity(number: u8) -> Identity {
    Identity {
        store_id: StoreId::from_bytes([number; 16]),
        site: "https://example.org".into(),
        created_at: 1_700_000_000,
        secret_key_id: key_id(1),
        wrapped_secret: vec![number; 60],
        writes: 0,
    }
}

pub fn key(number: u8, status: KeyStatus) -> KeyRecord {
    KeyRecord { id: key_id(number), status, check_value: vec![number; 32], created_at: 1_700_000_000 }
}

pub fn row(number: u64) -> Row {
    Row {
        meta: Meta {
            id: id(number),
            kind: Kind::Connection,
            provider: "reddit".into(),
            owner: format!("user:{number}"),
            account: "default".into(),
            remote_id: Some(format!("t2_{number}")),
            display_name: Some("Ünï".into()),
            scopes: "identity read".into(),
            status: "active".into(),
            status_cause: None,
            expires_at: None,
            revision: 1,
            seal_revision: 1,
            connected_at: 1_700_000_000,
            updated_at: 1_700_000_001,
            last_used_at: None,
            legacy: Some(r#"["access_token"]"#.into()),
            key_id: key_id(1),
            row_mac: vec![7; 32],
        },
        wrapped_key: vec![8; 117],
        sealed: vec![9; 1500],
    }
}

pub fn kept(number: u64, connection: Option<RecordId>, member: Option<&str>) -> Kept {
    Kept {
        id: id(number),
        connection,
        slot: number.to_be_bytes().repeat(4),
        member: member.map(str::to_owned),
        reason: "envelope_malformed".into(),
        key_id: key_id(1),
        wrapped_key: vec![3; 117],
        sealed: vec![4; 300],
    }
}

pub fn ledger_entry(number: u8) -> LedgerEntry {
    LedgerEntry {
        slot: vec![number; 32],
        content: vec![number.wrapping_add(1); 32],
        outcome: "imported".into(),
        connection: Some(id(number.into())),
        revision: Some(1),
        imported_at: 1_700_000_000,
    }
}

/// A grant of `user:1` to `agent:7`.
pub fn grant(number: u64) -> GrantRow {
    GrantRow {
        id: id(number),
        agent: "agent:7".into(),
        owner: "user:1".into(),
        provider: "reddit".into(),
        connection: None,
        effect: "permit".into(),
        state: "active".into(),
        not_before: None,
        expires_at: None,
        uses_left: None,
        terms: "{}".into(),
        origin: String::new(),
        revision: 1,
        mac: vec![5; 32],
    }
}

pub fn grant_head(agent: &str, owner: &str, sequence: i64) -> GrantHead {
    GrantHead { agent: agent.into(), owner: owner.into(), count: 2, sequence, head: vec![6; 32] }
}

/// Makes a fresh store a store, with key 1.
pub fn initialise(engine: &dyn Engine, number: u8) {
    write(engine, |tx| tx.initialise(&identity(number), &key(1, KeyStatus::Primary)));
}

/// One write that has to succeed.
pub fn write<T>(engine: &dyn Engine, work: impl FnMut(&mut dyn WriteTx) -> Result<T, Error>) -> T {
    engine.transaction(work).unwrap()
}

/// All rows of a kind, by id.
pub fn ids(engine: &dyn Engine, filter: &Filter) -> Vec<RecordId> {
    engine.snapshot(|tx| tx.find(filter)).unwrap().into_iter().map(|meta| meta.id).collect()
}

/// Lets an engine come to where it looks at as little as it may: some time after the last change of the directory.
pub fn settle(engine: &dyn Engine) {
    std::thread::sleep(std::time::Duration::from_millis(80));
    for _ in 0..2 {
        engine.snapshot(|tx| tx.keys()).unwrap();
    }
}
