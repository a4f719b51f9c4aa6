//! A plugin without a data output: a tile and a link.

use portal_core::prelude::*;

/// A place that data products find by their namespace.
#[derive(Debug)]
pub struct Launcher;

impl Plugin for Launcher {
    const ID: &'static str = "launcher";
    const PLATFORM: Platform =
        Platform::new("Launcher", icon!("launcher-logo.svg")).without_environments();
    const HOME: Option<&'static str> = Some("https://launcher.example/products/{namespace}");
    type PlatformValues = NoValues;
}

register!(Launcher);
