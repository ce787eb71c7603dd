#!/bin/bash
# Plans one batch in an array of eight tasks:   sbatch slurm.sh estates.ndjson answers/
#SBATCH --job-name=colocate
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -u
estates=$1 answers=$2
mkdir -p "$answers"
part=$(printf '%s/part-%04d.ndjson' "$answers" "$SLURM_ARRAY_TASK_ID")
# A task that is preempted or requeued goes on in its part. `exec`, so that Slurm's signals reach the program.
exec colocate batch "$estates" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    --resume "$part" -o "$part" --summary
