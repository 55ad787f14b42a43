//! Where the store lies: directories, modes, owners, the document root, a full disk.

use std::os::unix::fs::{DirBuilderExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use dm_connections::vault::{Code, Error, Facts, Format, ImportOptions, Kind, Options, Query, Vault};

use crate::support::process::{Actor, Role, figures, is_root, say};
use crate::support::{SITE, Site, address, document, key, refused, text, told};
use crate::{files, mend, says, set_mode};

const CONN: Kind = Kind::Connection;

fn make_directory(path: &Path) {
    std::fs::DirBuilder::new().mode(0o700).create(path).unwrap();
}

/// With a key, and with none: neither a store nor a key may be left behind by what was refused.
fn open_fails(options: &Options, code: Code) -> Error {
    refused(Vault::open(options, &[]), code);
    refused(Vault::open(options, &[key(1)]), code)
}

#[test]
fn a_missing_directory_is_named() {
    let site = Site::new("missing-directory");
    let options = Options::new(site.root.join("no/store"), SITE);
    let error = open_fails(&options, Code::MissingDirectory);
    let missing = site.root.join("no").display().to_string();
    says(&error, &[&missing, "does not exist", "make it"]);
    assert_eq!(error.detail()["path"], missing);
    // The directory itself is made, but not where a store is expected.
    let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
    for options in
        [Options { create: Some(false), ..site.options() }, Options { store_id: Some(id), ..site.options() }]
    {
        let error = open_fails(&options, Code::MissingDirectory);
        says(&error, &[site.store().to_str().unwrap()]);
    }
    assert!(files(&site.root).is_empty());
    site.open();
}

#[test]
fn a_missing_store_is_not_made_where_one_is_expected() {
    let site = Site::new("missing-store");
    make_directory(&site.store());
    let id = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let expecting = [
        Options { create: Some(false), ..site.options() },
        Options { store_id: Some(id), ..site.options() },
        Options { store_id: Some(id), create: Some(false), ..site.options() },
    ];
    for options in &expecting {
        let error = open_fails(options, Code::StoreMissing);
        says(&error, &[site.store().to_str().unwrap(), "ackup"]);
        assert_eq!(files(&site.root), [site.store()], "nothing is made");
    }
    // A file that is there and empty is no store either.
    std::fs::write(site.database(), b"").unwrap();
    set_mode(&site.database(), 0o600);
    for options in &expecting {
        open_fails(options, Code::StoreMissing);
        assert_eq!(std::fs::metadata(site.database()).unwrap().len(), 0);
        assert!(!site.root.join("store-key").exists(), "no key is made for a store that is not");
    }
    site.open();
}

#[test]
fn loose_permissions_come_with_the_line_that_mends_them() {
    let site = Site::new("loose");
    drop(site.open_with(&[]).unwrap());
    for (path, loose) in [
        (site.store(), 0o755),
        (site.database(), 0o644),
        (site.store().join("gate.lock"), 0o666),
        (site.store().join("store.lock"), 0o640),
        (site.root.join("store-key/primary.key"), 0o644),
    ] {
        set_mode(&path, loose);
        dm_connections::vault::close_all();
        let error = refused(site.open_with(&[]), Code::Permissions);
        says(&error, &[path.to_str().unwrap(), &format!("{loose:04o}"), mend(&error)]);
        assert!(Command::new("sh").args(["-c", mend(&error)]).status().unwrap().success());
        site.open_with(&[]).unwrap();
    }
    // Also where it is open already.
    let vault = site.open_with(&[]).unwrap();
    set_mode(&site.database(), 0o644);
    refused(vault.find(CONN, &Query::default()), Code::Permissions);
    refused(site.open_with(&[]), Code::Permissions);
}

#[test]
fn neither_the_store_nor_its_key_lies_in_the_document_root() {
    let site = Site::new("document-root");
    let root = site.root.join("htdocs");
    make_directory(&root);
    symlink(&root, site.root.join("public")).unwrap();
    symlink(root.join("wp-content"), site.root.join("content")).unwrap();
    make_directory(&root.join("wp-content"));
    let below = |path: &str| site.root.join(path);
    for (store, document_root) in [
        ("htdocs/store", "htdocs"),
        ("htdocs/store", "public"),
        ("public/store", "htdocs"),
        ("content/store", "htdocs"),
        ("htdocs/../public/store", "htdocs"),
        ("htdocs", "htdocs"),
    ] {
        let document_root = Some(below(document_root));
        let options = Options { document_root, ..Options::new(below(store), SITE) };
        let error = open_fails(&options, Code::InDocumentRoot);
        says(&error, &["inside the document root", root.to_str().unwrap(), "outside"]);
    }
    for key_file in ["htdocs/primary.key", "public/primary.key", "content/primary.key"] {
        let key_file = Some(below(key_file));
        let options = Options { key_file, document_root: Some(root.clone()), ..site.options() };
        let error = refused(Vault::open(&options, &[]), Code::InDocumentRoot);
        says(&error, &["key file", "inside the document root"]);
    }
    assert_eq!(files(&root), [root.join("wp-content")]);
    // A name that only begins the same way is another directory.
    let options = Options { document_root: Some(below("st")), ..site.options() };
    Vault::open(&options, &[]).unwrap();
}

#[test]
fn what_a_caller_says_of_the_place_counts_where_the_store_is_open_already() {
    let site = Site::new("open-already");
    drop(site.open());
    let options = Options { document_root: Some(site.root.clone()), ..site.options() };
    refused(Vault::open(&options, &[key(1)]), Code::InDocumentRoot);
}

#[test]
fn a_directory_that_cannot_be_made_is_named_with_what_to_do() {
    let site = Site::new("not-to-be-made");
    let (parent, store) = (site.root.join("lib"), site.root.join("lib/store"));
    make_directory(&parent);
    set_mode(&parent, 0o555);
    // The first thing that goes wrong on a new site: /var/lib is root's, and the web server is somebody else.
    let said = if is_root() {
        as_nobody(&site, &store)
    } else {
        let error = Vault::open(&Options::new(&store, SITE), &[key(1)]).err().unwrap();
        format!("{:?} | {error}", error.code())
    };
    set_mode(&parent, 0o755);
    assert!(!said.starts_with("Io | "), "{said}");
    assert!(said.contains(store.to_str().unwrap()) && said.contains("make it"), "{said}");
}

#[test]
fn what_is_no_directory_is_not_said_to_be_missing() {
    let site = Site::new("a-file");
    std::fs::write(site.store(), b"x").unwrap();
    let error = site.open_with(&[key(1)]).err().unwrap();
    assert!(!error.message().contains("does not exist"), "{error}");
}

#[test]
fn nobody_is_told_to_close_a_directory_that_others_use() {
    let site = Site::new("mend");
    std::fs::create_dir(site.store()).unwrap();
    std::fs::create_dir(site.store().join("somebody-elses")).unwrap();
    set_mode(&site.store(), 0o755);
    // `path` was given as /tmp, /var/lib or a home directory.
    let error = refused(site.open_with(&[key(1)]), Code::Permissions);
    assert!(mend(&error).is_empty() && error.message().contains("of its own"), "{error}");
}

/// Opens a store as `nobody`, from a copy of this binary where nobody can get at it.
fn as_nobody(site: &Site, store: &Path) -> String {
    let binary = site.root.join("test-binary");
    if !binary.exists() {
        std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
        set_mode(&binary, 0o755);
        set_mode(&site.root, 0o755);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(binary);
    Actor::through(&mut command, "open", store).hear().unwrap()
}

#[test]
fn another_user_is_refused_with_the_line_to_type() {
    let site = Site::new("other-user");
    if !is_root() {
        // What can be checked: `/` is root's, and nothing of ours could be made there.
        let error = refused(Vault::open(&Options::new("/", SITE), &[key(1)]), Code::Permissions);
        says(&error, &["/", "of its own"]);
        return figures("another user: only partly checked, since this does not run as root");
    }
    // Somebody else, at a store of root's.
    drop(site.open());
    let said = as_nobody(&site, &site.store());
    assert!(said.starts_with("WrongUser | ") && said.ends_with(" | sudo -u root ..."), "{said}");
    assert!(said.contains(site.store().to_str().unwrap()), "{said}");

    // A directory that root made for somebody else, and forgot to give away.
    let given = site.root.join("given");
    make_directory(&given);
    set_mode(&given, 0o755);
    let line = format!("chown nobody {}", given.display());
    assert!(as_nobody(&site, &given).ends_with(&format!(" | {line}")));

    // Root, at what is nobody's: a directory, one that would hold it, a store.
    let theirs = |path: &Path| chown(path, Some(65534), Some(65534)).unwrap();
    let parent = site.root.join("parent");
    let empty = site.root.join("empty");
    for path in [&parent, &empty] {
        make_directory(path);
        theirs(path);
    }
    let made = site.root.join("home");
    make_directory(&made);
    theirs(&made);
    assert_eq!(as_nobody(&site, &made.join("store")), "opened");
    for store in [parent.join("store"), empty, made.join("store")] {
        let before: Vec<_> = files(&site.root);
        let database = std::fs::read(store.join("connections.sqlite")).ok();
        let error = open_fails(&Options::new(&store, SITE), Code::WrongUser);
        assert_eq!(mend(&error), "sudo -u nobody ...");
        says(&error, &["nobody", mend(&error)]);
        assert_eq!(files(&site.root), before, "nothing is made");
        assert_eq!(std::fs::read(store.join("connections.sqlite")).ok(), database);
    }
    assert_eq!(as_nobody(&site, &made.join("store")), "opened", "and its owner is not locked out");
}

/// Saves until the disk is full, and looks what that did. The disk has a file `ballast` beside the store.
pub fn fill(role: &Role) {
    let ballast = role.store.with_file_name("ballast");
    // At first there is no room for a store at all.
    std::fs::write(&ballast, vec![1; 16 << 20]).unwrap_err();
    let options = Options::new(&role.store, SITE);
    let error = refused(Vault::open(&options, &[]), Code::DiskFull);
    says(&error, &["full", "make room"]);
    std::fs::write(&ballast, vec![1; 250_000]).unwrap();
    let vault = Vault::open(&options, &[]).unwrap();
    copies(&vault, &role.store);
    let at = |number: usize| address("reddit", &format!("user:{}", number + 1), "default");
    let json =
        |number: usize| format!(r#"{{"access_token":"canary-{number}","pad":"{}"}}"#, "x".repeat(20_000));
    let save = |number: usize| vault.save(CONN, &at(number), &document(&json(number)), &Facts::default());
    let mut saved = 0;
    let error = loop {
        match save(saved) {
            Ok(_) => saved += 1,
            Err(error) => break error,
        }
        assert!(saved < 100, "the disk does not fill");
    };
    assert_eq!(error.code(), Code::DiskFull);
    says(&error, &["full", role.store.to_str().unwrap(), "make room"]);
    assert!(!told(&error).is_empty() && saved > 5, "{saved}");
    let all = |vault: &Vault| {
        assert_eq!(vault.find(CONN, &Query::default()).unwrap().items.len(), saved);
        (0..saved).for_each(|number| assert_eq!(text(vault, CONN, &at(number)), json(number)));
    };
    all(&vault);
    let php = ImportOptions::new(Format::Php);
    let option = crate::support::fixture("mixed.serialized");
    refused(vault.import(&option, &[], php), Code::DiskFull);
    all(&vault);
    // Of the old option each part by itself would fit sooner than all of them.
    let base = format!(r#"{{"reddit":{{"principals":{{"user:1":{{"account":{}}}}}}}}}"#, json(0));
    let long = "y".repeat(30_000);
    let option = format!(
        r#"{{"odd":"{long}","x":{{"account":{{"note":1}}}},"reddit":{{"principals":{{"user:1":{{"account":{{"pad":"{long}"}}}}}}}}}}"#
    );
    let writes = vault.writes().unwrap();
    let error = refused(
        vault.write_option(Some(base.as_bytes()), option.as_bytes(), &[], Format::Json),
        Code::DiskFull,
    );
    says(&error, &["full", "make room"]);
    assert_eq!(vault.writes().unwrap(), writes);
    all(&vault);
    // Nor does a full disk keep a store from being opened and read.
    dm_connections::vault::close_all();
    let vault = Vault::open(&options, &[]).unwrap();
    all(&vault);
    std::fs::remove_file(ballast).unwrap();
    vault.save(CONN, &at(saved), &document(&json(saved)), &Facts::default()).unwrap();
    (0..=saved).for_each(|number| assert_eq!(text(&vault, CONN, &at(number)), json(number)));
    let counts =
        vault.write_option(Some(base.as_bytes()), option.as_bytes(), &[], Format::Json).unwrap().counts;
    assert_eq!((counts.saved, counts.kept), (2, 1));
    assert_eq!(text(&vault, CONN, &at(0)), format!(r#"{{"pad":"{long}"}}"#));
    say("nothing was lost");
}

/// A copy of the store on a disk that has no room for it, or for a part of it; and then has.
fn copies(vault: &Vault, store: &Path) {
    let (copy, more) = (store.with_file_name("copy"), store.with_file_name("more"));
    // Beside the store: within, a lock may be new.
    let beside = || {
        let mut beside = files(store.parent().unwrap());
        beside.retain(|file| !file.starts_with(store));
        beside
    };
    let before = beside();
    let at = address("reddit", "user:900", "default");
    let mut turn = 0;
    for room in [0, 40_000] {
        std::fs::write(&more, vec![1; 16 << 20]).unwrap_err();
        let file = std::fs::OpenOptions::new().write(true).open(&more).unwrap();
        file.set_len(file.metadata().unwrap().len() - room).unwrap();
        drop(file);
        says(&refused(vault.backup(&copy), Code::DiskFull), &["full", "copy", "make room"]);
        std::fs::remove_file(&more).unwrap();
        assert_eq!(beside(), before);
        // The store goes on, and has its copy once there is room.
        turn += 1;
        vault.save(CONN, &at, &document(&format!(r#"{{"n":{turn}}}"#)), &Facts::default()).unwrap();
        let made = vault.backup(&copy).unwrap();
        assert_eq!(made.writes, vault.writes().unwrap());
        assert!(std::fs::read(&copy).unwrap() == std::fs::read(store.join("connections.sqlite")).unwrap());
        std::fs::remove_file(&copy).unwrap();
    }
    vault.delete(CONN, &at, None).unwrap();
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let site = Site::new("full");
    let disk = site.root.join("disk");
    make_directory(&disk);
    // A mount of its own that ends with the process; who is not root may have one in a namespace of his own.
    let script = format!(
        "mount -t tmpfs -o mode=0700,size=1m tmpfs '{}' && exec \"$0\" \"$@\"; echo; echo '@ no mount'",
        disk.display()
    );
    let mut command = Command::new("unshare");
    command.args(if is_root() { &["--mount"][..] } else { &["--user", "--map-root-user", "--mount"] });
    command.args(["sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    match Actor::through(&mut command, "fill", &disk.join("store")).hear().as_deref() {
        Some("nothing was lost") => {}
        None | Some("no mount") if !is_root() => {
            figures("a full disk: NOT CHECKED, since no disk can be mounted here");
        }
        other => panic!("{other:?}"),
    }
}
