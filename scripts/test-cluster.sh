#!/usr/bin/env bash
# Runs a sweep of 205 points on a Slurm cluster of two virtual nodes on this machine and over GNU parallel, by ssh where
# sshd is or can be had without a service being started. One task is killed half way, and lpsim itself. Every result must
# be the one of a single process, byte for byte. All that is started has ports, keys and files of its own, and ends.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
need_packages slurmctld slurmd slurm-client munge parallel sqlite3
[ -d /run/systemd/system ] || need_packages openssh-server
swift build -c release --product lpsim
lpsim=$PWD/.build/release/lpsim
port=${LPSIM_TEST_PORT:-17117}
PATH=$PATH:/usr/sbin
home=$(mktemp -d)
export SLURM_CONF=$home/slurm.conf
chmod 755 "$home" # munge's clients must reach its socket

stop() {
  local name process
  for name in slurm parallel slurmd-n1 slurmd-n2 slurmctld munged sshd; do
    [ -s "$home/$name.pid" ] || continue
    process=$(cat "$home/$name.pid")
    kill "$process" 2>/dev/null || continue
    # A daemon writes its last file before it is gone.
    for _ in $(seq 100); do kill -0 "$process" 2>/dev/null && sleep 0.1 || break; done
  done
  rm -rf "$home"
}
trap stop EXIT

fail() {
  echo "test-cluster: $1" >&2
  tail -n 20 "$home"/*.log "$home"/*.txt "$home"/*/*.shards/*.log >&2 || true
  exit 1
}

# Waits for up to a minute until a command succeeds.
await() {
  for _ in $(seq 600); do
    if "$@" >"$home/await.txt" 2>&1; then return; fi
    sleep 0.1
  done
  fail "waited in vain for: $*"
}

start_slurm() {
  head -c 32 /dev/urandom >"$home/munge.key"
  chmod 600 "$home/munge.key"
  munged --key-file="$home/munge.key" --socket="$home/munge.sock" --pid-file="$home/munged.pid" \
    --log-file="$home/munged.log" --seed-file="$home/munge.seed"
  mkdir "$home/state" "$home/n1" "$home/n2"
  cat >"$SLURM_CONF" <<EOF
ClusterName=lpsim
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$home/munge.sock
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/%n
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd-%n.pid
SlurmctldLogFile=$home/slurmctld.log
SlurmdLogFile=$home/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SchedulerParameters=sched_interval=1,batch_sched_delay=1,bf_interval=1,sched_min_interval=0
NodeName=n1 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1
NodeName=n2 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
EOF
  slurmctld
  slurmd -N n1
  slurmd -N n2
  await sh -c 'sinfo --noheader --states=idle --format=%D | grep -qx 2'
}

# Writes $home/hosts.txt: this machine twice, by ssh if there is a server, otherwise as parallel's own ":".
start_ssh() {
  echo "2/:" >"$home/hosts.txt"
  [ -x "$(command -v sshd)" ] || return 0
  [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$home/key"
  cat >"$home/sshd_config" <<EOF
Port $((port + 3))
ListenAddress 127.0.0.1
HostKey $home/key
AuthorizedKeysFile $home/key.pub
StrictModes no
PermitRootLogin yes
PidFile $home/sshd.pid
EOF
  "$(command -v sshd)" -f "$home/sshd_config" -E "$home/sshd.log"
  local ssh="ssh -p $((port + 3)) -i $home/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
  await $ssh 127.0.0.1 true
  echo "2/$ssh 127.0.0.1" >"$home/hosts.txt"
}

# sweep FOLDER OPTION... runs the sweep into a folder; FOLDER.pid says which process does.
sweep() {
  local folder=$1
  shift
  mkdir -p "$home/$folder"
  "$lpsim" sweep "$home/sweep.json" --out "$home/$folder/o.sqlite" "$@" >"$home/$folder.txt" 2>"$home/$folder.log" &
  echo $! >"$home/$folder.pid"
  wait $! 2>/dev/null
}

# Compares a folder with that of the single process: tables, pictures, and the database as SQL.
compare() {
  grep -q '^pareto-qwen3: 205 of 205 points simulated, ' "$home/$1.txt" || fail "$1: not all points are simulated"
  [ ! -e "$home/$1/o.shards" ] || fail "$1: the folder of shards is still there"
  sqlite3 "$home/$1/o.sqlite" .dump >"$home/$1/o.sql"
  rm "$home/$1/o.sqlite"
  diff -rq "$home/local" "$home/$1" || fail "$1: not what a single process writes"
  echo "$1: $(ls "$home/$1" | wc -l) files, $(cat "$home/$1"/* | wc -c) bytes, all as a single process writes them"
}

points() { sqlite3 -readonly "$1" 'SELECT count(*) FROM point'; }

start_slurm
sed 's/"requests": 500/"requests": 4000/' configs/sweeps/pareto-qwen3.json >"$home/sweep.json"
sweep local --workers 1
sqlite3 "$home/local/o.sqlite" .dump >"$home/local/o.sql"
rm "$home/local/o.sqlite"

# Slurm: lpsim is killed when its tasks have begun, and called again; then one task is killed in its middle.
shards=$home/slurm/o.shards
sweep slurm --executor slurm --tasks 4 &
await grep -q '[1-9]' "$shards/2-of-4.count"
kill -9 "$(cat "$home/slurm.pid")"
wait $! && fail "lpsim was to be killed"
sweep slurm --executor slurm --tasks 4 &
again=$!
await grep -q '^job 1 of an earlier call is still at work; waiting for it$' "$home/slurm.log"
await grep -Eq '^([2-9].|1[5-9])$' "$shards/2-of-4.count"
job=$(cat "$shards/job")
scancel --full --signal=KILL "${job}_2"
await sh -c "! squeue --noheader --array --jobs=$job --format=%K | grep -qx 2"
kept=$(points "$shards/2-of-4.sqlite")
[ "$kept" -gt 0 ] && [ "$kept" -lt 51 ] || fail "task 2 was to be killed in its middle, and has done $kept points"
wait $again || fail "the sweep over Slurm failed"
grep -q '^job [0-9]*: shards 2 of 4, with' "$home/slurm.log" || fail "task 2 was not submitted again"
compare slurm
echo "slurm: task 2 was killed after $kept of 51 points and went on, lpsim was killed and went on"

# GNU parallel: one task is killed in its middle.
start_ssh
sweep parallel --executor parallel --tasks 4 --hosts "$home/hosts.txt" &
again=$!
shards=$home/parallel/o.shards
await grep -Eq '^([2-9].|1[5-9])$' "$shards/3-of-4.count"
kill -9 "$(pgrep -f -- "--shard 3/4 .*--out $shards/3-of-4.sqlite")"
kept=$(points "$shards/3-of-4.sqlite")
[ "$kept" -gt 0 ] && [ "$kept" -lt 51 ] || fail "task 3 was to be killed in its middle, and has done $kept points"
wait $again || fail "the sweep over GNU parallel failed"
grep -q '^shards 3 ended before they were done, and begin again: try 2 of 3$' "$home/parallel.log" || fail "task 3 did not begin again"
compare parallel
echo "parallel on $(sed 's/ .* / /' "$home/hosts.txt"): task 3 was killed after $kept of 51 points and went on"
echo "test-cluster: passed"
