//! Both front ends print the same bytes, whatever the order of what goes in.

use protoc_gen_micro_rs::answer;

use crate::support::{Case, cases, golden, output};

#[test]
fn the_plugin_and_build_rs_write_the_same_bytes() {
    // The builder has no method for an option that there is not.
    let is_buildable = |case: &&Case| !case.is_partial() && !case.options.contains("cleint");
    cases(&golden()).iter().filter(is_buildable).for_each(same_bytes);
}

#[test]
fn the_order_of_the_input_does_not_show() {
    cases(&golden()).iter().for_each(|case| one_answer(case, 5));
}

/// The plugin and `micro-build` write the same files, or mind the same.
pub(crate) fn same_bytes(case: &Case) {
    let (plugin, build) = (case.plugin(), case.build());
    let name = &case.name;
    match (&plugin, &build) {
        (Ok(plugin), Ok(build)) => {
            assert_eq!(
                plugin.keys().collect::<Vec<_>>(),
                build.keys().collect::<Vec<_>>(),
                "{name}"
            );
            let differ = plugin.iter().find(|(file, text)| build[*file] != **text);
            assert!(differ.is_none(), "{name}: {} differs", differ.unwrap().0);
        }
        (plugin, build) => {
            assert_eq!(plugin.as_ref().err(), build.as_ref().err(), "{name}");
        }
    }
}

/// However often and in whatever order a request's files come, the answer is the same.
pub(crate) fn one_answer(case: &Case, turns: usize) {
    let Some(mut request) = case.request() else { return };
    let first = answer(&request).response;
    for turn in 0..turns {
        let files = request.proto_file.len();
        request.proto_file.rotate_left((turn * 7 + 1) % files);
        request.proto_file.swap(0, turn % files);
        request.file_to_generate.reverse();
        let again = answer(&request).response;
        assert_eq!(first.error, again.error, "{}", case.name);
        assert!(output(first.file.clone()) == output(again.file), "{}", case.name);
    }
}
