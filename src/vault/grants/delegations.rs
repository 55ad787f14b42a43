//! Delegations of the old option become grants, each one once: to the agent, for the one mailbox that it names, with the
//! operations that it had. The old rule never asked who asks, so neither do they.

use super::by_itself::{Slot, for_anyone, give, slot};
use super::revoke::LIBRARY;
use super::terms::Origin;
use super::{REVOKED, pair};
use crate::domain::{AtMost, Limits, Owner, Provider, RecordId, Scopes, SecretBytes, Target};
use crate::legacy::{self, DELEGATIONS, Delegated, Delegation};
use crate::providers::Catalogue;
use crate::store::{GrantRow, Kept, Kind, ReadTx, Row};
use crate::vault::import::fingerprint;
use crate::vault::kept::{self, Opened, Piece, keep};
use crate::vault::report::{Fate, ReportMember};
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Code, Error, row};

/// For the people who see such a grant.
const NOTE: &str = "As the old option delegated it, which never asked who asks: narrow it to whom it is for, by giving a \
                    narrower grant and taking this one back.";
/// Why it was given.
const WHY: &str = "a delegation of the old option";

/// How a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It never became a grant.
    NeverGiven,
    /// The grant that it became is there.
    Given,
    /// That grant has ended.
    Ended,
    /// Something else than this library changed the grants of that owner to that agent.
    Tampered,
}

/// The mailbox that a delegation is about.
pub(super) enum Mailbox {
    /// It is there.
    There(Box<Row>),
    /// It never was.
    NeverWas,
    /// The one that the option had is gone; one of the same name that came since is another one.
    Gone,
}

/// Where the delegations stand in the option, as its ledger and what is kept of it know it.
pub(in crate::vault) fn place() -> [String; 2] {
    DELEGATIONS.map(str::to_owned)
}

/// Makes grants of all delegations that were serialised in `raw`, but for those that were made before; says what became of
/// each. Where the option's delegations are others than those that are kept (`changed`), none is made.
pub(in crate::vault) fn give_delegated(
    write: &mut Write<'_>,
    catalogue: &Catalogue,
    raw: &[u8],
    changed: bool,
) -> Result<Vec<ReportMember>, Error> {
    let mut told = Vec::new();
    for Delegation { path, found } in legacy::delegations(raw) {
        let (outcome, code, why) = match found {
            Err(not) => (Fate::Kept, not.code(), not.text().to_owned()),
            Ok(delegated) => one(write, catalogue, &delegated, changed)?,
        };
        told.push(ReportMember { name: name(&path), outcome, code, why });
    }
    Ok(told)
}

fn name(path: &[String]) -> String {
    if path.is_empty() { DELEGATIONS[1].to_owned() } else { path.join(" > ") }
}

pub(super) type Told = (Fate, &'static str, String);

fn one(
    write: &mut Write<'_>,
    catalogue: &Catalogue,
    delegated: &Delegated,
    changed: bool,
) -> Result<Told, Error> {
    let kept = |code, why: &str| Ok((Fate::Kept, code, why.to_owned()));
    let mailbox = match standing(write.tx, write.unlocked, delegated)? {
        (Standing::Given, _) => {
            return Ok((Fate::Unchanged, "granted_before", "it became a grant before".to_owned()));
        }
        (Standing::Tampered, _) => return kept("integrity", tampered(delegated).message()),
        (Standing::Ended, _) => {
            let why = "it became a grant before, and that has ended since; it is not given again";
            return Ok((Fate::Unchanged, "ended_since", why.to_owned()));
        }
        (Standing::NeverGiven, mailbox) => mailbox,
    };
    if changed {
        let why =
            "the option changed since its delegations were kept. If the agent is to have it, give it a grant";
        return Ok((Fate::Differs, "differs", why.to_owned()));
    }
    from_now_on(write, catalogue, delegated, &mailbox)
}

/// Makes a grant of a delegation, where it is one that can be made.
pub(super) fn from_now_on(
    write: &mut Write<'_>,
    catalogue: &Catalogue,
    delegated: &Delegated,
    mailbox: &Mailbox,
) -> Result<Told, Error> {
    let kept = |code, why: &str| Ok((Fate::Kept, code, why.to_owned()));
    let Mailbox::There(connection) = mailbox else {
        let why = "there is no mailbox of this name that came from the old option, so it allows nothing. If the agent is \
                   to use another one, give it a grant";
        return kept("no_connection", why);
    };
    if !row::intact(&connection.meta, write.unlocked) {
        let why = "the mailbox was changed by something else than this library. Restore it from a backup and import \
                   again, or connect it anew and give the agent a grant";
        return kept("integrity", why);
    }
    let provider: Provider = DELEGATIONS[0].parse()?;
    let known = &catalogue.entry(&provider).operations;
    let unknown: Vec<&str> = delegated.operations.iter().filter(|name| !known.contains_key(*name)).collect();
    if !unknown.is_empty() {
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        let why = format!(
            "the catalogue does not know {} of {provider}; it knows {}. Add it to the catalogue and import again, or give \
             the agent a grant without it",
            unknown.join(", "),
            names.join(", ")
        );
        return kept("unknown_operation", &why);
    }
    match make(write, delegated, provider, connection.meta.id)? {
        Ok(()) => {
            Ok((Fate::Imported, "granted", "it is a grant now, for anyone who asks: narrow it".to_owned()))
        }
        Err(error) if error.code() == Code::TooLarge => kept("too_many_grants", error.message()),
        Err(error) => kept("integrity", error.message()),
    }
}

fn make(
    write: &mut Write<'_>,
    delegated: &Delegated,
    provider: Provider,
    connection: RecordId,
) -> Result<Result<(), Error>, Error> {
    let none = AtMost::These(Scopes::default());
    let limits = Limits { scopes: none, operations: AtMost::These(delegated.operations.clone()) };
    let by = delegated.granted_by.map_or(LIBRARY.to_owned(), |user| user.to_string());
    let mut new = for_anyone(delegated.agent, Target::Connection(connection), limits, by, WHY);
    new.note = Some(NOTE.to_owned());
    let slot = slot_of(write.unlocked, delegated);
    let whose = (delegated.owner.clone(), provider, Some(connection));
    give(write, Origin::Delegation, &new, &whose, delegated.granted_at.unwrap_or(write.now), &slot)
}

fn tampered(delegated: &Delegated) -> Error {
    pair::tampered(&delegated.agent.to_string(), &delegated.owner.to_string())
}

fn slot_of(unlocked: &Unlocked, delegated: &Delegated) -> Slot {
    let [owner, agent] = [delegated.owner.to_string(), delegated.agent.to_string()];
    slot(unlocked, Origin::Delegation, &[&owner, delegated.account.as_str(), &agent])
}

fn standing(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    delegated: &Delegated,
) -> Result<(Standing, Mailbox), Error> {
    let mailbox = mailbox(tx, unlocked, delegated)?;
    let remembered = tx.was_given(&slot_of(unlocked, delegated))?;
    let not_there = |otherwise| if remembered { otherwise } else { Standing::NeverGiven };
    let Mailbox::There(row) = &mailbox else { return Ok((not_there(Standing::Ended), mailbox)) };
    let is_its = |grant: &GrantRow| {
        grant.origin == Origin::Delegation.as_str() && grant.connection == Some(row.meta.id)
    };
    let [agent, owner] = [delegated.agent.to_string(), delegated.owner.to_string()];
    let standing = match pair::read(tx, unlocked, &agent, &owner)? {
        None => not_there(Standing::Tampered),
        Some(pair) if pair.rows.iter().any(is_its) => Standing::Given,
        // Who deletes what is remembered past this library has to delete the grant too, and that has its record.
        Some(_) if tx.grants_of(&agent, &owner, REVOKED)?.iter().any(is_its) => Standing::Ended,
        Some(_) => not_there(Standing::Ended),
    };
    Ok((standing, mailbox))
}

fn mailbox(tx: &mut dyn ReadTx, unlocked: &Unlocked, delegated: &Delegated) -> Result<Mailbox, Error> {
    let place = mailbox_slot(delegated)?.path();
    let imported = tx.ledger(&fingerprint(unlocked, &place))?.and_then(|entry| entry.connection);
    let row = mailbox_row(tx, delegated)?;
    Ok(match (imported, row) {
        (Some(id), Some(row)) if row.meta.id == id => Mailbox::There(Box::new(row)),
        (None, None) => Mailbox::NeverWas,
        _ => Mailbox::Gone,
    })
}

/// Where the mailbox stands in the option.
pub(super) fn mailbox_slot(delegated: &Delegated) -> Result<legacy::Slot, Error> {
    let (owner, account) = (delegated.owner.clone(), delegated.account.clone());
    Ok(legacy::Slot::Account { provider: DELEGATIONS[0].parse()?, owner, account })
}

/// The mailbox of that name, wherever it came from.
pub(super) fn mailbox_row(tx: &mut dyn ReadTx, delegated: &Delegated) -> Result<Option<Row>, Error> {
    let [owner, account] = [delegated.owner.to_string(), delegated.account.to_string()];
    Ok(tx.row(Kind::Connection, DELEGATIONS[0], &owner, &account)?)
}

/// The delegations that are kept, opened; none where there are none, or where they do not open.
pub(super) fn kept_piece(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
) -> Result<Result<Option<(Kept, Opened)>, Error>, Error> {
    let Some(piece) = tx.kept_at(&fingerprint(unlocked, &place()), None)? else { return Ok(Ok(None)) };
    Ok(kept::open(&piece, unlocked).map(|opened| Some((piece, opened))))
}

/// Whether the delegations that are kept wait for a key that was not given.
pub(in crate::vault) fn wait_for_a_key(tx: &mut dyn ReadTx, unlocked: &Unlocked) -> Result<bool, Error> {
    let opened = kept_piece(tx, unlocked)?;
    Ok(opened.err().is_some_and(|error| error.code() == Code::KeyUnavailable))
}

/// Makes grants of the delegations that an import kept before there were grants.
pub(in crate::vault) fn give_kept(write: &mut Write<'_>, catalogue: &Catalogue) -> Result<(), Error> {
    if let Ok(Some((_, opened))) = kept_piece(write.tx, write.unlocked)? {
        give_delegated(write, catalogue, opened.raw(), false)?;
    }
    Ok(())
}

/// What does not go back with the delegations that are kept.
#[derive(Default)]
pub(in crate::vault) struct Ended {
    pub(in crate::vault) delegations: Vec<EndedDelegation>,
}

/// A delegation that does not go back.
pub(in crate::vault) struct EndedDelegation {
    /// The keys that lead to it from where delegations stand.
    pub(in crate::vault) path: Vec<String>,
    pub(in crate::vault) because: EndedBecause,
}

/// Why a delegation does not go back.
pub(in crate::vault) enum EndedBecause {
    /// The grant that it became has ended.
    Grant,
    /// The mailbox is gone.
    Connection,
    /// Nobody can say.
    Error(Error),
}

/// The delegations that no longer allow anything here: the old plug-in must not allow it again.
pub(in crate::vault) fn ended(tx: &mut dyn ReadTx, unlocked: &Unlocked) -> Result<Ended, Error> {
    let mut ended = Ended::default();
    let Ok(Some((_, opened))) = kept_piece(tx, unlocked)? else { return Ok(ended) };
    for Delegation { path, found } in legacy::delegations(opened.raw()) {
        let Ok(delegated) = found else { continue };
        let because = match standing(tx, unlocked, &delegated)? {
            (Standing::Given, _) | (Standing::NeverGiven, Mailbox::There(_) | Mailbox::NeverWas) => continue,
            (_, Mailbox::Gone | Mailbox::NeverWas) => EndedBecause::Connection,
            (Standing::Tampered, _) => EndedBecause::Error(tampered(&delegated)),
            (_, Mailbox::There(_)) => EndedBecause::Grant,
        };
        ended.delegations.push(EndedDelegation { path, because });
    }
    Ok(ended)
}

/// Forgets the kept delegations of an owner, and where it goes altogether those to it; says how many there were. None of
/// them is given again by a later import.
pub(in crate::vault) fn forget_delegated(
    write: &mut Write<'_>,
    owner: &Owner,
    altogether: bool,
) -> Result<u64, Error> {
    let Ok(Some((piece, opened))) = kept_piece(write.tx, write.unlocked)? else { return Ok(0) };
    let name = owner.to_string();
    let gone = |path: &[String]| match path {
        [owner] => *owner == name,
        [owner, _, agent] => *owner == name || (altogether && *agent == name),
        _ => false,
    };
    let mut count = 0;
    for one in legacy::delegations(opened.raw()).iter().filter(|one| gone(&one.path)) {
        count += 1;
        if let Ok(delegated) = &one.found {
            write.tx.remember_given(&slot_of(write.unlocked, delegated))?;
        }
    }
    let left = legacy::without_delegations(opened.raw(), &gone);
    if left.as_deref() == Some(opened.raw()) {
        return Ok(0);
    }
    write.tx.delete_kept(piece.id)?;
    if let Some(left) = left {
        let place = opened.place.clone();
        let raw = SecretBytes::from(left);
        let reason = legacy::Why::Delegations.code();
        keep(
            write,
            fingerprint(write.unlocked, &place.path),
            &Piece { place, connection: None, reason, raw: &raw },
        )?;
    }
    Ok(count)
}
