//! Where a store may lie, whose it is, and who may use it.

mod store;

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use dm_connections::store::sqlite::{Create, Options};
use dm_connections::store::{Engine, Error, Filter, KeyStatus, Kind};
use store::directory::{Directory, open};
use store::process;
use store::samples::{id, identity, ids, initialise, key, row, settle, write};

/// The processes of these tests open the store as another user, or on another disk, and tell what came of it.
#[test]
fn role() {
    let Some((role, directory)) = process::role() else { return };
    let options = Options { create: Create::IfMissing, ..Options::new(directory.as_path()) };
    match role.as_str() {
        "open" => match open(&options) {
            Ok(_) => println!("opened"),
            Err(error) => println!("{error:?}\n{error}"),
        },
        "fill" => {
            let engine = open(&options).unwrap();
            initialise(&*engine, 1);
            write(&*engine, |tx| tx.insert_row(&row(1)));
            fill(&*engine, &directory.with_file_name("ballast"));
        }
        "make" => {
            let engine = open(&options).unwrap();
            let made = engine.transaction(|tx| tx.initialise(&identity(1), &key(1, KeyStatus::Primary)));
            println!("{made:?}, {:?}", engine.snapshot(|tx| tx.identity()));
        }
        other => panic!("{other}"),
    }
}

fn output(through: &[&str], role: &str, store: &Path) -> String {
    let Output { stdout, stderr, .. } = process::command(through, role, store).output().unwrap();
    String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr)
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_is_made_is_private() {
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    write(&*engine, |tx| tx.insert_row(&row(1)));
    assert_eq!(mode(&directory.store()), 0o700);
    let made = files(&directory.store());
    assert_eq!(made.len(), 5, "{made:?}");
    for file in made {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn nothing_is_made_unless_it_was_asked_for() {
    let directory = Directory::new();
    let never = || open(&Options::new(directory.store())).map(drop);
    assert_eq!(never(), Err(Error::MissingDirectory { path: directory.store() }));
    directory.store_made();
    assert_eq!(never(), Err(Error::StoreMissing { path: directory.database() }));
    assert_eq!(files(&directory.store()), [] as [PathBuf; 0]);

    let deep = directory.path().join("no/such");
    let options = Options { create: Create::IfMissing, ..Options::new(&deep) };
    assert_eq!(open(&options).map(drop), Err(Error::MissingDirectory { path: directory.path().join("no") }));
    let file = Options { create: Create::IfMissing, ..Options::new("/dev/null") };
    assert!(matches!(open(&file).map(drop), Err(Error::NotAStore { .. })));
    assert_eq!(files(directory.path()), [directory.store()]);
}

#[test]
fn loose_permissions_come_with_their_mend() {
    for (name, loose, right) in [
        ("", 0o755, 0o700),
        ("", 0o710, 0o700),
        ("", 0o500, 0o700),
        ("connections.sqlite", 0o640, 0o600),
        ("connections.sqlite", 0o604, 0o600),
        ("gate.lock", 0o666, 0o600),
        ("store.lock", 0o660, 0o600),
    ] {
        let directory = Directory::new();
        drop(directory.open());
        let path = if name.is_empty() { directory.store() } else { directory.file(name) };
        set_mode(&path, loose);
        let Err(Error::Permissions { path: found, mode: told, mend }) = directory.try_open().map(drop) else {
            panic!("{name} {loose:o}");
        };
        assert_eq!((&found, told), (&path, loose));
        assert_eq!(mend, format!("chmod {right:o} {}", path.display()));
        assert!(std::process::Command::new("sh").args(["-c", &mend]).status().unwrap().success());
        assert!(directory.try_open().is_ok());
    }
}

#[test]
fn permissions_that_are_loosened_later_are_noticed() {
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    settle(&*engine);
    set_mode(&directory.database(), 0o644);
    assert!(matches!(engine.snapshot(|tx| tx.identity()), Err(Error::Permissions { .. })));
    set_mode(&directory.database(), 0o600);
    assert!(engine.snapshot(|tx| tx.identity()).unwrap().is_some());
}

#[test]
fn a_link_is_no_store() {
    for name in ["connections.sqlite", "gate.lock", "store.lock"] {
        let directory = Directory::new();
        drop(directory.open());
        let elsewhere = directory.path().join("elsewhere");
        std::fs::rename(directory.file(name), &elsewhere).unwrap();
        symlink(&elsewhere, directory.file(name)).unwrap();
        let opened = directory.try_open().map(drop);
        assert!(matches!(opened, Err(Error::NotAStore { .. })), "{name}: {opened:?}");
    }
    // A link on the way to the directory is the site's own business.
    let directory = Directory::new();
    drop(directory.open());
    let link = directory.path().join("link");
    symlink(directory.store(), &link).unwrap();
    assert!(open(&Options { create: Create::IfMissing, ..Options::new(&link) }).is_ok());
}

#[test]
fn the_document_root_is_no_place() {
    let directory = Directory::new();
    let root = directory.path().join("htdocs");
    std::fs::create_dir(&root).unwrap();
    symlink(&root, directory.path().join("public")).unwrap();
    for (store, document_root) in [
        (root.join("store"), root.clone()),
        (root.join("store"), directory.path().join("public")),
        (directory.path().join("public/store"), root.clone()),
        (root.join("../htdocs/store"), root.clone()),
        (root.clone(), root.clone()),
        (root.join("store"), PathBuf::from("/")),
    ] {
        set_mode(&root, 0o700);
        let options = Options {
            create: Create::IfMissing,
            document_root: Some(document_root.clone()),
            ..Options::new(&store)
        };
        let opened = open(&options).map(drop);
        assert!(matches!(opened, Err(Error::InDocumentRoot { .. })), "{} {opened:?}", store.display());
    }
    assert_eq!(files(&root), [] as [PathBuf; 0]);
    for document_root in [root.clone(), directory.path().join("missing"), directory.path().join("sto")] {
        let options = Options { document_root: Some(document_root), ..directory.options() };
        assert!(open(&options).is_ok());
    }
}

#[test]
fn a_relative_path_stays_where_it_was() {
    let directory = Directory::new();
    let up: PathBuf = std::env::current_dir().unwrap().components().skip(1).map(|_| "..").collect();
    let relative = up.join(directory.store().strip_prefix("/").unwrap());
    assert!(relative.is_relative());
    let engine = open(&Options { create: Create::IfMissing, ..Options::new(&relative) }).unwrap();
    let place = engine.describe().place;
    assert!(Path::new(&place).is_absolute(), "{place}");
    assert!(std::fs::exists(directory.database()).unwrap());
}

/// The user that does not own these tests' files: as root, anybody; else root.
#[test]
fn only_the_owner_opens_a_store() {
    if !process::is_root() {
        // `/` is root's. Nothing can be made there by us, but the owner is what has to be told.
        let options = Options { create: Create::IfMissing, ..Options::new("/") };
        let Err(Error::WrongUser { owner, line, .. }) = open(&options).map(drop) else { panic!("opened") };
        assert_eq!((owner.as_str(), line.as_str()), ("root", "sudo -u root ..."));
        return;
    }
    let nobody = 65534;
    let name = "nobody";

    // A store of root's, opened by somebody else.
    let directory = Directory::new();
    let engine = directory.open();
    initialise(&*engine, 1);
    set_mode(directory.path(), 0o711);
    // The test binary is where only root may go.
    let binary = directory.path().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    set_mode(&binary, 0o755);
    let as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let told = process::command_of(&binary, &as_nobody, "open", &directory.store()).output().unwrap().stdout;
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("WrongUser") && told.contains("sudo -u root ..."), "{told}");

    // A store, a directory and a parent of somebody else's, opened by root: refused, and nothing is made.
    let theirs = |path: &Path| std::os::unix::fs::chown(path, Some(nobody), Some(nobody)).unwrap();
    let refused = |directory: &Directory, path: &Path| {
        let before = files(path);
        match directory.try_open().map(drop) {
            Err(Error::WrongUser { path: found, owner, line }) => {
                assert_eq!((found.as_path(), owner.as_str()), (path, name));
                assert_eq!(line, "sudo -u nobody ...");
            }
            other => panic!("{other:?}"),
        }
        if path.is_dir() {
            assert_eq!(files(path), before);
        }
    };
    let directory = Directory::new();
    theirs(directory.path());
    refused(&directory, directory.path());
    let directory = Directory::new();
    theirs(&directory.store_made());
    refused(&directory, &directory.store());
    for file in ["connections.sqlite", "gate.lock", "store.lock", "connections.sqlite-journal"] {
        let directory = Directory::new();
        let engine = directory.open();
        initialise(&*engine, 1);
        drop(engine);
        if file.ends_with("journal") {
            std::fs::write(directory.file(file), b"x").unwrap();
        }
        theirs(&directory.file(file));
        match directory.try_open().map(drop) {
            Err(Error::WrongUser { path, .. }) => assert_eq!(path, directory.file(file)),
            other => panic!("{file}: {other:?}"),
        }
    }
    // A user without a name.
    let directory = Directory::new();
    std::os::unix::fs::chown(directory.store_made(), Some(123_456), None).unwrap();
    let Err(error) = directory.try_open().map(drop) else { panic!("opened") };
    assert!(error.to_string().ends_with("type: sudo -u '#123456' ..."), "{error}");
}

/// Writes until nothing fits any more, then looks that nothing was lost and that it goes on once there is room.
fn fill(engine: &dyn Engine, ballast: &Path) {
    std::fs::write(ballast, [0; 200_000]).unwrap();
    let mut written = vec![id(1)];
    let full = loop {
        let mut row = row(100 + written.len() as u64);
        row.sealed = vec![1; 40_000];
        match engine.transaction(|tx| tx.insert_row(&row)) {
            Ok(()) => written.push(row.meta.id),
            Err(error) => break error,
        }
        assert!(written.len() < 200, "nothing is full");
    };
    println!("{full:?}");
    assert_eq!(ids(engine, &Filter::all(Kind::Connection, 1000)), written);
    assert_eq!(engine.snapshot(|tx| tx.row_by_id(id(1))), Ok(Some(row(1))));
    std::fs::remove_file(ballast).unwrap();
    written.iter().for_each(|id| assert!(write(engine, |tx| tx.delete_row(*id))));
    write(engine, |tx| tx.insert_row(&row(1)));
    println!("nothing was lost");
}

/// This binary in a role, with its store on a small disk of its own; where not even root of a user namespace may
/// mount one, none.
fn on_small_disk(directory: &Directory, limit: &str, role: &str) -> Option<String> {
    let mount = directory.path().join("disk");
    std::fs::create_dir_all(&mount).unwrap();
    let mounting = format!("mount -t tmpfs -o mode=0700,{limit} tmpfs '{}' && echo mounted", mount.display());
    let script = format!("{mounting} && exec \"$0\" \"$@\"");
    let as_root = ["unshare", "--mount", "sh", "-c", &script];
    let as_user = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script];
    let through = if process::is_root() { &as_root[..] } else { &as_user[..] };
    let told = output(through, role, &mount.join("store"));
    assert!(told.contains("mounted") || !process::is_root(), "{told}");
    told.contains("mounted").then_some(told)
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let directory = Directory::new();
    if let Some(told) = on_small_disk(&directory, "size=1m", "fill") {
        assert!(told.contains("DiskFull") && told.contains("nothing was lost"), "{told}");
    }
    // The directories, the database and the two lock files fit, the journal does not.
    if let Some(told) = on_small_disk(&directory, "nr_inodes=5", "make") {
        assert!(told.contains("Err(DiskFull") && told.contains("Ok(None)"), "{told}");
    }
    // A limit on the size of a file is met in the same places, and needs no rights.
    let limited = ["sh", "-c", "ulimit -f 600; trap '' XFSZ; exec \"$0\" \"$@\""];
    let told = output(&limited, "fill", &directory.store());
    assert!(told.contains("Io {") && told.contains("nothing was lost"), "{told}");
}
