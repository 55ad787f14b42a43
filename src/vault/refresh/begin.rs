//! Asking for the right to renew.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::account::{Account, View};
use super::holder::{self, Holder};
use super::lease::Lease;
use super::standing::{Due, HOLDER_GONE, LeaseTold, Standing, Told};
use super::state::{Held, LONGEST_LEASE, State};
use crate::domain::{Document, Owner, SecretBytes, Status, hex};
use crate::store::fork;
use crate::vault::audit::{Event, Facts, What};
use crate::vault::row::{check, open, sign};
use crate::vault::shared::Write;
use crate::vault::{Address, Error, Kind, Vault};

/// The longest HTTP timeout that a lease is made for, in seconds.
const LONGEST_TIMEOUT: u32 = LONGEST_LEASE as u32 / 2;

/// How often it is looked whether a holder is done, in milliseconds; a part of it is by chance.
const PAUSE: u64 = 60;

/// How a renewal is asked for.
#[derive(Debug, Clone)]
pub struct Begin {
    /// How long before its end the token is renewed, in seconds, instead of what the catalogue says.
    pub margin: Option<u64>,
    /// A person asks: also where it is fresh, waits after a failure, or was given up.
    pub force: bool,
    /// The provider refused the access token of this revision, fresh or not.
    pub rejected_revision: Option<i64>,
    /// The member that is handed in where the account has not what the catalogue names.
    pub fallback: Option<String>,
    /// The caller's HTTP timeout in seconds, 1 to 300; the lease lives twice as long.
    pub http_timeout: u32,
    /// How long to wait for another holder; none is the vault's patience.
    pub patience: Option<Duration>,
}

impl Default for Begin {
    fn default() -> Self {
        Self {
            margin: None,
            force: false,
            rejected_revision: None,
            fallback: None,
            http_timeout: 30,
            patience: None,
        }
    }
}

/// What came of it.
pub struct Begun {
    /// The facts.
    pub told: Told,
    /// The account as it is stored; none where a person has to consent again.
    pub document: Option<SecretBytes>,
    /// Granted: the app config to renew it with: the owner's, else the site's.
    pub config: Option<SecretBytes>,
    /// Granted: the right to renew.
    pub lease: Option<Lease>,
}

impl Begin {
    pub(super) fn view(&self) -> View<'_> {
        View { margin: self.margin, fallback: self.fallback.as_deref() }
    }

    /// In seconds.
    fn length(&self) -> i64 {
        i64::from(self.http_timeout.clamp(1, LONGEST_TIMEOUT)) * 2
    }
}

impl Vault {
    /// Asks for the right to renew a connection's credential. Who is not granted it is told why, and what is stored. While
    /// somebody else has it, waits with patience, holding nothing.
    pub fn begin_refresh(self: &Arc<Self>, address: &Address, begin: &Begin) -> Result<Begun, Error> {
        let patience = begin.patience.unwrap_or(self.patience);
        let since = Instant::now();
        loop {
            let begun = self.look(address, begin)?;
            let begun = match begun {
                Some(begun) => begun,
                None => self.take(address, begin)?,
            };
            let rest = patience.saturating_sub(since.elapsed());
            if begun.told.outcome != "busy" || rest.is_zero() {
                return Ok(begun);
            }
            let mut chance = [0];
            self.shared.random.fill(&mut chance)?;
            fork::rest(Duration::from_millis(PAUSE + u64::from(chance[0]) / 4).min(rest));
        }
    }

    /// How a connection's renewals stand. Nothing is granted, and nothing written.
    pub fn refresh_status(&self, address: &Address, begin: &Begin) -> Result<Told, Error> {
        self.read_with_keys(|tx, unlocked| {
            let account = self.account(tx, unlocked, address, begin.view())?;
            let now = tx.now()?;
            let mut told = account.told(&account.standing(begin, now.seconds()), unlocked, now);
            if told.outcome == "granted" {
                told.outcome = "due";
            }
            Ok(told)
        })
    }

    /// Answers without a write where nothing is to be renewed, or nobody may; none where it may be.
    fn look(&self, address: &Address, begin: &Begin) -> Result<Option<Begun>, Error> {
        self.read_with_keys(|tx, unlocked| {
            self.refuse_clone(tx)?;
            let account = self.account(tx, unlocked, address, begin.view())?;
            let now = tx.now()?;
            let standing = account.standing(begin, now.seconds());
            if matches!(standing, Standing::Due(_)) {
                return Ok(None);
            }
            Ok(Some(Begun::without(account.told(&standing, unlocked, now), account)))
        })
    }

    /// Looks again, and takes the lease in the same transaction.
    fn take(self: &Arc<Self>, address: &Address, begin: &Begin) -> Result<Begun, Error> {
        let nonce = self.nonce()?;
        holder::hold(&nonce);
        let taken = self.write(|write| {
            self.refuse_clone(write.tx)?;
            let account = self.account(write.tx, write.unlocked, address, begin.view())?;
            let standing = account.standing(begin, write.now.seconds());
            let told = account.told(&standing, write.unlocked, write.now);
            match standing {
                Standing::Due(due) if due.gives_up => {
                    let before = account.stored.state.clone();
                    let (failures, lost) = (before.failures.saturating_add(1), account.fingerprint.clone());
                    account.give_up(write, State { failures, lost, lease: None, ..before }, HOLDER_GONE)?;
                    let since = self.account(write.tx, write.unlocked, address, begin.view())?;
                    Ok(Begun::without(since.told(&standing, write.unlocked, write.now), since))
                }
                Standing::Due(due) => self.grant(write, account, told, due, begin, &nonce),
                _ => Ok(Begun::without(told, account)),
            }
        });
        if !matches!(&taken, Ok(Begun { lease: Some(_), .. })) {
            holder::let_go(&nonce);
        }
        taken
    }

    fn grant(
        self: &Arc<Self>,
        write: &mut Write<'_>,
        account: Account<'_>,
        mut told: Told,
        due: Due,
        begin: &Begin,
        nonce: &str,
    ) -> Result<Begun, Error> {
        let (now, length) = (write.now.seconds(), begin.length());
        let mut state = account.stored.state.clone();
        state.fence = state.fence.saturating_add(1);
        state.failures = state.failures.saturating_add(due.left_behind.into());
        state.lost = account.fingerprint.clone().filter(|_| due.lost);
        state.fallback = begin.fallback.clone().filter(|_| matches!(account.entry, Cow::Owned(_)));
        let held = Held {
            nonce: nonce.to_owned(),
            holder: Holder::present(),
            taken_at: now,
            expires_at: now.saturating_add(length),
            hard_until: Held::hard_until(now, length),
            intent: account.fingerprint.clone().unwrap_or_default(),
            stored: None,
            given_up: false,
        };
        told.lease = Some(LeaseTold {
            fence: state.fence,
            expires_at: held.expires_at,
            hard_until: held.hard_until,
            lost: due.lost,
        });
        told.failures = state.failures;
        let lease = Lease::new(self, &account, state.fence, &held, begin);
        state.lease = Some(held);
        account.stored.replace(write, account.row.meta.id, &state)?;
        let config = app_config(write, &account)?;
        Ok(Begun { lease: Some(lease), config, ..Begun::without(told, account) })
    }

    fn nonce(&self) -> Result<String, Error> {
        let mut bytes = [0; 16];
        self.shared.random.fill(&mut bytes)?;
        Ok(hex(&bytes))
    }
}

/// The owner's app config of the provider, else the site's.
fn app_config(write: &mut Write<'_>, account: &Account<'_>) -> Result<Option<SecretBytes>, Error> {
    let meta = &account.row.meta;
    for owner in [&meta.owner, &Owner::NETWORK.to_string()] {
        if let Some(row) = write.tx.row(Kind::Config, &meta.provider, owner, "default")? {
            return open(check(&row, write.unlocked)?, write.unlocked).map(Some);
        }
    }
    Ok(None)
}

impl Account<'_> {
    /// Nothing is tried any more until a person asks.
    pub(super) fn give_up(&self, write: &mut Write<'_>, state: State, cause: &str) -> Result<(), Error> {
        let state = State { gave_up: true, next_at: None, cause: Some(cause.to_owned()), ..state };
        self.stored.replace(write, self.row.meta.id, &state)?;
        self.failed(write, &state)?;
        self.set_status(write, Status::Error, cause, What::StatusSet)
    }

    /// Sets the row's status, with its record.
    pub(super) fn set_status(
        &self,
        write: &mut Write<'_>,
        status: Status,
        cause: &str,
        what: What,
    ) -> Result<(), Error> {
        let mut row = self.row.clone();
        row.meta.status = status.as_str().to_owned();
        row.meta.status_cause = Some(cause.to_owned());
        row.meta.revision += 1;
        row.meta.updated_at = write.now.seconds();
        sign(&mut row.meta, write.unlocked);
        write.update_because(&self.row.meta, &row, what, cause)
    }

    /// Records a failure.
    pub(super) fn failed(&self, write: &mut Write<'_>, state: &State) -> Result<(), Error> {
        let facts = Facts {
            code: state.cause.clone(),
            count: Some(state.failures.into()),
            until: state.next_at,
            ..Facts::default()
        };
        self.record(write, What::RefreshFailed, facts)
    }

    /// Records something that changed nothing of the row.
    pub(super) fn record(&self, write: &mut Write<'_>, what: What, facts: Facts) -> Result<(), Error> {
        let meta = &self.row.meta;
        let facts = Facts {
            kind: Some("connection".to_owned()),
            provider: Some(meta.provider.clone()),
            account: Some(meta.account.clone()),
            status: Some(meta.status.clone()),
            ..facts
        };
        let (subject, connection) = (Some(meta.owner.clone()), Some(meta.id));
        write.audit(&Event { subject, connection, ..Event::of_store(what, facts) })
    }
}

impl Begun {
    /// Of an account that nothing was granted for.
    fn without(told: Told, account: Account<'_>) -> Self {
        let usable = told.outcome != "dead";
        Self { told, document: usable.then(|| secret(&account.document)), config: None, lease: None }
    }
}

fn secret(document: &Document) -> SecretBytes {
    let mut bytes = SecretBytes::with_capacity(document.as_bytes().len() + 1);
    bytes.append(document.as_bytes());
    bytes
}
