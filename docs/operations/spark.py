"""Plans estates with Spark:   spark-submit spark.py ESTATES ANSWERS

ESTATES is text with an estate a line, ANSWERS the folder that the answers are written to. `colocate` must be on the path of the
executors. An estate's answer is known by its `name`: `source` counts the lines of a partition.
"""

import sys

from pyspark.sql import SparkSession


def main(estates, answers):
    spark = SparkSession.builder.appName("colocate").getOrCreate()
    lines = spark.read.text(estates).rdd.map(lambda row: row.value)
    # Spark runs a task a core, so one thread each. The exit code 1 of a partition with estates that cannot be planned is no
    # reason to try again, so it is not checked; their lines say why.
    lines.pipe("colocate batch - --jobs 1 --quiet").saveAsTextFile(answers)
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
