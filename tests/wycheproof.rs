//! Google's Wycheproof vectors against the primitives that everything in `src/crypto` is built of.

use std::panic::catch_unwind;

use dm_connections::crypto::primitives::{self, NONCE, TAG, Unauthentic};
use wycheproof::{TestResult, aead, hkdf, mac};

#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let ours = |group: &&aead::TestGroup| {
        group.key_size == 256 && group.nonce_size == 8 * NONCE && group.tag_size == 8 * TAG
    };
    let mut tried = [0, 0];
    for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
        let (key, nonce) = (test.key[..].try_into().unwrap(), test.nonce[..].try_into().unwrap());
        let tag = test.tag[..].try_into().unwrap();
        let mut buffer = test.ct.to_vec();
        let opened = primitives::decrypt(key, nonce, &test.aad, &mut buffer, tag);
        if test.result == TestResult::Invalid {
            assert_eq!(opened, Err(Unauthentic), "{test:?}");
            assert_eq!(buffer, *test.ct, "decrypted before it was authentic: {test:?}");
            tried[1] += 1;
            continue;
        }
        assert_eq!(opened, Ok(()), "{test:?}");
        assert_eq!(buffer, *test.pt, "{test:?}");
        assert_eq!(primitives::encrypt(key, nonce, &test.aad, &mut buffer), *tag, "{test:?}");
        assert_eq!(buffer, *test.ct, "{test:?}");
        tried[0] += 1;
    }
    assert!(tried[0] >= 39 && tried[1] >= 27, "vectors are missing: {tried:?}");
}

#[test]
fn hkdf_sha_256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let mut tried = [0, 0];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let derive = || {
            let mut okm = vec![0; test.size];
            primitives::expand(&primitives::extract(&test.salt, &test.ikm), &[&test.info], &mut okm);
            okm
        };
        if test.result == TestResult::Invalid {
            assert!(catch_unwind(derive).is_err(), "{test:?}");
            tried[1] += 1;
            continue;
        }
        assert_eq!(derive(), *test.okm, "{test:?}");
        tried[0] += 1;
    }
    assert!(tried[0] >= 83 && tried[1] >= 3, "vectors are missing: {tried:?}");
}

#[test]
fn hmac_sha_256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut tried = [0, 0];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let tag = primitives::hmac(&primitives::hmac_state(&test.key), &test.msg);
        let valid = test.result != TestResult::Invalid;
        // Some groups hold tags cut to 128 bits.
        assert_eq!(tag[..test.tag.len()] == *test.tag, valid, "{test:?}");
        tried[usize::from(!valid)] += 1;
    }
    assert!(tried[0] >= 66 && tried[1] >= 108, "vectors are missing: {tried:?}");
}
