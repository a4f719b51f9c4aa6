//! What the tests need around the portal: servers in this process and in others, and requests.

mod client;
mod process;
mod server;

pub use client::{Answer, Client};
pub use process::{Process, refusal};
pub use server::TestServer;
