//! Rules about a plugin's table and its rows.

use std::cell::RefCell;

use portal_engine::db::ConnectionExt;
use portal_engine::migrate;
use portal_engine::store::{self, AssetChange};

use super::Verdict;
use crate::contract::Contract;
use crate::database::each_database;
use crate::stage::on_each;

/// The migrations make the table that the struct declares: the same columns with the same types,
/// NULL where a field is an `Option` and nowhere else.
pub(super) fn table_equals_the_struct(contract: &Contract) -> Verdict {
    contract.table.get_or_init(|| compare_tables(contract)).clone()
}

fn compare_tables(contract: &Contract) -> Verdict {
    let verdict = RefCell::new(Ok(()));
    each_database(|database| {
        let rehearsed = migrate::rehearse(&mut database.connect(), contract.registry());
        let problems = rehearsed
            .map_err(|error| error.to_string())
            .and_then(|problems| problems.into_result().map_err(|problems| problems.to_string()));
        if verdict.borrow().is_ok() {
            *verdict.borrow_mut() = problems;
        }
    });
    verdict.into_inner()
}

/// The migrations apply, revert and apply again.
pub(super) fn migrations_go_up_down_and_up(contract: &Contract) -> Verdict {
    let verdict = RefCell::new(Ok(()));
    each_database(|database| {
        if verdict.borrow().is_ok() {
            *verdict.borrow_mut() = up_down_and_up(contract, &mut database.connect());
        }
    });
    verdict.into_inner()
}

fn up_down_and_up(contract: &Contract, connection: &mut portal_core::Connection) -> Verdict {
    let (registry, plugin) = (contract.registry(), contract.plugin());
    let table = plugin.table().expect("a data output has a table");
    migrate::run(connection, registry).map_err(|error| error.to_string())?;
    let reverted = migrate::revert(connection, registry, plugin.id(), true, false)
        .map_err(|error| format!("the migrations cannot be taken back: {error}"))?;
    if connection.has_table(table).expect("the database answers") {
        return Err(format!(
            "the table {table} is left after all migrations were taken back: its first down.sql must drop it"
        ));
    }
    let again = migrate::run(connection, registry)
        .map_err(|error| format!("the migrations do not run again: {error}"))?;
    let own = again.migrations.iter().filter(|planned| planned.plugin == plugin.id()).count();
    if own != reverted.len() {
        return Err(format!("{} were taken back, {own} ran again", reverted.len()));
    }
    Ok(())
}

/// A row is replaced whole, and goes with its asset.
pub(super) fn rows_are_replaced_and_deleted(contract: &Contract) -> Verdict {
    on_each(contract, |stage| {
        let example = contract.output().example();
        let row = stage.create(example.as_ref()).map_err(|error| error.to_string())?;
        let change =
            AssetChange { configuration: Some(example.as_ref()), ..AssetChange::default() };
        let (product, registry) = (stage.product.id.clone(), contract.registry());
        store::update_asset(&mut stage.connection, registry, &product, &row.id, Some(1), &change)
            .map_err(|error| format!("a row cannot be replaced: {error}"))?;
        if stage.load(&row)? != example.fields() {
            return Err("a replaced row is read otherwise than it was written".to_owned());
        }
        store::delete_asset(&mut stage.connection, &product, &row.id, Some(2))
            .map_err(|error| format!("an asset cannot be deleted: {error}"))?;
        let left = stage
            .plugin
            .load_rows(&mut stage.connection, &[row.id.as_str()])
            .map_err(|error| error.to_string())?;
        if !left.is_empty() {
            return Err("the plugin's row is left behind: add ON DELETE CASCADE".to_owned());
        }
        Ok(())
    })
}
