//! A refusal in a sentence.

use crate::domain::{ActingRequest, Powers};
use crate::grants::{Candidate, Reason, Refusal, Wanted};

/// What is wrong, for a person. Never a secret: none is known here.
pub(super) fn message(
    refusal: &Refusal,
    clause: &str,
    request: &ActingRequest,
    wanted: &Wanted,
    about: Option<&Candidate>,
) -> String {
    let provider = &wanted.provider;
    let agent = request.agent.there().map_or("the caller".to_owned(), ToString::to_string);
    let account = match about {
        Some(about) => format!("the {provider} account {} of {}", about.account, about.owner),
        None => format!("a {provider} account"),
    };
    let missing = words(&refusal.missing);
    match refusal.reason {
        Reason::NoConnection => match &wanted.owner {
            Some(owner) => format!("{owner} has no such connection of {provider}"),
            None => format!("there is no connection of {provider} to use"),
        },
        Reason::AmbiguousAccount if refusal.accounts.is_empty() => {
            format!("more accounts of {provider} may be meant than can be looked at: name the owner")
        }
        Reason::AmbiguousAccount => {
            let names: Vec<_> =
                refusal.accounts.iter().map(|(owner, account)| format!("{account} of {owner}")).collect();
            format!("several accounts of {provider} may be meant: name one of {}", names.join(", "))
        }
        Reason::UnknownFact => {
            format!(
                "it is not known of the request: {}; what is unknown is refused",
                refusal.fact.unwrap_or("a part")
            )
        }
        Reason::NobodyAsks => format!("no agent acts and nobody asks: {account} is not used by itself"),
        Reason::NotTheOwner => format!("who asks neither owns nor manages {account}"),
        Reason::Forbidden => format!("a grant forbids {agent} to do that with {account}"),
        Reason::NoGrant => format!("{agent} has no grant for {account}"),
        Reason::GrantRevoked => format!("the grant of {agent} for {account} was taken back"),
        Reason::GrantNotYet => format!("the grant of {agent} for {account} has not begun"),
        Reason::GrantExpired => format!("the grant of {agent} for {account} has ended"),
        Reason::GrantExhausted => format!("the grant of {agent} for {account} is used up"),
        Reason::ContextNotAllowed => {
            format!("the grant of {agent} for {account} is not for what runs now")
        }
        Reason::SessionMismatch => format!("the grant of {agent} for {account} is for another conversation"),
        Reason::FlowMismatch => format!("the grant of {agent} for {account} is for another flow"),
        Reason::FlowChanged => {
            format!("the flow was edited since its owner let {agent} use {account} in it")
        }
        Reason::ActingUserMismatch => {
            format!("the grant of {agent} for {account} is not for whom this is done")
        }
        Reason::ScopeMissing => format!("the grant of {agent} for {account} does not allow {missing}"),
        Reason::CallerCeiling => format!("the caller may not do {missing} itself"),
        Reason::ProviderCeiling => {
            format!("no agent may ever do {missing} with {provider}, the catalogue says")
        }
        Reason::ScopeNotGiven => {
            format!("{provider} did not give {missing} to {account}: connect it again with that")
        }
        Reason::Integrity if clause == "grants" => {
            format!("the grants of {agent} for {account} were changed by something else than this library")
        }
        Reason::Integrity => format!("{account} was changed by something else than this library"),
        Reason::KeyUnavailable => format!("the key that seals {account} was not given"),
        Reason::NeedsReauth => format!("{account} has to be connected again"),
        Reason::ConnectionExpired => format!("the access of {account} has run out"),
    }
}

fn words(powers: &Powers) -> String {
    let all: Vec<&str> = powers.operations.iter().chain(powers.scopes.iter()).collect();
    if all.is_empty() { "anything".to_owned() } else { all.join(", ") }
}
