//! The portal with the plugins that come with it.

fn main() -> std::process::ExitCode {
    portal_server::main()
}
