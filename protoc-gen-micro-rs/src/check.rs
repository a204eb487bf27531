//! Finds what cannot be generated, before anything is, and what looks wrong.

use crate::diagnostic::Diagnostic;
use crate::options::Options;
use crate::schema::Schema;
use crate::types::Types;

mod clashes;
mod http;
mod support;
mod topics;

/// All mistakes.
pub(crate) fn all(schema: &Schema, options: &Options) -> Vec<Diagnostic> {
    let types = Types::new(schema, options);
    let mut found = support::check(schema, options, &types);
    found.extend(clashes::check(schema));
    found.extend(http::check(schema));
    found.extend(topics::check(schema));
    found
}

/// What looks wrong, and can be generated all the same.
pub(crate) fn warnings(schema: &Schema) -> Vec<Diagnostic> {
    http::routes::check(schema)
}
