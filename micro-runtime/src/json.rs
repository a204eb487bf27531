//! Canonical proto3 JSON.
