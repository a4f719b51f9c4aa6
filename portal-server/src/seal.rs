//! Encrypting what is kept in the database and means something elsewhere: whoever reads the database
//! cannot use it.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use portal_core::{Error, Result};

/// What keys are derived for, so that the same secret serves nothing else.
const PURPOSE: &[u8] = b"data-product-portal sessions 1";

/// A key by which texts are sealed, each for one place: what was sealed for another one does not open.
pub(crate) struct Sealer(RandomizedNonceKey);

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        AES_256_GCM.key_len()
    }
}

impl Sealer {
    /// # Errors
    ///
    /// [`Error::Internal`] when the library refuses, which it has no reason for.
    pub(crate) fn new(secret: &str) -> Result<Self> {
        let fails = |_| Error::internal("a key for sessions cannot be derived");
        let derived = Salt::new(HKDF_SHA256, &[]).extract(secret.as_bytes());
        let mut key = vec![0; AES_256_GCM.key_len()];
        derived
            .expand(&[PURPOSE], KeyLength)
            .and_then(|material| material.fill(&mut key))
            .map_err(fails)?;
        Ok(Sealer(RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(fails)?))
    }

    /// Seals a text, as hexadecimal digits.
    ///
    /// # Errors
    ///
    /// As for `new`.
    pub(crate) fn seal(&self, place: &str, text: &str) -> Result<String> {
        let mut sealed = text.as_bytes().to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut sealed)
            .map_err(|_| Error::internal("something cannot be sealed"))?;
        let all = nonce.as_ref().iter().chain(&sealed);
        Ok(all.map(|byte| format!("{byte:02x}")).collect())
    }

    /// Opens what was sealed for this place; `None` when it was not, or with another key.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Option<String> {
        let digits = sealed.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> =
            digits.map(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok()).collect();
        let mut bytes = bytes?;
        if bytes.len() < NONCE_LEN {
            return None;
        }
        let mut sealed = bytes.split_off(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).ok()?;
        let aad = Aad::from(place.as_bytes());
        let opened = self.0.open_in_place(nonce, aad, &mut sealed).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_in_its_place_alone() {
        let sealer = Sealer::new("a secret of more than 32 characters").unwrap();
        let sealed = sealer.seal("one", "refresh-token").unwrap();
        assert_ne!(sealed, sealer.seal("one", "refresh-token").unwrap());
        assert_eq!(sealer.open("one", &sealed).as_deref(), Some("refresh-token"));
        assert_eq!(sealer.open("other", &sealed), None);
        let other = Sealer::new("another secret of more than 32 characters").unwrap();
        assert_eq!(other.open("one", &sealed), None);
        let last = if sealed.ends_with('0') { "1" } else { "0" };
        let changed = format!("{}{last}", &sealed[..sealed.len() - 1]);
        for broken in ["", "zz", "é", &sealed[..20], &sealed[2..], &changed] {
            assert_eq!(sealer.open("one", broken), None, "{broken}");
        }
    }
}
