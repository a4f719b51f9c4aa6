//! Who asks, what roles they have, and so what they may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use portal_core::{Error, Id, Result};

use super::permission::{Permission, Role};
use super::person::Person;
use super::settings::{AccessSettings, Anonymous};
use super::token::TokenRole;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody is known.
    Nobody,
    /// Nobody is told apart, because nobody has said who may do what: everybody is the operator.
    Everybody,
    /// A person.
    Person(Person),
    /// A program, with a token.
    Token(Arc<TokenHolder>),
}

/// The program that a token was given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// Id of the token.
    pub id: Id,
    /// Name of the token.
    pub name: String,
    /// What it may do.
    pub role: TokenRole,
    /// The data product that it is a member of.
    pub data_product: Option<Id>,
    /// The address of the person who created it.
    pub created_by: Option<String>,
}

/// Who has written something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// How it is signed: the address of a person, or `token:` and the name of a token; `None` when
    /// nobody is known.
    pub signature: Option<String>,
    /// Who answers for it: whoever created the token, where that is known.
    pub person: Option<String>,
}

/// The data product that something is asked for, and who has a part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub data_product: Id,
    /// Its name.
    pub name: String,
    /// The name of its domain.
    pub domain: String,
    /// Addresses of the people who are members, in lower case.
    pub people: BTreeSet<String>,
    /// Groups whose people are members.
    pub groups: BTreeSet<String>,
    /// Whether it is about an asset in the custom mapping.
    pub needs_approval: bool,
}

impl Subject {
    fn has_member(&self, person: &Person) -> bool {
        self.people.contains(&person.address) || !self.groups.is_disjoint(&person.groups)
    }
}

impl Caller {
    /// Who is told to have written what they write.
    pub fn author(&self) -> Author {
        match self {
            Caller::Nobody | Caller::Everybody => Author::default(),
            Caller::Person(person) => {
                let address = Some(person.address.clone());
                Author { signature: address.clone(), person: address }
            }
            Caller::Token(token) => {
                let signature = Some(format!("token:{}", token.name));
                let person = token.created_by.clone().or_else(|| signature.clone());
                Author { signature, person }
            }
        }
    }

    /// Whether somebody is known, or nobody needs to be.
    pub fn is_known(&self) -> bool {
        *self != Caller::Nobody
    }
}

impl AccessSettings {
    /// Whether somebody has a role; those of members and approvers are for `subject`.
    pub fn has(&self, caller: &Caller, role: Role, subject: Option<&Subject>) -> bool {
        match (caller, role) {
            (Caller::Nobody, _) => false,
            (Caller::Everybody, _) => {
                matches!(role, Role::Viewer | Role::Creator | Role::Operator)
            }
            (Caller::Person(_) | Caller::Token(_), Role::Viewer) => true,
            (Caller::Person(person), Role::Creator) => self.is_creator(person),
            (Caller::Person(person), Role::Operator) => {
                person.is_operator || self.is_operator(person)
            }
            (Caller::Person(person), Role::Member) => {
                subject.is_some_and(|subject| subject.has_member(person))
            }
            (Caller::Person(person), Role::Approver) => {
                subject.is_some_and(|subject| self.is_approver(person, &subject.domain))
            }
            (Caller::Token(token), Role::Operator) => token.role == TokenRole::Operator,
            (Caller::Token(token), Role::Member) => {
                let own = token.data_product.as_ref();
                own.is_some() && own == subject.map(|subject| &subject.data_product)
            }
            (Caller::Token(_), Role::Creator | Role::Approver) => false,
        }
    }

    /// Whether somebody may do that, to `subject` where it is about a data product.
    pub fn permits(
        &self,
        caller: &Caller,
        permission: Permission,
        subject: Option<&Subject>,
    ) -> bool {
        if permission == Permission::Open {
            return true;
        }
        if permission == Permission::Read && self.anonymous == Some(Anonymous::Viewer) {
            return true;
        }
        let needs_approval = subject.is_some_and(|subject| subject.needs_approval);
        permission.roles(needs_approval).iter().any(|role| self.has(caller, *role, subject))
    }

    /// Whether the answer rests on who the members or approvers of a data product are: otherwise it
    /// is the same for all.
    pub fn rests_on_subject(&self, caller: &Caller, permission: Permission) -> bool {
        permission.is_of_data_product()
            && caller.is_known()
            && !self.permits(caller, permission, None)
    }

    /// Whether a token says by itself that its program may do that to a data product: that of a member
    /// names the only one it is for. What rests on the asset as well is asked as for everybody.
    pub fn permits_by_token(&self, caller: &Caller, permission: Permission, product: &Id) -> bool {
        let Caller::Token(token) = caller else { return false };
        let roles = permission.roles(false);
        roles == permission.roles(true)
            && roles.contains(&Role::Member)
            && token.data_product.as_ref() == Some(product)
    }

    /// Refuses what somebody may not do.
    ///
    /// # Errors
    ///
    /// [`Error::Forbidden`] that names who may.
    pub fn check(
        &self,
        caller: &Caller,
        permission: Permission,
        subject: Option<&Subject>,
    ) -> Result<()> {
        match self.permits(caller, permission, subject) {
            true => Ok(()),
            false => {
                let left_out = match caller {
                    Caller::Person(person) if person.groups_left_out => GROUPS_LEFT_OUT,
                    _ => "",
                };
                Err(Error::Forbidden(format!("{}{left_out}", who_may(permission, subject))))
            }
        }
    }
}

/// What somebody is told whose groups are not known.
const GROUPS_LEFT_OUT: &str = " (the identity provider has left out your groups, because there are too many, so that none of them counts here)";

/// A sentence that names who may do something.
fn who_may(permission: Permission, subject: Option<&Subject>) -> String {
    let needs_approval = subject.is_some_and(|subject| subject.needs_approval);
    let who: Vec<String> = permission
        .roles(needs_approval)
        .iter()
        .map(|role| match (role, subject) {
            (Role::Viewer, _) => "everybody who is known".to_owned(),
            (Role::Creator, _) => "people whom `create_data_products` allows".to_owned(),
            (Role::Member, Some(subject)) => format!("members of {}", subject.name),
            (Role::Member, None) => "members of the data product".to_owned(),
            (Role::Approver, Some(subject)) => {
                format!("approvers of the domain {}", subject.domain)
            }
            (Role::Approver, None) => "approvers of the domain".to_owned(),
            (Role::Operator, _) => "an operator".to_owned(),
        })
        .collect();
    format!("you may not {}: ask {}", permission.in_words(), who.join(", or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(needs_approval: bool) -> Subject {
        Subject {
            data_product: Id::new(),
            name: "Sales orders".to_owned(),
            domain: "Sales".to_owned(),
            people: BTreeSet::from(["ada@example.com".to_owned()]),
            groups: BTreeSet::from(["sales-team".to_owned()]),
            needs_approval,
        }
    }

    fn settings() -> AccessSettings {
        AccessSettings {
            operators: vec!["ops".to_owned()],
            approvers: [("Sales".to_owned(), vec!["stewards".to_owned()])].into(),
            ..AccessSettings::default()
        }
    }

    fn person(group: &str) -> Caller {
        Caller::Person(Person::new("x@example.com").in_groups([group]))
    }

    #[test]
    fn members_move_what_needs_no_approval_and_approvers_what_does() {
        let move_it = |caller: &Caller, needs_approval| {
            settings().permits(caller, Permission::MoveAssets, Some(&subject(needs_approval)))
        };
        assert!(move_it(&person("sales-team"), false) && !move_it(&person("sales-team"), true));
        assert!(!move_it(&person("stewards"), false) && move_it(&person("stewards"), true));
        assert!(move_it(&person("ops"), false) && move_it(&person("ops"), true));
        assert!(!move_it(&person("other"), false) && !move_it(&Caller::Nobody, false));
    }

    #[test]
    fn token_of_a_member_is_one_of_its_own_data_product_alone() {
        let subject = subject(false);
        let token = |data_product| {
            let name = "ci".to_owned();
            Caller::Token(Arc::new(TokenHolder {
                id: Id::new(),
                name,
                role: TokenRole::Member,
                data_product,
                created_by: None,
            }))
        };
        let may = |caller: &Caller, subject| {
            settings().permits(caller, Permission::ChangeAssets, subject)
        };
        assert!(may(&token(Some(subject.data_product.clone())), Some(&subject)));
        assert!(!may(&token(Some(Id::new())), Some(&subject)));
        assert!(!may(&token(None), None));
        let by_itself = |caller: &Caller, permission| {
            settings().permits_by_token(caller, permission, &subject.data_product)
        };
        let own = token(Some(subject.data_product.clone()));
        for permission in Permission::ALL {
            let expected =
                matches!(permission, Permission::ChangeAssets | Permission::ChangeMembers);
            assert_eq!(by_itself(&own, permission), expected, "{permission:?}");
            assert!(!by_itself(&token(Some(Id::new())), permission), "{permission:?}");
            assert!(!by_itself(&Caller::Everybody, permission), "{permission:?}");
        }
        assert!(!settings().permits(&token(None), Permission::CreateDataProduct, None));
    }

    #[test]
    fn nobody_reads_only_where_the_operator_says_so() {
        let mut settings = settings();
        assert!(!settings.permits(&Caller::Nobody, Permission::Read, None));
        settings.anonymous = Some(Anonymous::Viewer);
        assert!(settings.permits(&Caller::Nobody, Permission::Read, None));
        for permission in Permission::ALL {
            let is_reading = matches!(permission, Permission::Open | Permission::Read);
            let subject = subject(false);
            assert_eq!(
                settings.permits(&Caller::Nobody, permission, Some(&subject)),
                is_reading,
                "{permission:?}"
            );
        }
    }

    #[test]
    fn refusal_names_who_may() {
        let refused =
            settings().check(&person("x"), Permission::ChangeAssets, Some(&subject(false)));
        let said = refused.unwrap_err().to_string();
        assert!(said.ends_with("ask members of Sales orders, or an operator"), "{said}");
    }
}
