"""The files of docs/operations, tried as they are: tests/operations.py PROGRAM

Each is run with the environment that its scheduler gives it, and must answer as one machine does.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = ROOT / "docs" / "operations"
COUNT = 60


def main(program):
    program = pathlib.Path(program).resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tools = folder / "bin"
        tools.mkdir()
        (tools / "colocate").symlink_to(program)
        estates = folder / "estates.ndjson"
        estates.write_text("".join(line + "\n" for line in lines()), encoding="utf-8")
        alone = subprocess.run([program, "batch", estates, "--quiet"], capture_output=True, text=True)
        assert alone.returncode == 1, alone.stderr
        expected = sorted(alone.stdout.splitlines())
        assert len(expected) == COUNT and any('"error"' in line for line in expected)
        kubernetes(folder, tools, estates, expected)
        slurm(folder, tools, estates, expected)
        spark(folder, tools, estates, expected)


def lines():
    for i in range(COUNT):
        components = {f"C{j}": {"type": "CrudApi", "config": {"entityName": f"Ä{j}"}} for j in range(1 + i % 5)}
        if i % 7 == 3:
            components["Broken"] = {"type": "CrudApy"}
        yield json.dumps({"version": 1, "name": f"shop{i}", "location": "eastus", "components": components}, ensure_ascii=False)
        if i % 20 == 10:
            yield ""


def parts(answers):
    return sorted(line for part in sorted(answers.iterdir()) for line in part.read_text(encoding="utf-8").splitlines())


def kubernetes(folder, tools, estates, expected):
    try:
        import yaml
    except ImportError:
        print("skipped: no PyYAML here, so the Kubernetes Job was not tried")
        return
    job = yaml.safe_load((FILES / "kubernetes.yaml").read_text())
    try:
        import kubernetes_validate

        kubernetes_validate.validate(job, "1.31", strict=True)
        print("kubernetes.yaml: valid against the schema of its API")
    except ImportError:
        print("skipped: no kubernetes-validate here, so the Job was not held against the schema of its API")
    [container] = job["spec"]["template"]["spec"]["containers"]
    answers = folder / "kubernetes"
    answers.mkdir()
    stated = {entry["name"]: entry["value"] for entry in container["env"]}
    stated.update(ESTATES=str(estates), ANSWERS=str(answers))
    assert stated["SHARDS"] == str(job["spec"]["completions"])
    run = [*container["command"], *container["args"]]
    for index in range(job["spec"]["completions"]):
        env = {"PATH": f"{tools}:/usr/bin:/bin", "JOB_COMPLETION_INDEX": str(index), **stated}
        done = subprocess.run(run, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert parts(answers) == expected
    stops(run, {"PATH": f"{tools}:/usr/bin:/bin", "JOB_COMPLETION_INDEX": "0", **stated}, folder, "SHARDS", answers)
    print("kubernetes.yaml: answers as one machine does, and stops when it is told to")


def stops(run, env, folder, shards, answers):
    """The signal of the scheduler reaches the program, which leaves whole lines behind."""
    many = folder / "many.ndjson"
    many.write_text("".join(line + "\n" for _ in range(200) for line in lines()), encoding="utf-8")
    kept = [(path, path.read_bytes()) for path in answers.iterdir()]
    for path, _ in kept:
        path.unlink()
    running = subprocess.Popen(run, env={**env, "ESTATES": str(many), shards: "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(path.stat().st_size for path in answers.iterdir()):
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)
    assert running.returncode == 130, running.returncode
    [part] = answers.iterdir()
    text = part.read_text(encoding="utf-8")
    assert text.endswith("\n") and 0 < len(text.splitlines()) < 200 * COUNT
    part.unlink()
    for path, content in kept:
        path.write_bytes(content)


def slurm(folder, tools, estates, expected):
    script = FILES / "slurm.sh"
    checker = shutil.which("shellcheck")
    if checker:
        subprocess.run([checker, script], check=True)
    else:
        print("skipped: no shellcheck here")
    answers = folder / "slurm"
    for task in range(1, 9):
        # A task that is run again by itself has an array of one.
        count = "1" if task == 3 else "8"
        env = {"PATH": f"{tools}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": count, "SLURM_CPUS_PER_TASK": "1"}
        done = subprocess.run(["bash", script, estates, answers], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert parts(answers) == expected
    print("slurm.sh: answers as one machine does")


def spark(folder, tools, estates, expected):
    try:
        import pyspark
    except ImportError:
        print("skipped: no pyspark here, so the Spark program was not tried")
        return
    if shutil.which("java") is None:
        print("skipped: no Java here, so the Spark program was not tried")
        return
    # A program that now and then ends too soon, and always on one estate.
    flaky = tools / "flaky"
    flaky.write_text(FLAKY.format(python=sys.executable, program=tools / "colocate", mark=folder / "mark"))
    flaky.chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    submit = [str(pathlib.Path(pyspark.__file__).parent / "bin" / "spark-submit")]
    for program, failing in [("colocate", None), ("flaky", "shop31")]:
        answers = folder / f"spark-{program}"
        run = [*submit, "--master", "local[2]", str(FILES / "spark.py"), str(estates), str(answers), "--program", program, "--bytes", "8192"]
        done = subprocess.run(run, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-4000:]
        # spark-submit puts what a program says on stderr with the rest.
        assert f"{COUNT} estates, {COUNT} answers" in done.stdout + done.stderr, done.stdout[-2000:]
        got = sorted(line for part in answers.glob("part-*") for line in part.read_text(encoding="utf-8").splitlines())
        if failing is None:
            assert [json.loads(line) for line in got] == [json.loads(line) for line in expected]
        else:
            wrong = [json.loads(a) for a, b in zip(got, expected) if json.loads(a) != json.loads(b)]
            assert len(got) == COUNT and [answer["error"]["code"] for answer in wrong] == ["E0901"], wrong
    print("spark.py: answers as one machine does, each estate once, also when the program ends too soon")


FLAKY = """#!{python}
import os, subprocess, sys
if not os.path.exists("{mark}"):
    open("{mark}", "w").close()
    sys.exit(9)
lines = sys.stdin.buffer.read().splitlines(keepends=True)
good = []
for line in lines:
    if b'"shop31"' in line:
        break
    good.append(line)
done = subprocess.run(["{program}", *sys.argv[1:]], input=b"".join(good), stdout=subprocess.PIPE)
sys.stdout.buffer.write(done.stdout)
sys.exit(9 if len(good) < len(lines) else done.returncode)
"""


if __name__ == "__main__":
    main(*sys.argv[1:])
