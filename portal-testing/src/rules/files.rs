//! Rules about the files beside a plugin's source.

use std::collections::BTreeSet;

use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::FileBasedMigrations;
use portal_core::MultiBackend;

use super::Verdict;
pub(super) use super::released::released_schema_is_still_read;
use crate::contract::Contract;

/// The list in `migrations![…]` equals the folders on disk, each with `up.sql` and `down.sql`.
pub(super) fn migrations_equal_the_folder(contract: &Contract) -> Verdict {
    let folder = contract.folder.join("migrations");
    let on_disk: Vec<Box<dyn Migration<MultiBackend>>> = FileBasedMigrations::from_path(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .migrations()
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    for migration in &on_disk {
        if !migration.metadata().run_in_transaction() {
            return Err(format!(
                "{}: every migration runs in a transaction, metadata.toml cannot change that",
                migration.name()
            ));
        }
    }
    let on_disk: BTreeSet<String> =
        on_disk.iter().map(|migration| migration.name().to_string()).collect();
    let listed: BTreeSet<String> =
        contract.plugin().migrations().iter().map(|one| one.folder.to_owned()).collect();
    let missing: Vec<_> = on_disk.difference(&listed).collect();
    if !missing.is_empty() {
        return Err(format!("add to the list in migrations![…]: {missing:?}"));
    }
    let gone: Vec<_> = listed.difference(&on_disk).collect();
    if !gone.is_empty() {
        return Err(format!("{} has no folder for {gone:?}", folder.display()));
    }
    let without_way_back: Vec<&str> = contract
        .plugin()
        .migrations()
        .iter()
        .filter(|migration| migration.down.trim().is_empty())
        .map(|migration| migration.folder)
        .collect();
    if !without_way_back.is_empty() {
        return Err(format!(
            "down.sql is empty in {without_way_back:?}: it takes back what up.sql did"
        ));
    }
    Ok(())
}

/// Icons are SVG documents, and that of a parent is called after its key.
pub(super) fn icons_are_svg(contract: &Contract) -> Verdict {
    let platform = contract.plugin().platform();
    for icon in [Some(platform.icon), platform.parent.map(|parent| parent.icon)] {
        let Some(icon) = icon else { continue };
        if !icon.svg.trim_start().starts_with("<svg") || !icon.name.ends_with(".svg") {
            return Err(format!("the icon {} is no SVG document that begins with <svg", icon.name));
        }
    }
    match platform.parent {
        Some(parent) if parent.icon.name != format!("{}-logo.svg", parent.key) => Err(format!(
            "the icon of the platform {} is called {}: call it {0}-logo.svg",
            parent.key, parent.icon.name
        )),
        _ => Ok(()),
    }
}
