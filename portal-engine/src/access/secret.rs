//! Random secrets that somebody shows to be known, and what is stored in their place.

use portal_core::{Error, Result};
use sha2::{Digest, Sha256};

/// How many random bytes a secret is made of.
pub(super) const BYTES: usize = 32;

/// The hash of a secret, by which it is found.
pub type SecretHash = [u8; 32];

/// New random digits, which nobody can guess.
///
/// # Errors
///
/// [`Error::Internal`] when the system has no random numbers.
pub(super) fn random_digits() -> Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::internal(format!("no secret can be made: {error}")))?;
    Ok(in_hex(&bytes))
}

/// Whether a text is what [`random_digits`] makes.
pub(super) fn are_digits(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 2 * BYTES && text.bytes().all(is_hex)
}

/// What is stored in place of a secret. A hash without salt and without rounds will do: nobody can try
/// 2^256 texts.
pub(super) fn hash_of(text: &str) -> SecretHash {
    Sha256::digest(text.as_bytes()).into()
}

/// Reads a hash as it is stored; `None` for what is none.
pub(crate) fn stored_hash(text: &str) -> Option<SecretHash> {
    let mut hash = SecretHash::default();
    if text.len() != 2 * hash.len() {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// Bytes as they are stored.
pub(crate) fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
