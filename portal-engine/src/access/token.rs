//! The secrets that programs show: how they are made, what they look like, and what is stored in
//! their place.

use std::fmt;

use portal_core::Result;

use super::permission::Role;
use super::secret::{SecretHash, are_digits, hash_of, in_hex, random_digits};
use crate::text_enum::text_enum;

/// What every token begins with, so that secret scanners recognise one wherever it was left.
pub const TOKEN_PREFIX: &str = "dpp_";

/// The regular expression that every token fits, and next to nothing else does.
pub const TOKEN_PATTERN: &str = "dpp_[0-9a-f]{64}";

text_enum! {
    /// What the program with a token may do.
    #[derive(Hash)]
    pub enum TokenRole {
        /// Read.
        Viewer,
        /// What a member of one data product may.
        Member,
        /// Everything.
        Operator,
    }
}

impl TokenRole {
    /// All of them.
    pub const ALL: [TokenRole; 3] = [TokenRole::Viewer, TokenRole::Member, TokenRole::Operator];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenRole::Viewer => Role::Viewer.as_str(),
            TokenRole::Member => Role::Member.as_str(),
            TokenRole::Operator => Role::Operator.as_str(),
        }
    }
}

/// A token as the program shows it. Nothing prints it unless it is asked to.
pub struct TokenSecret(String);

impl TokenSecret {
    /// A new one, which nobody can guess.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`](portal_core::Error::Internal) when the system has no random numbers.
    pub fn new() -> Result<Self> {
        Ok(TokenSecret(format!("{TOKEN_PREFIX}{}", random_digits()?)))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> String {
        in_hex(&hash_of(&self.0))
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(..)")
    }
}

/// What is stored in place of a token that was shown; `None` for a text that cannot be one.
pub fn hash_of_token(shown: &str) -> Option<SecretHash> {
    are_digits(shown.strip_prefix(TOKEN_PREFIX)?).then(|| hash_of(shown))
}

#[cfg(test)]
mod tests {
    use super::super::secret::stored_hash;
    use super::*;

    #[test]
    fn token_is_recognised_by_its_hash_and_shown_to_nobody() {
        let secret = TokenSecret::new().unwrap();
        assert_ne!(secret.reveal(), TokenSecret::new().unwrap().reveal());
        assert_eq!(hash_of_token(secret.reveal()), stored_hash(&secret.hash()));
        assert_eq!(stored_hash("0"), None);
        assert_eq!(stored_hash(&"é".repeat(32)), None);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[4..]));
        assert!(!secret.hash().contains(&secret.reveal()[4..]));
        let shown = secret.reveal();
        for other in ["", "dpp_", &shown[..60], &shown[4..], &shown.to_uppercase()] {
            assert_eq!(hash_of_token(other), None, "{other}");
        }
    }
}
