//! What an agent gets to see of a connection: the members that the catalogue's `use` list names, and nothing else.

use super::gather::Gather;
use crate::crypto::Plaintext;
use crate::domain::{Document, Owner, RecordId, SecretBytes};
use crate::store::{Kind, Row};
use crate::vault::{Error, row};

/// The members that may be handed out, a JSON object; none where not one of the provider's secrets is among them, so that
/// nothing could be done with it. What the account does not have is looked for in its owner's app config, or else in the
/// network's.
pub(super) fn of(gather: &mut Gather<'_>, connection: RecordId) -> Result<Option<SecretBytes>, Error> {
    let Some(found) = gather.tx.row_by_id(connection)? else { return Ok(None) };
    let (provider, owner) = (found.meta.provider.clone(), found.meta.owner.clone());
    let entry = gather.catalogue.entry(&provider.parse()?);
    let account = open(gather, &found)?;
    let lacking = entry.use_list.iter().any(|member| account.get(member).is_none());
    let config = if lacking { config(gather, &provider, &owner)? } else { None };
    let (mut credential, mut has_secret) = (SecretBytes::with_capacity(account.as_bytes().len() + 2), false);
    credential.append(b"{");
    for member in &entry.use_list {
        let value = account.get(member).or_else(|| config.as_ref()?.get(member));
        let Some(value) = value.filter(|value| !matches!(*value, "null" | "\"\"")) else { continue };
        has_secret |= entry.secrets.contains(member);
        let separator = if credential.len() > 1 { "," } else { "" };
        for part in [separator, &name(member), ":", value] {
            credential.append(part.as_bytes());
        }
    }
    credential.append(b"}");
    Ok(has_secret.then_some(credential))
}

fn config(gather: &mut Gather<'_>, provider: &str, owner: &str) -> Result<Option<Document>, Error> {
    for owner in [owner, &Owner::NETWORK.to_string()] {
        if let Some(found) = gather.tx.row(Kind::Config, provider, owner, "default")? {
            return open(gather, &found).map(Some);
        }
    }
    Ok(None)
}

fn open(gather: &mut Gather<'_>, found: &Row) -> Result<Document, Error> {
    gather.learn_key_of(&found.meta)?;
    let opened: Plaintext = row::open(row::check(found, &gather.unlocked)?, &gather.unlocked)?;
    Ok(Document::parse(opened.into())?)
}

/// A member's name as JSON has it.
fn name(member: &str) -> String {
    serde_json::Value::from(member).to_string()
}
