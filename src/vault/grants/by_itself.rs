//! Grants that nobody gives by hand: for an agent's own account, and for what the old option had delegated. Each is given
//! once and never again, whatever became of it.

use super::create::{NewGrant, Whose, unsigned, with_room};
use super::terms::Origin;
use crate::crypto::{Fields, labels};
use crate::domain::{AgentId, Contexts, Effect, Limits, Run, Target, UnixTime, Whom};
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Code, Error};

/// Where it is remembered that something was given: keyed, so that the store tells nobody what it was.
pub(super) type Slot = [u8; 32];

pub(super) fn slot(unlocked: &Unlocked, origin: Origin, names: &[&str]) -> Slot {
    let fields = Fields::new(labels::MAC_LEDGER).text("grant").text(origin.as_str());
    unlocked.ledger.tag(&names.iter().fold(fields, |fields, name| fields.text(name)))
}

/// A grant for whoever asks, in every context, for as long as nobody takes it back.
pub(super) fn for_anyone(agent: AgentId, target: Target, limits: Limits, by: String, why: &str) -> NewGrant {
    NewGrant {
        agent,
        effect: Effect::Permit,
        target,
        limits,
        contexts: Contexts::All,
        run: Run::Any,
        whom: Some(Whom::Anyone),
        not_before: None,
        expires_at: None,
        uses: None,
        note: None,
        by,
        why: Some(why.to_owned()),
    }
}

/// Gives it, as of `at`, and remembers that; or says why the grants that are there already leave no place for it.
pub(super) fn give(
    write: &mut Write<'_>,
    origin: Origin,
    new: &NewGrant,
    whose: &Whose,
    at: UnixTime,
    slot: &Slot,
) -> Result<Result<(), Error>, Error> {
    let mut row = unsigned(write, new, whose, Whom::Anyone, at)?;
    row.origin = origin.as_str().to_owned();
    let mut pair = match with_room(write, &row.agent, &row.owner) {
        Err(error) if matches!(error.code(), Code::Integrity | Code::TooLarge) => return Ok(Err(error)),
        pair => pair?,
    };
    pair.add(write, row)?;
    write.tx.remember_given(slot)?;
    Ok(Ok(()))
}
