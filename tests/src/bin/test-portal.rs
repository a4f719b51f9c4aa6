//! The portal that the process tests start.

use portal_tests as _;

fn main() -> std::process::ExitCode {
    portal_server::main()
}
