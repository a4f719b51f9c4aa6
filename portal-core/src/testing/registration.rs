//! Many plugins out of a few, for measuring and for trying out rules between plugins.

use crate::linked::LinkedPlugin;
use crate::registration::Registration;

impl LinkedPlugin {
    /// The registration of this plugin under other names, without aliases. A table begins with
    /// the id.
    pub fn renamed(
        &self,
        id: &'static str,
        wire_name: &'static str,
        table: &'static str,
    ) -> Registration {
        let mut registration = self.registration.clone();
        registration.id = id;
        if let Some(output) = &mut registration.output {
            output.wire_name = wire_name;
            output.aliases = &[];
            output.table = table;
        }
        registration
    }
}
