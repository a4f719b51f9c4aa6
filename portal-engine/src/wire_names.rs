//! Which name of a plugin answers carry: programs that were written for another portal compare it
//! with a constant.

use crate::text_enum::text_enum;

text_enum! {
    /// Which name of a plugin answers carry. Requests may use any of its names at any time.
    #[derive(Default)]
    pub enum WireNames {
        /// Its wire name.
        #[default]
        Own,
        /// Its first alias, by which the Python portal's clients know it, or its wire name when it
        /// has none.
        Former,
    }
}
