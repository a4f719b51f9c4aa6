//! The portal that the process tests start.

portal_server::main!(portal_tests);
