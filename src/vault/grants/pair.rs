//! What an agent has from an owner: its grants, each with a MAC, and a head over all that are active, so that one that
//! was put in, edited, brought back or taken away past this library is noticed.

use super::{ACTIVE, MOST_GRANTS, REVOKED, terms};
use crate::crypto::{Fields, labels};
use crate::domain::{Grant, RecordId, UnixTime};
use crate::store::{GrantHead, GrantRow, ReadTx};
use crate::vault::audit::{Event, Facts, What};
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Code, Error};

/// The active grants of a pair, checked, in the order of their ids.
pub(super) struct Pair {
    pub(super) rows: Vec<GrantRow>,
    pub(super) grants: Vec<Grant>,
    sequence: i64,
}

/// The active grants of a pair; none where they are not what this library left there.
pub(super) fn read(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    agent: &str,
    owner: &str,
) -> Result<Option<Pair>, Error> {
    let head = tx.grant_head(agent, owner)?;
    let rows = tx.grants_of(agent, owner, ACTIVE)?;
    let Some(head) = head else {
        return Ok(rows.is_empty().then(|| Pair { rows, grants: Vec::new(), sequence: 0 }));
    };
    let count = i64::try_from(rows.len()).ok();
    let fits = Some(head.count) == count
        && unlocked.grant_heads.verify(&head_fields(unlocked, &head, &rows), &head.head);
    Ok(grants(unlocked, &rows).filter(|_| fits).map(|grants| Pair { rows, grants, sequence: head.sequence }))
}

/// The revoked grants of a pair: no head is over them, since nothing is allowed by them.
pub(super) fn revoked(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    agent: &str,
    owner: &str,
) -> Result<Option<Vec<Grant>>, Error> {
    Ok(grants(unlocked, &tx.grants_of(agent, owner, REVOKED)?))
}

/// What every row says; none where one of them does not carry our MAC.
fn grants(unlocked: &Unlocked, rows: &[GrantRow]) -> Option<Vec<Grant>> {
    rows.iter().map(|row| intact(row, unlocked).then(|| terms::read(row))?.map(|(grant, _)| grant)).collect()
}

/// Whether nobody but us wrote a grant.
pub(super) fn intact(row: &GrantRow, unlocked: &Unlocked) -> bool {
    unlocked.grants.verify(&grant_fields(row, unlocked), &row.mac)
}

impl Pair {
    /// Adds a grant.
    pub(super) fn add(&mut self, write: &mut Write<'_>, mut row: GrantRow) -> Result<GrantRow, Error> {
        sign(&mut row, write.unlocked);
        write.tx.insert_grant(&row)?;
        note(write, What::GrantCreated, &row)?;
        self.rows.push(row.clone());
        self.rows.sort_by_key(|row| row.id);
        self.put_head(write, &row.agent, &row.owner)?;
        Ok(row)
    }

    /// Takes grants back.
    pub(super) fn revoke(
        &mut self,
        write: &mut Write<'_>,
        which: impl Fn(&GrantRow) -> bool,
        by: &str,
        why: Option<&str>,
    ) -> Result<u64, Error> {
        let (mut ended, mut left) = (Vec::new(), Vec::new());
        for row in std::mem::take(&mut self.rows) {
            if which(&row) { ended.push(row) } else { left.push(row) }
        }
        self.rows = left;
        let count = ended.len() as u64;
        let pair = ended.first().map(|row| (row.agent.clone(), row.owner.clone()));
        for row in ended {
            end(write, row, by, why)?;
        }
        if let Some((agent, owner)) = pair {
            self.put_head(write, &agent, &owner)?;
            forget_old(write, &agent, &owner)?;
        }
        Ok(count)
    }

    /// Deletes the grant that has been dead the longest, expired or used up. Says whether there was one.
    pub(super) fn drop_dead(&mut self, write: &mut Write<'_>) -> Result<bool, Error> {
        let now = write.now.seconds();
        let dead_since = |row: &GrantRow| {
            let expired = row.expires_at.filter(|end| *end <= now);
            expired.or((row.uses_left == Some(0)).then_some(0))
        };
        let oldest = self.rows.iter().filter_map(|row| Some((dead_since(row)?, row.id))).min();
        let Some(at) = oldest.and_then(|(_, id)| self.rows.iter().position(|row| row.id == id)) else {
            return Ok(false);
        };
        let row = self.rows.remove(at);
        delete(write, &row)?;
        Ok(true)
    }

    fn put_head(&mut self, write: &mut Write<'_>, agent: &str, owner: &str) -> Result<(), Error> {
        self.sequence += 1;
        let mut head = GrantHead {
            agent: agent.to_owned(),
            owner: owner.to_owned(),
            count: i64::try_from(self.rows.len()).unwrap_or(i64::MAX),
            sequence: self.sequence,
            head: Vec::new(),
        };
        head.head = write.unlocked.grant_heads.tag(&head_fields(write.unlocked, &head, &self.rows)).to_vec();
        Ok(write.tx.put_grant_head(&head)?)
    }
}

/// Ends a whole pair, also one that is not what this library left there: what carries our MAC is revoked, the rest is
/// deleted. How many there were of each.
pub(super) fn end_all(
    write: &mut Write<'_>,
    agent: &str,
    owner: &str,
    by: &str,
    why: Option<&str>,
) -> Result<(u64, u64), Error> {
    let sequence = write.tx.grant_head(agent, owner)?.map_or(0, |head| head.sequence);
    let rows = write.tx.grants_of(agent, owner, ACTIVE)?;
    let (mut revoked, mut removed) = (0, 0);
    for row in rows {
        if intact(&row, write.unlocked) {
            end(write, row, by, why)?;
            revoked += 1;
        } else {
            delete(write, &row)?;
            removed += 1;
        }
    }
    for row in write.tx.grants_of(agent, owner, REVOKED)? {
        if !intact(&row, write.unlocked) {
            delete(write, &row)?;
            removed += 1;
        }
    }
    let mut pair = Pair { rows: Vec::new(), grants: Vec::new(), sequence: sequence.max(0) };
    pair.put_head(write, agent, owner)?;
    forget_old(write, agent, owner)?;
    Ok((revoked, removed))
}

/// The error about a pair that is not what this library left there.
pub(super) fn tampered(agent: &str, owner: &str) -> Error {
    let message = format!(
        "integrity: the grants of {owner} to {agent} were changed by something else than this library; none of them \
         counts. Restore them from a backup, or revoke all grants of this owner to this agent and give them anew"
    );
    Error::new(Code::Integrity, message).with("agent", agent).with("owner", owner)
}

fn end(write: &mut Write<'_>, mut row: GrantRow, by: &str, why: Option<&str>) -> Result<(), Error> {
    let (_, mut terms) = terms::read(&row).ok_or_else(|| tampered(&row.agent, &row.owner))?;
    terms.revoked_by = Some(by.to_owned());
    terms.revoked_why = why.map(str::to_owned);
    terms.revoked_at = Some(write.now.seconds());
    row.terms = terms.column();
    row.state = REVOKED.to_owned();
    row.revision += 1;
    sign(&mut row, write.unlocked);
    write.tx.update_grant(&row, row.revision - 1)?;
    note(write, What::GrantRevoked, &row)
}

/// Only so many revoked ones are remembered, to say why something is refused; the ids of the oldest are the lowest.
fn forget_old(write: &mut Write<'_>, agent: &str, owner: &str) -> Result<(), Error> {
    let rows = write.tx.grants_of(agent, owner, REVOKED)?;
    for row in rows.iter().take(rows.len().saturating_sub(MOST_GRANTS)) {
        delete(write, row)?;
    }
    Ok(())
}

fn delete(write: &mut Write<'_>, row: &GrantRow) -> Result<(), Error> {
    write.tx.delete_grant(row.id)?;
    note(write, What::GrantDeleted, row)
}

/// Records what became of a grant.
fn note(write: &mut Write<'_>, what: What, row: &GrantRow) -> Result<(), Error> {
    let facts =
        Facts { provider: Some(row.provider.clone()), revision: Some(row.revision), ..Facts::default() };
    write.audit(&Event {
        agent: Some(row.agent.clone()),
        subject: Some(row.owner.clone()),
        connection: row.connection,
        grant: Some(row.id),
        ..Event::of_store(what, facts)
    })
}

fn sign(row: &mut GrantRow, unlocked: &Unlocked) {
    row.mac = unlocked.grants.tag(&grant_fields(row, unlocked)).to_vec();
}

fn grant_fields(row: &GrantRow, unlocked: &Unlocked) -> Fields {
    let number = |number: Option<i64>| number.map(i64::to_le_bytes);
    let (begin, end, uses) = (number(row.not_before), number(row.expires_at), number(row.uses_left));
    Fields::new(labels::MAC_GRANTS)
        .bytes(unlocked.store_id.as_bytes())
        .bytes(row.id.as_bytes())
        .text(&row.agent)
        .text(&row.owner)
        .text(&row.provider)
        .optional(row.connection.as_ref().map(|id: &RecordId| id.as_bytes().as_slice()))
        .text(&row.effect)
        .text(&row.state)
        .optional(begin.as_ref().map(<[u8; 8]>::as_slice))
        .optional(end.as_ref().map(<[u8; 8]>::as_slice))
        .optional(uses.as_ref().map(<[u8; 8]>::as_slice))
        .text(&row.terms)
        .text(&row.origin)
        .integer(row.revision)
}

fn head_fields(unlocked: &Unlocked, head: &GrantHead, rows: &[GrantRow]) -> Fields {
    let fields = Fields::new(labels::MAC_GRANT_HEADS)
        .bytes(unlocked.store_id.as_bytes())
        .text(&head.agent)
        .text(&head.owner)
        .integer(head.count)
        .integer(head.sequence);
    rows.iter().fold(fields, |fields, row| fields.bytes(row.id.as_bytes()).bytes(&row.mac))
}

/// The status of a grant now, for people.
pub(super) fn status(grant: &Grant, now: UnixTime) -> &'static str {
    match grant {
        _ if grant.revoked => REVOKED,
        _ if grant.not_before.is_some_and(|begin| now < begin) => "not_yet",
        _ if grant.expires_at.is_some_and(|end| now >= end) => "expired",
        _ if grant.uses_left == Some(0) => "exhausted",
        _ => ACTIVE,
    }
}
