//! A migration as a crate brings it: its folder's name and its SQL, part of the binary.

/// A migration whose SQL is part of the binary. Made by `migrations!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedMigration {
    /// Folder name: version, underscore, what it does.
    pub folder: &'static str,
    /// SQL that applies it.
    pub up: &'static str,
    /// SQL that takes it back.
    pub down: &'static str,
}

/// Lists migration folders below the crate's `migrations/`, oldest first, and embeds their SQL.
#[macro_export]
macro_rules! migrations {
    ($($folder:literal),* $(,)?) => {
        &[$($crate::__private::EmbeddedMigration {
            folder: $folder,
            up: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/up.sql")),
            down: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/down.sql")),
        }),*]
    };
}
