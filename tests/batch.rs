//! `colocate batch`: a line an estate, in the order of the inputs, whatever goes wrong with some of them.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// An estate of so many CRUD APIs, on one line.
fn estate(name: &str, apis: usize) -> String {
    let apis: Vec<String> = (0..apis).map(|i| format!(r#""Api{i:02}": {{ "type": "CrudApi" }}"#)).collect();
    format!(r#"{{ "version": 1, "name": "{name}", "components": {{ {} }} }}"#, apis.join(", "))
}

/// So many lines, each an estate of another size.
fn lines(count: usize) -> String {
    (0..count).map(|i| estate(&format!("e{i}"), 1 + i % 5) + "\n").collect()
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colocate"));
    command.arg("batch").args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn batch(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("it runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("not killed")
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// The answers, of which each must be a whole line.
fn answers(stdout: &[u8]) -> Vec<Value> {
    assert!(stdout.is_empty() || stdout.ends_with(b"\n"));
    let lines = stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("each line is JSON")).collect()
}

fn sources(stdout: &[u8]) -> Vec<String> {
    answers(stdout).iter().map(|answer| answer["source"].as_str().expect("a source").to_owned()).collect()
}

#[test]
fn an_answer_is_the_plan_of_the_estate_alone() {
    let folder = folder(&[("a.json", &estate("a", 3))]);
    let output = batch(folder.path(), &["a.json"]);
    assert_eq!((code(&output), err(&output)), (0, ""));
    let alone = Command::new(env!("CARGO_BIN_EXE_colocate"))
        .args(["plan", "a.json", "--format", "json"])
        .current_dir(folder.path())
        .output();
    let plan: Value = serde_json::from_slice(&alone.expect("it runs").stdout).expect("JSON");
    let [answer] = answers(&output.stdout).try_into().expect("one line");
    assert_eq!(answer, serde_json::json!({ "source": "a.json", "name": "a", "plan": plan }));
}

#[test]
fn inputs_keep_their_order_and_what_is_in_them_too() {
    let two = lines(2);
    let folder = folder(&[
        ("z.json", &estate("z", 1)),
        ("d/b.json", &estate("b", 1)),
        ("d/a/x.jsonl", &two),
        ("d/.hidden/h.json", "{"),
        ("d/readme.txt", "text"),
        ("g2.json", &estate("g2", 1)),
        ("g1.json", &estate("g1", 1)),
    ]);
    let output = batch(folder.path(), &["z.json", "d", "g*.json"]);
    assert_eq!(sources(&output.stdout), ["z.json", "d/a/x.jsonl:1", "d/a/x.jsonl:2", "d/b.json", "g1.json", "g2.json"]);
    assert_eq!(code(&output), 0);
}

#[test]
fn what_is_named_again_is_planned_once() {
    let folder = folder(&[("a.json", &estate("a", 1)), ("b.json", &estate("b", 1))]);
    let output = batch(folder.path(), &["b.json", "./a.json", "*.json", "a.json"]);
    assert_eq!(sources(&output.stdout), ["b.json", "./a.json"]);
    assert_eq!(err(&output).matches("is named more than once").count(), 3);
    assert_eq!(code(&batch(folder.path(), &["-", "-"])), 2);
}

#[test]
fn whatever_is_wrong_is_a_line_and_the_rest_runs() {
    let mixed = format!("{}\n\n{{ \"version\": 1, \"name\": 7 }}\r\nnot JSON\n{}", estate("first", 1), estate("last", 2));
    let unknown = estate("unknown-type", 1).replace("CrudApi", "CrudAPI");
    let folder = folder(&[
        ("mixed.ndjson", &mixed),
        ("type.json", &unknown),
        ("broken.json", "{\n  \"version\": 1,\n}"),
        ("empty/x.txt", ""),
    ]);
    let output =
        batch(folder.path(), &["none.json", "mixed.ndjson", "empty", "*.yaml", "broken.json", "mixed.ndjson/x", "type.json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(err(&output), "error: 8 of 10 estates failed; their lines say why\n");
    let answers = answers(&output.stdout);
    let said: Vec<(&str, &str)> = answers
        .iter()
        .map(|answer| (answer["source"].as_str().expect("a source"), answer["error"]["code"].as_str().unwrap_or("planned")))
        .collect();
    assert_eq!(
        said,
        [
            ("none.json", "E0103"),
            ("mixed.ndjson:1", "planned"),
            ("mixed.ndjson:3", "E0107"),
            ("mixed.ndjson:4", "E0101"),
            ("mixed.ndjson:5", "planned"),
            ("empty", "E0103"),
            ("*.yaml", "E0103"),
            ("broken.json", "E0101"),
            ("mixed.ndjson/x", "E0103"),
            ("type.json", "E0203"),
        ]
    );
    // Everything that is wrong with an estate is told, with its place in the file.
    let diagnostics = &answers[2]["error"]["diagnostics"];
    assert_eq!(diagnostics.as_array().map(Vec::len), Some(2));
    let position = |line: u32, column: u32| serde_json::json!({ "file": "mixed.ndjson", "line": line, "column": column });
    assert_eq!(diagnostics[1]["position"], position(3, 25));
    assert_eq!(answers[3]["error"]["diagnostics"][0]["position"], position(4, 2));
    assert_eq!(answers[7]["error"]["diagnostics"][0]["position"]["line"], 3);
    assert_eq!(answers[2]["error"]["message"], diagnostics[0]["message"]);
    assert_eq!((&answers[5]["name"], &answers[9]["name"]), (&Value::Null, &Value::from("unknown-type")));
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_a_line() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("a.json", &estate("a", 1)), ("b.json", &estate("b", 1)), ("c.ndjson", &lines(1))]);
    for name in ["a.json", "c.ndjson"] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o000)).expect("set");
    }
    if fs::read(folder.path().join("a.json")).is_ok() {
        return; // This user may read everything.
    }
    let output = batch(folder.path(), &["."]);
    let codes: Vec<Value> = answers(&output.stdout).iter().map(|answer| answer["error"]["code"].clone()).collect();
    assert_eq!(codes, [Value::from("E0103"), Value::Null, Value::from("E0103")]);
}

/// What the binary makes of these lines on stdin.
fn piped(arguments: &[&str], text: &str) -> Output {
    let folder = folder(&[]);
    let mut child = command(folder.path(), arguments).stdin(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = text.to_owned();
    let writing = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writing.join().expect("written").expect("written");
    output
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let lines = lines(60) + "{}\n" + &lines(3);
    let one = piped(&["-", "--jobs", "1"], &lines);
    assert_eq!(answers(&one.stdout).len(), 64);
    for jobs in ["2", "7"] {
        assert_eq!(piped(&["-", "--jobs", jobs], &lines).stdout, one.stdout);
    }
    assert_eq!(sources(&one.stdout)[60], "<stdin>:61");
}

#[test]
fn an_estate_larger_than_most_is_planned_as_on_its_own() {
    let components: Vec<String> =
        (0..9_000).map(|i| format!(r#""Component{i:05}": {{ "requirements": [{{ "resourceType": "cosmos", "requirementKey": "k{}", "config": {{ "databases": ["database-{i:05}"] }} }}] }}"#, i % 5)).collect();
    let large = format!(r#"{{ "version": 1, "name": "large", "components": {{ {} }} }}"#, components.join(", "));
    let folder = folder(&[("a.json", &estate("a", 1)), ("large.json", &large), ("z.json", &estate("z", 1))]);
    assert!(large.len() > 1 << 20);
    let one = batch(folder.path(), &[".", "--jobs", "1"]);
    assert_eq!(code(&one), 0);
    assert_eq!(answers(&one.stdout)[1]["plan"]["summary"]["resources"], 360);
    assert_eq!(batch(folder.path(), &[".", "--jobs", "3"]).stdout, one.stdout);
}

#[test]
fn shards_joined_are_the_whole_byte_for_byte() {
    let broken = "{ \"version\": 2 }\n".to_owned();
    let folder = folder(&[
        ("in/a.ndjson", &(lines(10) + "\n" + &broken)),
        ("in/b.json", &estate("b", 2)),
        ("in/c.ndjson", &lines(7)),
        ("in/d.json", "{"),
    ]);
    let whole = batch(folder.path(), &["in", "none.json"]).stdout;
    let of = answers(&whole).len();
    assert_eq!(of, 21);
    for n in [1, 2, 3, 8, 30] {
        let shards: Vec<Vec<u8>> =
            (1..=n).map(|i| batch(folder.path(), &["in", "none.json", "--shard", &format!("{i}/{n}")]).stdout).collect();
        let mut parts: Vec<_> = shards.iter().map(|shard| shard.split_inclusive(|byte| *byte == b'\n')).collect();
        let mut joined = Vec::new();
        for position in 0..of {
            joined.extend_from_slice(parts[position % n].next().expect("a line"));
        }
        assert!(parts.iter_mut().all(|part| part.next().is_none()));
        assert!(joined == whole, "{n} shards");
    }
    for wrong in ["0/3", "4/3", "3", "a/b", "1/0", "-1/3"] {
        assert_eq!(code(&batch(folder.path(), &["in", "--shard", wrong])), 2, "{wrong}");
    }
}

#[test]
fn the_shell_joins_shards_as_the_page_says() {
    let folder = folder(&[("in.ndjson", &lines(11))]);
    let whole = batch(folder.path(), &["in.ndjson"]).stdout;
    for i in 1..=3 {
        let file = format!("shard-{i}");
        assert_eq!(code(&batch(folder.path(), &["in.ndjson", "--shard", &format!("{i}/3"), "-o", &file])), 0);
    }
    let joined = Command::new("sh")
        .args(["-c", "paste -d '\\n' shard-1 shard-2 shard-3 | sed '/^$/d'"])
        .current_dir(folder.path())
        .output();
    assert_eq!(joined.expect("a shell").stdout, whole);
}

#[test]
fn a_run_goes_on_where_another_ended() {
    let folder = folder(&[("in.ndjson", &(lines(8) + "{}\n" + &lines(3)))]);
    let path = folder.path().join("answers");
    let whole = batch(folder.path(), &["in.ndjson", "-o", "answers"]);
    assert_eq!((code(&whole), whole.stdout.len()), (1, 0));
    let whole = fs::read(&path).expect("written");
    assert_eq!(answers(&whole).len(), 12);
    // Whole lines, then part of one, as a run leaves that was killed; at every length of the file.
    for kept in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 1, whole.len()] {
        fs::write(&path, &whole[..kept]).expect("written");
        let rest = batch(folder.path(), &["in.ndjson", "--resume", "answers"]);
        let lines_kept = whole[..kept].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(answers(&rest.stdout).len(), 12 - lines_kept);
        // The exit code is about all answers, whoever gave them.
        assert_eq!(code(&rest), 1);
        assert_eq!(fs::read(&path).expect("there"), &whole[..kept]);
        let output = batch(folder.path(), &["in.ndjson", "--resume", "answers", "-o", "./answers"]);
        assert_eq!((code(&output), output.stdout.len()), (1, 0));
        assert!(fs::read(&path).expect("there") == whole, "{kept} bytes kept");
    }
    // The answers need not be in order.
    let mut shuffled: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').skip(2).collect();
    shuffled.reverse();
    fs::write(&path, shuffled.concat()).expect("written");
    let rest = batch(folder.path(), &["in.ndjson", "--resume", "answers"]);
    assert_eq!(sources(&rest.stdout), ["in.ndjson:1", "in.ndjson:2"]);
    assert_eq!(code(&batch(folder.path(), &["in.ndjson", "--resume", "not there yet"])), 1);
}

#[test]
fn answers_are_neither_overwritten_nor_mistaken() {
    let folder = folder(&[("a.json", &estate("a", 1)), ("answers", "hours of work\n")]);
    let output = batch(folder.path(), &["a.json", "-o", "answers"]);
    assert!(code(&output) == 1 && err(&output).contains("E0602") && err(&output).contains("--resume"), "{}", err(&output));
    let output = batch(folder.path(), &["a.json", "--resume", "answers", "-o", "answers"]);
    assert!(code(&output) == 1 && err(&output).contains("answers:1:1"), "{}", err(&output));
    assert_eq!(fs::read_to_string(folder.path().join("answers")).expect("there"), "hours of work\n");
}

#[test]
fn the_summary_adds_up_on_stderr() {
    let output = piped(&["-", "--summary"], &(lines(5) + "{}\n"));
    assert_eq!(answers(&output.stdout).len(), 6);
    let said = err(&output);
    let wanted = "6 estates: 5 planned, 5 of them proven minimal, 1 failed\n  E0107: 1\n15 components with 45 requirements → 15 resources (67 % fewer than 45 unshared)\n";
    assert!(said.starts_with(wanted) && said.contains("s; slowest: <stdin>:"), "{said}");
}

#[test]
fn each_estate_has_its_own_time_limit() {
    let sizes: Vec<String> = (0..400).map(|i| format!(r#""C{i}": {{ "requirements": [{{ "resourceType": "functions", "requirementKey": "k", "config": {{ "functions": {}, "environmentVariables": {{}} }} }}] }}"#, 37 + (i * 7919) % 61)).collect();
    let hard = format!(r#"{{ "version": 1, "name": "hard", "components": {{ {} }} }}"#, sizes.join(", "));
    let lines = format!("{hard}\n{}\n", estate("easy", 2));
    let output = piped(&["-", "--time-limit", "0", "--require-proof"], &lines);
    let answers = answers(&output.stdout);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1]["plan"]["optimal"], true);
    let expected = if answers[0]["plan"]["optimal"] == true { 0 } else { 4 };
    assert_eq!(code(&output), expected);
}

#[test]
fn an_answer_comes_as_soon_as_it_is_there() {
    let folder = folder(&[]);
    let mut child = command(folder.path(), &["-"]).stdin(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    for name in ["a", "b", "c"] {
        writeln!(stdin, "{}", estate(name, 1)).expect("written");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read");
        assert!(line.contains(&format!(r#""name":"{name}""#)), "{line}");
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a shell").success());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_whole_lines_and_the_next_run_goes_on() {
    let text = lines(4000);
    let folder = folder(&[("in.ndjson", &text)]);
    let path = folder.path().join("answers");
    let child = command(folder.path(), &["in.ndjson", "-o", "answers", "--resume", "answers"]).spawn().expect("it runs");
    while fs::metadata(&path).map_or(0, |meta| meta.len()) < 10_000 {
        std::thread::yield_now();
    }
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let first = answers(&fs::read(&path).expect("there")).len();
    if first < 4000 {
        assert_eq!((code(&output), err(&output)), (130, ""));
    }
    // Bounded so that the test stays short: the rest of a prefix is what the next run does.
    let count = (first + 20).min(4000);
    let part: String = text.split_inclusive('\n').take(count).collect();
    fs::write(folder.path().join("in.ndjson"), part).expect("written");
    assert_eq!(code(&batch(folder.path(), &["in.ndjson", "-o", "answers", "--resume", "answers"])), 0);
    let expected: Vec<String> = (1..=count).map(|i| format!("in.ndjson:{i}")).collect();
    assert_eq!(sources(&fs::read(&path).expect("there")), expected);
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_heard_while_nothing_comes_in() {
    let folder = folder(&[]);
    let mut child = command(folder.path(), &["-"]).stdin(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    writeln!(stdin, "{}", estate("a", 1)).expect("written");
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    stdout.read_line(&mut line).expect("read");
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    drop(stdin);
}

#[test]
fn whoever_closes_the_pipe_ends_it() {
    let folder = folder(&[("in.ndjson", &lines(400))]);
    let mut child = command(folder.path(), &["in.ndjson"]).spawn().expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((code(&output), err(&output)), (0, ""));
}

#[test]
fn a_full_disk_is_an_error() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = folder(&[("in.ndjson", &lines(40))]);
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let to_stdout = command(folder.path(), &["in.ndjson"]).stdout(full).output().expect("it runs");
    for output in [to_stdout, batch(folder.path(), &["in.ndjson", "-o", "/dev/full"])] {
        assert!(code(&output) == 1 && err(&output).starts_with("error: cannot write `"), "{}", err(&output));
    }
    let output = batch(folder.path(), &["in.ndjson", "-o", "no/such/folder"]);
    assert!(code(&output) == 1 && err(&output).contains("cannot write `no/such/folder`"), "{}", err(&output));
}

#[test]
fn rules_hold_for_all() {
    let folder = folder(&[("in.ndjson", &lines(2))]);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let redis = fixtures.join("redis");
    let estate = redis.join("estate.json");
    let without = batch(folder.path(), &[estate.to_str().expect("text"), "in.ndjson"]);
    assert_eq!(code(&without), 1);
    let rules = redis.join("rules");
    let with = batch(folder.path(), &[estate.to_str().expect("text"), "in.ndjson", "--rules", rules.to_str().expect("text")]);
    assert_eq!((code(&with), answers(&with.stdout).len()), (0, 3));
    let broken = batch(folder.path(), &["in.ndjson", "--rules", "none"]);
    assert_eq!((code(&broken), broken.stdout.len()), (1, 0));
}

#[test]
fn every_fixture_comes_out_as_on_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = batch(root, &["fixtures/*/estate.json"]);
    let answers = answers(&output.stdout);
    let folders: BTreeSet<String> = sources(&output.stdout).into_iter().collect();
    assert_eq!(folders.len(), answers.len());
    let golden: Value =
        serde_json::from_slice(&fs::read(root.join("fixtures/crud-five/plan.json")).expect("there")).expect("JSON");
    let crud = answers.iter().find(|answer| answer["source"] == "fixtures/crud-five/estate.json").expect("there");
    assert_eq!(crud["plan"], golden);
}

/// Runs a shell script of the operations page with the program on its path.
#[cfg(unix)]
fn shell(folder: &Path, script: &[&str], variables: &[(&str, String)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_colocate")).parent().expect("a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("a path"));
    let mut command = Command::new(script[0]);
    command.args(&script[1..]).current_dir(folder).env("PATH", path).envs(variables.iter().map(|(name, value)| (name, value)));
    command.output().expect("a shell")
}

#[cfg(unix)]
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations").join(name);
    fs::read_to_string(path).expect("the file is there")
}

/// Joins the parts in turn, as the page says.
#[cfg(unix)]
fn joined(folder: &Path) -> Vec<u8> {
    shell(folder, &["sh", "-c", "paste -d '\\n' answers/part-* | sed '/^$/d'"], &[]).stdout
}

#[cfg(unix)]
#[test]
fn the_file_for_kubernetes_works() {
    let yaml = page("kubernetes.yaml");
    let script = yaml.split("- |\n").nth(1).and_then(|rest| rest.split("          volumeMounts").next()).expect("a script");
    let estates = lines(9) + "{}\n";
    let folder = folder(&[("in.ndjson", &estates), ("answers/x", "")]);
    fs::remove_file(folder.path().join("answers/x")).expect("removed");
    for index in 0..3 {
        let variables = [("SHARDS", "3"), ("ESTATES", "in.ndjson"), ("ANSWERS", "answers"), ("JOBS", "2")];
        let mut variables: Vec<_> = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        for (name, _) in &variables {
            assert!(yaml.contains(&format!("name: {name},")), "{name} is set");
        }
        variables.push(("JOB_COMPLETION_INDEX", index.to_string()));
        // A pod that is started again changes nothing.
        for _ in 0..2 {
            let output = shell(folder.path(), &["sh", "-c", script], &variables);
            assert_eq!(code(&output), 0, "{}", err(&output));
        }
    }
    assert_eq!(joined(folder.path()), batch(folder.path(), &["in.ndjson"]).stdout);
}

#[cfg(unix)]
#[test]
fn the_file_for_slurm_works() {
    let folder = folder(&[("in.ndjson", &lines(10)), ("slurm.sh", &page("slurm.sh"))]);
    for index in 1..=4 {
        let variables = [("SLURM_ARRAY_TASK_ID", index.to_string()), ("SHARDS", "4".to_owned())];
        let output = shell(folder.path(), &["bash", "slurm.sh", "in.ndjson", "answers"], &variables);
        assert_eq!(code(&output), 0, "{}", err(&output));
    }
    assert_eq!(joined(folder.path()), batch(folder.path(), &["in.ndjson"]).stdout);
}
