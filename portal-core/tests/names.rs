//! Names that Rust, SQL, diesel or the attributes use themselves are names of fields as any other.

use portal_core::prelude::*;

/// How large it is.
#[choice]
#[derive(Default)]
pub enum Size {
    /// Fits into a pocket.
    #[default]
    Small,
}

/// Something with strange names.
#[data_output(table = strange_names, result = "{table}/{star}/{type}")]
pub struct Strange {
    /// As diesel calls a table.
    #[form(text())]
    pub table: String,
    /// As diesel calls all columns.
    #[form(text())]
    pub star: String,
    /// As it calls them otherwise.
    #[form(text())]
    pub all_columns: String,
    /// As it calls them together.
    #[form(text())]
    pub dsl: String,
    /// As it calls their module.
    #[form(text())]
    pub columns: String,
    /// As the expansion calls the table.
    #[form(text())]
    pub rows: String,
    /// As the table is called.
    #[form(text())]
    pub strange_names: String,
    /// A word of Rust.
    #[form(text())]
    pub r#type: String,
    /// What statements run on.
    #[form(text())]
    pub connection: String,
    /// What is asked for.
    #[form(text())]
    pub ids: Option<String>,
    /// What is selected.
    #[form(text())]
    pub select: Option<f64>,
    /// What was read.
    #[form(checkbox())]
    pub loaded: bool,
    /// A choice that may be left out.
    #[form(select())]
    pub size: Option<Size>,
    /// A number.
    #[form(text())]
    pub c_table: i64,
    /// Some words.
    #[form(select().max_count(2).options(&[("A", "a"), ("B", "b"), ("C", "c")]))]
    pub words: List<String>,
}

#[test]
fn names_that_others_use_are_names_of_fields() {
    let names: Vec<&str> =
        <Strange as portal_core::Stored>::COLUMNS.iter().map(|one| one.name).collect();
    assert_eq!(names[7], "type");
    assert_eq!(Strange::FIELDS.r#type.as_str(), "type");
}
