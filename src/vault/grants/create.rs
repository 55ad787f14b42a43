//! Giving a grant.

use super::list::GrantInfo;
use super::pair::Pair;
use super::terms::{self, Origin, Terms};
use super::{MOST_GRANTS, pair};
use crate::domain::{
    AgentId, AtMost, Contexts, Effect, Grant, Limits, Owner, OwnerClass, Provider, RecordId, Run, Target,
    UnixTime, Whom,
};
use crate::providers::Entry;
use crate::store::GrantRow;
use crate::vault::shared::Write;
use crate::vault::{Address, Code, Error, Kind, Vault, row};

/// The most people that a grant may name.
const MOST_USERS: usize = 256;
/// The longest note, and the longest word on who and why, in bytes.
const LONGEST_TEXT: usize = 1024;

/// A grant that is to be given.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// To whom.
    pub agent: AgentId,
    /// Whether it permits or forbids.
    pub effect: Effect,
    /// With which connections.
    pub target: Target,
    /// What.
    pub limits: Limits,
    /// Where.
    pub contexts: Contexts,
    /// In which conversation or flow.
    pub run: Run,
    /// For whom; without it for the owner, where that is a person. One that forbids is against everybody without it.
    pub whom: Option<Whom>,
    /// From then on.
    pub not_before: Option<UnixTime>,
    /// Until then.
    pub expires_at: Option<UnixTime>,
    /// How often.
    pub uses: Option<u64>,
    /// For people.
    pub note: Option<String>,
    /// Who gives it: what the site says. Who may is the caller's to know.
    pub by: String,
    /// Why.
    pub why: Option<String>,
}

/// A grant that is given with a save, for what is saved.
#[derive(Debug, Clone)]
pub struct Offer {
    /// To whom and what. Its target is not looked at: that is any of the owner's for that provider.
    pub grant: NewGrant,
    /// The target is the saved connection and no other.
    pub only_this: bool,
}

impl Vault {
    /// Gives an agent a grant.
    pub fn create_grant(&self, new: &NewGrant) -> Result<GrantInfo, Error> {
        self.write(|write| self.give(write, new, None))
    }

    /// The same within a transaction.
    pub(super) fn give(
        &self,
        write: &mut Write<'_>,
        new: &NewGrant,
        origin: Option<Origin>,
    ) -> Result<GrantInfo, Error> {
        self.find_or_give(write, new, origin, false)
    }

    /// Gives what was offered with a save, and tells the ids. Who connects again offers the same again, and that is not
    /// given twice: in the end no place would be left.
    pub(in crate::vault) fn give_offers(
        &self,
        write: &mut Write<'_>,
        offers: &[Offer],
        saved: RecordId,
        address: &Address,
    ) -> Result<Vec<String>, Error> {
        let given = offers.iter().enumerate().map(|(place, offer)| {
            let target = match offer.only_this {
                true => Target::Connection(saved),
                false => Target::Any { owner: address.owner.clone(), provider: address.provider.clone() },
            };
            let grant = NewGrant { target, ..offer.grant.clone() };
            let given = self
                .find_or_give(write, &grant, None, true)
                .map_err(|error| error.at(&format!("grants[{place}]")))?;
            Ok(given.id)
        });
        given.collect()
    }

    /// Gives it, unless that is to be done `once` and the agent has just that already.
    fn find_or_give(
        &self,
        write: &mut Write<'_>,
        new: &NewGrant,
        origin: Option<Origin>,
        once: bool,
    ) -> Result<GrantInfo, Error> {
        check_text("granted_by", Some(&new.by))?;
        check_text("why", new.why.as_deref())?;
        check_text("note", new.note.as_deref())?;
        let target = target_of(write, &new.target)?;
        check_limits(new, &target.1, self.catalogue.entry(&target.1))?;
        check_span(new, write.now)?;
        let whom = whom_of(new, &target.0)?;
        let mut row = unsigned(write, new, &target, whom, write.now)?;
        row.origin = origin.map_or("", Origin::as_str).to_owned();
        if once && let Some(row) = same(write, &row)? {
            return Ok(GrantInfo::of(row, write.unlocked, write.now, true));
        }
        let row = with_room(write, &row.agent, &row.owner)?.add(write, row)?;
        Ok(GrantInfo::of(row, write.unlocked, write.now, true))
    }
}

/// The row of a grant that nothing is wrong with, given at `at`.
pub(super) fn unsigned(
    write: &Write<'_>,
    new: &NewGrant,
    (owner, provider, connection): &Whose,
    whom: Whom,
    at: UnixTime,
) -> Result<GrantRow, Error> {
    let grant = Grant {
        id: RecordId::generate(write.now, write.random)?,
        agent: new.agent,
        effect: new.effect,
        target: new.target.clone(),
        limits: new.limits.clone(),
        contexts: new.contexts.clone(),
        run: new.run.clone(),
        whom: whom.clone(),
        not_before: new.not_before,
        expires_at: new.expires_at,
        uses_left: new.uses,
        revoked: false,
    };
    let terms = Terms {
        scopes: new.limits.scopes.clone(),
        operations: new.limits.operations.clone(),
        contexts: new.contexts.clone(),
        run: new.run.clone(),
        whom,
        note: new.note.clone(),
        granted_by: new.by.clone(),
        granted_why: new.why.clone(),
        granted_at: at.seconds(),
        revoked_by: None,
        revoked_why: None,
        revoked_at: None,
    };
    Ok(terms::row(&grant, [owner.to_string(), provider.to_string()], *connection, &terms))
}

/// The pair that a grant goes to, where it is intact and has a place left.
pub(super) fn with_room(write: &mut Write<'_>, agent: &str, owner: &str) -> Result<Pair, Error> {
    let mut pair = intact(write, agent, owner)?;
    while pair.rows.len() >= MOST_GRANTS {
        if !pair.drop_dead(write)? {
            return Err(too_many(agent, owner));
        }
    }
    Ok(pair)
}

/// The pair that a grant goes to, where it is intact.
fn intact(write: &mut Write<'_>, agent: &str, owner: &str) -> Result<Pair, Error> {
    pair::read(write.tx, write.unlocked, agent, owner)?.ok_or_else(|| pair::tampered(agent, owner))
}

/// The grant that the agent has already in all that counts in a decision; who gave it, why, and the note do not.
fn same(write: &mut Write<'_>, new: &GrantRow) -> Result<Option<GrantRow>, Error> {
    let pair = intact(write, &new.agent, &new.owner)?;
    let Some((new, _)) = terms::read(new) else { return Ok(None) };
    let same = |has: &Grant| *has == Grant { id: has.id, ..new.clone() };
    let at = pair.grants.iter().position(same);
    Ok(at.and_then(|at| pair.rows.into_iter().nth(at)))
}

/// Refuses limits under which nothing could ever be done, and contexts of which there is none.
fn check_limits(new: &NewGrant, provider: &Provider, entry: &Entry) -> Result<(), Error> {
    let Limits { scopes, operations } = &new.limits;
    if new.limits.is_nothing() {
        return Err(Error::of_argument(
            "operations",
            "scopes and operations: a grant of nothing permits nothing; give at least one",
        ));
    }
    if let AtMost::These(operations) = operations {
        let known = &entry.operations;
        if let Some(unknown) = operations.iter().find(|operation| !known.contains_key(*operation)) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let known = match names.is_empty() {
                true => "it knows none: name scopes, or add operations to the catalogue".to_owned(),
                false => format!("it knows {}", names.join(", ")),
            };
            let message = format!("operations: the catalogue does not know {unknown} of {provider}; {known}");
            return Err(Error::of_argument("operations", &message).with("known", names));
        }
    }
    // What an operation needs is within the ceiling: a catalogue where it is not is refused.
    if let (AtMost::These(scopes), Some(ceiling), Effect::Permit) = (scopes, &entry.ceiling, new.effect)
        && operations.is_nothing()
        && !scopes.iter().any(|scope| ceiling.contains(scope))
    {
        let names: Vec<&str> = ceiling.iter().collect();
        let message = format!(
            "scopes: the catalogue lets no agent have any of these of {provider}, so the grant would permit nothing; \
             it lets them have {}",
            names.join(", ")
        );
        return Err(Error::of_argument("scopes", &message).with("ceiling", names));
    }
    if matches!(&new.contexts, Contexts::These(contexts) if contexts.is_empty()) {
        return Err(Error::of_argument("contexts", "contexts: name at least one, or \"*\""));
    }
    Ok(())
}

/// Refuses a time that never comes, and uses that are none.
fn check_span(new: &NewGrant, now: UnixTime) -> Result<(), Error> {
    if new.expires_at.is_some_and(|end| end <= now || new.not_before.is_some_and(|begin| end <= begin)) {
        return Err(Error::of_argument(
            "expires_at",
            "expires_at: must be later than now, and than not_before",
        ));
    }
    match (new.uses, new.effect) {
        (Some(_), Effect::Forbid) => {
            Err(Error::of_argument("uses", "uses: are not counted on a grant that forbids"))
        }
        (Some(uses), _) if uses == 0 || i64::try_from(uses).is_err() => {
            Err(Error::of_argument("uses", "uses: must be at least 1"))
        }
        _ => Ok(()),
    }
}

/// For whom it is, said or not; refuses those whom nobody can be.
fn whom_of(new: &NewGrant, owner: &Owner) -> Result<Whom, Error> {
    let personal = owner.class() == OwnerClass::Personal;
    match &new.whom {
        // Who forbids and says no more does not mean that others may.
        None if new.effect == Effect::Forbid => Ok(Whom::Anyone),
        None if personal => Ok(Whom::Owner),
        None => Err(Error::of_argument(
            "for",
            "for: say for whom; only a person's own account has a default, its owner",
        )),
        Some(Whom::Owner) if !personal => {
            let message = format!(
                "for: {owner} is no person, so nobody asks as its owner; name users, anyone or nobody"
            );
            Err(Error::of_argument("for", &message))
        }
        Some(Whom::Users(users)) if users.is_empty() || users.len() > MOST_USERS => {
            Err(Error::of_argument("for", "for: name 1 to 256 users"))
        }
        Some(whom) => Ok(whom.clone()),
    }
}

/// Whose a target is, and for what, and the connection where it is one.
pub(super) type Whose = (Owner, Provider, Option<RecordId>);

/// Whose and for what, and the connection where the target is one: that one is there, and ours.
fn target_of(write: &mut Write<'_>, target: &Target) -> Result<Whose, Error> {
    let id = match target {
        Target::Any { owner, provider } => return Ok((owner.clone(), provider.clone(), None)),
        Target::Connection(id) => *id,
    };
    let found = write.tx.row_by_id(id)?.filter(|row| row.meta.kind == Kind::Connection);
    let found = found.ok_or_else(|| {
        Error::new(Code::NotFound, format!("there is no connection {id}")).with("connection", id.to_string())
    })?;
    row::check(&found, write.unlocked)?;
    Ok((found.meta.owner.parse()?, found.meta.provider.parse()?, Some(id)))
}

pub(super) fn check_text(name: &'static str, text: Option<&str>) -> Result<(), Error> {
    let readable = |text: &str| {
        !text.trim().is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control)
    };
    match text {
        Some(text) if !readable(text) => {
            let message = format!("{name}: must be 1 to {LONGEST_TEXT} bytes without control characters");
            Err(Error::of_argument(name, &message))
        }
        _ => Ok(()),
    }
}

fn too_many(agent: &str, owner: &str) -> Error {
    let message = format!(
        "{agent} has {MOST_GRANTS} live grants of {owner}, and that is the limit: revoke some, or give fewer that say more"
    );
    Error::new(Code::TooLarge, message).with("limit", MOST_GRANTS).with("agent", agent).with("owner", owner)
}
