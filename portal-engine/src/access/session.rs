//! The secret that a browser shows to go on with a session.

use std::fmt;

use portal_core::Result;

use super::secret::{SecretHash, are_digits, hash_of, random_digits};

/// The secret of a session, which stands in a cookie and nowhere else. Nothing prints it unless it is
/// asked to.
pub struct SessionSecret(String);

impl SessionSecret {
    /// A new one, which nobody can guess.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`](portal_core::Error::Internal) when the system has no random numbers.
    pub fn new() -> Result<Self> {
        Ok(SessionSecret(random_digits()?))
    }

    /// The text, for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> SecretHash {
        hash_of(&self.0)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(..)")
    }
}

/// What is stored in place of the secret that a cookie holds; `None` for a text that cannot be one.
pub fn hash_of_session(shown: &str) -> Option<SecretHash> {
    are_digits(shown).then(|| hash_of(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_is_recognised_by_its_hash_and_shown_to_nobody() {
        let secret = SessionSecret::new().unwrap();
        assert_eq!(hash_of_session(secret.reveal()), Some(secret.hash()));
        assert!(!format!("{secret:?}").contains(secret.reveal()));
        let shown = secret.reveal();
        for other in ["", &shown[1..], &shown.to_uppercase().replace(char::is_numeric, "A")] {
            assert_eq!(hash_of_session(other), None, "{other}");
        }
    }
}
