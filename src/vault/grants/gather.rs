//! What a decision is made from, read in one snapshot: as little of it as settles the question.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use super::pair;
use crate::domain::{
    AccountName, ActingRequest, AgentId, AtMost, Fact, Grant, Owner, OwnerClass, Provider, RecordId, Scopes,
    Status, UnixTime,
};
use crate::grants::{Allowed, Candidate, Judged, Reason, Refusal, Rules, Wanted, decide};
use crate::providers::Catalogue;
use crate::store::{Filter, Kind, Meta, ReadTx};
use crate::vault::about::effective;
use crate::vault::find::LONGEST_PAGE;
use crate::vault::shared::Shared;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Error, row};

/// The most owners whose connections one request is compared with, where it names none.
const MOST_OWNERS: u32 = 64;

/// What came of one request.
pub(super) struct Outcome {
    pub(super) verdict: Result<Allowed, Refusal>,
    /// The clause, where it is another one than the reason has.
    pub(super) clause: Option<&'static str>,
    /// What became of each connection that was looked at.
    pub(super) considered: Vec<(RecordId, Judged)>,
    /// Those connections.
    pub(super) candidates: Rc<Vec<Candidate>>,
}

/// One snapshot, and what was read in it: many requests by one agent read each thing once.
pub(super) struct Gather<'a> {
    pub(super) tx: &'a mut dyn ReadTx,
    shared: &'a Shared,
    pub(super) unlocked: Arc<Unlocked>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) now: UnixTime,
    /// Whether an access that has run out is no reason: who asks will renew it.
    renews: bool,
    rules: BTreeMap<Provider, Rc<Rules>>,
    pairs: BTreeMap<(AgentId, Owner), Option<Rc<Vec<Grant>>>>,
    connections: BTreeMap<(Provider, Owner, Option<AccountName>), Rc<Vec<Candidate>>>,
    owners: BTreeMap<AgentId, Rc<Vec<Owner>>>,
}

/// What was gathered for one request. Copied only where it comes from more than one owner.
#[derive(Default)]
struct Heap {
    candidates: Rc<Vec<Candidate>>,
    grants: Rc<Vec<Grant>>,
    owners: Vec<Owner>,
}

fn add<T: Clone>(heap: &mut Rc<Vec<T>>, more: &Rc<Vec<T>>) {
    if heap.is_empty() {
        *heap = more.clone();
    } else {
        Rc::make_mut(heap).extend(more.iter().cloned());
    }
}

/// What ends the gathering.
enum Stop {
    /// The grants of this owner are not what this library left there.
    Tampered(RecordId),
    /// More than can be looked at: the owner or the account has to be named.
    TooMany,
}

impl<'a> Gather<'a> {
    pub(super) fn new(
        tx: &'a mut dyn ReadTx,
        shared: &'a Shared,
        unlocked: &Arc<Unlocked>,
        catalogue: &'a Catalogue,
    ) -> Result<Self, Error> {
        let now = tx.now()?;
        Ok(Self {
            tx,
            shared,
            unlocked: unlocked.clone(),
            catalogue,
            now,
            renews: false,
            rules: BTreeMap::new(),
            pairs: BTreeMap::new(),
            connections: BTreeMap::new(),
            owners: BTreeMap::new(),
        })
    }

    /// Decides. The owners are looked at in the order of their ranks, and no further than where one is permitted;
    /// all of them where `whole` says so.
    pub(super) fn consider(
        &mut self,
        request: &ActingRequest,
        wanted: &Wanted,
        whole: bool,
    ) -> Result<Outcome, Error> {
        let rules = self.rules(&wanted.provider);
        let mut heap = Heap::default();
        for rank in 1..=4 {
            match self.add_rank(rank, request, wanted, &mut heap)? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(stop) => return Ok(stop.outcome(heap)),
            }
            let decision = decide(request, wanted, &heap.candidates, &heap.grants, &rules, self.now);
            if !whole && is_settled(&decision.verdict, &heap.candidates) {
                return Ok(Outcome::of(decision, heap));
            }
        }
        let mut decision = decide(request, wanted, &heap.candidates, &heap.grants, &rules, self.now);
        let no_grant = matches!(&decision.verdict, Err(refusal) if refusal.reason == Reason::NoGrant);
        // A revoked grant only tells why there is none: it is read where there is none.
        if let Some(agent) = request.agent.there()
            && (no_grant || whole)
        {
            for owner in heap.owners.clone() {
                let [agent, owner] = [agent.to_string(), owner.to_string()];
                match pair::revoked(self.tx, &self.unlocked, &agent, &owner)? {
                    Some(grants) => add(&mut heap.grants, &Rc::new(grants)),
                    None => {
                        let theirs = heap.candidates.iter().find(|c| c.owner.to_string() == owner);
                        let id = theirs.map_or(RecordId::from_bytes([0; 16]), |candidate| candidate.id);
                        return Ok(Stop::Tampered(id).outcome(heap));
                    }
                }
            }
            decision = decide(request, wanted, &heap.candidates, &heap.grants, &rules, self.now);
        }
        Ok(Outcome::of(decision, heap))
    }

    /// Decides for a provider's class, which renews an access that has run out.
    pub(super) fn consider_for_class(
        &mut self,
        request: &ActingRequest,
        wanted: &Wanted,
    ) -> Result<Outcome, Error> {
        self.renews = true;
        self.consider(request, wanted, false)
    }

    /// Adds what the owners of a rank have. Says whether there was anything.
    fn add_rank(
        &mut self,
        rank: u8,
        request: &ActingRequest,
        wanted: &Wanted,
        heap: &mut Heap,
    ) -> Result<Result<bool, Stop>, Error> {
        if let Some(id) = wanted.connection {
            return if rank == 1 { self.add_one(id, request, heap) } else { Ok(Ok(false)) };
        }
        let owners = match &wanted.owner {
            Some(owner) if rank == 1 => vec![owner.clone()],
            Some(_) => Vec::new(),
            None => match self.owners_of(rank, request)? {
                Some(owners) => owners,
                None => return Ok(Err(Stop::TooMany)),
            },
        };
        let before = heap.candidates.len();
        for owner in owners {
            if heap.owners.contains(&owner) {
                continue;
            }
            let Some(connections) = self.connections(wanted, &owner)? else { return Ok(Err(Stop::TooMany)) };
            let Some(first) = connections.first() else { continue };
            if let Err(stop) = self.add_grants(request, &owner, first.id, heap)? {
                return Ok(Err(stop));
            }
            add(&mut heap.candidates, &connections);
            heap.owners.push(owner);
        }
        Ok(Ok(heap.candidates.len() > before))
    }

    /// Adds the one connection that was named, and what its owner has given.
    fn add_one(
        &mut self,
        id: RecordId,
        request: &ActingRequest,
        heap: &mut Heap,
    ) -> Result<Result<bool, Stop>, Error> {
        let Some(row) = self.tx.row_by_id(id)?.filter(|row| row.meta.kind == Kind::Connection) else {
            return Ok(Ok(false));
        };
        let Some(candidate) = self.candidate(row.meta)? else { return Ok(Ok(false)) };
        let owner = candidate.owner.clone();
        if let Err(stop) = self.add_grants(request, &owner, id, heap)? {
            return Ok(Err(stop));
        }
        add(&mut heap.candidates, &Rc::new(vec![candidate]));
        heap.owners.push(owner);
        Ok(Ok(true))
    }

    fn add_grants(
        &mut self,
        request: &ActingRequest,
        owner: &Owner,
        connection: RecordId,
        heap: &mut Heap,
    ) -> Result<Result<(), Stop>, Error> {
        let Some(agent) = request.agent.there() else { return Ok(Ok(())) };
        Ok(match self.pair(*agent, owner)? {
            Some(grants) => {
                add(&mut heap.grants, &grants);
                Ok(())
            }
            None => Err(Stop::Tampered(connection)),
        })
    }

    /// The owners of a rank whose connections may be meant; none where there are too many to look at.
    fn owners_of(&mut self, rank: u8, request: &ActingRequest) -> Result<Option<Vec<Owner>>, Error> {
        let person = request.subject.known().and_then(|subject| subject.person());
        let owners = match (rank, &request.agent) {
            (1, _) => person.and_then(|person| Owner::user(person.number()).ok()).into_iter().collect(),
            (2, Fact::Known(Some(agent))) => Owner::agent(agent.number()).into_iter().collect(),
            (3 | 4, Fact::Known(Some(agent))) => {
                let owners = self.owners_of_agent(*agent)?;
                if owners.len() > MOST_OWNERS as usize {
                    return Ok(None);
                }
                let services = |owner: &&Owner| (owner.class() == OwnerClass::Service) == (rank == 3);
                let network = (rank == 3).then_some(Owner::NETWORK);
                network.into_iter().chain(owners.iter().filter(services).cloned()).collect()
            }
            (3, Fact::Known(None)) => match &request.manages {
                Fact::Known(manages) if manages.len() > MOST_OWNERS as usize => return Ok(None),
                Fact::Known(manages) => [Owner::NETWORK].into_iter().chain(manages.iter().cloned()).collect(),
                Fact::Unknown => vec![Owner::NETWORK],
            },
            (3, Fact::Unknown) => vec![Owner::NETWORK],
            _ => Vec::new(),
        };
        Ok(Some(owners))
    }

    fn owners_of_agent(&mut self, agent: AgentId) -> Result<Rc<Vec<Owner>>, Error> {
        if let Some(known) = self.owners.get(&agent) {
            return Ok(known.clone());
        }
        let names = self.tx.owners_of_agent(&agent.to_string(), "", MOST_OWNERS + 1)?;
        // What is no owner is nobody's, and nothing is found under it.
        let owners = Rc::new(names.iter().filter_map(|name| name.parse().ok()).collect::<Vec<_>>());
        self.owners.insert(agent, owners.clone());
        Ok(owners)
    }

    fn pair(&mut self, agent: AgentId, owner: &Owner) -> Result<Option<Rc<Vec<Grant>>>, Error> {
        let names = (agent, owner.clone());
        if let Some(known) = self.pairs.get(&names) {
            return Ok(known.clone());
        }
        let pair = pair::read(self.tx, &self.unlocked, &agent.to_string(), &owner.to_string())?;
        let grants = pair.map(|pair| Rc::new(pair.grants));
        self.pairs.insert(names, grants.clone());
        Ok(grants)
    }

    /// An owner's connections that may be wanted; none where there are too many to look at.
    fn connections(&mut self, wanted: &Wanted, owner: &Owner) -> Result<Option<Rc<Vec<Candidate>>>, Error> {
        let names = (wanted.provider.clone(), owner.clone(), wanted.account.clone());
        if let Some(known) = self.connections.get(&names) {
            return Ok(Some(known.clone()));
        }
        let found = self.tx.find(&Filter {
            provider: Some(wanted.provider.to_string()),
            owner: Some(owner.to_string()),
            account: wanted.account.as_ref().map(ToString::to_string),
            ..Filter::all(Kind::Connection, LONGEST_PAGE + 1)
        })?;
        if found.len() > LONGEST_PAGE as usize {
            return Ok(None);
        }
        let mut candidates = Vec::with_capacity(found.len());
        for meta in found {
            candidates.extend(self.candidate(meta)?);
        }
        let candidates = Rc::new(candidates);
        self.connections.insert(names, candidates.clone());
        Ok(Some(candidates))
    }

    /// What a decision has to know of a row; nothing of one that is not intact is believed.
    fn candidate(&mut self, meta: Meta) -> Result<Option<Candidate>, Error> {
        self.learn_key_of(&meta)?;
        let intact = row::intact(&meta, &self.unlocked);
        let (Ok(provider), Ok(owner)) = (Provider::from_str(&meta.provider), Owner::from_str(&meta.owner))
        else {
            return Ok(None);
        };
        Ok(Some(Candidate {
            id: meta.id,
            provider,
            owner,
            account: meta.account.parse().unwrap_or_default(),
            scopes: Scopes::from_canonical(&meta.scopes).unwrap_or_default(),
            status: match effective(&meta, self.now, &self.unlocked).unwrap_or(Status::Error) {
                Status::Expired if self.renews => Status::Active,
                status => status,
            },
            intact,
        }))
    }

    /// Another process may have made the key that a row is under.
    pub(super) fn learn_key_of(&mut self, meta: &Meta) -> Result<(), Error> {
        if self.unlocked.keyring.get(meta.key_id).is_none() {
            self.unlocked = self.shared.refreshed(self.tx, &self.unlocked)?;
        }
        Ok(())
    }

    fn rules(&mut self, provider: &Provider) -> Rc<Rules> {
        if let Some(known) = self.rules.get(provider) {
            return known.clone();
        }
        let entry = self.catalogue.entry(provider);
        let rules = Rc::new(Rules {
            operations: entry.operations.clone(),
            ceiling: entry.ceiling.clone().map_or(AtMost::Everything, AtMost::These),
        });
        self.rules.insert(provider.clone(), rules.clone());
        rules
    }
}

/// Whether owners of a lower rank make no difference any more: somebody's connection is permitted, or no part of the
/// connections matters.
fn is_settled(verdict: &Result<Allowed, Refusal>, candidates: &[Candidate]) -> bool {
    let Err(refusal) = verdict else { return true };
    match refusal.reason {
        Reason::AmbiguousAccount | Reason::UnknownFact => true,
        Reason::Integrity | Reason::KeyUnavailable | Reason::NeedsReauth | Reason::ConnectionExpired => {
            let meant = candidates.iter().find(|candidate| Some(candidate.id) == refusal.connection);
            meant.is_some_and(|candidate| !matches!(candidate.status, Status::Pending | Status::Revoked))
        }
        _ => false,
    }
}

impl Outcome {
    fn of(decision: crate::grants::Decision, heap: Heap) -> Self {
        let crate::grants::Decision { verdict, considered } = decision;
        Self { verdict, clause: None, considered, candidates: heap.candidates }
    }

    /// The connection to use, or that the refusal is about.
    pub(super) fn about(&self) -> Option<&Candidate> {
        let id = match &self.verdict {
            Ok(allowed) => Some(allowed.connection),
            Err(refusal) => refusal.connection,
        };
        self.candidates.iter().find(|candidate| Some(candidate.id) == id)
    }

    /// Takes back what was allowed: the connection is not what it seemed.
    pub(super) fn refuse(&mut self, reason: Reason) {
        if let Ok(allowed) = &self.verdict {
            self.verdict = Err(refusal(reason, Some(allowed.connection)));
        }
    }
}

/// For this reason, and nothing else is known.
fn refusal(reason: Reason, connection: Option<RecordId>) -> Refusal {
    Refusal {
        reason,
        connection,
        grant: None,
        fact: None,
        missing: Default::default(),
        accounts: Vec::new(),
        until: None,
    }
}

impl Stop {
    fn outcome(self, heap: Heap) -> Outcome {
        let (reason, connection, clause) = match self {
            Self::Tampered(connection) => (Reason::Integrity, Some(connection), Some("grants")),
            Self::TooMany => (Reason::AmbiguousAccount, None, None),
        };
        let verdict = Err(refusal(reason, connection));
        Outcome { verdict, clause, considered: Vec::new(), candidates: heap.candidates }
    }
}
