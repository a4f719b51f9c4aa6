//! The portal with the plugins that come with it.

portal_server::main!();
