"""Plans estates with Spark:   spark-submit spark.py ESTATES ANSWERS [--program PATH] [--bytes N] [--rules DIR]…

ESTATES is text with an estate a line, ANSWERS the folder that the answers are written to, a line each, as `colocate batch` writes them. A
`source` is the line of the whole input, so the lines are those that one machine gives for the same file. Every estate is answered exactly
once: a partition whose program ends too soon goes on behind its last answer, and an estate that ends the program again and again is
answered by an error. `answer` is for use from other programs.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

from pyspark.sql import SparkSession

# Times that the program is started anew for one estate before that is answered by an error.
TRIES = 3


def main():
    parser = argparse.ArgumentParser(description="Plans estates with Spark.")
    parser.add_argument("estates", help="text with an estate a line")
    parser.add_argument("answers", help="a folder that is not there yet")
    parser.add_argument("--program", default="colocate", help="where the executors have it; looked for on their PATH")
    parser.add_argument("--bytes", type=int, default=4 << 20, help="estates of so many bytes are one partition")
    parser.add_argument("--rules", action="append", default=[], help="rule files, where the executors have them")
    options = parser.parse_args()

    spark = SparkSession.builder.appName("colocate").getOrCreate()
    estates = spark.read.text(options.estates)
    rules = [argument for path in options.rules for argument in ("--rules", path)]
    wanted = answer(estates, options.estates, options.program, rules, options.bytes)
    wanted.select("value").write.text(options.answers)

    # What is there counts, not what was sent.
    total = estates.where("trim(value) != ''").count()
    lines = spark.read.text(options.answers)
    codes = lines.rdd.map(lambda row: json.loads(row.value).get("error", {}).get("code"))
    failed = codes.filter(bool).countByValue()
    answered = lines.count()
    print(f"{total} estates, {answered} answers, {sum(failed.values())} failed", file=sys.stderr)
    for code, times in sorted(failed.items()):
        print(f"  {times} × {code}", file=sys.stderr)
    spark.stop()
    return 0 if answered == total else 1


def answer(estates, name, program="colocate", arguments=(), bytes_each=4 << 20):
    """The answers to the estates in the column `value` of a data frame, as a data frame with the columns `line` and `value`.

    Spark runs a task a core, so the program gets one thread. Partitions are of about as many bytes, since estates differ in size.
    """
    spark = estates.sparkSession
    numbered = estates.rdd.zipWithIndex().map(lambda pair: (pair[1] + 1, pair[0].value)).filter(lambda pair: pair[1].strip())
    sizes = numbered.map(lambda pair: len(pair[1].encode())).stats()
    busy = max(spark.sparkContext.defaultParallelism, -(-int(sizes.sum()) // bytes_each))
    partitions = max(1, min(busy, sizes.count()))
    # By line, so that a task that is run again has the same estates.
    spread = numbered.partitionBy(partitions, lambda line: line)
    command = [program, "batch", "-", "--jobs", "1", "--quiet", "--allow-failed", *arguments]
    answers = spread.mapPartitions(lambda pairs: planned(list(pairs), name, command))
    return spark.createDataFrame(answers, "line long, value string")


def planned(pairs, name, command):
    """Answers one partition: pairs of line and text."""
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(f"`{command[0]}` is not on the executor's PATH ({os.environ.get('PATH', 'empty')}); see --program")
    done, tries = 0, 0
    while done < len(pairs):
        before = done
        for line, text in once(pairs[done:], name, command):
            yield line, text
            done += 1
        tries = tries + 1 if done == before else 1
        if done < len(pairs) and tries >= TRIES:
            line, _ = pairs[done]
            message = f"the program ended {tries} times on this estate without an answer"
            error = {"code": "E0901", "message": message, "diagnostics": []}
            yield line, json.dumps({"source": f"{name}:{line}", "name": None, "error": error}, separators=(",", ":"))
            done, tries = done + 1, 0


def once(pairs, name, command):
    """Starts the program on some estates; its answers until it ends."""
    # From a file: whoever writes to a pipe and reads from another may wait for himself.
    with tempfile.TemporaryFile() as estates:
        for _, text in pairs:
            estates.write(text.replace("\r", " ").replace("\n", " ").encode() + b"\n")
        estates.seek(0)
        with subprocess.Popen(command, stdin=estates, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
            for (line, _), answered in zip(pairs, running.stdout):
                if not answered.endswith(b"\n"):
                    break
                yield line, renamed(answered.decode().rstrip("\n"), name, line)
            running.stdout.close()


def renamed(answered, name, line):
    """An answer whose places are those of the whole input."""
    rest = answered.split(",", 1)[1]
    if '"error":{' not in rest[:4096]:
        return f'{{"source":{json.dumps(f"{name}:{line}", ensure_ascii=False)},{rest}'
    parsed = json.loads(answered)
    parsed["source"] = f"{name}:{line}"
    for diagnostic in parsed.get("error", {}).get("diagnostics", []):
        if "position" in diagnostic:
            diagnostic["position"].update(file=name, line=line)
    return json.dumps(parsed, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
