//! Types that a column holds as they are.

use diesel::QueryResult;

use super::{BigIntColumn, BooleanColumn, DoubleColumn, IntegerColumn, StoredAs};

macro_rules! stored_as_itself {
    ($($type:ty: $column:ty),*) => {
        $(#[diagnostic::do_not_recommend]
        impl StoredAs<$column> for $type {
            type Bound<'a> = $type;
            type Loaded = $type;

            fn to_column(&self) -> $type {
                *self
            }

            fn from_column(loaded: $type) -> QueryResult<Self> {
                Ok(loaded)
            }
        })*
    };
}

stored_as_itself!(bool: BooleanColumn, i32: IntegerColumn, i64: BigIntColumn, f64: DoubleColumn);
