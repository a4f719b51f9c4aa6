//! Enums that core's tables keep as text, under their serde names.
//!
//! Plugins have `#[choice]` for that; core's own rows are read and written by diesel's derives, which
//! ask for more.

/// Declares an enum that stands in a `Text` column.
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($variants:tt)* }) => {
        $(#[$meta])*
        #[derive(
            Debug,
            Clone,
            Copy,
            PartialEq,
            Eq,
            serde::Serialize,
            serde::Deserialize,
            schemars::JsonSchema,
            diesel::expression::AsExpression,
            diesel::deserialize::FromSqlRow
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($variants)* }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, portal_core::MultiBackend> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, portal_core::MultiBackend>,
            ) -> diesel::serialize::Result {
                let name = portal_core::__private::choice_to_column(self);
                <str as diesel::serialize::ToSql<
                    diesel::sql_types::Text,
                    portal_core::MultiBackend,
                >>::to_sql(name, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, portal_core::MultiBackend> for $name {
            fn from_sql(
                bytes: portal_core::MultiRawValue<'_>,
            ) -> diesel::deserialize::Result<Self> {
                let name = <String as diesel::deserialize::FromSql<
                    diesel::sql_types::Text,
                    portal_core::MultiBackend,
                >>::from_sql(bytes)?;
                Ok(portal_core::__private::choice_from_column(name)?)
            }
        }
    };
}
pub(crate) use text_enum;
