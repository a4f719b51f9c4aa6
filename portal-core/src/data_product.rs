//! The data product, as plugins see it: whose assets they store and where links lead.

use schemars::JsonSchema;
use serde::Serialize;

use crate::id::Id;

/// A data product, as much as the portal knows of it: people, approvals and lineage live
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataProduct {
    /// Its id.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// Its namespace, unique in the portal; names that teams choose begin with it.
    pub namespace: String,
    /// What it is.
    pub description: String,
    /// `active`.
    pub status: String,
    /// What kind of data product it is.
    #[serde(rename = "type")]
    pub kind: DataProductType,
    /// The part of the company it belongs to.
    pub domain: Domain,
}

/// A kind of data product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataProductType {
    /// Its id.
    pub id: Id,
    /// Its name, unique in the portal.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Which icon stands for it.
    pub icon_key: String,
}

/// A part of the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Domain {
    /// Its id.
    pub id: Id,
    /// Its name, unique in the portal.
    pub name: String,
    /// What it is.
    pub description: String,
}
