//! Grants, and what they decide.

use std::ffi::c_char;

use serde::Serialize;

use super::buffer::Output;
use super::documents::{Text, optional};
use super::funnel::run;
use super::grant_json::{
    GrantJson, GrantQueryJson, Question, QuestionJson, RevocationJson, WantedJson, tools,
};
use super::input::json;
use super::store::{answer, ask, dm_store, vault};
use super::{dm_buf, dm_error, dm_status};
use crate::domain::ActingRequest;
use crate::vault::{AgentUses, ConnectionUses, Explained};

/// Gives an agent a grant: by itself an agent may use nothing. Who may give it is for the caller to know; nothing of it may
/// come from the agent, its tools or its model.
///
/// `grant` is a JSON object; a member that is not listed here is an error:
///
/// - `agent`: `agent:N`
/// - `connection`: the id of the only connection; or `owner` and `provider`: any of that owner's for that provider, also
///   one that is connected later
/// - `operations`, `scopes`: each a list or `"*"`; at least one of the two. Operations are those of the catalogue
/// - `effect`: "permit" (the default) or "forbid", which wins over every permission
/// - `contexts`: a list of chat, pipeline, system, cli, rest; or `"*"` (the default)
/// - `run`: `"any"` (the default), `{"session": id}`, or `{"flow": {"id": id, "digest": 64 hexadecimal digits}}`
/// - `for`: "owner" (the default for a person's account, and only there: that person asks, or their own flow runs that the
///   grant names), `{"users": ["user:3"]}` (in the same way), "anyone" (the default of one that forbids), or "nobody"
///   (automation without a person)
/// - `not_before`, `expires_at`: Unix seconds; `uses`: how often. All optional
/// - `note`: for people (optional)
/// - `granted_by`: who gives it, such as `user:12` or `cli`; `why` (optional)
///
/// What could never work is refused, and the detail's `argument` names the member: nothing to do, an operation that the
/// catalogue does not know of the provider (`known` has its operations), scopes of which it lets no agent have any
/// (`ceiling` has those that it does), no context, no user, "owner" where the owner is no person, an end that is past or not
/// after the beginning, no uses, uses of one that forbids. A scope that the connection does not have yet is no error.
///
/// `*out` gets the grant as `dm_grant_list` shows it. An agent has at most 256 live grants of one owner; then this is
/// DM_TOO_LARGE, unless one of them has ended: it makes place. The caller frees `*out`. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_NOT_FOUND (no such connection), DM_TOO_LARGE, DM_INTEGRITY, DM_BUSY, DM_DISK_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_grant_create(
    store: *const dm_store,
    grant: *const c_char,
    grant_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let grant: GrantJson = json("grant", grant, grant_len)?;
            vault.create_grant(&grant.into_grant()?)
        })
    }
}

/// Takes grants back: the one with `id`; or, where `id` is empty, all that the agent, the owner, or both in `options` have
/// with each other. The next decision of every process knows it. One that was taken back before is no error.
///
/// `options` is a JSON object: `by` (who takes it back), `why` (optional); and where `id` is empty `agent`, `owner` or both.
/// Revoking all of an owner and an agent is also the way out where something else than this library changed their grants.
///
/// `receipt` may be NULL; else it gets `{revoked, removed}`: how many were taken back, and how many that this library had
/// not written were deleted. The caller frees it. Any thread.
/// Errors: DM_NOT_FOUND (no such grant), DM_INTEGRITY, DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_grant_revoke(
    store: *const dm_store,
    id: *const c_char,
    id_len: usize,
    options: *const c_char,
    options_len: usize,
    receipt: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Ok(Output::optional(receipt)), error, |vault| {
            let (id, options): (_, RevocationJson) =
                (optional("id", Text(id, id_len))?, json("options", options, options_len)?);
            vault.revoke_grants(&options.into_revocation(id)?)
        })
    }
}

/// Lists grants. `query` is a JSON object of what to look for, all optional: `agent`, `owner`, `provider`, `connection` (those
/// that name it), `origin`, `revoked` (true or false), `limit` (1 to 1000; 100), `after` (the `next` of the page before).
///
/// `*out` gets `{items, next}`, items in the order of their ids: `{id, agent, owner, owner_class, provider, connection,
/// effect, status, origin, not_before, expires_at, uses_left, scopes, operations, contexts, run, for, note, granted_by,
/// granted_why, granted_at, revoked_by, revoked_why, revoked_at, revision, integrity}`. `status` is active, not_yet,
/// expired, exhausted or revoked. `origin` is null where somebody gave it by hand; `delegation` of the old option;
/// `own_account`: the agent's own account was connected; `observed`. `integrity` is false where something else than this library changed the grants of that
/// owner to that agent: then none of them counts, `status` is null, and what they would say is left out.
/// The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_grant_list(
    store: *const dm_store,
    query: *const c_char,
    query_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let query: GrantQueryJson = json("query", query, query_len)?;
            vault.list_grants(&query.into_query()?)
        })
    }
}

/// Decides whether a request may use a connection now, and says why not. Nothing is counted, written or decrypted; a
/// refusal is an answer, and no error.
///
/// `request` is a JSON object, who is asking right now. Nothing of it may come from a tool's arguments or from a model. A
/// member that is missing is unknown, and what is unknown is refused; null says that there is none:
///
/// - `agent`: the agent that acts, `agent:N`, or null
/// - `subject`: `{"asking": "user:N"}` (that person is here), `{"scheduled": "user:N"}` (their flow runs), or null
/// - `session`: its id, or null
/// - `context`: chat, pipeline, system, cli or rest
/// - `flow`: `{"id", "owner": "user:N" or null, "digest": 64 hexadecimal digits}`, or null
/// - `may`: what the caller may do at most: `{"scopes", "operations"}`, each a list or `"*"`
/// - `manages`: a list of the owners (site, org) that the caller may manage
///
/// `wanted` is a JSON object: `provider`; and optionally `owner`, `account`, `connection` (an id), `scopes`, `operations`.
///
/// `*out` gets `{allowed, provider, connection, owner, owner_class, account, grant, scopes, operations, refusal}`; `refusal` is
/// null or `{reason, clause, message, fact, missing: {scopes, operations}, accounts: [{owner, account}], until, remedy,
/// who, whose}`. The codes:
///
/// - `reason`: no_connection, ambiguous_account, unknown_fact, nobody_asks, not_the_owner, forbidden, no_grant,
///   grant_revoked, grant_not_yet, grant_expired, grant_exhausted, context_not_allowed, session_mismatch, flow_mismatch,
///   flow_changed, acting_user_mismatch, scope_missing, caller_ceiling, provider_ceiling, integrity, key_unavailable,
///   needs_reauth, connection_expired
/// - `remedy`: connect, name_account, ask_as_owner, lift, grant, widen, confirm_flow, wait, reconnect, operator, none
/// - `who` can do it: owner, flow_owner, caller, operator, nobody; and `whose` matter that is, such as `user:12`
///
/// The caller frees it. Any thread. Errors: DM_INVALID_ARGUMENT, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_grant_check(
    store: *const dm_store,
    request: *const c_char,
    request_len: usize,
    wanted: *const c_char,
    wanted_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let (request, wanted): (ActingRequest, WantedJson) =
                (json("request", request, request_len)?, json("wanted", wanted, wanted_len)?);
            vault.check_grant(&request, &wanted.into())
        })
    }
}

/// Asks for a credential: the agent's door. Decides as `dm_grant_check` does, counts the use, writes the audit record, and only
/// then hands out the members that the catalogue's `use` list of the provider names, in one transaction: never a refresh
/// token or a client's secret. `request` and `wanted` are those of `dm_grant_check`.
///
/// `*decision` gets what `dm_grant_check` answers. Where it is allowed, `*credential` gets a JSON object, such as
/// `{"access_token": "..."}`; else `{NULL, 0}`. A refusal is an answer, and no error; the first one of an agent about a connection with
/// a reason in an hour is in the audit, repeats are counted. An account that has none of what it would hand out is
/// `needs_reauth`. The caller frees both, which wipes them. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_BUSY, DM_DISK_FULL, DM_INTEGRITY (the audit leaves no number for a record).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_conn_acquire(
    store: *const dm_store,
    request: *const c_char,
    request_len: usize,
    wanted: *const c_char,
    wanted_len: usize,
    decision: *mut dm_buf,
    credential: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    run(error, || {
        let decision = Output::required("decision", decision)?;
        let credential = Output::required("credential", credential)?;
        let vault = vault(store)?;
        // SAFETY: the ABI's contract.
        let (request, wanted): (ActingRequest, WantedJson) =
            unsafe { (json("request", request, request_len)?, json("wanted", wanted, wanted_len)?) };
        let acquired = vault.acquire(&request, &wanted.into())?;
        let told = answer(&acquired.answer)?;
        // SAFETY: the ABI's contract.
        unsafe {
            decision.give(told);
            credential.give_any(acquired.credential);
        }
        Ok(())
    })
}

/// Says why, at length. `question` is a JSON object, one of:
///
/// - `{"request", "wanted"}`, as in `dm_grant_check`: `*out` gets `{decision, considered: [{connection, owner, account,
///   allowed, grant, scopes, refusal, grants: [{grant, reason, clause}]}]}`: every connection that might have been meant,
///   the grant that allows it, forbids it or came nearest, and every permission about it, with the reason that it is not
///   enough (null where it is); where one forbids, none was looked at
/// - `{"connection": id}`: who can use it now beside its owner: `{connection, reason, items: [{grant, people, forbids}], next}`
/// - `{"agent": "agent:N"}`: what it can use now, and for whom: `{agent, items: [{grant, people, connections: [{connection,
///   reason, forbids}]}], next}`
///
/// The last two tell the grants that are active now, of the connection and of any of its owner's, those that forbid among them,
/// and those that are not to be believed (`integrity` false: nothing is allowed by them). A `grant` is as `dm_grant_list` shows
/// it, a `connection` as `about` in `dm_conn_get`. `people` are a list of users, "anyone", "nobody", or null where the grant is
/// not to be believed. `forbids` are the ids of the grants that forbid this agent something with the connection, and win.
/// `reason` is why nobody can use the connection now: integrity, key_unavailable, needs_reauth, connection_expired, or null.
/// `connections` are at most the first 1000 of the owner's for the provider. Both take `limit` and `after`; a page may have
/// fewer items than its limit, or none, and yet a `next`.
///
/// The caller frees `*out`. Any thread. Errors: DM_INVALID_ARGUMENT, DM_NOT_FOUND, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_grant_explain(
    store: *const dm_store,
    question: *const c_char,
    question_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let question: QuestionJson = json("question", question, question_len)?;
            Ok(match question.into_question()? {
                Question::Request(request, wanted) => {
                    Told::Request(vault.explain_request(&request, &wanted)?)
                }
                Question::Connection(id, query) => Told::Connection(vault.explain_connection(id, &query)?),
                Question::Agent(agent, query) => Told::Agent(vault.explain_agent(agent, &query)?),
            })
        })
    }
}

/// Decides about up to 1000 tools in one call, so that an agent's list shows only what would work. `tools` is a JSON object:
/// for each tool's name what it wants, as `wanted` in `dm_grant_check`. `*out` gets an object with the same names, and for
/// each what `dm_grant_check` would answer. Nothing is counted, written or decrypted. The caller frees it. Any thread.
/// Errors: DM_INVALID_ARGUMENT, DM_TOO_LARGE, DM_BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dm_tools_resolve(
    store: *const dm_store,
    request: *const c_char,
    request_len: usize,
    tools_json: *const c_char,
    tools_len: usize,
    out: *mut dm_buf,
    error: *mut *mut dm_error,
) -> dm_status {
    // SAFETY: the ABI's contract.
    unsafe {
        ask(store, Output::required("out", out), error, |vault| {
            let (request, wanted): (ActingRequest, _) =
                (json("request", request, request_len)?, json("tools", tools_json, tools_len)?);
            vault.resolve_tools(&request, &tools(wanted))
        })
    }
}

/// What `dm_grant_explain` answers each kind of question.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    Request(Explained),
    Connection(ConnectionUses),
    Agent(AgentUses),
}
