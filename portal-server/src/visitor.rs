//! Whoever sends a request, as handlers and pages see them: who they are and what they may do.

use std::sync::Arc;

use chrono::Utc;
use portal_core::{Id, Result};
use portal_engine::access::{Author, Caller, Permission, Person, Role, Subject};
use portal_engine::db::Connection;
use portal_engine::store;
use portal_engine::store::sessions::Living;

use crate::access::Access;
use crate::prefix::Prefix;

/// The id of everybody, where nobody is told apart. Ids that the portal makes have another version.
const EVERYBODY: &str = "00000000-0000-4000-8000-000000000001";

/// Whoever sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// Where the portal is found that they visit.
    pub base: Prefix,
    pub caller: Caller,
    /// What every page says of a portal in which nobody is told apart.
    pub warning: Option<&'static str>,
    /// The session by which they are known, when it is one.
    pub session: Option<Id>,
    access: Arc<Access>,
}

impl Visitor {
    pub(crate) fn new(
        base: Prefix,
        caller: Caller,
        warning: Option<&'static str>,
        access: Arc<Access>,
    ) -> Self {
        Visitor { base, caller, warning, session: None, access }
    }

    /// The same, in a session.
    pub(crate) fn in_session(self, session: Option<Id>) -> Self {
        Visitor { session, ..self }
    }

    /// Whether they could sign in, and have not.
    pub(crate) fn may_sign_in(&self) -> bool {
        self.caller == Caller::Nobody && self.access.sign_in.is_some()
    }

    /// Which sessions are good now; `None` where nobody signs in.
    pub(crate) fn living_sessions(&self) -> Option<Living> {
        let oidc = self.access.rules().oidc.as_ref()?;
        Some(Living::by(oidc, Utc::now().naive_utc()))
    }

    /// Refuses what they may not do.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`](portal_core::Error::Forbidden) that names who may.
    pub(crate) fn check(&self, permission: Permission, subject: &Subject) -> Result<()> {
        self.access.rules().check(&self.caller, permission, Some(subject))
    }

    /// Whether they may do that, to `subject` where it is about a data product.
    pub(crate) fn may(&self, permission: Permission, subject: Option<&Subject>) -> bool {
        self.access.rules().permits(&self.caller, permission, subject)
    }

    pub(crate) fn is_operator(&self) -> bool {
        self.access.rules().has(&self.caller, Role::Operator, None)
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// The person they are; `None` for programs, and where nobody is told apart.
    pub(crate) fn person(&self) -> Option<&Person> {
        match &self.caller {
            Caller::Person(person) => Some(person),
            _ => None,
        }
    }

    /// The id of what stands in for a person: a token, or everybody.
    pub(crate) fn program_id(&self) -> Option<Id> {
        match &self.caller {
            Caller::Token(token) => Some(token.id.clone()),
            Caller::Everybody => EVERYBODY.parse().ok(),
            Caller::Person(_) | Caller::Nobody => None,
        }
    }

    /// The data product as permissions are asked for; `None` when who its members are makes no
    /// difference to what they may do.
    pub(crate) fn subject(
        &self,
        connection: &mut Connection,
        product: &Id,
    ) -> Result<Option<Subject>> {
        let rules = self.access.rules();
        let rests = rules.rests_on_subject(&self.caller, Permission::ChangeAssets);
        rests.then(|| store::subject_of_data_product(connection, product)).transpose()
    }

    /// How what they write is signed.
    pub(crate) fn author(&self) -> Author {
        self.caller.author()
    }

    /// Who they are, as pages show it; `None` when nobody is told apart.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.caller {
            Caller::Nobody | Caller::Everybody => None,
            Caller::Person(person) => Some(person.address.clone()),
            Caller::Token(token) => Some(format!("token {}", token.name)),
        }
    }
}
