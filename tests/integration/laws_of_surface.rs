//! The law of the surface: a change of what portal-core offers is seen in review.
//!
//! The list is read from the sources, so that it is the same whatever features a build has.

mod listing;
mod sources;

use std::fs;

use self::listing::surface;
use crate::written::{assert_written, root};

/// A checked file lists the public items, so that a change of them is seen in review.
#[test]
fn public_items_of_portal_core_are_those_of_the_checked_file() {
    let src = root().join("portal-core/src");
    let mut lines = surface(&|file| fs::read_to_string(src.join(file)).ok());
    lines.insert("# The public items of portal-core, written by a test.".to_owned());
    let found: String = lines.iter().map(|line| format!("{line}\n")).collect();
    assert_written("portal-core/public-api.txt", &found);
}

/// The list for a crate with a module `inner`, whose text is the second.
fn listed(lib: &str, inner: &str) -> Vec<String> {
    let read = |file: &str| match file {
        "lib.rs" => Some(lib.to_owned()),
        "inner.rs" => Some(inner.to_owned()),
        _ => None,
    };
    surface(&read).into_iter().collect()
}

#[test]
fn item_is_listed_once_under_its_shortest_public_path() {
    let lib = "
        pub mod inner;
        pub use inner::A;
        pub use self::inner::b as c;
        pub use inner::deep;
        pub use serde::Serialize;
        pub mod prelude { pub use crate::inner::{A, only}; pub use diesel::prelude::*; }
    ";
    let inner = "
        pub struct A;
        pub fn b() {}
        mod hall { pub fn only() {} }
        pub use hall::only;
        pub mod deep { pub type D = u8; }
    ";
    let expected = [
        "A: struct A",
        "Serialize: use serde::Serialize",
        "c: fn b()",
        "deep::D: type D = u8",
        "inner::only: fn only()",
        "prelude: A, only",
        "prelude: diesel::prelude::*",
    ];
    assert_eq!(listed(lib, inner), expected);
}

#[test]
fn private_and_hidden_items_are_left_out() {
    let lib = "mod inner; fn a() {} pub(crate) fn b() {} #[doc(hidden)] pub fn c() {}
        #[doc(hidden)] pub mod __private { pub use diesel; pub fn d() {} }
        #[doc(hidden)] #[macro_export] macro_rules! e { () => {} }
        macro_rules! f { () => {} }";
    let inner = "pub struct A; impl A { pub fn a() {} } #[cfg(test)] pub mod tests {}";
    assert_eq!(listed(lib, inner), [""; 0]);
}

#[test]
fn item_is_listed_with_all_that_users_rely_on() {
    let lib = r#"
        mod inner;
        pub use inner::{Kind, Way};
        #[derive(Debug)]
        #[derive(Clone, serde::Serialize)]
        pub struct Pair<T: Copy>(pub T, u8) where T: Send;
        pub const LIMIT: &'static str = "a";
        pub trait Act: Sized {
            const NAME: u8;
            const SIZE: u8 = 1;
            type Part: Copy + 'static;
            fn act(&self);
            fn rest(&self) {}
            #[doc(hidden)]
            fn hide(&self);
        }
        #[macro_export]
        macro_rules! made {
            ($a:ty $(,)?) => {};
            () => {};
        }
        complete!(Kind);
    "#;
    let inner = r#"
        use std::fmt;
        use super::{Act, Pair};
        #[non_exhaustive]
        pub enum Kind {
            /// A.
            #[cfg(feature = "a")]
            A,
            B(u8, &'static str),
            C { d: u8 },
        }
        pub struct Way { pub to: u8 }
        impl Way {
            pub fn go(
                &mut self,
                far: Option<u8>,
            ) -> Result<Self, u8> {}
            fn stay(&self) {}
        }
        impl<T: Copy> Pair<T> {
            pub const A: u8 = 1;
        }
        impl fmt::Display for Way {}
        impl<'a> From<&'a Way> for Kind {}
        impl<T: Copy> Act for T {}
        impl fmt::Display for Unseen {}
    "#;
    let expected = r#"
        Act: impl<T: Copy> Act for T
        Act: provided const SIZE: u8
        Act: provided fn rest(&self)
        Act: required const NAME: u8
        Act: required fn act(&self)
        Act: required type Part: Copy + 'static
        Act: trait Act: Sized
        Kind: #[cfg(feature = "a")] variant A
        Kind: #[non_exhaustive] enum Kind
        Kind: complete!(Kind)
        Kind: impl<'a> From<&'a Way> for Kind
        Kind: variant B(u8, &'static str)
        Kind: variant C { d: u8 }
        LIMIT: const LIMIT: &'static str
        Pair: const A: u8, in impl<T: Copy> Pair<T>
        Pair: derive Clone, Debug, serde::Serialize
        Pair: field 0: T
        Pair: struct Pair<T: Copy> { .. } where T: Send
        Way: field to: u8
        Way: fn go(&mut self, far: Option<u8>) -> Result<Self, u8>
        Way: impl Display for Way
        Way: struct Way
        made!: macro ($a:ty $(,)?)
        made!: macro ()"#;
    let expected: Vec<&str> = expected.lines().skip(1).map(str::trim).collect();
    assert_eq!(listed(lib, inner), expected);
}

#[test]
fn what_the_list_does_not_know_is_refused() {
    for lib in [
        "pub union Bits { a: u8, b: i8 }",
        "pub use self::inner::*; mod inner;",
        "make_items!(a, b);",
        "pub struct A; impl A { made!(); }",
        "pub trait A { made!(); }",
        "impl Clone for [u8] {}",
    ] {
        let refused = std::panic::catch_unwind(|| listed(lib, "pub fn a() {}")).is_err();
        assert!(refused, "{lib}");
    }
}
