//! `colocate pack` as its users meet it: instances as benchmark libraries write them, broken ones, limits, Ctrl-C.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

fn start(arguments: &[&str], instance: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_colocate"))
        .args(["pack", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    child.stdin.take().expect("a pipe").write_all(instance.as_bytes()).expect("it reads");
    child
}

/// Exit code, stdout and stderr.
fn pack(arguments: &[&str], instance: &str) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = start(arguments, instance).wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// The text format: how many, the capacity, the sizes.
fn text(capacity: u64, sizes: &[u64]) -> String {
    let mut text = format!("{}\n{capacity}\n", sizes.len());
    sizes.iter().for_each(|size| writeln!(text, "{size}").expect("a string"));
    text
}

/// Sizes spread over a range without a pattern.
fn spread(items: u64, low: u64, high: u64) -> Vec<u64> {
    (0..items).map(|i| low + i.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29) % (high - low + 1)).collect()
}

/// Small items of which half of the pairs exclude each other: colours of a random graph, of which the linear bound says little.
fn endless() -> String {
    let number = 100;
    let mix = |x: u64| (x ^ x >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let edge = |a: u64, b: u64| mix(mix((a * number + b).wrapping_mul(0x9E37_79B9_7F4A_7C15))) >> 40 & 1 == 1;
    let tags = |i: u64| -> Vec<String> {
        (0..number).filter(|j| *j != i && edge(i.min(*j), i.max(*j))).map(|j| format!("{}-{}", i.min(j), i.max(j))).collect()
    };
    let sizes = spread(number, 1, 100).into_iter().zip(0..);
    let items: Vec<Value> = sizes.map(|(size, i)| json!({ "size": size, "apart": tags(i) })).collect();
    json!({ "capacity": 1000, "items": items }).to_string()
}

#[test]
fn instances_of_benchmark_libraries_are_proven() {
    let triplets: Vec<u64> = (0..20).flat_map(|i| [380 + 5 * i, 251 + 2 * i, 369 - 7 * i]).collect();
    assert_eq!(pack(&[], &text(1000, &triplets)).1, "20 bins, proven minimal, 20 patterns\n");
    let uniform = text(150, &spread(120, 20, 100));
    let (code, answer, _) = pack(&["--require-proof"], &uniform);
    assert!(code == Some(0) && answer.contains(" bins, proven minimal, "), "{answer}");
    // Sizes with counts, lines that end as on Windows, a line that is not ended.
    assert_eq!(pack(&[], "3\r\n10\r\n6\t2\r\n4\r\n3 5").1, "4 bins, proven minimal, 4 patterns\n");
    assert_eq!(pack(&[], "0\n10\n").1, "0 bins, proven minimal, 0 patterns\n");
}

#[test]
fn a_hundred_thousand_items_are_no_matter() {
    let (code, answer, _) = pack(&["--format", "json"], &text(200, &spread(100_000, 1, 40)));
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!((code, &answer["optimal"]), (Some(0), &json!(true)));
    let placed = |pattern: &Value| -> u64 {
        let items = pattern["items"].as_object().expect("items").values();
        pattern["count"].as_u64().expect("a number") * items.map(|n| n.as_u64().expect("a number")).sum::<u64>()
    };
    assert_eq!(answer["patterns"].as_array().expect("patterns").iter().map(placed).sum::<u64>(), 100_000);
}

#[test]
fn broken_instances_are_refused_with_the_place() {
    let refused = |instance: &str, reason: &str| {
        let (code, out, err) = pack(&[], instance);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{instance}");
        assert!(err.contains(reason), "`{reason}` is not in\n{err}");
    };
    refused("", "<stdin>:1:1");
    refused("3", "expected the capacity");
    refused("2\n10\n6\n", "<stdin>:1:1");
    refused("2\n10\n6\n4.5\n", "<stdin>:4:1");
    refused("2\n10\n6\n-4\n", "<stdin>:4:1");
    refused("1\n10\n18446744073709551616\n", "<stdin>:3:1");
    refused("1\n10\n5 4294967296\n", "<stdin>:3:3");
    refused("2\n10\n5 4294967295\n5 4294967295\n", "more than 4294967295");
    refused(r#"{"capacity": 10, "items": [{"size": 5, "count": 2000000, "apart": ["x"]}]}"#, "/items/0/count");
    refused(r#"{"capacity": 10, "items": [{"size": 5}"#, "<stdin>:1:38");
}

#[test]
fn without_time_there_is_an_answer_and_the_gap_is_told() {
    let (code, answer, _) = pack(&["--time-limit", "0"], &endless());
    assert!(code == Some(0) && answer.contains("at least"), "{answer}");
    assert_eq!(pack(&["--time-limit", "0", "--require-proof"], &endless()).0, Some(4));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_search_with_what_was_found() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let mut child = start(&["-v", "--require-proof"], &endless());
    let mut told = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    // Once it searches, it has long been ready to be interrupted.
    assert!(told.any(|line| line.expect("text").contains("Columns")));
    let rest = std::thread::spawn(move || told.count());
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("`kill` runs");
    assert!(killed.success());
    let mut answer = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut answer).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(4));
    rest.join().expect("it has been read");
    assert!(answer.contains("at least"), "{answer}");
}
