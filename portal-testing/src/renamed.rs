//! Many plugins out of a few, for measuring and for trying out rules between plugins.

use portal_core::__private::{Parts, from_parts, linked, parts};
use portal_core::Registration;
use portal_engine::LinkedPlugin;

/// The registration of a plugin under other names, without aliases. A table begins with the id.
///
/// # Panics
///
/// When the plugin came to its registry some other way than through the linker.
pub fn renamed(
    plugin: &LinkedPlugin,
    id: &'static str,
    wire_name: &'static str,
    table: &'static str,
) -> Registration {
    let own = linked().map(parts).find(|parts| parts.id == plugin.id());
    let mut parts = Parts { id, ..own.expect("the linker collected it").clone() };
    if let Some(output) = &mut parts.output {
        output.wire_name = wire_name;
        output.aliases = &[];
        output.table = table;
    }
    from_parts(parts)
}
