//! What a plugin says about its platform: names, icon, parent.

/// Embeds an icon from the crate's folder `icons`: `icon!("s3-logo.svg")`.
#[macro_export]
macro_rules! icon {
    ($name:literal) => {
        $crate::platform::Icon {
            name: $name,
            svg: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/icons/", $name)),
        }
    };
}

/// An icon, embedded in the plugin's crate by `icon!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icon {
    /// File name on the wire, such as `s3-logo.svg`.
    pub name: &'static str,
    /// The SVG document.
    pub svg: &'static str,
}

/// A platform that several plugins are services of, such as AWS.
///
/// Nobody owns a parent: each of its plugins declares it, identical declarations merge, and
/// differing ones are a registry error that names both crates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Key of the platform, such as `aws`; its tile is labelled with the key in capitals.
    pub key: &'static str,
    /// Name for people, such as `Amazon Web Services`.
    pub display_name: &'static str,
    /// Icon of the parent's tile; its name is `<key>-logo.svg`.
    pub icon: Icon,
    /// Address of the platform's console, a template over the platform's values per environment.
    pub console: &'static str,
}

/// The platform, or the service of a platform, that a plugin integrates. Its key is the
/// plugin's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// Name for people, such as `S3`.
    pub display_name: &'static str,
    /// Icon of the tile.
    pub icon: Icon,
    /// The platform this is a service of; `None` when it stands alone.
    pub parent: Option<Parent>,
    /// Whether links differ per environment, so that asking for one needs an environment.
    pub has_environments: bool,
}

impl Platform {
    /// A platform that stands alone, and whose links differ per environment.
    pub const fn new(display_name: &'static str, icon: Icon) -> Self {
        Platform { display_name, icon, parent: None, has_environments: true }
    }

    /// Makes it a service of another platform.
    pub const fn part_of(self, parent: Parent) -> Self {
        Platform { parent: Some(parent), ..self }
    }

    /// Says that links are the same in every environment, so that none need be named.
    pub const fn without_environments(self) -> Self {
        Platform { has_environments: false, ..self }
    }

    /// Key of the platform that the environment values belong to: the parent's, or `id`, the
    /// plugin's own.
    pub fn key(&self, id: &'static str) -> &'static str {
        self.parent.map_or(id, |parent| parent.key)
    }
}
