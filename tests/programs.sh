# What tests of the real programs share, sourced with $bin set: a directory of their own, and the programs that run
# beside them and end with them. What they log and print lies in $dir as *.log and *.out, and is shown after a failure.
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
daemon=
simulator=
server=

finish() {
	status=$?
	for process in $daemon $simulator $server; do kill -9 "$process" 2>/dev/null || true; done
	if [ $status -ne 0 ]; then tail -n 30 "$dir"/*.log "$dir"/*.out 2>/dev/null; fi
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# await WHAT COMMAND…: for twenty seconds
await() {
	what=$1
	shift
	for _ in $(seq 400); do
		"$@" && return
		sleep 0.05
	done
	fail "$what"
}

random() {
	od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# clock TIME: everybody's who is started from here on
clock() {
	METRICSD_CLOCK_OFFSET=$(($(date -u -d "$1" +%s) - $(date +%s)))
	export METRICSD_CLOCK_OFFSET
}

ctl() {
	"$bin/metricsctl" -c "$dir/metricsd.conf" "$@"
}

sql() {
	sqlite3 "$dir/state/metrics.db" "$1"
}

# port_of LOG: $port, when that says it
port_of() {
	port=$(sed -n 's/^listening on //p' "$1")
	[ -n "$port" ]
}

# simulate OPTIONS: in the place of the one before, at $port
simulate() {
	if [ -n "$simulator" ]; then
		kill "$simulator"
		wait "$simulator" || true
	fi
	: >"$dir/simulator.log"
	"$bin/metricsd-sim" "$@" >"$dir/simulator.log" 2>&1 &
	simulator=$!
	await "the simulator does not start" port_of "$dir/simulator.log"
}

# without waiting for it
launch() {
	rm -f "$dir/control" # what a killed one left is not taken for the new one's
	"$bin/metricsd" -c "$dir/metricsd.conf" 2>>"$dir/metricsd.log" &
	daemon=$!
}

start() {
	launch
	await "no control socket" test -S "$dir/control"
}

# stop [-9]
stop() {
	kill "${1:--TERM}" "$daemon"
	wait "$daemon" 2>/dev/null || [ "${1:-}" = -9 ] || fail "the daemon does not end well: $?"
	daemon=
}
