//! What was refused to provider classes, or would have been, and the grants that would let it through.

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::create::NewGrant;
use super::list::GrantInfo;
use super::terms::Origin;
use crate::crypto::{Fields, labels};
use crate::domain::{AccountName, ActingRequest, Effect, Owner, Powers, Provider, RecordId, Target};
use crate::grants::{Proposal, Wanted, propose};
use crate::store::ProposalRow;
use crate::vault::find::LONGEST_PAGE;
use crate::vault::shared::Write;
use crate::vault::unlocked::Unlocked;
use crate::vault::{Code, Error, Vault};

/// The most that are kept: then the one goes that was met the longest ago.
const MOST_PROPOSALS: u32 = 10_000;

/// A request that was refused, or would have been, and is refused still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// Which.
    pub id: String,
    /// The grant that would let it through, as narrow as the request; none where no grant would.
    pub grant: Option<ProposedGrant>,
    /// The decision as it is now.
    pub decision: Answer,
    /// How often it was met. A plain count that nothing authenticates, as the times.
    pub count: i64,
    /// When first, Unix seconds.
    pub first_at: i64,
    /// When last, Unix seconds.
    pub last_at: i64,
}

/// A grant as `dm_grant_create` takes it, but for who gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProposedGrant {
    agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    scopes: crate::domain::AtMost,
    operations: crate::domain::AtMost,
    contexts: crate::domain::Contexts,
    run: crate::domain::Run,
    #[serde(rename = "for")]
    whom: crate::domain::Whom,
}

/// One page, in the order of ids.
#[derive(Debug, Clone, Serialize)]
pub struct ProposalPage {
    /// What is refused still.
    pub items: Vec<Proposed>,
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
}

/// What was wanted, as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedColumn {
    provider: Provider,
    owner: Option<Owner>,
    account: Option<AccountName>,
    connection: Option<RecordId>,
    powers: Powers,
}

impl Vault {
    /// What was met by [`Vault::admit`] and would be refused still.
    pub fn proposals(&self, after: Option<RecordId>, limit: Option<u32>) -> Result<ProposalPage, Error> {
        let limit = limit.unwrap_or(100).clamp(1, LONGEST_PAGE);
        self.gather(|gather| {
            let mut rows = gather.tx.proposals(after, limit + 1)?;
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
            let mut items = Vec::new();
            for row in rows {
                // One that something else changed proposes nothing.
                let Some((request, wanted)) = read(&row, &gather.unlocked) else { continue };
                let outcome = gather.consider_for_class(&request, &wanted)?;
                let decision = Answer::of(&outcome, &request, &wanted);
                if decision.allowed {
                    continue;
                }
                let grant = outcome.proposal(&request, &wanted).map(ProposedGrant::of);
                let ProposalRow { id, count, first_at, last_at, .. } = row;
                items.push(Proposed { id: id.to_string(), grant, decision, count, first_at, last_at });
            }
            Ok(ProposalPage { items, next })
        })
    }

    /// Gives the grant that a proposal proposes now; none where the request is allowed by now, or no grant would help.
    pub fn accept_proposal(
        &self,
        id: RecordId,
        by: &str,
        why: Option<&str>,
    ) -> Result<Option<GrantInfo>, Error> {
        self.write(|write| {
            let row = write.tx.proposal(id)?.ok_or_else(|| unknown(id))?;
            let (request, wanted) = read(&row, write.unlocked).ok_or_else(|| tampered(id))?;
            let proposal = self.gather_within(write, |gather| {
                let outcome = gather.consider_for_class(&request, &wanted)?;
                match (&outcome.verdict, outcome.proposal(&request, &wanted)) {
                    (Ok(_), _) => Ok(None),
                    (Err(_), Some(proposal)) => Ok(Some(proposal)),
                    (Err(_), None) => Err(no_grant_helps(&Answer::of(&outcome, &request, &wanted))),
                }
            })?;
            write.tx.delete_proposal(id)?;
            let Some(Proposal { agent, target, limits, contexts, run, whom }) = proposal else {
                return Ok(None);
            };
            let new = NewGrant {
                agent,
                effect: Effect::Permit,
                target,
                limits,
                contexts,
                run,
                whom: Some(whom),
                not_before: None,
                expires_at: None,
                uses: None,
                note: None,
                by: by.to_owned(),
                why: why.map(str::to_owned),
            };
            self.give(write, &new, Some(Origin::Observed)).map(Some)
        })
    }

    /// Forgets a proposal; met again, it is there again. Says whether there was one.
    pub fn dismiss_proposal(&self, id: RecordId) -> Result<bool, Error> {
        self.write(|write| Ok(write.tx.delete_proposal(id)?))
    }
}

/// Keeps a request that was refused, or would have been.
pub(super) fn keep(write: &mut Write<'_>, request: &ActingRequest, wanted: &Wanted) -> Result<(), Error> {
    let Wanted { provider, owner, account, connection, powers } = wanted.clone();
    let column = WantedColumn { provider, owner, account, connection, powers };
    let json = |text: Result<String, serde_json::Error>| {
        text.map_err(|_| Error::new(Code::Internal, "a proposal is no JSON"))
    };
    let now = write.now.seconds();
    let mut row = ProposalRow {
        id: RecordId::from_bytes([0; 16]),
        request: json(serde_json::to_string(request))?,
        wanted: json(serde_json::to_string(&column))?,
        count: 1,
        first_at: now,
        last_at: now,
        mac: Vec::new(),
    };
    row.id = same(request, &row.wanted, write.unlocked);
    row.mac = write.unlocked.proposals.tag(&fields(&row, write.unlocked)).to_vec();
    // Only a new one can be one too many.
    if write.tx.put_proposal(&row)? == 1 {
        write.tx.forget_proposals(MOST_PROPOSALS)?;
    }
    Ok(())
}

/// Which requests are one proposal: those of an agent for the same person, context and flow, whatever the conversation and
/// however the flow is configured by now.
fn same(request: &ActingRequest, wanted: &str, unlocked: &Unlocked) -> RecordId {
    fn or_none<T: ToString>(fact: Option<&Option<T>>) -> String {
        fact.map_or(String::new(), |value| value.as_ref().map_or("none".to_owned(), T::to_string))
    }
    let flow = request.flow.known().map(|flow| flow.as_ref().map(|flow| &flow.id));
    let subject = request.subject.known().map_or(String::new(), ToString::to_string);
    let context = request.context.known().map_or("", |context| context.as_str());
    let fields = Fields::new(labels::MAC_PROPOSALS)
        .text("same")
        .text(&or_none(request.agent.known()))
        .text(&subject)
        .text(context)
        .text(&or_none(flow.as_ref()))
        .text(wanted);
    let mut id = [0; 16];
    id.copy_from_slice(&unlocked.proposals.tag(&fields)[..16]);
    RecordId::from_bytes(id)
}

fn fields(row: &ProposalRow, unlocked: &Unlocked) -> Fields {
    Fields::new(labels::MAC_PROPOSALS)
        .bytes(unlocked.store_id.as_bytes())
        .bytes(row.id.as_bytes())
        .text(&row.request)
        .text(&row.wanted)
}

/// What a row says; none where this library did not write it.
fn read(row: &ProposalRow, unlocked: &Unlocked) -> Option<(ActingRequest, Wanted)> {
    if !unlocked.proposals.verify(&fields(row, unlocked), &row.mac) {
        return None;
    }
    let request = serde_json::from_str(&row.request).ok()?;
    let WantedColumn { provider, owner, account, connection, powers } =
        serde_json::from_str(&row.wanted).ok()?;
    Some((request, Wanted { provider, owner, account, connection, powers }))
}

impl super::gather::Outcome {
    fn proposal(&self, request: &ActingRequest, wanted: &Wanted) -> Option<Proposal> {
        propose(request, wanted, self.verdict.as_ref().err()?, self.about()?)
    }
}

impl ProposedGrant {
    fn of(proposal: Proposal) -> Self {
        let Proposal { agent, target, limits, contexts, run, whom } = proposal;
        let (connection, owner, provider) = match target {
            Target::Connection(id) => (Some(id.to_string()), None, None),
            Target::Any { owner, provider } => (None, Some(owner.to_string()), Some(provider.to_string())),
        };
        Self {
            agent: agent.to_string(),
            connection,
            owner,
            provider,
            scopes: limits.scopes,
            operations: limits.operations,
            contexts,
            run,
            whom,
        }
    }
}

fn unknown(id: RecordId) -> Error {
    Error::new(Code::NotFound, format!("there is no proposal {id}")).with("proposal", id.to_string())
}

fn tampered(id: RecordId) -> Error {
    let message = format!(
        "integrity: the proposal {id} was changed by something else than this library; dismiss it, and let it be met again"
    );
    Error::new(Code::Integrity, message).with("proposal", id.to_string())
}

fn no_grant_helps(answer: &Answer) -> Error {
    let (reason, remedy, message) = match &answer.refusal {
        Some(told) => (told.reason, told.remedy, told.message.as_str()),
        None => ("", "", ""),
    };
    let message = format!("no grant would let this through: {message}. What would help: {remedy}");
    Error::new(Code::Conflict, message).with("reason", reason).with("remedy", remedy)
}
