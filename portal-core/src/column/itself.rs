//! Types that a column holds as they are.

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool, Double, Integer};

use super::StoredAs;

macro_rules! stored_as_itself {
    ($($type:ty: $sql_type:ty),*) => {
        $(impl StoredAs<$sql_type> for $type {
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

stored_as_itself!(bool: Bool, i32: Integer, i64: BigInt, f64: Double);
