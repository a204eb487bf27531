use super::parameter::split;
use super::*;

#[test]
fn commas_separate_unless_they_are_escaped() {
    assert_eq!(split(r"a,b=c\,d,,e=\\"), ["a", "b=c,d", r"e=\"]);
    assert_eq!(Options::parse("").unwrap(), Options::default());
}

#[test]
fn every_known_option_is_read() {
    let switches = "messages,comments=false,strict_handlers,client=false,server=true";
    let options = Options::parse(switches).unwrap();
    assert!(options.messages && !options.comments && options.strict_handlers);
    assert_eq!((options.client, options.server), (Gate::Off, Gate::On));
    let values = "descriptors=lean,layout=file,mod_file=none,runtime_path=crate::rt,\
        extern_path=.a.b=::c::d,extern_file=a/b.proto=::e,exclude_package=.x,bytes=.,btree_map=.a,\
        boxed=.a.M.f,rename=.a.M=N,json_feature=json,client_feature=c,server_feature=s";
    let options = Options::parse(values).unwrap();
    assert_eq!((options.descriptors, options.layout), (Descriptors::Lean, Layout::File));
    assert_eq!((&*options.runtime_path, options.mod_file.as_deref()), ("crate::rt", None));
    assert_eq!(options.extern_paths[".a.b"], "::c::d");
    assert_eq!(options.extern_files["a/b.proto"], "::e");
    assert_eq!((&*options.exclude_packages[0], &*options.bytes[0]), (".x", "."));
    assert_eq!((&*options.btree_map[0], &*options.boxed[0]), (".a", ".a.M.f"));
    assert_eq!(options.renames[".a.M"], "N");
    assert_eq!(options.json, Gate::Feature("json".to_owned()));
    let every = KNOWN.iter().filter(|known| known.name.ends_with("_attribute"));
    let attributes: Vec<_> = every.map(|known| format!("{}=.a=#[x(y\\,z)]", known.name)).collect();
    let options = Options::parse(&attributes.join(",")).unwrap();
    assert_eq!(options.attributes.len(), 7);
    assert_eq!(options.attributes(Target::Client, ".a.S").to_string(), "# [x (y , z)]");
    assert!(options.attributes(Target::Client, ".ab.S").is_empty());
}

#[test]
fn mistakes_say_what_was_wanted() {
    let error = |parameter| Options::parse(parameter).unwrap_err();
    assert!(error("cleint=false").starts_with(r#"unknown option "cleint"; known are boxed, "#));
    assert_eq!(error("client=no"), r#"option client: expected true or false, got "no""#);
    assert_eq!(
        error("extern_path=a.b=::c"),
        r#"option extern_path: expected .proto.path=::rust::path, got "a.b=::c""#
    );
    assert!(error("extern_file=a=::c").contains("expected file.proto=::rust::path"));
    assert!(error("runtime_path=1 2").contains("expected a Rust path"));
    assert!(error("bytes=a.b").contains("a path with a dot in front"));
    assert!(error("rename=.a.B=1x").contains("one that Rust takes"));
    assert!(error("rename=.a.B=Self").contains("one that Rust takes"));
    assert!(error("type_attribute=.a=derive(X)").contains("expected .path=#[attribute]"));
    assert!(error("json_feature=a b").contains("the name of a feature"));
    assert!(error("mod_file=../x.rs").contains("a file name such as mod.rs"));
}

#[test]
fn what_cannot_both_be_meant_is_refused() {
    let error = |parameter| Options::parse(parameter).unwrap_err();
    assert_eq!(
        error("client=false,client_feature=c"),
        "options client=false and client_feature contradict each other; drop one of them"
    );
    assert!(error("messages=false,bytes=.").contains("messages=false and bytes"));
    assert_eq!(
        error("json=true,json=false"),
        r#"option json is given twice, as "true" and as "false""#
    );
    assert_eq!(
        error("extern_path=.a=::b,extern_path=.a=::c"),
        "option extern_path: .a is given twice, as ::b and as ::c"
    );
    let derive = "message_attribute=.=#[derive(serde::Serialize)]";
    assert!(error(derive).contains("say json=false to derive your own"));
    Options::parse(&format!("json=false,{derive}")).unwrap();
    Options::parse("client,client,extern_path=.a=::b,extern_path=.a=::b").unwrap();
}

#[test]
fn the_table_in_the_documentation_has_every_option_with_an_example_that_is_one() {
    let table = include_str!("../options.md");
    for known in KNOWN {
        let row = table.lines().find(|line| line.starts_with(&format!("| `{}` |", known.name)));
        let row = row.unwrap_or_else(|| panic!("options.md has no row for {}", known.name));
        let example = row.rsplit('`').nth(1).unwrap();
        assert!(example.starts_with(known.name), "{example}");
        let parsed = Options::parse(example);
        assert!(parsed.is_ok_and(|parsed| parsed != Options::default()), "{example}");
    }
}
