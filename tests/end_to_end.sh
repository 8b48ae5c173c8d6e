#!/bin/sh
# The real daemon against the simulators over HTTP: killed again and again while it collects, a week of downtime,
# a dead token and its replacement; then every figure against the truth, and no secret in any line.
#
# usage: end_to_end.sh BIN
set -eu
bin=$1
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
simulator=
daemon=
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
finish() {
	status=$?
	[ -n "$daemon" ] && kill -9 "$daemon" 2>/dev/null
	[ -n "$simulator" ] && kill -9 "$simulator" 2>/dev/null
	if [ $status -ne 0 ]; then tail -n 30 "$dir/metricsd.log" "$dir/simulator.log"; fi
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

page=104000000000001 instagram=17841400000000001
world="--seed 11 --people 400 --page $page --instagram $instagram --matomo 1:America/Bogota --settle-days 3"

# simulate OFFSET [OPTIONS]: the simulators, so many seconds from now, which is everybody's clock from here on
simulate() {
	METRICSD_CLOCK_OFFSET=$1
	export METRICSD_CLOCK_OFFSET
	shift
	if [ -n "$simulator" ]; then
		kill "$simulator"
		wait "$simulator" || true
	fi
	: >"$dir/simulator.log"
	# shellcheck disable=SC2086 # a list of words
	"$bin/metricsd-sim" $world --page-limit 5 --empty-pages 4 \
		--token "$token" --matomo-token "$token" "$@" >"$dir/simulator.log" 2>&1 &
	simulator=$!
	port=
	for _ in $(seq 100); do
		port=$(sed -n 's/^listening on //p' "$dir/simulator.log")
		[ -n "$port" ] && break
		sleep 0.05
	done
	[ -n "$port" ] || fail "the simulator does not start"
	cat >"$dir/metricsd.conf" <<-END
		state_directory = "$dir/state";
		control = "$dir/control";
		collectors: {
			facebook: { base = "http://127.0.0.1:$port"; };
			instagram: { base = "http://127.0.0.1:$port"; };
			matomo: { base = "http://127.0.0.1:$port"; };
		};
		tokens: ( { id = "meta"; kind = "system-user"; file = "$dir/token"; }, { id = "matomo"; file = "$dir/token"; } );
		entities: ( { id = "simulada"; name = "Simulada"; zone = "America/Bogota"; language = "es-CO"; notice = "SIMULADO";
			accounts: (
				{ id = "facebook"; collector = "facebook"; page = "$page"; token = "meta"; },
				{ id = "instagram"; collector = "instagram"; user = "$instagram"; token = "meta"; },
				{ id = "web"; collector = "matomo"; site = "1"; token = "matomo"; } ); } );
	END
}

start() {
	rm -f "$dir/control" # what a killed one left is not taken for the new one's
	"$bin/metricsd" -c "$dir/metricsd.conf" 2>>"$dir/metricsd.log" &
	daemon=$!
}

stop() {
	kill "$1" "$daemon"
	wait "$daemon" 2>/dev/null || [ "$1" = -9 ] || fail "the daemon does not end well: $?"
	daemon=
}

await_control() {
	for _ in $(seq 200); do
		[ -S "$dir/control" ] && return
		sleep 0.05
	done
	fail "no control socket"
}

sql() {
	sqlite3 "$dir/state/metrics.db" "$1"
}

mkdir -m 0700 "$dir/state"
(umask 077 && echo "$token" >"$dir/token")
day=86400
# so that a whole month lies before the week of downtime: the 12th of this month, last month is complete
offset=$(($(date -u -d "$(date -u +%Y-%m-12) 15:00" +%s) - $(date +%s)))
simulate "$offset" --latency-ms 15

# killed at random points, twelve times; then it goes on where it was
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	start
	sleep "0.$(od -An -N1 -tu1 /dev/urandom | awk '{ printf "%03d", 30 + $1 }')"
	stop -9
done
[ "$(sql 'PRAGMA integrity_check')" = ok ] || fail "the database after kill -9"
start
await_control
"$bin/metricsctl" -c "$dir/metricsd.conf" collect >"$dir/collect.out" || fail "collect: $(cat "$dir/collect.out")"
month=$(date -u -d "$(date -u +%Y-%m-01) -1 month" +%Y-%m)
# shellcheck disable=SC2086
"$here/sim/against_truth.sh" "$bin" "$dir/metricsd.conf" "$month" $world

# the same again changes nothing
before=$(sql 'SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM revision), (SELECT count(*) FROM origin), (SELECT count(*) FROM item)')
"$bin/metricsctl" -c "$dir/metricsd.conf" collect >/dev/null || fail "collect again"
after=$(sql 'SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM revision), (SELECT count(*) FROM origin), (SELECT count(*) FROM item)')
[ "$before" = "$after" ] || fail "collecting twice: $before became $after"
stop -TERM

# a week of downtime: what lacks is asked for without a word from anybody
simulate $((offset + 7 * day))
start
days="SELECT count(DISTINCT s.day) FROM sample s JOIN series r ON r.id = s.series WHERE r.metric = 'visits' AND s.days = 1 AND r.source = "
from=$(date -u -d "$(date -u +%Y-%m-12)" +%s)
wanted="$days 'matomo' AND s.day BETWEEN $((from / day)) AND $((from / day + 6))"
for _ in $(seq 300); do
	[ "$(sql "$wanted")" = 7 ] && break
	sleep 0.1
done
[ "$(sql "$wanted")" = 7 ] || fail "the week is not made up for: $(sql "$wanted") days of 7"
await_control
stop -TERM

# the token dies: nothing is asked with it any more; replaced, it goes on by itself
simulate $((offset + 8 * day)) --dead-token 463,+0
start
await_control
"$bin/metricsctl" -c "$dir/metricsd.conf" collect >"$dir/collect.out" && fail "collecting with a dead token"
"$bin/metricsctl" -c "$dir/metricsd.conf" status >"$dir/status.out" && fail "status finds nothing wrong"
grep -qi 'token' "$dir/status.out" || fail "status does not speak of the token: $(cat "$dir/status.out")"
stop -TERM
simulate $((offset + 8 * day + 600))
sleep 1 # another second, another file
(umask 077 && echo "$token" >"$dir/token.new" && mv "$dir/token.new" "$dir/token")
start
await_control
"$bin/metricsctl" -c "$dir/metricsd.conf" collect >"$dir/collect.out" || fail "after the token was replaced: $(cat "$dir/collect.out")"
# shellcheck disable=SC2086
"$here/sim/against_truth.sh" "$bin" "$dir/metricsd.conf" "$month" $world
stop -TERM

[ "$(sql 'PRAGMA integrity_check')" = ok ] || fail "the database at the end"
grep -rl "$token" "$dir" | grep -vx "$dir/token" && fail "the token stands in one of these files"
grep -l 'access_token' "$dir/metricsd.log" "$dir"/*.out && fail "a paging address in one of these files"
echo "killed 12 times, a week down, a dead token: nothing lost, nothing doubled"
