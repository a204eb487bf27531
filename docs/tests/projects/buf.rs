//! The chapter on buf, with the real one.

use std::path::PathBuf;

use crate::project::Project;

#[test]
#[ignore = "needs buf: run by cargo xtask test"]
fn buf_and_the_plugin_make_a_service_as_their_chapter_says() {
    let chapter = include_str!("../../guide/13-buf.md");
    let buf = std::env::var_os("MICRO_TEST_BUF").expect("MICRO_TEST_BUF says where buf is");
    let folder = PathBuf::from(buf).parent().expect("it is in a folder").to_owned();
    let answered = Project::new("hotel", chapter).with_programs(folder).follow(chapter);
    assert_eq!(answered, 1, "the chapter has changed, and this test has not");
}
