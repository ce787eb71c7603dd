#!/bin/bash
# Plans one batch in an array of eight tasks:   sbatch slurm.sh estates.ndjson answers/
# One of them again, the third say:             sbatch --array=3 slurm.sh estates.ndjson answers/
#SBATCH --job-name=colocate
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
set -eu
# How many tasks the batch is divided among, whichever of them run now.
shards=${SHARDS:-8}
estates=$1 answers=$2
mkdir -p "$answers"
part=$(printf '%s/part-%04d.ndjson' "$answers" "$SLURM_ARRAY_TASK_ID")
# A task that is preempted, requeued or out of time goes on in its part. `exec`, so that Slurm's signals reach the program, which then
# ends between two lines.
exec colocate batch "$estates" --shard "$SLURM_ARRAY_TASK_ID/$shards" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    --resume "$part" -o "$part" --summary --allow-failed
