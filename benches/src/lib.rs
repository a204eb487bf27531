//! The echo service on each peer, and how it is measured.

pub mod events;
pub mod measure;
pub mod micro;
pub mod tonic;

/// Where a server prints its address, and a client its figures.
pub const READY: &str = "ready ";

/// Whose server and client run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Ours.
    Micro,
    /// tonic, as its guide has it.
    Tonic,
}

impl Peer {
    /// Both, ours first.
    pub const ALL: [Self; 2] = [Self::Micro, Self::Tonic];

    /// The name on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Micro => "micro",
            Self::Tonic => "tonic",
        }
    }

    /// The peer with a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }
}
