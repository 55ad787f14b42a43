//! A lane: slots that one process at a time writes, in every way the vault has, saying beforehand what it is about to
//! do and afterwards that it was acknowledged.

use std::fmt;
use std::str::FromStr;

use dm_connections::domain::Status;
use dm_connections::vault::{Address, Code, Error, Facts, Format, ImportOptions, Kind, Query, Report, Vault};

use crate::dice::Dice;
use crate::support::process::{Role, say};
use crate::support::{SITE, address, document, key, told};

/// How many slots a lane has: connections, and one app config.
pub const SLOTS: usize = 6;

/// What stands in a slot: the number of the save and of the merge that wrote it, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    pub saved: u64,
    pub merged: u64,
    pub pad: usize,
}

impl Content {
    /// The document.
    pub fn json(self, lane: u64) -> String {
        let Self { saved, merged, pad } = self;
        let pad = "x".repeat(pad);
        format!(r#"{{"access_token":"canary-{lane}-{saved}","merged":{merged},"pad":"{pad}"}}"#)
    }

    /// From a document that is exactly one of these.
    pub fn of_json(lane: u64, json: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(json).ok()?;
        let token = value["access_token"].as_str()?;
        let saved = token.strip_prefix(&format!("canary-{lane}-"))?.parse().ok()?;
        let content = Self { saved, merged: value["merged"].as_u64()?, pad: value["pad"].as_str()?.len() };
        (content.json(lane) == json).then_some(content)
    }
}

/// What one step is to leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    Stands(usize, Content),
    Gone(usize),
    /// Of the option with this number, all entries.
    Imported(u64),
    /// Nothing that a reader sees.
    Same,
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stands(slot, Content { saved, merged, pad }) => {
                write!(f, "stands {slot} {saved} {merged} {pad}")
            }
            Self::Gone(slot) => write!(f, "gone {slot}"),
            Self::Imported(number) => write!(f, "imported {number}"),
            Self::Same => write!(f, "same"),
        }
    }
}

impl FromStr for After {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let words: Vec<&str> = text.split(' ').collect();
        let number = |index: usize| words.get(index).and_then(|word| word.parse().ok()).ok_or(());
        Ok(match words[0] {
            "stands" => {
                let content = Content { saved: number(2)?, merged: number(3)?, pad: number(4)? as usize };
                Self::Stands(number(1)? as usize, content)
            }
            "gone" => Self::Gone(number(1)? as usize),
            "imported" => Self::Imported(number(1)?),
            "same" => Self::Same,
            _ => return Err(()),
        })
    }
}

pub fn slot(lane: u64, index: usize) -> (Kind, Address) {
    const PROVIDERS: [&str; 4] = ["reddit", "x", "instagram", "email_imap"];
    let provider = PROVIDERS[lane as usize % PROVIDERS.len()];
    let owner = format!("user:{}", lane + 1);
    match index {
        0 => (Kind::Config, address(provider, &owner, "default")),
        _ => (Kind::Connection, address(provider, &owner, &format!("a{index}"))),
    }
}

/// What stands in a slot; the text of anything that was never put there.
pub fn standing(vault: &Vault, lane: u64, index: usize) -> Result<(Option<Content>, i64), String> {
    let (kind, at) = slot(lane, index);
    match vault.get(kind, &at) {
        Ok(got) => {
            let (document, about) = got.with_about();
            let json = String::from_utf8_lossy(&document);
            let content =
                Content::of_json(lane, &json).ok_or_else(|| format!("never written: {json:.200}"))?;
            Ok((Some(content), about.revision))
        }
        Err(error) if error.code() == Code::NotFound => Ok((None, 0)),
        Err(error) => Err(format!("{:?}: {}", error.code(), told(&error))),
    }
}

/// Three entries of an old option: one whole, one with a member that never opens, and one of no known slot.
pub fn option(lane: u64, number: u64) -> Vec<u8> {
    format!(
        r#"{{"pinterest":{{"accounts":{{"l{lane}-{number}":{{"access_token":"canary-{number}"}}}},
            "principals":{{"agent:{agent}":{{"account":{{"access_token":"dm:enc:v1:canary","n":1}}}}}},
            "odd-{lane}-{number}":{{"token":"canary"}}}}}}"#,
        agent = lane * 1_000_000_000 + number + 1,
    )
    .into_bytes()
}

pub const ENTRIES: u64 = 3;

pub fn import(vault: &Vault, lane: u64, number: u64, dry_run: bool) -> Result<Report, Error> {
    vault.import(&option(lane, number), &[], ImportOptions { dry_run, ..ImportOptions::new(Format::Json) })
}

/// Writes until it is killed. Arguments: the lane, the number of the first step, a seed.
pub fn play(role: &Role) {
    let (lane, first) = (role.number(0), role.number(1));
    let mut dice = Dice::new(role.number(2));
    let mut options = dm_connections::vault::Options::new(&role.store, SITE);
    options.patience = std::time::Duration::from_secs(30);
    let vault = match Vault::open(&options, &[key(1), key(2), key(3)]) {
        Ok(vault) => vault,
        Err(error) => return say(format!("failed to open: {}", told(&error))),
    };
    let mut slots = [None; SLOTS];
    for (index, slot) in slots.iter_mut().enumerate() {
        match standing(&vault, lane, index) {
            Ok((content, _)) => *slot = content,
            Err(error) => return say(format!("failed to read slot {index}: {error}")),
        }
    }
    say("ready");
    for number in first.. {
        if let Err(error) = step(&vault, lane, number, &mut slots, &mut dice) {
            return say(format!("failed at {number}: {:?}: {}", error.code(), told(&error)));
        }
    }
}

fn step(
    vault: &Vault,
    lane: u64,
    number: u64,
    slots: &mut [Option<Content>; SLOTS],
    dice: &mut Dice,
) -> Result<(), Error> {
    let index = dice.below(SLOTS as u64) as usize;
    let (kind, at) = slot(lane, index);
    let facts = Facts::default();
    let begin = |after: After| say(format!("try {after}"));
    let end = |revision: i64| say(format!("done {revision}"));
    match (dice.below(100), slots[index]) {
        (0..40, _) | (40..65, None) => {
            let content = Content { saved: number, merged: number, pad: pad(dice) };
            begin(After::Stands(index, content));
            let saved = vault.save(kind, &at, &document(&content.json(lane)), &facts)?;
            end(saved.revision);
            slots[index] = Some(content);
        }
        (40..65, Some(before)) => {
            let content = Content { merged: number, ..before };
            begin(After::Stands(index, content));
            let patch = document(&format!(r#"{{"merged":{number}}}"#));
            end(vault.merge(kind, &at, &patch, &facts)?.revision);
            slots[index] = Some(content);
        }
        (65..75, _) => {
            begin(After::Gone(index));
            vault.delete(kind, &at, None)?;
            end(0);
            slots[index] = None;
        }
        (75..80, Some(_)) if kind == Kind::Connection => {
            begin(After::Same);
            end(vault.set_status(&at, Status::Active, Some("looked at"))?.revision);
        }
        (80..85, _) => {
            begin(After::Same);
            vault.renew_provider(&at.provider)?;
            end(0);
        }
        (85..88, _) => {
            begin(After::Same);
            vault.add_key(&key(1 + dice.below(3) as u8))?;
            vault.rewrap()?;
            end(0);
        }
        (88..93, _) => {
            begin(After::Imported(number));
            import(vault, lane, number, false)?;
            end(0);
        }
        _ => {
            let query = Query { owner: Some(at.owner.clone()), ..Query::default() };
            let found = vault.find(Kind::Connection, &query)?.items.len();
            assert_eq!(found, slots[1..].iter().flatten().count());
            vault.status(None, None)?;
        }
    }
    Ok(())
}

/// Mostly one page, at times enough that a document spreads over many.
fn pad(dice: &mut Dice) -> usize {
    let most = [200, 3_000, 3_000, 20_000, 20_000, 300_000][dice.below(6) as usize];
    dice.below(most) as usize
}
