//! Chapters that are projects, done as they say: their files in an empty folder, their commands, and what they print.
#![cfg(unix)] // The folder has a link in it, and the commands are a shell's.

mod buf;
mod build_script;
mod first_service;
mod project;
mod protoc;
