//! What an agent has from an owner: its grants, each with a MAC, and a head over all that are active, so that one that
//! was put in, edited, brought back or taken away past this library is noticed. The last audit record about a pair says
//! how its head stands, so that a whole pair that was put back is noticed as well.

use super::{ACTIVE, MOST_GRANTS, REVOKED, terms};
use crate::crypto::{Fields, labels};
use crate::domain::{Grant, RecordId, UnixTime};
use crate::store::{GrantHead, GrantRow, ReadTx};
use crate::vault::audit::{Event, Facts, PairFacts, What, pair_as_recorded};
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Code, Error};

/// The active grants of a pair, in the order of their ids.
pub(super) struct Pair {
    pub(super) rows: Vec<GrantRow>,
    /// What the rows said when they were read.
    pub(super) grants: Vec<Grant>,
    agent: String,
    owner: String,
    /// None where it never had a grant.
    head: Option<GrantHead>,
}

/// What becomes of a grant of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Give,
    /// Recorded by who counts it.
    Use,
    End,
    Forget,
}

/// The active grants of a pair; none where they are not what this library left there.
pub(super) fn read(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    agent: &str,
    owner: &str,
) -> Result<Option<Pair>, Error> {
    let pair = found(tx, agent, owner)?;
    let grants = pair.checked(unlocked);
    Ok(grants.map(|grants| Pair { grants, ..pair }))
}

/// How a pair stands, for who verifies it: its head, if all of it is what this library left there, the revoked ones
/// included; and how many grants were looked at for that.
pub(in crate::vault) fn standing(
    tx: &mut dyn ReadTx,
    unlocked: &Unlocked,
    agent: &str,
    owner: &str,
) -> Result<(Option<GrantHead>, usize), Error> {
    let pair = found(tx, agent, owner)?;
    let revoked = tx.grants_of(agent, owner, REVOKED)?;
    let count = pair.rows.len() + revoked.len();
    let whole = pair.checked(unlocked).is_some() && grants(unlocked, &revoked).is_some();
    Ok((pair.head.filter(|_| whole), count))
}

/// A pair as it lies there, whoever left it so.
fn found(tx: &mut dyn ReadTx, agent: &str, owner: &str) -> Result<Pair, Error> {
    let head = tx.grant_head(agent, owner)?;
    let rows = tx.grants_of(agent, owner, ACTIVE)?;
    Ok(Pair { rows, grants: Vec::new(), agent: agent.to_owned(), owner: owner.to_owned(), head })
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
    /// What the rows say, if they are what the head is over.
    fn checked(&self, unlocked: &Unlocked) -> Option<Vec<Grant>> {
        let fits = match &self.head {
            None => self.rows.is_empty(),
            Some(head) => {
                Some(head.count) == i64::try_from(self.rows.len()).ok()
                    && unlocked.grant_heads.verify(&head_fields(unlocked, head, &self.rows), &head.head)
            }
        };
        if fits { grants(unlocked, &self.rows) } else { None }
    }

    /// Adds a grant.
    pub(super) fn add(&mut self, write: &mut Write<'_>, mut row: GrantRow) -> Result<GrantRow, Error> {
        sign(&mut row, write.unlocked);
        self.change_and_record(write, vec![(Edit::Give, row.clone())])?;
        Ok(row)
    }

    /// A use less of the active grant with this id, and how the pair stands since.
    fn count(&mut self, write: &mut Write<'_>, mut row: GrantRow) -> Result<PairFacts, Error> {
        row.uses_left = row.uses_left.map(|left| left - 1);
        row.revision += 1;
        sign(&mut row, write.unlocked);
        Ok(self.change(write, vec![(Edit::Use, row)])?.1)
    }

    /// Takes grants back.
    pub(super) fn revoke(
        &mut self,
        write: &mut Write<'_>,
        which: impl Fn(&GrantRow) -> bool,
        by: &str,
        why: Option<&str>,
    ) -> Result<u64, Error> {
        let rows = self.rows.iter().filter(|row| which(row)).cloned();
        let edits: Vec<_> = rows.map(|row| ended(write, row, by, why)).collect::<Result<_, _>>()?;
        let count = edits.len() as u64;
        if count > 0 {
            self.change_and_record(write, edits)?;
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
        let Some(row) = oldest.and_then(|(_, id)| self.rows.iter().find(|row| row.id == id)) else {
            return Ok(false);
        };
        self.change_and_record(write, vec![(Edit::Forget, row.clone())])?;
        Ok(true)
    }

    /// A change, and the records about it: the last one says how the pair stands since.
    fn change_and_record(
        &mut self,
        write: &mut Write<'_>,
        edits: Vec<(Edit, GrantRow)>,
    ) -> Result<(), Error> {
        let (edits, stands) = self.change(write, edits)?;
        record(write, &edits, Some(stands))
    }

    /// Every change of a pair: of its grants, and then of its head. The edits that came of it, and how the pair stands
    /// since, which the last record about them has to tell.
    fn change(
        &mut self,
        write: &mut Write<'_>,
        mut edits: Vec<(Edit, GrantRow)>,
    ) -> Result<(Vec<(Edit, GrantRow)>, PairFacts), Error> {
        // A chain that begins now begins with the pairs as they were.
        write.begin_chain()?;
        for (edit, row) in &edits {
            self.rows.retain(|other| other.id != row.id);
            match edit {
                Edit::Give => write.tx.insert_grant(row)?,
                Edit::Use | Edit::End => write.tx.update_grant(row, row.revision - 1)?,
                Edit::Forget => write.tx.delete_grant(row.id).map(drop)?,
            }
            if matches!(edit, Edit::Give | Edit::Use) {
                self.rows.push(row.clone());
            }
        }
        self.rows.sort_by_key(|row| row.id);
        if edits.iter().any(|(edit, _)| *edit == Edit::End) {
            edits.extend(self.forget_old(write)?);
        }
        Ok((edits, self.put_head(write)?))
    }

    /// Only so many revoked ones are remembered, to say why something is refused; the ids of the oldest are the lowest.
    fn forget_old(&self, write: &mut Write<'_>) -> Result<Vec<(Edit, GrantRow)>, Error> {
        let mut rows = write.tx.grants_of(&self.agent, &self.owner, REVOKED)?;
        rows.truncate(rows.len().saturating_sub(MOST_GRANTS));
        for row in &rows {
            write.tx.delete_grant(row.id)?;
        }
        Ok(rows.into_iter().map(|row| (Edit::Forget, row)).collect())
    }

    fn put_head(&mut self, write: &mut Write<'_>) -> Result<PairFacts, Error> {
        let was = self.head.take();
        // A pair that was taken away and begins anew goes on behind what it was; what somebody else wrote may be any number.
        let next = was.as_ref().map_or(0, |head| head.sequence).saturating_add(1);
        let sequence = next.max(write.fresh_revision);
        let mut head = GrantHead {
            agent: self.agent.clone(),
            owner: self.owner.clone(),
            count: i64::try_from(self.rows.len()).unwrap_or(i64::MAX),
            sequence,
            head: Vec::new(),
        };
        head.head = write.unlocked.grant_heads.tag(&head_fields(write.unlocked, &head, &self.rows)).to_vec();
        write.tx.put_grant_head(&head)?;
        let stands = PairFacts::of(was.as_ref(), &head, &write.unlocked.audit);
        self.head = Some(head);
        Ok(stands)
    }
}

/// Ends a whole pair, also one that is not what this library left there: what carries our MAC is revoked, the rest is
/// deleted. How many there were of each. A pair that was put back or taken away begins anew, so that its last record is
/// true again.
pub(super) fn end_all(
    write: &mut Write<'_>,
    agent: &str,
    owner: &str,
    by: &str,
    why: Option<&str>,
) -> Result<(u64, u64), Error> {
    let fits = read(write.tx, write.unlocked, agent, owner)?.is_some();
    let mut pair = found(write.tx, agent, owner)?;
    let (ours, foreign): (Vec<_>, Vec<_>) =
        pair.rows.iter().cloned().partition(|row| intact(row, write.unlocked));
    let mut edits: Vec<_> =
        ours.into_iter().map(|row| ended(write, row, by, why)).collect::<Result<_, _>>()?;
    let revoked = edits.len() as u64;
    let forged = write.tx.grants_of(agent, owner, REVOKED)?;
    let forged = forged.into_iter().filter(|row| !intact(row, write.unlocked));
    edits.extend(foreign.into_iter().chain(forged).map(|row| (Edit::Forget, row)));
    let removed = edits.len() as u64 - revoked;
    let as_recorded = pair_as_recorded(write.tx, write.unlocked, (agent, owner), pair.head.as_ref())?;
    let ours = fits && removed == 0 && as_recorded;
    if !ours || revoked > 0 {
        let (edits, stands) = pair.change(write, edits)?;
        record(write, &edits, ours.then(|| stands.clone()))?;
        if !ours {
            // Says for ever that somebody else had been here.
            write.audit(&Event::of_pair(What::PairReset, agent, owner, stands))?;
        }
    }
    Ok((revoked, removed))
}

/// Records what became of grants; with `stands`, the last one says how their pair stands since.
fn record(
    write: &mut Write<'_>,
    edits: &[(Edit, GrantRow)],
    mut stands: Option<PairFacts>,
) -> Result<(), Error> {
    for (at, (edit, row)) in edits.iter().enumerate() {
        let what = match edit {
            Edit::Give => What::GrantCreated,
            Edit::End => What::GrantRevoked,
            Edit::Forget => What::GrantDeleted,
            Edit::Use => continue,
        };
        let stands = if at + 1 == edits.len() { stands.take() } else { None };
        write.audit(&event(what, row, stands))?;
    }
    Ok(())
}

/// Counts one use of the grant that decided. Where its uses are limited, the record of the use has to tell how the pair
/// stands since; else nothing changes.
pub(super) fn count_use(write: &mut Write<'_>, id: RecordId) -> Result<Option<PairFacts>, Error> {
    let row = write.tx.grant(id)?.filter(|row| row.state == ACTIVE && row.uses_left != Some(0));
    let row = row.ok_or_else(|| Error::new(Code::Internal, "the grant that decided is gone"))?;
    if row.uses_left.is_none() {
        return Ok(None);
    }
    let pair = read(write.tx, write.unlocked, &row.agent, &row.owner)?;
    let mut pair = pair.ok_or_else(|| tampered(&row.agent, &row.owner))?;
    pair.count(write, row).map(Some)
}

/// The error about a pair that is not what this library left there.
pub(super) fn tampered(agent: &str, owner: &str) -> Error {
    let message = format!(
        "integrity: the grants of {owner} to {agent} were changed by something else than this library; none of them \
         counts. Restore them from a backup, or revoke all grants of this owner to this agent and give them anew"
    );
    Error::new(Code::Integrity, message).with("agent", agent).with("owner", owner)
}

/// A grant that is taken back.
fn ended(
    write: &Write<'_>,
    mut row: GrantRow,
    by: &str,
    why: Option<&str>,
) -> Result<(Edit, GrantRow), Error> {
    let (_, mut terms) = terms::read(&row).ok_or_else(|| tampered(&row.agent, &row.owner))?;
    terms.revoked_by = Some(by.to_owned());
    terms.revoked_why = why.map(str::to_owned);
    terms.revoked_at = Some(write.now.seconds());
    row.terms = terms.column();
    row.state = REVOKED.to_owned();
    row.revision += 1;
    sign(&mut row, write.unlocked);
    Ok((Edit::End, row))
}

/// What is recorded of a grant; with `stands`, also how its pair stands since.
pub(super) fn event(what: What, row: &GrantRow, stands: Option<PairFacts>) -> Event {
    let facts = Facts {
        provider: Some(row.provider.clone()),
        revision: Some(row.revision),
        pair: stands,
        ..Facts::default()
    };
    Event {
        agent: Some(row.agent.clone()),
        subject: Some(row.owner.clone()),
        connection: row.connection,
        grant: Some(row.id),
        ..Event::of_store(what, facts)
    }
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
