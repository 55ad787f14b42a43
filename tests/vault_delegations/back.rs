//! The way back: no permission that somebody took away comes back with it.

use dm_connections::vault::{Code, ExportOptions, Exported};

use crate::support::{Site, fixture, import, refused};
use crate::*;

const PHP: ExportOptions = ExportOptions {
    format: Format::Php,
    fields: Vec::new(),
    fields_of: std::collections::BTreeMap::new(),
    leave_out: false,
};

fn export(vault: &Vault) -> (String, Exported) {
    let exported = vault.export(&salt(), &PHP).unwrap();
    (String::from_utf8_lossy(&exported.option).into_owned(), exported)
}

/// As PHP serialised them.
fn delegations(option: &str) -> &str {
    option.split_once("s:11:\"delegations\";").map_or("", |(_, rest)| rest)
}

fn left_out(exported: &Exported) -> Vec<(String, &'static str)> {
    let left_out = exported.report.left_out.iter();
    left_out.map(|one| (one.path.clone().unwrap_or_default().join(" "), one.code)).collect()
}

#[test]
fn they_go_back_as_they_were() {
    let site = Site::new("back");
    let vault = site.open();
    let before = fixture("mixed.serialized");
    import(&vault, &before);
    let before = String::from_utf8_lossy(&before).into_owned();
    let (after, exported) = export(&vault);
    let length = delegations(&before).find("s:7:\"youtube\"").unwrap();
    assert!(length > 200 && delegations(&after).starts_with(&delegations(&before)[..length]));
    assert_eq!(left_out(&exported), []);
}

#[test]
fn what_ended_here_does_not_and_the_report_says_so() {
    let site = Site::new("back-ended");
    let vault = site.open();
    let given = option(
        &[
            format!(
                r#""site:0": {{"desk": {{"agent:5": {}, "agent:6": {}}}}}"#,
                one(r#"["read"]"#),
                one(r#"["fly"]"#)
            ),
            format!(
                r#""user:2": {{"own": {{"agent:5": {0}}}, "other": {{"agent:5": {0}}}}}"#,
                one(r#"["read"]"#)
            ),
            reading("user:3", "own", "agent:5"),
            reading("user:4", "never", "agent:5"),
        ]
        .join(","),
    );
    import_json(&vault, &given);
    assert_eq!(left_out(&export(&vault).1), []);
    // Taken back; deleted; deleted and connected anew, also where it never became a grant.
    revoke(&vault, &of(&vault, Origin::Delegation)[0].id);
    for account in ["own", "other"] {
        vault.delete(CONN, &address("email_imap", "user:2", account), None).unwrap();
    }
    connect(&vault, "email_imap", "user:2", "other");
    connect(&vault, "email_imap", "user:4", "never");
    let (option, exported) = export(&vault);
    assert_eq!(
        left_out(&exported),
        [
            ("email_imap delegations site:0 desk agent:5".to_owned(), "grant_ended"),
            ("email_imap delegations user:2 own agent:5".to_owned(), "connection_gone"),
            ("email_imap delegations user:2 other agent:5".to_owned(), "connection_gone"),
            ("email_imap delegations user:4 never agent:5".to_owned(), "connection_gone"),
        ]
    );
    let rest = delegations(&option);
    assert!(rest.starts_with("a:2:{s:6:\"site:0\";a:1:{s:4:\"desk\";a:1:{s:7:\"agent:6\";"), "{rest}");
    assert!(
        rest.contains("s:6:\"user:3\"") && !rest.contains("user:2") && !rest.contains("user:4"),
        "{rest}"
    );
    assert_eq!(exported.report.counts.kept, 1);

    // The last one goes, and the place with it. A narrower one that somebody gave since is not written there.
    vault.delete(CONN, &address("email_imap", "user:3", "own"), None).unwrap();
    vault.delete(CONN, &address("email_imap", "site:0", "desk"), None).unwrap();
    let (option, exported) = export(&vault);
    assert_eq!((delegations(&option), exported.report.counts.kept), ("", 0));
    assert_eq!(left_out(&exported).len(), 6);
}

#[test]
fn nobody_can_say_of_a_pair_that_was_tampered_with() {
    let site = Site::new("back-tampered");
    let vault = site.open();
    import_json(&vault, &option(&reading("user:2", "own", "agent:5")));
    site.sql().execute_batch("UPDATE grant_heads SET count = 2 WHERE owner = 'user:2'").unwrap();
    let error = refused(vault.export(&salt(), &PHP).map(drop), Code::Integrity);
    assert!(error.message().contains("user:2"), "{error}");
    let without = vault.export(&salt(), &ExportOptions { leave_out: true, ..PHP }).unwrap();
    assert_eq!(left_out(&without), [("email_imap delegations user:2 own agent:5".to_owned(), "integrity")]);
}

#[test]
fn imported_again_from_an_export_nothing_is_given_twice() {
    let site = Site::new("back-again");
    let vault = site.open();
    import_json(&vault, &option(&reading("user:2", "own", "agent:5")));
    let (option, _) = export(&vault);
    let grants = of(&vault, Origin::Delegation);
    import(&vault, option.as_bytes());
    assert_eq!(of(&vault, Origin::Delegation), grants);
}
