//! What the portal keeps: data products, the company's configuration, technical assets.
//!
//! Core's tables mention no plugin's column; the configuration of an asset is a row of its
//! plugin's own table.

mod configuration;
mod data_products;
mod find_or_add;
mod members;
pub mod places;
pub mod sessions;
mod technical_assets;
pub mod tokens;

pub use configuration::write;
pub use configuration::{
    Configuration, EnvironmentEntries, EnvironmentState, Lack, Places, PlatformRow, Rendered,
    Revisions, ServiceRow, State, StoredValues, TechnicalInfo, UNUSABLE_LINK, revisions,
    stored_access, stored_wire_names,
};
pub use data_products::{
    Counts, DataProductFilter, DataProductOrder, DataProductPage, NewDataProduct,
    create_data_product, domain_name, find_data_product, list_counted_data_products,
    list_data_products, list_domains, list_types, rival_namespaces, search_data_products,
    taken_product_namespace, type_name,
};
pub use members::{
    Members, addresses_of_people, data_products_of, find_person, id_of_person, members,
    set_members, subject_of_asset, subject_of_data_product,
};
use portal_core::{Error, Id, Problem, ProblemKind};
pub use technical_assets::{
    AssetChange, AssetFilter, AssetOrder, AssetPage, AssetRow, AssetStatus, PlacesFilter,
    StoredConfiguration, TechnicalAsset, count_assets, count_assets_of, count_assets_with,
    create_asset, delete_asset, find_asset, list_assets, taken_asset_namespace, update_asset,
};

/// Longest asset or data product namespace, in characters.
pub const NAMESPACE_MAX: usize = 64;

/// The most people, and the most groups, that are members of a data product.
pub const MEMBERS_MAX: usize = 500;

/// Longest name of anything that has one, in characters. Most of them are unique, and PostgreSQL
/// indexes no text above 2,704 bytes (its B-tree documentation).
pub const NAME_MAX: usize = 200;

/// Longest description of anything, in characters.
pub const DESCRIPTION_MAX: usize = 10_000;

/// Checks a name for people; `what` says whose it is. It is stored without the blanks around it.
///
/// Marks that only lend a direction to their neighbours, such as U+200E, are allowed: names in
/// Arabic and Hebrew need them.
///
/// # Errors
///
/// The problem of one in which nothing can be seen, that is too long, or that holds a control
/// character or an override or isolate of direction (Unicode Standard Annex 9), which makes a name
/// read as another one. Where it stands is the caller's to say. NUL is looked for in every text,
/// and not here.
pub fn check_name(what: &str, name: &str) -> Result<(), Problem> {
    if name.chars().all(is_unseen) {
        return Err(Problem::new(ProblemKind::Missing, "", format!("the {what} is empty")));
    }
    let length = name.chars().count();
    if length > NAME_MAX {
        let message = format!("the {what} has {length} characters, {NAME_MAX} are allowed");
        return Err(Problem::new(ProblemKind::ValueError, "", message));
    }
    match name.chars().find(|character| *character != '\0' && is_misleading(*character)) {
        None => Ok(()),
        Some(wrong) => {
            let message = format!("the {what} contains U+{:04X}", u32::from(wrong));
            Err(Problem::new(ProblemKind::ValueError, "", message).hint(
                "leave out control characters, such as line breaks, and overrides of direction",
            ))
        }
    }
}

/// Blanks, and marks without a width.
fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// Control characters, and overrides, embeddings and isolates of direction.
fn is_misleading(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Checks a description.
///
/// # Errors
///
/// The problem of one that is too long, at the JSON pointer `/description`.
pub fn check_description(description: &str) -> Result<(), Problem> {
    let length = description.chars().count();
    if length <= DESCRIPTION_MAX {
        return Ok(());
    }
    let message = format!("the description has {length} characters, {DESCRIPTION_MAX} are allowed");
    Err(Problem::new(ProblemKind::ValueError, "/description", message))
}

/// Checks a namespace: 1 to [`NAMESPACE_MAX`] characters of `a-z 0-9 + = , . @ _ -`.
///
/// # Errors
///
/// The problem, at the JSON pointer `/namespace`.
pub fn check_namespace(namespace: &str) -> Result<(), Problem> {
    let problem = |message: String| Problem::new(ProblemKind::Namespace, "/namespace", message);
    let allowed = |character: char| {
        character.is_ascii_lowercase()
            || character.is_ascii_digit()
            || "+=,.@_-".contains(character)
    };
    if namespace.is_empty() {
        return Err(problem("the namespace is empty".to_owned()));
    }
    let length = namespace.chars().count();
    if length > NAMESPACE_MAX {
        return Err(problem(format!(
            "the namespace has {length} characters, {NAMESPACE_MAX} are allowed"
        )));
    }
    match namespace.chars().find(|character| !allowed(*character)) {
        None => Ok(()),
        Some(wrong) => Err(problem(format!("the namespace {namespace:?} contains {wrong:?}"))
            .hint("allowed: a to z, 0 to 9 and + = , . @ _ -")),
    }
}

/// The error of a data product that is not there.
fn no_data_product(product: &Id) -> Error {
    Error::NotFound(format!("no data product has the id {product}"))
}

/// The error of an asset that the data product has not.
fn no_asset(product: &Id, asset: &Id) -> Error {
    Error::NotFound(format!("the data product {product} has no technical asset {asset}"))
}

/// The error of a namespace that a unique index refused.
fn taken_namespace(namespace: &str, owner: &str) -> Error {
    portal_core::Problems::from(taken_problem(namespace, owner)).into()
}

fn taken_problem(namespace: &str, owner: &str) -> Problem {
    Problem::new(
        ProblemKind::Namespace,
        "/namespace",
        format!("the namespace {namespace:?} is taken in {owner}"),
    )
    .hint("choose another namespace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for good in ["a", " a ", "é", "a\u{200E}b", &"x".repeat(NAME_MAX), &"\u{1F980}".repeat(200)]
        {
            assert_eq!(check_name("name", good), Ok(()), "{good:?}");
        }
        for bad in [
            "",
            " ",
            "\u{200E}",
            "a\nb",
            "a\u{7F}",
            "\u{85}a",
            "a\u{202E}b",
            "\u{2066}a",
            &"x".repeat(201),
        ] {
            assert!(check_name("name", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn namespaces_follow_the_rule() {
        for good in ["a", "sales-2026", "a+=,.@_-9", &"x".repeat(64)] {
            assert!(check_namespace(good).is_ok(), "{good:?}");
        }
        for bad in ["", "Sales", "a b", "a\n", "ü", "a/b", &"x".repeat(65), "a\0"] {
            assert!(check_namespace(bad).is_err(), "{bad:?}");
        }
    }
}
