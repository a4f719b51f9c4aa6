//! Who may do what: the section `[access]` of the operator's file, the roles that it gives, and what
//! each role permits. It knows neither how somebody is recognised nor where anything is stored.

mod caller;
mod name;
mod oidc;
mod permission;
mod person;
mod secret;
mod session;
mod settings;
mod token;

pub use caller::{Author, Caller, Subject, TokenHolder};
pub use name::{check_address, check_group, normal_address};
pub use oidc::{OidcSettings, PublicUrl, Span, claim};
pub use permission::{Permission, Role};
pub use person::Person;
pub use secret::SecretHash;
pub use session::{SessionSecret, hash_of_session};
pub use settings::{AccessSettings, Anonymous, ProxySettings, read_network};
pub use token::{TOKEN_PATTERN, TOKEN_PREFIX, TokenRole, TokenSecret, hash_of_token};

pub(crate) use secret::{in_hex, stored_hash};

pub(crate) use settings::{check_header, check_named};
