"""The two shell scripts that run an attempt inside Slurm: one for the job, one for each of its nodes.

Slurm gives nodes and time; what it does not do everywhere is done here: one run per attempt however often it
was submitted, limits in seconds and bytes, the end of every process that carries the attempt's mark, the end
when the agent falls silent. They need a POSIX shell, and GNU grep, find and awk; nothing else on the nodes.
Time is what `/proc/uptime` says has passed, in hundredths of a second; where that cannot be read, each look
counts for the half second that it waited, and the job's stderr says so. No clock that may be set is asked.
The lease is read, not its time of change: see `drivers/lease.py`.
What they say to the driver are files in `.suanwang/`: `claimed/job`, `cause`, `times.<rank>`, `peak.<rank>`,
`code`.

A sum is printed with %.0f, since mawk's %d ends at 2^31 - 1. A wait is taken up again only where a signal
broke it off: the number of a process that is over may be another's already.
"""

BATCH = r"""#!/bin/sh
# batch.sh TABLE LEASE NODE_SCRIPT EVERY TIME_S OUTPUT_BYTES LOST_S MEMORY_KB INTERPRETER...
table=$1 lease=$2 node=$3 every=$4
line=$(sed -n "$((${SLURM_ARRAY_TASK_ID:-0} + 1))p" "$table")
tab=$(printf '\t')
attempt=${line%%"$tab"*} rest=${line#*"$tab"}
index=${rest%%"$tab"*} rest=${rest#*"$tab"}
tasks=${rest%%"$tab"*} folder=${rest#*"$tab"}
cd "$folder" || exit 1
mkdir .suanwang/claimed 2> /dev/null || exit 0   # submitted twice: the first to come runs
echo "$SLURM_JOB_ID" > .suanwang/claimed/job
[ "$index" = - ] || export SUANWANG_ARRAY_INDEX="$index"
unset SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT
unset SLURM_ARRAY_TASK_MIN SLURM_ARRAY_TASK_MAX SLURM_ARRAY_TASK_STEP
[ "$tasks" = - ] || export $tasks   # NAME=NUMBER, several
shift 4
set -- "$attempt" "$lease" "$@"
trap : TERM
if [ "$every" = 1 ] && [ "$SLURM_NNODES" -gt 1 ]; then
    srun --ntasks="$SLURM_NNODES" --ntasks-per-node=1 ${SLURM_CPUS_PER_TASK:+-c "$SLURM_CPUS_PER_TASK"} \
        --kill-on-bad-exit=1 --output=none --error=none /bin/sh "$node" "$@" &
else
    SLURM_PROCID=0 /bin/sh "$node" "$@" &
fi
child=$!
wait "$child"; code=$?
while [ "$code" -gt 128 ] && kill -0 "$child" 2> /dev/null; do wait "$child"; code=$?; done
[ -e .suanwang/code ] && read -r code < .suanwang/code
echo "$code" > .suanwang/exit
exit "$code"
"""

NODE = r"""#!/bin/sh
# node.sh ATTEMPT LEASE TIME_S OUTPUT_BYTES LOST_S MEMORY_KB INTERPRETER...
attempt=$1 lease=$2 time_s=$3 output_bytes=$4 lost_s=$5 memory_kb=$6
shift 6
rank=${SLURM_PROCID:-0}
limit=${lease%/*}/limits/$attempt   # there once it was given more time
export SUANWANG_NODE_RANK="$rank"
devices=${SLURM_STEP_GPUS:-${SLURM_JOB_GPUS:-${CUDA_VISIBLE_DEVICES:-}}}
if [ -z "$devices" ] && [ "${SLURM_GPUS_ON_NODE:-0}" -gt 0 ]; then
    devices=$(seq -s, 0 $((SLURM_GPUS_ON_NODE - 1)))
fi
export SUANWANG_DEVICES="$devices"

# This rank's processes only: two nodes may be one machine.
tree() { grep -lzsxF "SUANWANG_RANK_OF=$rank/$attempt" /proc/[0-9]*/environ | tr -dc '0-9\n'; }
signal_tree() { tree | while read -r pid; do kill "-$1" "$pid" 2> /dev/null; done; }
end_tree() { while [ -n "$(tree)" ]; do signal_tree KILL; sleep 0.1; done; }
size() { find . -type f -printf '%s\n' 2> /dev/null | awk '{s += $1} END {printf "%.0f", s}'; }
resident() {
    for pid in $(tree); do cat "/proc/$pid/status" 2> /dev/null; done |
        awk '/^VmRSS:/ {s += $2} END {printf "%.0f", s}'
}
because() { [ -e .suanwang/cause ] || echo "$1" > .suanwang/cause; }
up='' now=0
[ -r /proc/uptime ] && read -r up rest < /proc/uptime
case $up in *.[0-9][0-9]) steady=1 ;; *) steady= ;; esac
clock() {   # into now, which never goes back
    [ "$steady" ] || { now=$((now + 50)); return; }   # a look more
    read -r up rest < /proc/uptime
    now=$((${up%.*} * 100 + 1${up#*.} - 100))
}

watch() {
    clock
    ran=0 peak=0 before=0 last=$now looked=$now heard=$now known='' word=''
    [ "$output_bytes" -gt 0 ] && before=$1
    read -r known < "$lease"
    while sleep 0.5; do
        clock
        passed=$((now - last)) last=$now
        [ "$passed" -le 200 ] && ran=$((ran + passed))   # longer: it stood still
        if [ -e .suanwang/stop ]; then
            because cancelled
            read -r grace < .suanwang/stop
            [ "$grace" -gt 0 ] && signal_tree TERM
            while [ "$grace" -gt 0 ] && [ -n "$(tree)" ]; do sleep 1; grace=$((grace - 1)); done
            break
        fi
        [ -e "$limit" ] && read -r time_s < "$limit"
        [ "$ran" -ge $((time_s * 100)) ] && because limit_time && break
        if [ "$lost_s" -gt 0 ]; then
            read -r word < "$lease" && [ "$word" ] && [ "$word" != "$known" ] && known=$word heard=$now
            [ $((now - heard)) -ge $((lost_s * 100)) ] && because unacknowledged && break
        fi
        if [ $((now - looked)) -ge 100 ]; then
            looked=$now
            if [ "$memory_kb" -gt 0 ]; then
                held=$(resident)
                [ "$held" -gt "$peak" ] && peak=$held && echo "$peak" > ".suanwang/peak.$rank"
                [ "$held" -gt "$memory_kb" ] && because limit_memory && break
            fi
            if [ "$output_bytes" -gt 0 ] && [ "$rank" = 0 ]; then
                [ $(($(size) - before)) -gt "$output_bytes" ] && because limit_output && break
            fi
        fi
    done
    end_tree
}

before=0
[ "$output_bytes" -gt 0 ] && before=$(size)
trap 'ended=1; signal_tree KILL' TERM
if [ ! -e .suanwang/stop ]; then
    [ "$steady" ] || echo "suanwang: no /proc/uptime here: time is kept roughly" >> .suanwang/stderr
    SUANWANG_ATTEMPT="$attempt" SUANWANG_RANK_OF="$rank/$attempt" "$@" "$PWD/.suanwang/script" \
        >> .suanwang/stdout 2>> .suanwang/stderr < /dev/null &
    child=$!
    watch "$before" > /dev/null 2>&1 &
    watcher=$!
    wait "$child"; code=$?
    while [ "$code" -gt 128 ] && kill -0 "$child" 2> /dev/null; do wait "$child"; code=$?; done
    end_tree
    kill "$watcher" 2> /dev/null
else
    because cancelled
    code=143
fi
times > ".suanwang/times.$rank"
# The first node that fails says how, unless it was only taken down with the others.
[ "$code" -ne 0 ] && [ -z "$ended" ] && [ ! -e .suanwang/code ] && echo "$code" > .suanwang/code
exit "$code"
"""
