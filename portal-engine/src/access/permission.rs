//! What can be permitted, and which roles have it: the one table of the portal's permissions.

use serde::Serialize;

/// What somebody may do. Every route and every page needs exactly one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Needs nothing: whether the server is well, and the files that pages are made with.
    Open,
    /// Reading everything but tokens and sessions.
    Read,
    /// Being known, for what is about whoever asks: who they are, and their sessions.
    BeKnown,
    /// Creating a data product.
    CreateDataProduct,
    /// Changing who the members of a data product are.
    ChangeMembers,
    /// Creating, changing and deleting the technical assets of a data product.
    ChangeAssets,
    /// Moving a technical asset through its life: approving, archiving, reopening.
    MoveAssets,
    /// Seeing, creating and revoking tokens.
    ManageTokens,
    /// Seeing and ending the sessions of everybody, and trying the identity provider.
    ManageSessions,
}

/// What somebody is, for everything or for one data product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everybody who is known; with `anonymous = "viewer"`, everybody who reads.
    Viewer,
    /// Those who may create data products: whom `create_data_products` names, or every person.
    Creator,
    /// A member of the data product.
    Member,
    /// An approver of the data product's domain.
    Approver,
    /// Whom `operators` names.
    Operator,
}

impl Permission {
    /// All of them.
    pub const ALL: [Permission; 9] = [
        Permission::Open,
        Permission::Read,
        Permission::BeKnown,
        Permission::CreateDataProduct,
        Permission::ChangeMembers,
        Permission::ChangeAssets,
        Permission::MoveAssets,
        Permission::ManageTokens,
        Permission::ManageSessions,
    ];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::Open => "open",
            Permission::Read => "read",
            Permission::BeKnown => "be_known",
            Permission::CreateDataProduct => "create_data_product",
            Permission::ChangeMembers => "change_members",
            Permission::ChangeAssets => "change_assets",
            Permission::MoveAssets => "move_assets",
            Permission::ManageTokens => "manage_tokens",
            Permission::ManageSessions => "manage_sessions",
        }
    }

    /// What it permits, in words that follow "may".
    pub fn in_words(self) -> &'static str {
        match self {
            Permission::Open => "ask whether the server is well, and load the files of its pages",
            Permission::Read => "read everything but tokens and sessions",
            Permission::BeKnown => "ask who they are, and end sessions of their own",
            Permission::CreateDataProduct => "create a data product",
            Permission::ChangeMembers => "change its members",
            Permission::ChangeAssets => "create, change or delete its technical assets",
            Permission::MoveAssets => "approve, archive or reopen its technical assets",
            Permission::ManageTokens => "see, create or revoke tokens",
            Permission::ManageSessions => {
                "see or end the sessions of everybody, or try the identity provider"
            }
        }
    }

    /// Whether it is about one data product, so that the same person may have it for one and not
    /// for another.
    pub fn is_of_data_product(self) -> bool {
        matches!(
            self,
            Permission::ChangeMembers | Permission::ChangeAssets | Permission::MoveAssets
        )
    }

    /// The roles that have it, for an asset in the custom mapping (`needs_approval`) or anything
    /// else; one of them is enough. [`Permission::Open`] needs none.
    pub fn roles(self, needs_approval: bool) -> &'static [Role] {
        match self {
            Permission::Open => &[],
            Permission::Read | Permission::BeKnown => &[Role::Viewer],
            Permission::CreateDataProduct => &[Role::Creator, Role::Operator],
            Permission::ChangeMembers | Permission::ChangeAssets => &[Role::Member, Role::Operator],
            Permission::MoveAssets if needs_approval => &[Role::Approver, Role::Operator],
            Permission::MoveAssets => &[Role::Member, Role::Operator],
            Permission::ManageTokens | Permission::ManageSessions => &[Role::Operator],
        }
    }
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 5] =
        [Role::Viewer, Role::Creator, Role::Member, Role::Approver, Role::Operator];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Creator => "creator",
            Role::Member => "member",
            Role::Approver => "approver",
            Role::Operator => "operator",
        }
    }
}
