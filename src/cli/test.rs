//! `colocate test`

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use colocate::regress::{Blessing, Case, Fault, Outcome, Run, annotation, judge, junit};
use colocate::untrusted::Lines;
use colocate::{Code, Diagnostic};
use walkdir::WalkDir;

use super::files::{self, Failure};
use super::limits::Jobs;
use super::{Exit, RuleFiles};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder whose folders are cases, or one case
    #[arg(value_name = "DIR", default_value = "fixtures", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
    /// Only cases whose name contains this; may be given several times
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Show how golden files differ from what comes out, and write them anew
    #[arg(long)]
    bless: bool,
    /// Write the results as a JUnit report
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    junit: Option<PathBuf>,
    /// Let cases name files outside their own folders
    #[arg(long)]
    allow_outside: bool,
    #[command(flatten)]
    jobs: Jobs,
}

/// Set for the commands of cases, so that none of them runs cases again.
const WITHIN: &str = "COLOCATE_TEST";

/// The folder of a case.
struct Folder {
    /// Its path below the folder of all cases.
    name: String,
    path: PathBuf,
}

/// What a case came to.
struct Ran {
    folder: Folder,
    faults: Vec<Fault>,
    /// Files that nothing compares or reads.
    unreferenced: Vec<String>,
    time: Duration,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    if std::env::var_os(WITHIN).is_some() {
        let mut diagnostic = Diagnostic::error(Code::NestedTest, "a case of `colocate test` runs `colocate test`");
        diagnostic.help("name the cases to run in one call from outside");
        return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
    }
    let (folders, strays) = discover(arguments)?;
    let program = std::env::current_exe().map_err(|error| files::unreadable(Path::new("colocate"), &error))?;
    let on_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|set| set == "true");
    let mut done: Vec<Ran> = Vec::new();
    let mut failure = None;
    let work = |folder| ran(folder, &program, arguments);
    let each = |mut ran: Ran| match tell(&mut ran, arguments.bless, on_github) {
        Ok(()) => {
            done.push(ran);
            ControlFlow::Continue(())
        }
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    };
    colocate::batch::in_order(folders.into_iter(), arguments.jobs.threads(), work, |_| 0, each)
        .map_err(|error| files::unreadable(&arguments.folder, &error))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    for stray in &strays {
        note(on_github, stray, "has neither an `estate.json` nor a `case.json`, so it is not a case")?;
    }
    if let Some(path) = &arguments.junit {
        let cases = done.iter().map(|ran| (ran.folder.name.as_str(), ran.time, ran.faults.as_slice()));
        let report = junit(&arguments.folder.display().to_string(), cases)
            .map_err(|error| Failure::Output { path: path.clone(), error: io::Error::other(error) })?;
        files::write(Some(path), &report)?;
    }
    let failed = done.iter().filter(|ran| !ran.faults.is_empty()).count();
    files::write(None, &format!("\n{} passed, {failed} failed\n", done.len() - failed))?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// The folders of cases in the order of their names, and those that look like cases and are none.
fn discover(arguments: &Arguments) -> Result<(Vec<Folder>, BTreeSet<PathBuf>), Failure> {
    let root = &arguments.folder;
    let (mut folders, mut strays) = (Vec::new(), BTreeSet::new());
    let mut walk = WalkDir::new(root).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry =
            entry.map_err(|error| files::unreadable(error.path().unwrap_or(root), &io::Error::other(error.to_string())))?;
        let path = entry.path();
        if !entry.file_type().is_dir() {
            let idle = entry.depth() < 2 || entry.file_name() == "README.md" || hidden(&entry);
            strays.extend(path.parent().filter(|_| !idle).map(Path::to_owned));
        } else if path.join("estate.json").is_file() || path.join("case.json").is_file() {
            let below = path.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
            let name = below.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
            folders.push(Folder { name: name.display().to_string(), path: path.to_owned() });
            walk.skip_current_dir();
        } else if hidden(&entry) && entry.depth() > 0 {
            walk.skip_current_dir();
        }
    }
    let wanted = |folder: &Folder| arguments.filter.is_empty() || arguments.filter.iter().any(|text| folder.name.contains(text));
    let all = folders.len();
    folders.retain(wanted);
    if folders.is_empty() {
        let which = if all == 0 { String::new() } else { format!(" that the filter lets through, of {all}") };
        let mut diagnostic = Diagnostic::error(Code::Unreadable, format!("no case in `{}`{which}", root.display()));
        diagnostic.expect("a folder for each case, with an `estate.json` or a `case.json`");
        return Err(Failure::Input { diagnostics: diagnostic.into(), documents: Vec::new() });
    }
    Ok((folders, strays))
}

fn hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Runs a case.
fn ran(folder: Folder, program: &Path, arguments: &Arguments) -> Ran {
    let start = Instant::now();
    let (faults, unreferenced) = judged(&folder.path, program, arguments).unwrap_or_else(|fault| (vec![fault], Vec::new()));
    Ran { folder, faults, unreferenced, time: start.elapsed() }
}

fn judged(folder: &Path, program: &Path, arguments: &Arguments) -> Result<(Vec<Fault>, Vec<String>), Fault> {
    let entries = entries(folder).map_err(|error| broken("the folder cannot be read", &error))?;
    let case = if entries.contains("case.json") { read(&folder.join("case.json"))? } else { Case::default() };
    let planned = case.runs(&entries);
    if !arguments.allow_outside {
        confined(folder, &planned)?;
    }
    let mut runs = Vec::new();
    for run in planned {
        let outcome = execute(program, folder, &run).map_err(|error| broken("the program cannot be started", &error))?;
        runs.push((run, outcome));
    }
    let read = |file: &str| fs::read(folder.join(file)).unwrap_or_default();
    let rules = || {
        let own = entries.contains("rules/").then(|| folder.join("rules"));
        files::rules(&RuleFiles { rules: own.into_iter().collect(), prices: Vec::new() }).ok()
    };
    let mut faults = judge(&case, &runs, &read, &rules);
    if arguments.bless && faults.is_empty() && case.expects_nothing() {
        faults.extend(
            runs.first().filter(|_| runs.iter().all(|(run, _)| run.goldens.is_empty())).map(|(_, outcome)| first(&case, outcome)),
        );
    }
    let runs: Vec<Run> = runs.into_iter().map(|(run, _)| run).collect();
    Ok((faults, case.unreferenced(&entries, &runs).into_iter().map(str::to_owned).collect()))
}

/// What a case that expects nothing yet gets as its first golden file.
fn first(case: &Case, outcome: &Outcome) -> Fault {
    let (file, contents) = match (case.exit, &case.command) {
        (0, None) => ("plan.json", &outcome.stdout),
        (0, Some(_)) => ("stdout.txt", &outcome.stdout),
        _ => ("stderr.txt", &outcome.stderr),
    };
    Fault {
        what: format!("{file} is new"),
        details: vec!["the case expects nothing yet".to_owned()],
        place: (file.to_owned(), 1),
        again: String::new(),
        blessing: Some(Blessing { file: file.to_owned(), contents: contents.clone() }),
    }
}

fn broken(what: &str, error: &dyn std::fmt::Display) -> Fault {
    let details = error.to_string().lines().map(str::to_owned).collect();
    Fault { what: what.to_owned(), details, place: ("case.json".to_owned(), 1), again: String::new(), blessing: None }
}

/// Refuses a case that reads or writes anything outside its folder: by an argument, or through a symbolic link.
fn confined(folder: &Path, runs: &[Run]) -> Result<(), Fault> {
    let outside = |what: &str| {
        let help = "a case names files of its own folder; `--allow-outside` lets it name others";
        broken(&format!("the case reaches outside its folder: {what}"), &help)
    };
    let argument = runs.iter().flat_map(|run| &run.arguments).find(|argument| leads_outside(argument));
    if let Some(argument) = argument {
        return Err(outside(&format!("`{argument}`")));
    }
    let home = fs::canonicalize(folder).map_err(|error| broken("the folder cannot be read", &error))?;
    for entry in WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.path_is_symlink()) {
        // One that leads nowhere would be written through.
        if !fs::canonicalize(entry.path()).is_ok_and(|target| target.starts_with(&home)) {
            let name = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            return Err(outside(&format!("the symbolic link `{}`", name.display())));
        }
    }
    Ok(())
}

/// Whether an argument, or the value of an option in it, is a path that leads out of the folder.
fn leads_outside(argument: &str) -> bool {
    let value = match argument.strip_prefix("--") {
        Some(option) => option.split_once('=').map_or("", |(_, value)| value),
        // `-oFILE` and `-o=FILE`.
        None => argument.strip_prefix('-').and_then(|short| short.get(1..)).unwrap_or(argument),
    };
    let path = Path::new(value.trim_start_matches('='));
    let leads = |part: Component<'_>| matches!(part, Component::ParentDir | Component::RootDir | Component::Prefix(_));
    path.components().any(leads) || value.contains("..\\")
}

fn read(path: &Path) -> Result<Case, Fault> {
    let bytes = fs::read(path).map_err(|error| broken("case.json cannot be read", &error))?;
    let document = colocate::Document::new("case.json", bytes);
    document.and_then(|document| Case::read(&document)).map_err(|diagnostics| broken("case.json is wrong", &diagnostics))
}

/// The names in a folder; those of folders end in `/`.
fn entries(folder: &Path) -> io::Result<BTreeSet<String>> {
    let name = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        let slash = if entry.path().is_dir() { "/" } else { "" };
        Ok(format!("{}{slash}", entry.file_name().to_string_lossy()))
    };
    fs::read_dir(folder)?.map(name).collect()
}

fn execute(program: &Path, folder: &Path, run: &Run) -> io::Result<Outcome> {
    let mut command = Command::new(program);
    // Cases run side by side, so each needs one thread only.
    command
        .args(&run.arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .env(WITHIN, "1")
        .env("RAYON_NUM_THREADS", "1");
    let output = command.output()?;
    Ok(Outcome { exit: output.status.code(), stdout: output.stdout, stderr: output.stderr })
}

/// Says what a case came to. What can be blessed is written after it has been shown, and then is no fault any more.
fn tell(ran: &mut Ran, bless: bool, on_github: bool) -> Result<(), Failure> {
    let Ran { folder, faults, unreferenced, .. } = ran;
    let blessed = |fault: &Fault| bless && fault.blessing.is_some();
    let word = match faults.as_slice() {
        [] => "ok  ",
        faults if faults.iter().all(blessed) => "new ",
        _ => "FAIL",
    };
    let mut text = Lines::default();
    text.line(format_args!("{word} {}", folder.name));
    for fault in &*faults {
        text.line(format_args!("     {}", fault.what));
        fault.details.iter().for_each(|line| text.line(format_args!("       {line}")));
        if !blessed(fault) && !fault.again.is_empty() {
            let path = folder.path.display().to_string();
            let path = shlex::try_quote(&path).unwrap_or_default();
            text.line(format_args!("     again: (cd {path} && {})", fault.again));
        }
        if on_github {
            let (file, line) = &fault.place;
            let path = folder.path.join(file).display().to_string();
            text.command(&annotation("error", &path, *line, &folder.name, &fault.text()));
        }
    }
    files::write(None, text.as_str())?;
    for blessing in faults.extract_if(.., |fault| blessed(fault)).filter_map(|fault| fault.blessing) {
        let path = folder.path.join(&blessing.file);
        files::stream(Some(&path), &|to| to.write_all(&blessing.contents))?;
        say(format_args!("     written: {}", path.display()))?;
    }
    unreferenced
        .iter()
        .try_for_each(|file| note(on_github, &folder.path.join(file), "is compared with nothing and read by nothing"))
}

/// Says something about a file that does not make a case fail.
fn note(on_github: bool, path: &Path, what: &str) -> Result<(), Failure> {
    let path = path.display().to_string();
    let mut text = Lines::default();
    text.line(format_args!("note `{path}` {what}"));
    if on_github {
        text.command(&annotation("warning", &path, 1, "colocate test", &format!("`{path}` {what}")));
    }
    files::write(None, text.as_str())
}

fn say(line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    let mut text = Lines::default();
    text.line(line);
    files::write(None, text.as_str())
}
