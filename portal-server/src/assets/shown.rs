//! What an asset is called and where it is, as answers tell it beside the shapes that clients know.

use portal_core::{Error, Id, Result};
use portal_engine::db::Connection;
use portal_engine::store::places::{Namesake, namesakes};
use portal_engine::store::{Places, Rendered, ServiceRow, TechnicalInfo};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// What an asset is called, and where it is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Shown<'a> {
    /// The rendered result; null when it cannot be rendered.
    result_string: Option<&'a str>,
    /// What it is in each environment.
    technical_info: &'a [TechnicalInfo<'a>],
    /// In how many environments it is somewhere.
    places: Places,
    /// Other assets of the service with the same result, at most five.
    same_result: Vec<Namesake>,
}

impl Shown<'_> {
    fn as_json(
        connection: &mut Connection,
        service: &ServiceRow,
        rendered: &Rendered<'_>,
        except: Option<&Id>,
    ) -> Result<Value> {
        let result = rendered.result_string.as_deref();
        let shown = Shown {
            result_string: result,
            technical_info: &rendered.technical_info,
            places: rendered.places(),
            same_result: namesakes(connection, &service.id, result.unwrap_or_default(), except)?,
        };
        serde_json::to_value(&shown).map_err(|error| Error::internal(error.to_string()))
    }
}

/// An asset that was created or changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Written {
    /// Its id.
    pub id: Id,
    /// What it is called now, and where it is.
    #[serde(flatten)]
    #[schemars(with = "Shown<'static>")]
    shown: Value,
}

impl Written {
    pub(super) fn new(
        connection: &mut Connection,
        id: Id,
        service: &ServiceRow,
        rendered: &Rendered<'_>,
    ) -> Result<Self> {
        let shown = Shown::as_json(connection, service, rendered, Some(&id))?;
        Ok(Written { id, shown })
    }
}

/// What an asset would be called, and where it would be.
#[derive(Debug, Default)]
pub(crate) struct Previewed {
    /// The rendered result; `None` when its service cannot be rendered.
    pub result: Option<String>,
    /// What answers tell of it, when a data product was named.
    pub shown: Option<Map<String, Value>>,
}

impl Previewed {
    pub(super) fn new(
        connection: &mut Connection,
        service: &ServiceRow,
        rendered: &Rendered<'_>,
    ) -> Result<Self> {
        let shown = match Shown::as_json(connection, service, rendered, None)? {
            Value::Object(shown) => Some(shown),
            _ => None,
        };
        Ok(Previewed { result: rendered.result_string.clone(), shown })
    }
}
