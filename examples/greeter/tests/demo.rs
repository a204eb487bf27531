//! The show runs as a test, and says which step went wrong when one does.

use std::process::{Command, Output};

fn show(environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greeter"));
    command.envs(environment.iter().copied()).output().expect("the greeter runs")
}

#[test]
fn the_show_does_all_it_says_and_leaves_nothing_behind() {
    let output = show(&[]);
    let printed = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{told}");
    let steps = [
        "start",
        "spread",
        "deadline",
        "error",
        "server stream",
        "client stream",
        "both ways",
        "curl",
        "health",
        "to all",
        "poison",
        "kill",
        "return",
        "stop",
        "clean up",
    ];
    for step in steps {
        let shown = printed.lines().any(|line| line.starts_with(&format!("  {step} ")));
        assert!(shown, "no step {step:?} in\n{printed}");
    }
    assert!(printed.contains("All 15 steps"), "{printed}");
}

#[test]
fn a_step_that_goes_wrong_is_named_and_the_exit_code_says_so() {
    // No call can be answered within a nanosecond.
    let output = show(&[("MICRO_CLIENT_REQUEST_TIMEOUT", "1ns")]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("FAILED: step \"spread\""), "{told}");
}
