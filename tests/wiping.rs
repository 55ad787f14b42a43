//! After their use no secrets are left in this process's memory: neither on the heap nor where the stack was.
//!
//! The test reads all of its own memory. It knows the secrets only masked, so that it does not find itself.

#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::FileExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dm_connections::crypto::{
    Binding, DataKey, Fields, Kek, KeyMaterial, LegacyKey, Purpose, StoreSecret, check_value, labels,
    primitives,
};
use dm_connections::domain::{Document, KeyId, Random, RandomUnavailable, RecordId, StoreId};
use dm_connections::legacy::{self, Rebuilt, Sealing};
use zeroize::{Zeroize, Zeroizing};

const KEK: Known = Known(1 << 32);
const DATA_KEY: Known = Known(2 << 32);
const STORE_SECRET: Known = Known(3 << 32);
const SALT: Known = Known(4 << 32);
const DOCUMENT: Known = Known(5 << 32);
const DOCUMENT_LENGTH: usize = 3_000;
const LEGACY_SALT: Known = Known(6 << 32);
const TOKEN: Known = Known(7 << 32);

/// Everything at once, since other tests in this process would have secrets of their own.
#[test]
fn no_secret_is_left_in_memory() {
    let needles = on_a_stack_wiped_by_the_test(needles);
    assert_eq!(found(&needles), Vec::<&str>::new(), "the test itself left something");

    let kek = black_box(KeyMaterial::raw(&KEK.bytes::<32>()[..]).unwrap());
    zeroize::zeroize_stack::<65_536>();
    assert_eq!(found(&needles), ["KEK"], "the search finds what is there");

    use_everything(kek);
    assert_eq!(found(&needles), Vec::<&str>::new());
}

#[inline(never)]
fn use_everything(kek: KeyMaterial) {
    let path = std::env::temp_dir().join(format!("dm-wiping-{}", std::process::id()));
    let made = KeyMaterial::make_file(&path, &KEK).unwrap();
    let read = KeyMaterial::file(&path).unwrap();
    let printed = KeyMaterial::command(&["cat".into(), path.display().to_string()]).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(kek == made && made == read && read == printed);

    let (store, kek) = (StoreId::from_bytes([1; 16]), Kek::new(key_id(), kek.into_key()));
    let binding = Binding {
        store,
        record: RecordId::from_bytes([2; 16]),
        owner: "user:12",
        provider: "reddit",
        purpose: Purpose::Connection,
        seal_revision: 1,
    };
    let wrapped = DataKey::generate(&DATA_KEY).unwrap().wrap(&kek, &binding, &SALT).unwrap();
    let data_key = DataKey::unwrap(&kek, &wrapped, &binding).unwrap();
    let document = DOCUMENT.bytes::<DOCUMENT_LENGTH>();
    let sealed = data_key.seal(&binding, &document[..], &SALT).unwrap();
    assert!(*data_key.open(&binding, &sealed).unwrap() == document[..]);
    assert!(*data_key.opener(&binding, &sealed).unwrap().open(&sealed).unwrap() == document[..]);
    let mut changed = sealed;
    changed[100] ^= 1;
    assert!(data_key.open(&binding, &changed).is_err());

    let wrapped = StoreSecret::generate(&STORE_SECRET).unwrap().wrap(&kek, store, &SALT).unwrap();
    let mac_key = StoreSecret::unwrap(&kek, &wrapped, store).unwrap().mac_key(labels::MAC_ROWS);
    // The encoding has to grow with the document in it, and may not do so in place.
    let fields = Fields::new(labels::MAC_ROWS).bytes(&document[..]);
    let _neighbour = black_box(vec![0u8; 8 * DOCUMENT_LENGTH]);
    let tag = mac_key.tag(&fields.bytes(&document[..]).bytes(&document[..]));
    assert!(!mac_key.verify(&Fields::new(labels::MAC_ROWS).text("other"), &tag));
    black_box(check_value(kek.key(), store, kek.id()));

    let legacy = LegacyKey::from_salt(&LEGACY_SALT.bytes::<32>()[..]);
    let envelope = format!("dm:enc:v1:{}:{}:AAAA", STANDARD.encode([0; 12]), STANDARD.encode([0; 16]));
    assert!(legacy.open(envelope.as_bytes()).is_err());
    let envelope = legacy.seal(&document[..], &SALT).unwrap();
    assert!(*legacy.open(&envelope).unwrap() == document[..]);
    rebuild_an_option(&legacy);
}

/// One token that is sealed, the same in plaintext, and with an escape before it.
#[inline(never)]
fn rebuild_an_option(key: &LegacyKey) {
    let token = letters();
    let mut json = Zeroizing::new(Vec::with_capacity(1000));
    for part in
        [&b"{\"access_token\":\""[..], &token, b"\",\"plain\":[\"", &token, b"\",\"\\n", &token, b"\"]}"]
    {
        json.extend_from_slice(part);
    }
    let document = Document::parse(json).unwrap();
    let sealing = Sealing { key, fields: HashSet::new(), random: &SALT };
    for json in [false, true] {
        let mut option = Rebuilt::default();
        for owner in ["user:1", "user:2"] {
            let path = ["reddit", "principals", owner, "account"].map(str::to_owned);
            let (account, sealed) = legacy::account(&document, &[], &sealing).unwrap();
            legacy::check_json(&path, &account).unwrap();
            assert_eq!(sealed, 1);
            option.put(&path, account);
        }
        // Opens an account up, and puts something in the place of another.
        let within = |owner: &str| ["reddit", "principals", owner, "account", "plain"].map(str::to_owned);
        option.put(&within("user:1"), b"i:1;".to_vec().into());
        option.put(&within("user:2")[..3], b"a:0:{}".to_vec().into());
        black_box(if json { option.into_json().unwrap() } else { option.into_php() });
    }
}

fn letters() -> Zeroizing<Vec<u8>> {
    let mut letters = Zeroizing::new(vec![0; 64]);
    letters.iter_mut().enumerate().for_each(|(position, letter)| *letter = b'a' + TOKEN.byte(position) % 26);
    letters
}

/// Bytes that look random, and that can be told one by one.
#[derive(Clone, Copy)]
struct Known(u64);

impl Known {
    fn byte(self, position: usize) -> u8 {
        let mixed = (self.0 + position as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed >> 32) as u8
    }

    fn bytes<const N: usize>(self) -> Box<Zeroizing<[u8; N]>> {
        let mut bytes = Box::new(Zeroizing::new([0; N]));
        self.fill(&mut bytes[..]).unwrap();
        bytes
    }
}

impl Random for Known {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        out.iter_mut().enumerate().for_each(|(position, byte)| *byte = self.byte(position));
        Ok(())
    }
}

fn key_id() -> KeyId {
    KeyId::from_bytes([3; 8])
}

/// 16 bytes of a secret, masked.
struct Needle {
    name: &'static str,
    masked: [u8; 16],
}

const MASK: u8 = 0xA7;

impl Needle {
    /// Of bytes 16 to 32: the allocator writes its own words over the first bytes of what was freed.
    fn new(name: &'static str, secret: &[u8]) -> Self {
        Self { name, masked: std::array::from_fn(|position| secret[16 + position] ^ MASK) }
    }
}

fn needles() -> Vec<Needle> {
    let (kek, data_key, store_secret) =
        (KEK.bytes::<32>(), DATA_KEY.bytes::<32>(), STORE_SECRET.bytes::<32>());
    let mut needles = vec![
        Needle::new("KEK", &kek[..]),
        Needle::new("KEK in base64", Zeroizing::new(STANDARD.encode(&kek[..])).as_bytes()),
        Needle::new("data key", &data_key[..]),
        Needle::new("store secret", &store_secret[..]),
        Needle::new("document's beginning", &DOCUMENT.bytes::<DOCUMENT_LENGTH>()[..]),
        Needle::new("document's middle", &DOCUMENT.bytes::<DOCUMENT_LENGTH>()[1_500..]),
        Needle::new("legacy salt", &LEGACY_SALT.bytes::<32>()[..]),
        Needle::new("token", &letters()),
    ];
    let mut derived = Zeroizing::new([0; 32]);
    primitives::sha256(&[&LEGACY_SALT.bytes::<32>()[..], b"datamachine-oauth"], &mut derived);
    needles.push(Needle::new("legacy key", &derived[..]));

    let (kek_id, data_key_id) = (key_id(), DATA_KEY.bytes::<8>());
    let salted = [
        ("record key of a wrapped data key", &kek, kek_id.as_bytes(), labels::DATA_KEY),
        ("record key of a wrapped store secret", &kek, kek_id.as_bytes(), labels::STORE_SECRET),
        ("record key of a document", &data_key, &**data_key_id, labels::SEALED),
    ];
    for (name, key, id, label) in salted {
        let info: [&[u8]; 4] = [b"derive", &[1], id, label.as_bytes()];
        primitives::expand(&primitives::extract(&SALT.bytes::<32>()[..], &key[..]), &info, &mut derived[..]);
        needles.push(Needle::new(name, &derived[..]));
        *derived = primitives::hmac(&primitives::hmac_state(&SALT.bytes::<32>()[..]), &key[..]);
        needles.push(Needle::new("a record's PRK", &derived[..]));
        needles.extend(padded("a record's PRK in HMAC", &derived));
    }
    primitives::expand(
        &primitives::extract(&[], &store_secret[..]),
        &[labels::MAC_ROWS.as_bytes()],
        &mut derived[..],
    );
    needles.push(Needle::new("MAC key", &derived[..]));
    needles.extend(padded("MAC key in HMAC", &derived));
    needles.push(Needle::new("MAC key as HMAC's prepared state", &hmac_state(&derived)));
    needles
}

/// SHA-256's state after the first block of HMAC (FIPS 180-4, section 6.2.2), as it lies in memory.
fn hmac_state(key: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let mut state = Zeroizing::new([
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ]);
    let mut block = Zeroizing::new([0x36; 64]);
    block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
    sha2::block_api::compress256(&mut state, &[*block]);
    Zeroizing::new(state.iter().flat_map(|word| word.to_ne_bytes()).collect())
}

/// A key as HMAC has it in its first blocks.
fn padded(name: &'static str, key: &[u8; 32]) -> [Needle; 2] {
    [0x36, 0x5C].map(|pad| {
        let mut block = Zeroizing::new(*key);
        block.iter_mut().for_each(|byte| *byte ^= pad);
        Needle::new(name, &block[..])
    })
}

fn on_a_stack_wiped_by_the_test<T>(work: fn() -> T) -> T {
    let result = black_box(work)();
    zeroize::zeroize_stack::<65_536>();
    result
}

/// The names of the needles that lie anywhere in this process's writable memory.
fn found(needles: &[Needle]) -> Vec<&'static str> {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut window = vec![0; 1 << 20];
    let own = window.as_ptr() as usize;
    let mut found = Vec::new();
    for (begin, end) in writable() {
        // Windows overlap, so that no needle is cut in two.
        for from in (begin..end).step_by(window.len() - 64) {
            let length = window.len().min(end - from);
            if (own..own + window.len()).contains(&from)
                || memory.read_at(&mut window[..length], from as u64).is_err()
            {
                continue;
            }
            search(&window[..length], needles, |needle, position| {
                let address = from + position;
                if !(own..own + window.len()).contains(&address) && !found.contains(&needle.name) {
                    eprintln!("{} at {address:#x} of {begin:#x}-{end:#x}", needle.name);
                    found.push(needle.name);
                }
            });
        }
    }
    window.zeroize();
    found
}

fn search<'a>(window: &[u8], needles: &'a [Needle], mut found: impl FnMut(&'a Needle, usize)) {
    for position in 0..window.len().saturating_sub(15) {
        for needle in needles {
            let same = |(byte, masked): (&u8, &u8)| byte ^ MASK == *masked;
            if window[position] ^ MASK == needle.masked[0]
                && window[position..position + 16].iter().zip(&needle.masked).all(same)
            {
                found(needle, position);
            }
        }
    }
}

fn writable() -> Vec<(usize, usize)> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.contains(" rw") && !line.contains("[v"))
        .map(|line| {
            let (begin, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            (usize::from_str_radix(begin, 16).unwrap(), usize::from_str_radix(end, 16).unwrap())
        })
        .collect()
}
