//! The decision beside the model's answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use dm_connections::domain::{RecordId, Scopes};
use dm_connections::grants::{Allowed, Judged, Reason, Refusal};

use crate::model::{self, Considered, REASONS, Refused, Verdict};
use crate::world::World;

fn words(scopes: &Scopes) -> BTreeSet<String> {
    scopes.iter().map(str::to_owned).collect()
}

/// The decision's verdict in the model's words.
pub fn plain(verdict: &Result<Allowed, Refusal>) -> Verdict {
    match verdict {
        Ok(allowed) => Verdict::Allowed {
            connection: allowed.connection,
            grant: allowed.grant,
            scopes: allowed.scopes.as_ref().map(words),
            operations: words(&allowed.operations),
        },
        Err(refusal) => {
            let (remedy, who) = refusal.remedy();
            Verdict::Refused(Refused {
                code: refusal.reason.code(),
                clause: refusal.reason.clause(),
                connection: refusal.connection,
                grant: refusal.grant,
                fact: refusal.fact,
                missing_scopes: words(&refusal.missing.scopes),
                missing_operations: words(&refusal.missing.operations),
                accounts: refusal.accounts.iter().map(|(owner, name)| format!("{owner} {name}")).collect(),
                until: refusal.until.map(|until| until.seconds()),
                remedy: remedy.code(),
                who: who.code(),
            })
        }
    }
}

fn considered((connection, judged): &(RecordId, Judged)) -> Considered {
    let permissions = judged.grants.iter().map(|(grant, unmet)| (*grant, unmet.map(Reason::code)));
    Considered {
        connection: *connection,
        verdict: plain(&judged.verdict),
        permissions: permissions.collect(),
    }
}

/// Where the two answer differently.
pub fn disagreement(world: &World) -> Option<String> {
    let decision = world.decide();
    let (mine, model) = (plain(&decision.verdict), model::answer(world));
    if mine != model.verdict {
        return Some(format!("decide() says {mine:#?}\nthe model {:#?}", model.verdict));
    }
    let considered: Vec<Considered> = decision.considered.iter().map(considered).collect();
    if considered != model.considered {
        return Some(format!("decide() looked at {considered:#?}\nthe model at {:#?}", model.considered));
    }
    None
}

/// A world with as little in it as still shows a disagreement.
pub fn smallest(mut world: World) -> World {
    loop {
        let connections = (0..world.connections.len()).map(|at| {
            let mut less = world.clone();
            less.connections.remove(at);
            less
        });
        let grants = (0..world.grants.len()).map(|at| {
            let mut less = world.clone();
            less.grants.remove(at);
            less
        });
        match connections.chain(grants).find(|less| disagreement(less).is_some()) {
            Some(less) => world = less,
            None => return world,
        }
    }
}

/// How often what was reached.
#[derive(Default)]
pub struct Tally {
    reached: BTreeMap<String, u64>,
    remedies: BTreeMap<(&'static str, &'static str), u64>,
}

impl Tally {
    pub fn count(&mut self, world: &World) {
        let name = match plain(&world.decide().verdict) {
            Verdict::Allowed { grant: Some(_), .. } => "allowed by a grant".to_owned(),
            Verdict::Allowed { grant: None, .. } => "allowed to the owner".to_owned(),
            Verdict::Refused(refused) => {
                *self.remedies.entry((refused.remedy, refused.who)).or_default() += 1;
                format!("{} ({})", refused.code, refused.clause)
            }
        };
        *self.reached.entry(name).or_default() += 1;
    }

    /// Every reason, every remedy and both verdicts.
    pub fn assert_complete(&self) {
        for way in ["allowed by a grant", "allowed to the owner"] {
            assert!(self.reached.contains_key(way), "never {way}");
        }
        for (code, clause, remedy, who) in REASONS {
            assert!(self.reached.contains_key(&format!("{code} ({clause})")), "never {code} ({clause})");
            assert!(self.remedies.contains_key(&(remedy, who)), "never {remedy} by {who}");
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reached.iter().try_for_each(|(name, count)| writeln!(f, "{count:>9}  {name}"))?;
        self.remedies
            .iter()
            .try_for_each(|((remedy, who), count)| writeln!(f, "{count:>9}  remedy {remedy} by {who}"))
    }
}
