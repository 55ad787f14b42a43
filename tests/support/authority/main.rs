//! The tests' authorization server as a process: `cargo run --example authority`. Says where it is in one line of JSON,
//! is told everything else at `/admin` (`mod.rs` has the table), and ends when its standard input does, as that of a
//! child does when its parent is gone.

#[path = "mod.rs"]
mod authority;

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let authority = authority::Authority::start();
    let url = |path| authority.url(path);
    let places = serde_json::json!({
        "url": url(""),
        "token": url("/token"),
        "revoke": url("/revoke"),
        "resource": url("/resource"),
        "admin": url("/admin"),
    });
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{places}")?;
    stdout.flush()?;
    std::io::stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}
