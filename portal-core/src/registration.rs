//! What a plugin crate submits through the linker.
//!
//! A [`Registration`] is built by a `const fn` that is generic over the plugin and erases its
//! type into function pointers, so that a registration is plain data without a destructor and
//! can be collected from a `static`.

use std::any::Any;
use std::fmt::{self, Debug};

use diesel::QueryResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::column::Column;
use crate::data_product::DataProduct;
use crate::db::Connection;
use crate::entry::{Entry, Example};
use crate::environment::{Environment, Link, LinkError, Place};
use crate::error::{Problem, Problems};
use crate::id::Id;
use crate::json;
use crate::migration::EmbeddedMigration;
use crate::platform::Platform;
use crate::plugin::{DataOutput, Plugin};
use crate::stored::Stored;
use crate::template::{Fields, Template, Values};

inventory::collect!(Registration);

/// The source line that a registration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// Name of the crate.
    #[serde(rename = "crate")]
    pub crate_name: &'static str,
    /// Version of the crate.
    pub version: &'static str,
    /// Source file, as the compiler was given it.
    pub file: &'static str,
    /// Line of the registration in that file.
    pub line: u32,
    /// Path of the module that it is in. Its first part is the name of the library.
    #[serde(skip)]
    pub module: &'static str,
}

impl Origin {
    /// Name of the library, by which source lines name the crate: that of a package and of its
    /// library may differ, and every dash of the one is an underscore of the other.
    pub fn library(&self) -> &'static str {
        self.module.split("::").next().unwrap_or(self.module)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}:{}", self.crate_name, self.version, self.file, self.line)
    }
}

/// A plugin as its crate announces it, with its type erased. Made by `register!`.
#[derive(Debug, Clone)]
pub struct Registration(Parts);

/// What the linker collected, in any order.
pub fn linked() -> impl Iterator<Item = &'static Registration> {
    inventory::iter::<Registration>()
}

/// What a registration is made of.
pub fn parts(registration: &Registration) -> &Parts {
    &registration.0
}

/// A registration of other parts than a type would give, for trying out rules between plugins.
pub fn from_parts(parts: Parts) -> Registration {
    Registration(parts)
}

/// What a [`Registration`] is made of, for the engine.
#[derive(Debug, Clone)]
pub struct Parts {
    /// See [`Plugin::ID`].
    pub id: &'static str,
    /// Where the registration is.
    pub origin: Origin,
    /// See [`Plugin::PLATFORM`].
    pub platform: Platform,
    /// The platform's values.
    pub values: ValueType,
    /// See [`Plugin::HOME`].
    pub home: Option<&'static str>,
    /// See [`Plugin::url`].
    pub url: fn(PlaceRef<'_>) -> Link,
    /// `None` for a launcher.
    pub output: Option<OutputParts>,
}

/// The part of a registration that only a plugin with a data output has.
#[derive(Debug, Clone)]
pub struct OutputParts {
    /// See [`DataOutput::WIRE_NAME`].
    pub wire_name: &'static str,
    /// See [`DataOutput::ALIASES`].
    pub aliases: &'static [&'static str],
    /// Name of its table.
    pub table: &'static str,
    /// See [`DataOutput::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// See [`DataOutput::DETAILED_NAME`].
    pub detailed_name: &'static str,
    /// See [`DataOutput::RESULT_LABEL`].
    pub result_label: &'static str,
    /// See [`Stored::RESULT_TEMPLATE`].
    pub result_template: &'static str,
    /// See [`DataOutput::TECHNICAL_INFO_TEMPLATE`].
    pub technical_info_template: &'static str,
    /// Its migrations, oldest first.
    pub migrations: &'static [EmbeddedMigration],
    /// The entries per environment.
    pub entries: ValueType,
    /// See [`Entry::NAMED_BY`].
    pub named_by: Option<&'static str>,
    /// See [`Entry::MARKED_BY`].
    pub marked_by: Option<&'static str>,
    /// The names of entries that were read, in their order.
    pub names: fn(&(dyn Any + Send + Sync)) -> Vec<Option<String>>,
    /// JSON Schema of the struct.
    pub schema: fn() -> Value,
    /// The columns of its table, without `id`.
    pub columns: &'static [Column],
    /// See [`DataOutput::example`].
    pub example: fn() -> Box<dyn AnyOutput>,
    /// Reads checked input.
    pub read: fn(Value) -> Result<Box<dyn AnyOutput>, Problem>,
    /// Loads the rows with these ids; ids without a row are left out.
    pub load: fn(&mut Connection, &[&str]) -> QueryResult<Vec<LoadedRow>>,
}

/// An asset's id and the data output stored for it.
pub type LoadedRow = (Id, Box<dyn AnyOutput>);

/// A type of configured values: its schema, how to read it, and an example.
#[derive(Debug, Clone, Copy)]
pub struct ValueType {
    /// JSON Schema of one of them.
    pub schema: fn() -> Value,
    /// Reads one value (platform values) or a list of them (environment entries).
    pub read: fn(Value) -> Result<Box<dyn Any + Send + Sync>, Problem>,
    /// An example for an environment with this acronym, as JSON.
    pub example: fn(&str) -> Value,
}

/// [`Place`] with the type of the platform's values erased.
#[derive(Clone, Copy)]
pub struct PlaceRef<'a> {
    /// See [`Place::product`].
    pub product: &'a DataProduct,
    /// See [`Place::environment`].
    pub environment: Option<&'a Environment>,
    /// The platform's values, as the plugin's type.
    pub values: Option<&'a (dyn Any + Send + Sync)>,
}

impl<'a> PlaceRef<'a> {
    fn typed<V: 'static>(&self) -> Place<'a, V> {
        let values = self.values.and_then(|values| values.downcast_ref());
        Place::new(self.product, self.environment, values)
    }
}

impl Registration {
    /// A plugin without a data output: a tile and a link.
    pub const fn launcher<P: Plugin>(origin: Origin) -> Self {
        Registration(Parts {
            id: P::ID,
            origin,
            platform: P::PLATFORM,
            values: ValueType {
                schema: json::schema_of::<P::PlatformValues>,
                read: read_boxed::<P::PlatformValues>,
                example: |acronym| to_value(&P::PlatformValues::example(acronym)),
            },
            home: P::HOME,
            url: |place| P::url(&place.typed()),
            output: None,
        })
    }

    /// A plugin with a data output, its table and its migrations.
    pub const fn data_output<P: DataOutput>(
        origin: Origin,
        migrations: &'static [EmbeddedMigration],
    ) -> Self {
        let mut registration = Self::launcher::<P>(origin);
        registration.0.output = Some(OutputParts {
            wire_name: P::WIRE_NAME,
            aliases: P::ALIASES,
            table: P::TABLE,
            schema_version: P::SCHEMA_VERSION,
            detailed_name: P::DETAILED_NAME,
            result_label: P::RESULT_LABEL,
            result_template: P::RESULT_TEMPLATE,
            technical_info_template: P::TECHNICAL_INFO_TEMPLATE,
            migrations,
            entries: ValueType {
                schema: json::schema_of::<P::Entry>,
                read: read_boxed::<Vec<P::Entry>>,
                example: |acronym| to_value(&P::Entry::example(acronym)),
            },
            named_by: P::Entry::NAMED_BY,
            marked_by: P::Entry::MARKED_BY,
            names: |entries| {
                let entries =
                    entries.downcast_ref::<Vec<P::Entry>>().map_or(&[][..], Vec::as_slice);
                entries.iter().map(|entry| entry.name().map(str::to_owned)).collect()
            },
            schema: json::schema_of::<P>,
            columns: P::COLUMNS,
            example: || Box::new(P::example()),
            read: |value| Ok(Box::new(json::read::<P>(value)?)),
            load: |connection, ids| {
                let rows = P::load(connection, ids)?;
                Ok(rows
                    .into_iter()
                    .map(|(id, output)| (id, Box::new(output) as Box<dyn AnyOutput>))
                    .collect())
            },
        });
        registration
    }
}

fn read_boxed<T: DeserializeOwned + Send + Sync + 'static>(
    value: Value,
) -> Result<Box<dyn Any + Send + Sync>, Problem> {
    Ok(Box::new(json::read::<T>(value)?))
}

fn to_value<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("a plugin's types serialise to JSON objects")
}

/// A data output of any plugin.
pub trait AnyOutput: Debug + Send + Sync {
    /// Its fields, in declaration order.
    fn fields(&self) -> Fields;
    /// See [`DataOutput::normalise`].
    fn normalise(&mut self);
    /// See [`DataOutput::validate`].
    fn validate(&self, product: &DataProduct, problems: &mut Problems);
    /// See [`DataOutput::render`].
    fn render(&self, template: &Template, values: Values<'_>) -> String;
    /// See [`DataOutput::entry_name`].
    fn entry_name(&self) -> Option<&str>;
    /// See [`DataOutput::asset_url`].
    fn asset_url(
        &self,
        entries: &(dyn Any + Send + Sync),
        picked: usize,
        place: PlaceRef<'_>,
    ) -> Link;
    /// Writes the row of an asset that has none yet.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn insert(&self, connection: &mut Connection, id: &Id) -> QueryResult<()>;
    /// Replaces the row of an asset whole, so that an emptied field does not survive.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn replace(&self, connection: &mut Connection, id: &Id) -> QueryResult<()>;
}

impl<T: DataOutput> AnyOutput for T {
    fn fields(&self) -> Fields {
        match to_value(self) {
            Value::Object(fields) => fields,
            _ => Fields::new(),
        }
    }

    fn normalise(&mut self) {
        DataOutput::normalise(self);
    }

    fn validate(&self, product: &DataProduct, problems: &mut Problems) {
        DataOutput::validate(self, product, problems);
    }

    fn render(&self, template: &Template, values: Values<'_>) -> String {
        DataOutput::render(self, template, values)
    }

    fn entry_name(&self) -> Option<&str> {
        DataOutput::entry_name(self)
    }

    fn asset_url(
        &self,
        entries: &(dyn Any + Send + Sync),
        picked: usize,
        place: PlaceRef<'_>,
    ) -> Link {
        let entry = entries
            .downcast_ref::<Vec<T::Entry>>()
            .and_then(|entries| entries.get(picked))
            .ok_or(LinkError::Unsupported)?;
        DataOutput::asset_url(self, entry, &place.typed())
    }

    fn insert(&self, connection: &mut Connection, id: &Id) -> QueryResult<()> {
        Stored::insert(self, connection, id)
    }

    fn replace(&self, connection: &mut Connection, id: &Id) -> QueryResult<()> {
        T::delete(connection, id)?;
        Stored::insert(self, connection, id)
    }
}

/// Announces a plugin: a launcher with `register!(Type);`, a data output with its migrations with
/// `register!(Type, migrations!["…"]);`.
#[macro_export]
macro_rules! register {
    ($plugin:ty $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Registration::launcher::<$plugin>($crate::__origin!())
        }
    };
    ($plugin:ty, $migrations:expr $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::__private::Registration::data_output::<$plugin>(
                $crate::__origin!(),
                $migrations,
            )
        }
    };
}

/// The crate, version, file, line and module of the caller.
#[doc(hidden)]
#[macro_export]
macro_rules! __origin {
    () => {
        $crate::__private::Origin {
            crate_name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            file: file!(),
            line: line!(),
            module: module_path!(),
        }
    };
}
