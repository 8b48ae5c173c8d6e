#!/bin/sh
# The real daemon and the simulated Graph API over HTTP: a person's token is asked about and renewed, survives kill -9,
# a bad new secret leaves it in use, a good one takes its place after a reload; no secret in any line, file or row but
# where it belongs. An installation starts without one of its secrets, and a token that was refused is used again when
# it is good again.
#
# usage: tokens.sh BIN
set -eu
bin=$1
dir=$(mktemp -d)
simulator=
daemon=
finish() {
	status=$?
	[ -n "$daemon" ] && kill -9 "$daemon" 2>/dev/null
	[ -n "$simulator" ] && kill -9 "$simulator" 2>/dev/null
	if [ $status -ne 0 ]; then tail -n 30 "$dir/metricsd.log" "$dir/simulator.log" "$dir/check.out"; fi
	rm -rf "$dir"
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

random() {
	echo "Zq7$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
}

umask 077
first=$(random) second=$(random) app=$(random) key=$(random)
page=104000000000001 instagram=17841400000000001 app_id=138483919580948
echo "$app" >"$dir/app"
echo "$first" >"$dir/token"
echo "$key" >"$dir/key"
mkdir "$dir/state"

# simulate [OPTIONS]
simulate() {
	[ -z "$simulator" ] || kill -9 "$simulator"
	: >"$dir/simulator.log"
	"$bin/metricsd-sim" --seed 5 --people 200 --page $page --instagram $instagram --matomo 1:America/Bogota --no-late \
		--token nobody --matomo-token "$key" --app-secret-file "$dir/app" \
		--grant "USER,31,29,$first" --grant "USER,0,60,$second" "$@" >"$dir/simulator.log" 2>&1 &
	simulator=$!
	port=
	for _ in $(seq 100); do
		port=$(sed -n 's/^listening on //p' "$dir/simulator.log")
		[ -n "$port" ] && return
		sleep 0.05
	done
	fail "the simulator does not start"
}

simulate
cat >"$dir/metricsd.conf" <<-END
	state_directory = "$dir/state";
	control = "$dir/control";
	collectors: {
		facebook: { base = "http://127.0.0.1:$port"; };
		instagram: { base = "http://127.0.0.1:$port"; };
		matomo: { base = "http://127.0.0.1:$port"; };
	};
	tokens: ( { id = "meta"; kind = "user"; file = "$dir/token"; app_id = "$app_id"; app_secret_file = "$dir/app"; },
		{ id = "matomo"; file = "$dir/key"; } );
	entities: ( { id = "simulada"; zone = "America/Bogota";
		accounts: (
			{ id = "facebook"; collector = "facebook"; page = "$page"; token = "meta"; },
			{ id = "instagram"; collector = "instagram"; user = "$instagram"; token = "meta"; },
			{ id = "web"; collector = "matomo"; site = "1"; token = "matomo"; } ); } );
END

start() {
	rm -f "$dir/control"
	"$bin/metricsd" -c "$dir/metricsd.conf" 2>>"$dir/metricsd.log" &
	daemon=$!
	for _ in $(seq 200); do
		[ -S "$dir/control" ] && return
		sleep 0.05
	done
	fail "no control socket"
}

# await LINE: until the log has it
await() {
	for _ in $(seq 200); do
		grep -q "$1" "$dir/metricsd.log" && return
		sleep 0.05
	done
	fail "the log does not say: $1"
}

# await_more LINE COUNT: until the log has it more often
await_more() {
	for _ in $(seq 200); do
		[ "$(grep -c "$1" "$dir/metricsd.log")" -gt "$2" ] && return
		sleep 0.05
	done
	fail "the log does not say again: $1"
}

# check STATUS WORDS: what `check --online` ends with and says of the token
check() {
	status=0
	"$bin/metricsctl" -c "$dir/metricsd.conf" check --online >"$dir/check.out" 2>&1 || status=$?
	[ $status = "$1" ] || fail "check --online ends with $status, not $1"
	grep -q "^token meta (user): $2" "$dir/check.out" || fail "check --online does not say: $2"
}

replace() {
	echo "$1" >"$dir/token.new"
	mv "$dir/token.new" "$dir/token"
	"$bin/metricsctl" -c "$dir/metricsd.conf" reload >/dev/null 2>&1 || kill -HUP "$daemon"
}

# asked about, found past half of its life, renewed
start
await 'token meta: renewed, expires on '
check 0 'valid, its life ends in 59 days (.*), renewed on '
[ "$(stat -c %a "$dir/state/tokens")" = 700 ] || fail "state/tokens is open to others"
[ "$(stat -c %a "$dir/state/tokens/meta")" = 600 ] || fail "state/tokens/meta is open to others"
renewed=$(head -n 1 "$dir/state/tokens/meta")
case $renewed in EAASimLong*) ;; *) fail "state/tokens/meta is not the renewed token" ;; esac

# and used after a kill, whatever root's file is dated
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
touch "$dir/token"
start
check 0 'valid, its life ends in 59 days (.*), renewed on '
[ "$(grep -c 'token meta: renewed' "$dir/metricsd.log")" = 1 ] || fail "renewed again after a kill"

# a bad secret is told, and the one before stays in use
replace "$(random)"
await 'token meta: the new secret is refused: code 190'
check 1 'valid, .*; the new secret is refused: code 190'
grep -q '3 accounts: all answer; 1 token wants somebody' "$dir/check.out" || fail "the old one is not used"

# a good one takes its place
replace "$second"
await 'token meta: the new secret is good and used from now on'
check 0 'valid, its life ends in [56][09] days ([-0-9]*)$'
[ ! -e "$dir/state/tokens/meta" ] || fail "the renewed token is kept beside the new secret"

# where nobody can be asked the first use decides, and whoever was refused goes on with the one before by himself
await 'simulada/web: daily sweep done'
done_before=$(grep -c 'simulada/web: daily sweep done' "$dir/metricsd.log")
random >"$dir/key.new"
mv "$dir/key.new" "$dir/key"
"$bin/metricsctl" -c "$dir/metricsd.conf" collect web >"$dir/check.out" 2>&1 && fail "collected with a wrong secret"
await 'token matomo: the new secret is refused: .*; the one before stays in use'
await_more 'simulada/web: daily sweep done' "$done_before"
[ "$(sqlite3 "$dir/state/metrics.db" "SELECT count(*) FROM hold WHERE scope = 'token'")" = 0 ] ||
	fail "somebody waits for a token that is used"
[ "$(sqlite3 "$dir/state/metrics.db" "SELECT state || ' ' || (refused != '') FROM token WHERE name = 'matomo'")" = 'valid 1' ] ||
	fail "what is stored of the token"
status=0
"$bin/metricsctl" -c "$dir/metricsd.conf" status --nagios >"$dir/check.out" || status=$?
[ $status = 1 ] && grep -q 'WARNING - .*the new secret of token matomo is refused' "$dir/check.out" ||
	fail "Nagios does not hear of the secret that is refused: $(cat "$dir/check.out")"

# which is over as soon as the one in use is put back and looked at
echo "$key" >"$dir/key.new"
mv "$dir/key.new" "$dir/key"
"$bin/metricsctl" -c "$dir/metricsd.conf" collect web >"$dir/check.out" || fail "not collected with the old secret"
for _ in $(seq 200); do
	[ "$(sqlite3 "$dir/state/metrics.db" "SELECT refused FROM token WHERE name = 'matomo'")" = '' ] && break
	sleep 0.05
done
"$bin/metricsctl" -c "$dir/metricsd.conf" status --nagios >"$dir/check.out" || fail "Nagios: $(cat "$dir/check.out")"
stop() {
	kill "$daemon"
	wait "$daemon" || fail "the daemon does not end well"
}
stop

# without one of its secrets it starts all the same: who needs it waits and is told of, the others are collected
rm "$dir/key"
start
"$bin/metricsctl" -c "$dir/metricsd.conf" collect facebook >"$dir/check.out" || fail "not collected beside a missing secret"
"$bin/metricsctl" -c "$dir/metricsd.conf" collect web >"$dir/check.out" && fail "collected without a secret"
lasting() {
	[ "$(sqlite3 "$dir/state/metrics.db" "SELECT count(*) FROM alert WHERE cause = '$1' AND ended IS NULL")" = 1 ]
}
for _ in $(seq 200); do
	lasting token:matomo && break
	sleep 0.05
done
lasting token:matomo || fail "nobody is told of a missing secret"
"$bin/metricsctl" -c "$dir/metricsd.conf" check >"$dir/check.out" 2>&1 && fail "check does not mind a missing secret"
(umask 077 && echo "$key" >"$dir/key")
"$bin/metricsctl" -c "$dir/metricsd.conf" collect web >"$dir/check.out" || fail "not collected with the mended secret"

# locked out (459): all its accounts wait; logged in again the very same token is used, by itself
simulate --dead-token 459,+0
sed -i "s/127.0.0.1:[0-9]*/127.0.0.1:$port/" "$dir/metricsd.conf"
kill -HUP "$daemon"
await 'token meta: invalid: code 190/459'
"$bin/metricsctl" -c "$dir/metricsd.conf" collect facebook >"$dir/check.out" && fail "collected with a token that is refused"
[ "$(sqlite3 "$dir/state/metrics.db" "SELECT count(*) FROM hold WHERE scope = 'token'")" = 1 ] || fail "nobody waits"
done_before=$(grep -c 'simulada/facebook: daily sweep done' "$dir/metricsd.log")
simulate
sed -i "s/127.0.0.1:[0-9]*/127.0.0.1:$port/" "$dir/metricsd.conf"
read_before=$(grep -c 'metricsd.conf: read again' "$dir/metricsd.log")
kill -HUP "$daemon"
await_more 'metricsd.conf: read again' "$read_before"
check 0 'valid, ' # who asks does not wait until the daemon does, within an hour
await 'token meta: is good, so whoever waited for another one is asked again'
await_more 'simulada/facebook: daily sweep done' "$done_before"
[ "$(sqlite3 "$dir/state/metrics.db" "SELECT count(*) FROM hold WHERE scope = 'token'")" = 0 ] || fail "somebody waits still"

kill "$daemon"
wait "$daemon" || fail "the daemon does not end well"
daemon=
for secret in Zq7 "$renewed" EAASimPage; do
	found=$(grep -rl "$secret" "$dir/state" "$dir/metricsd.log" "$dir/check.out" || true)
	[ -z "$found" ] || fail "a secret in $found"
done
echo "asked about, renewed, killed, refused, replaced: the token was told of in words and nowhere shown"
