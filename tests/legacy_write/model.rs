//! Writers with what they were handed at some time, beside others that save and delete: compared with maps.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::audit::sound;
use crate::support::{Site, address, document};
use crate::*;

/// Where something may stand in the option; the last one is of an unknown provider, and kept as it is.
const PLACES: [&[&str]; 7] = [
    &["reddit", "account"],
    &["reddit", "config"],
    &["reddit", "accounts", "x"],
    &["reddit", "principals", "user:2", "account"],
    &["twitter", "principals", "user:2", "accounts", "y"],
    &["twitter", "principals", "agent:3", "config"],
    &["odd"],
];
const ODD: usize = 6;
const MEMBERS: [&str; 3] = ["access_token", "a", "b"];
const WRITERS: usize = 2;

/// What stands at a place. No account is ever empty: each has a member that stays.
type Account = BTreeMap<&'static str, u8>;
type Accounts = BTreeMap<usize, Account>;

#[derive(Debug, Clone)]
enum Step {
    /// A writer is handed the option.
    Hand(usize),
    /// It writes it with these changes, and is handed the option anew or not; or as one who saw everything.
    Write {
        writer: usize,
        edits: Vec<(usize, Edit)>,
        whole: bool,
        hand: bool,
    },
    /// Somebody saves an account by itself, or deletes it.
    Save(usize, Account),
    Delete(usize),
}

#[derive(Debug, Clone)]
enum Edit {
    /// Sets members (or takes them away) of what is there.
    Members(BTreeMap<usize, Option<u8>>),
    Whole(Account),
    Remove,
}

fn account() -> impl Strategy<Value = Account> {
    prop::collection::btree_map(prop::sample::select(&MEMBERS[..]), 0..3_u8, 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    let members = prop::collection::btree_map(0..MEMBERS.len(), prop::option::of(0..3_u8), 1..3);
    let edit = prop_oneof![
        3 => members.prop_map(Edit::Members),
        1 => account().prop_map(Edit::Whole),
        1 => Just(Edit::Remove),
    ];
    let edits = prop::collection::vec((0..PLACES.len(), edit), 0..4);
    let write = (0..WRITERS, edits, prop::bool::weighted(0.15), any::<bool>());
    prop_oneof![
        2 => (0..WRITERS).prop_map(Step::Hand),
        4 => write.prop_map(|(writer, edits, whole, hand)| Step::Write { writer, edits, whole, hand }),
        2 => (0..ODD, account()).prop_map(|(place, account)| Step::Save(place, account)),
        1 => (0..ODD).prop_map(Step::Delete),
    ]
}

/// The option as a writer was handed it.
#[derive(Clone, Default)]
struct Handed {
    option: Value,
    accounts: Accounts,
}

fn as_json(account: &Account, seal: bool) -> Value {
    let mut json = json!({"stays": true});
    for (name, value) in account {
        let text = format!("canary-{value}");
        json[*name] = match *name {
            "access_token" if seal => sealed(&text),
            "access_token" => text.into(),
            _ => (*value).into(),
        };
    }
    json
}

/// What is kept, as one value without parts.
fn text(account: &Account) -> Value {
    serde_json::to_string(account).unwrap().into()
}

fn find(option: &Value, place: usize) -> Option<&Value> {
    PLACES[place].iter().try_fold(option, |value, name| value.get(*name))
}

/// Leaves no empty array behind: that would be something that is kept.
fn put(option: &mut Value, path: &[&str], account: Option<Value>) {
    let [name, rest @ ..] = path else {
        *option = account.unwrap_or(Value::Null);
        return;
    };
    if account.is_none() && option.get(*name).is_none() {
        return;
    }
    // PHP's empty array is a list.
    if !option.is_object() {
        *option = json!({});
    }
    let is_gone = account.is_none();
    put(&mut option[*name], rest, account);
    let left = &option[*name];
    if left.is_null() || (is_gone && left.as_object().is_some_and(serde_json::Map::is_empty)) {
        option.as_object_mut().unwrap().shift_remove(*name);
    }
}

fn read(vault: &Vault) -> Handed {
    let option = option(vault);
    let mut accounts = Accounts::new();
    let clear = opened(&option);
    for place in 0..PLACES.len() {
        let found = find(&clear, place).cloned();
        let found = match found {
            Some(Value::String(text)) => serde_json::from_str(&text).ok(),
            found => found,
        };
        let Some(Value::Object(members)) = found else { continue };
        let known = |name: &&'static str| -> Option<(&'static str, u8)> {
            let value = members.get(*name)?;
            let number = value.as_u64().or_else(|| value.as_str()?.strip_prefix("canary-")?.parse().ok());
            Some((*name, number.unwrap() as u8))
        };
        let account: Account = MEMBERS.iter().filter_map(known).collect();
        assert_eq!(account.len() + usize::from(place != ODD), members.len(), "{members:?}");
        accounts.insert(place, account);
    }
    Handed { option, accounts }
}

fn edited(handed: &Handed, edits: &[(usize, Edit)]) -> Handed {
    let mut written = handed.clone();
    for (place, edit) in edits {
        let before = written.accounts.get(place);
        let after = match edit {
            Edit::Remove => None,
            Edit::Whole(account) => Some(account.clone()),
            Edit::Members(members) => before.cloned().map(|mut account| {
                for (member, value) in members {
                    match value {
                        Some(value) => account.insert(MEMBERS[*member], *value),
                        None => account.remove(MEMBERS[*member]),
                    };
                }
                account
            }),
        };
        let json =
            after.as_ref().map(|account| if *place == ODD { text(account) } else { as_json(account, true) });
        put(&mut written.option, PLACES[*place], json);
        match after {
            Some(account) => written.accounts.insert(*place, account),
            None => written.accounts.remove(place),
        };
    }
    written
}

/// What a write is to leave behind.
fn merged(now: &Accounts, base: &Handed, written: &Handed) -> Accounts {
    let mut merged = now.clone();
    for place in 0..PLACES.len() {
        let text = |handed: &Handed| find(&handed.option, place).map(Value::to_string);
        if text(base) == text(written) {
            continue;
        }
        let Some(after) = written.accounts.get(&place) else {
            merged.remove(&place);
            continue;
        };
        match merged.get_mut(&place) {
            Some(stored) if place != ODD => {
                let before = base.accounts.get(&place).cloned().unwrap_or_default();
                for name in MEMBERS {
                    match (before.get(name), after.get(name)) {
                        (before, after) if before == after => {}
                        (_, Some(value)) => drop(stored.insert(name, *value)),
                        (_, None) => drop(stored.remove(name)),
                    }
                }
            }
            _ => drop(merged.insert(place, after.clone())),
        }
    }
    merged
}

fn at(place: usize) -> (Kind, dm_connections::vault::Address) {
    let path = PLACES[place];
    let owner = if path[1] == "principals" { path[2] } else { "site:0" };
    let (kind, account) = match path[path.len() - 2..] {
        ["accounts", name] => (CONN, name),
        [_, "config"] => (Kind::Config, "default"),
        _ => (CONN, "default"),
    };
    (kind, address(path[0], owner, account))
}

fn run(steps: &[Step]) {
    let site = Site::new("write-model");
    let vault = site.open();
    let mut now = Accounts::new();
    let mut writers = vec![read(&vault); WRITERS];
    for step in steps {
        let (before, writes) = (now.clone(), vault.writes().unwrap());
        match step {
            Step::Hand(writer) => writers[*writer] = read(&vault),
            Step::Write { writer, edits, whole, hand } => {
                let base = &writers[*writer];
                let written = edited(base, edits);
                let report = write_only(&vault, (!whole).then_some(&base.option), &written.option);
                now = if *whole { written.accounts } else { merged(&now, base, &written) };
                assert_eq!(report.writes, vault.writes().unwrap());
                assert_eq!(report.writes, writes + u64::from(now != before), "{:?}", told(&report));
                assert_eq!(report.entries.is_empty(), now == before, "{:?}", told(&report));
                if *hand {
                    writers[*writer] = read(&vault);
                }
            }
            Step::Save(place, account) => {
                let (kind, address) = at(*place);
                let json = document(&as_json(account, false).to_string());
                vault.save(kind, &address, &json, &Facts::default()).unwrap();
                now.insert(*place, account.clone());
            }
            Step::Delete(place) => {
                let (kind, address) = at(*place);
                vault.delete(kind, &address, None).unwrap();
                now.remove(place);
            }
        }
        assert_eq!(read(&vault).accounts, now, "after {step:?}");
    }
    sound(&vault);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(crate::support::process::size(150, 4000) as u32)
    })]
    #[test]
    fn any_writers_leave_what_maps_would_hold(steps in prop::collection::vec(step(), 1..14)) {
        run(&steps);
    }
}
