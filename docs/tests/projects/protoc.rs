//! The chapter on protoc, with the protoc that comes along and the plugin of this workspace.

use crate::project::Project;

#[test]
fn protoc_and_the_plugin_make_a_service_as_their_chapter_says() {
    let chapter = include_str!("../../guide/12-protoc.md");
    let answered = Project::new("post", chapter).with_protoc().follow(chapter);
    assert_eq!(answered, 2, "the chapter has changed, and this test has not");
}
