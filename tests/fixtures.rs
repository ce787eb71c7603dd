//! The folders under `fixtures/` are cases of `colocate test`. `BLESS=1 cargo test --test fixtures` writes their golden files anew.

use std::process::Command;

#[test]
fn every_fixture_comes_out_as_it_should() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.args(["test", "fixtures"]).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("GITHUB_ACTIONS");
    if std::env::var_os("BLESS").is_some() {
        command.arg("--bless");
    }
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}\nafter a look: BLESS=1 cargo test --test fixtures",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains("\nnote "), "{said}");
    let passed = said.lines().last().and_then(|line| line.strip_suffix(" passed, 0 failed")).and_then(|n| n.parse().ok());
    assert!(passed >= Some(45), "{said}");
    print!("{said}");
}
