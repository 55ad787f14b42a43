//! What the tests say of the audit chain: whether it is sound, and what is found where it is not.

use dm_connections::domain::UnixTime;
use dm_connections::vault::{PruneOptions, Pruned, Vault, Verified, VerifyOptions};

pub fn verified(vault: &Vault) -> Verified {
    vault.verify_audit(&VerifyOptions::default()).unwrap()
}

#[track_caller]
pub fn sound(vault: &Vault) {
    let all = verified(vault);
    assert!(all.ok && all.next.is_none(), "{:#?}", all.findings);
    // The same in small pages.
    let (mut after, mut records, mut rows, mut pairs) = (None, 0, 0, 0);
    loop {
        let page =
            vault.verify_audit(&VerifyOptions { after, limit: Some(3), ..Default::default() }).unwrap();
        assert!(page.ok, "{:#?}", page.findings);
        (records, rows, pairs) = (records + page.records, rows + page.rows, pairs + page.pairs);
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => break,
        }
    }
    assert_eq!((records, rows, pairs), (all.records, all.rows, all.pairs));
}

/// What verifying finds: each code with the number of its record.
pub fn findings(vault: &Vault) -> Vec<(&'static str, Option<i64>)> {
    let found = verified(vault);
    assert_eq!(found.ok, found.findings.is_empty());
    found.findings.iter().map(|finding| (finding.code, finding.sequence)).collect()
}

/// Prunes everything that happened until now.
pub fn prune_all(vault: &Vault, accept_findings: bool) -> Pruned {
    next_second();
    vault.prune_audit(PruneOptions { accept_findings, ..PruneOptions::before(UnixTime::MAX) }).unwrap()
}

/// What is of this second is not pruned.
pub fn next_second() {
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let then = now();
    while now() == then {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
