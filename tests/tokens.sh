#!/bin/sh
# The real daemon and the simulated Graph API over HTTP: a person's token is asked about and renewed, survives kill -9,
# a bad new secret leaves it in use, a good one takes its place after a reload; no secret in any line, file or row but
# where it belongs. An installation starts without one of its secrets, and a token that was refused is used again when
# it is good again.
#
# usage: tokens.sh BIN
set -eu
bin=$1
# shellcheck source=tests/programs.sh
. "$(dirname "$0")/programs.sh"

umask 077
first=Zq7$(random) second=Zq7$(random) app=Zq7$(random) key=Zq7$(random)
page=104000000000001 instagram=17841400000000001 app_id=138483919580948
echo "$app" >"$dir/app"
echo "$first" >"$dir/token"
echo "$key" >"$dir/key"
mkdir "$dir/state"

# world [OPTIONS]
world() {
	simulate --seed 5 --people 200 --page $page --instagram $instagram --matomo 1:America/Bogota --no-late --token nobody \
		--matomo-token "$key" --app-secret-file "$dir/app" --grant "USER,31,29,$first" --grant "USER,0,60,$second" "$@"
}

world
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

# says LINE: the log, now or soon
says() {
	await "the log does not say: $1" grep -q "$1" "$dir/metricsd.log"
}

more() {
	[ "$(grep -c "$1" "$dir/metricsd.log")" -gt "$2" ]
}

# says_more LINE COUNT: more often than that
says_more() {
	await "the log does not say again: $1" more "$1" "$2"
}

# check STATUS WORDS: what `check --online` ends with and says of the token
check() {
	status=0
	ctl check --online >"$dir/check.out" 2>&1 || status=$?
	[ $status = "$1" ] || fail "check --online ends with $status, not $1"
	grep -q "^token meta (user): $2" "$dir/check.out" || fail "check --online does not say: $2"
}

replace() {
	echo "$1" >"$dir/token.new"
	mv "$dir/token.new" "$dir/token"
	ctl reload >/dev/null 2>&1 || kill -HUP "$daemon"
}

# asked about, found past half of its life, renewed
start
says 'token meta: renewed, expires on '
check 0 'valid, its life ends in 59 days (.*), renewed on '
[ "$(stat -c %a "$dir/state/tokens")" = 700 ] || fail "state/tokens is open to others"
[ "$(stat -c %a "$dir/state/tokens/meta")" = 600 ] || fail "state/tokens/meta is open to others"
renewed=$(head -n 1 "$dir/state/tokens/meta")
case $renewed in EAASimLong*) ;; *) fail "state/tokens/meta is not the renewed token" ;; esac

# and used after a kill, whatever root's file is dated
stop -9
touch "$dir/token"
start
check 0 'valid, its life ends in 59 days (.*), renewed on '
[ "$(grep -c 'token meta: renewed' "$dir/metricsd.log")" = 1 ] || fail "renewed again after a kill"

# a bad secret is told, and the one before stays in use
replace "Zq7$(random)"
says 'token meta: the new secret is refused: code 190'
check 1 'valid, .*; the new secret is refused: code 190'
grep -q '3 accounts: all answer; 1 token wants somebody' "$dir/check.out" || fail "the old one is not used"

# a good one takes its place
replace "$second"
says 'token meta: the new secret is good and used from now on'
check 0 'valid, its life ends in [56][09] days ([-0-9]*)$'
[ ! -e "$dir/state/tokens/meta" ] || fail "the renewed token is kept beside the new secret"

# where nobody can be asked the first use decides, and whoever was refused goes on with the one before by himself
says 'simulada/web: daily sweep done'
done_before=$(grep -c 'simulada/web: daily sweep done' "$dir/metricsd.log")
echo "Zq7$(random)" >"$dir/key.new"
mv "$dir/key.new" "$dir/key"
ctl collect web >"$dir/check.out" 2>&1 && fail "collected with a wrong secret"
says 'token matomo: the new secret is refused: .*; the one before stays in use'
says_more 'simulada/web: daily sweep done' "$done_before"
[ "$(sql "SELECT count(*) FROM hold WHERE scope = 'token'")" = 0 ] ||
	fail "somebody waits for a token that is used"
[ "$(sql "SELECT state || ' ' || (refused != '') FROM token WHERE name = 'matomo'")" = 'valid 1' ] ||
	fail "what is stored of the token"
status=0
ctl status --nagios >"$dir/check.out" || status=$?
[ $status = 1 ] && grep -q 'WARNING - .*the new secret of token matomo is refused' "$dir/check.out" ||
	fail "Nagios does not hear of the secret that is refused: $(cat "$dir/check.out")"

# which is over as soon as the one in use is put back and looked at
echo "$key" >"$dir/key.new"
mv "$dir/key.new" "$dir/key"
ctl collect web >"$dir/check.out" || fail "not collected with the old secret"
is_over() {
	[ "$(sql "SELECT refused FROM token WHERE name = 'matomo'")" = '' ]
}
await "the refusal is not over" is_over
ctl status --nagios >"$dir/check.out" || fail "Nagios: $(cat "$dir/check.out")"
stop

# without one of its secrets it starts all the same: who needs it waits and is told of, the others are collected
rm "$dir/key"
start
ctl collect facebook >"$dir/check.out" || fail "not collected beside a missing secret"
ctl collect web >"$dir/check.out" && fail "collected without a secret"
lasting() {
	[ "$(sql "SELECT count(*) FROM alert WHERE cause = '$1' AND ended IS NULL")" = 1 ]
}
await "nobody is told of a missing secret" lasting token:matomo
ctl check >"$dir/check.out" 2>&1 && fail "check does not mind a missing secret"
(umask 077 && echo "$key" >"$dir/key")
ctl collect web >"$dir/check.out" || fail "not collected with the mended secret"

# locked out (459): all its accounts wait; logged in again the very same token is used, by itself
world --dead-token 459,+0
sed -i "s/127.0.0.1:[0-9]*/127.0.0.1:$port/" "$dir/metricsd.conf"
kill -HUP "$daemon"
says 'token meta: invalid: code 190/459'
ctl collect facebook >"$dir/check.out" && fail "collected with a token that is refused"
[ "$(sql "SELECT count(*) FROM hold WHERE scope = 'token'")" = 1 ] || fail "nobody waits"
done_before=$(grep -c 'simulada/facebook: daily sweep done' "$dir/metricsd.log")
world
sed -i "s/127.0.0.1:[0-9]*/127.0.0.1:$port/" "$dir/metricsd.conf"
read_before=$(grep -c 'metricsd.conf: read again' "$dir/metricsd.log")
kill -HUP "$daemon"
says_more 'metricsd.conf: read again' "$read_before"
check 0 'valid, ' # who asks does not wait until the daemon does, within an hour
says 'token meta: is good, so whoever waited for another one is asked again'
says_more 'simulada/facebook: daily sweep done' "$done_before"
[ "$(sql "SELECT count(*) FROM hold WHERE scope = 'token'")" = 0 ] || fail "somebody waits still"

stop
for secret in Zq7 "$renewed" EAASimPage; do
	found=$(grep -rl "$secret" "$dir/state" "$dir/metricsd.log" "$dir/check.out" || true)
	[ -z "$found" ] || fail "a secret in $found"
done
echo "asked about, renewed, killed, refused, replaced: the token was told of in words and nowhere shown"
