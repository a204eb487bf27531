//! What a chapter shows of a shell: commands, and what they print.

use crate::chapter::{Block, Piece, pieces};

/// Each command of a chapter with the output that is shown right below it, if any is.
///
/// # Panics
/// If output is shown before any command.
#[must_use]
pub fn commands(chapter: &str) -> Vec<(String, Option<String>)> {
    let mut commands = Vec::new();
    let mut prose_since = true;
    for piece in pieces(chapter) {
        match piece {
            Piece::Code(Block { language: "sh", code, .. }) => {
                commands.push((code.trim_end().to_owned(), None));
                prose_since = false;
            }
            Piece::Code(Block { language: "text", code, .. }) if !prose_since => {
                let (_, shown) = commands.last_mut().expect("a command came before");
                *shown = Some(code);
            }
            Piece::Line("") => {}
            Piece::Line(_) | Piece::Code(_) => prose_since = true,
        }
    }
    commands
}
