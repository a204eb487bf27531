//! The first chapter: from an empty folder to a call that works, and to one that does not.

use guide::commands::commands;

use crate::project::Project;

#[test]
fn the_first_service_does_what_its_chapter_says() {
    let chapter = include_str!("../../guide/01-first-service.md");
    let project = Project::new("hello", chapter);
    assert_eq!(project.printed("cargo build"), "", "it is built without a warning");
    let mut commands = commands(chapter);
    let (last, unanswered) = commands.pop().expect("the chapter has commands");
    let (mut servers, mut answered) = (Vec::new(), 0);
    for (command, shown) in commands {
        match shown {
            None => servers.push(project.start(&command)),
            Some(shown) => {
                assert_eq!(project.printed(&command), shown, "{command}");
                answered += 1;
            }
        }
    }
    assert_eq!((servers.len(), answered), (1, 2), "the chapter has changed, and this test has not");
    drop(servers);
    assert_eq!(Some(project.printed(&last)), unanswered, "{last}");
}
