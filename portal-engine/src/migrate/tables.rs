//! Whether the migrated tables are those that the plugins' structs declare.
//!
//! SQL and struct are written apart, and neither compiler reads the other. What differs would be a
//! failure of the first request that meets it, so it is looked for whenever a database is migrated,
//! and before one is served.

use portal_core::column::{Column, ColumnType};
use portal_core::{Problem, ProblemKind, Problems, Result};

use crate::db::{Connection, TableColumn, table_columns};
use crate::linked::LinkedPlugin;
use crate::registry::Registry;

/// The table whose rows those of the plugins belong to.
const PARENT: &str = "technical_assets";

/// Everything in which the tables of this database differ from the structs of the enabled plugins.
/// All migrations must have run.
///
/// # Errors
///
/// What the database says.
pub fn table_problems(connection: &mut Connection, registry: &Registry) -> Result<Problems> {
    let all = table_columns(connection)?;
    let mut problems = Problems::new();
    for plugin in registry.outputs() {
        let Some(table) = plugin.table() else { continue };
        let migrated: Vec<&TableColumn> =
            all.iter().filter(|column| column.table_name == table).collect();
        let mut differences = Differences { plugin, table, problems: &mut problems };
        if migrated.is_empty() {
            differences.refuse(
                None,
                format!("its migrations make no table {table}: is one missing from the list in migrations![…]?"),
            );
            continue;
        }
        differences.of_id(&migrated);
        for column in plugin.columns() {
            differences.of_field(column, &migrated);
        }
        differences.of_others(&migrated);
    }
    Ok(problems)
}

/// Collects what is wrong with the table of one plugin.
struct Differences<'a> {
    plugin: &'a LinkedPlugin,
    table: &'a str,
    problems: &'a mut Problems,
}

impl Differences<'_> {
    fn refuse(&mut self, field: Option<&Column>, message: String) {
        let at = self.plugin.place(field);
        self.problems.push(Problem::new(ProblemKind::Registration, at, message));
    }

    fn of_id(&mut self, migrated: &[&TableColumn]) {
        let is_right = migrated.iter().any(|column| {
            column.name == "id"
                && column.declared == ColumnType::Text.in_sql()
                && !column.is_nullable
                && column.parent.as_deref() == Some(PARENT)
                && column.is_cascading
        });
        if !is_right {
            let table = self.table;
            self.refuse(None, format!(
                "the table {table} does not begin with id TEXT PRIMARY KEY NOT NULL REFERENCES {PARENT} (id) ON DELETE CASCADE"
            ));
        }
    }

    fn of_field(&mut self, field: &Column, migrated: &[&TableColumn]) {
        let (table, name) = (self.table, field.name);
        let needed = field.column_type;
        let null = if field.is_nullable { "" } else { " NOT NULL" };
        let message = match migrated.iter().find(|column| column.name == name) {
            None => format!(
                "the table {table} has no column for the field {name:?}: a migration must add {name} {needed}{null}; is one missing from the list in migrations![…]?"
            ),
            Some(column) if column.declared != needed.in_sql() => format!(
                "the column {name} of {table} is declared {}, but its field needs {needed}: change one of them",
                if column.declared.is_empty() { "without a type" } else { &column.declared }
            ),
            Some(column) if column.is_nullable && !field.is_nullable => format!(
                "the column {name} of {table} can be NULL, but its field is no Option: declare it NOT NULL, or make the field an Option"
            ),
            Some(column) if !column.is_nullable && field.is_nullable => format!(
                "the column {name} of {table} is NOT NULL, but its field is an Option: leave NOT NULL out, or make the field no Option"
            ),
            Some(_) => return,
        };
        self.refuse(Some(field), message);
    }

    fn of_others(&mut self, migrated: &[&TableColumn]) {
        let fields = self.plugin.columns();
        for column in migrated {
            let name = &column.name;
            if name != "id" && fields.iter().all(|field| field.name != name) {
                let table = self.table;
                self.refuse(None, format!(
                    "the table {table} has the column {name}, which is no field: drop it in a migration, or add the field"
                ));
            }
        }
    }
}
