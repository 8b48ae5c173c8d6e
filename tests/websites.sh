#!/bin/sh
# The real daemon against the simulated GA4, Plausible and Umami over HTTP: what a check says of a right and of a wrong
# configuration, tokens that are signed for, logged in for and shown, last month's figures against the truth, and no
# secret in any line.
#
# usage: websites.sh BIN
set -eu
bin=$1
# shellcheck source=tests/programs.sh
. "$(dirname "$0")/programs.sh"

umask 077
zone=America/Bogota
property=123456789 domain=sede.example.org uuid=22222222-3333-4444-8555-666666666666
key=$(random) password=$(random)
# the 12th of this month, 15:00: last month is over and settled
clock "$(date -u +%Y-%m-12) 15:00"
month=$(date -u -d "$(date -u +%Y-%m-01) -1 month" +%Y-%m)
last=$(date -u -d "$month-01 +1 month -1 day" +%F)
world="--seed 3 --people 400 --ga4 $property:$zone --plausible $domain:$zone --umami $uuid:$zone --no-late"

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$dir/key.pem" 2>/dev/null
openssl pkey -in "$dir/key.pem" -pubout -out "$dir/public.pem"
# shellcheck disable=SC2086 # a list of words
simulate $world --google-key "$dir/public.pem" --plausible-key "$key" --umami-login "metrics:$password" --umami-key "$key"

cat >"$dir/account.json" <<-END
	{
	  "type": "service_account",
	  "private_key_id": "0123456789abcdef",
	  "private_key": "$(awk '{ printf "%s\\n", $0 }' "$dir/key.pem")",
	  "client_email": "metrics@example-project.iam.gserviceaccount.com",
	  "token_uri": "http://127.0.0.1:$port/token"
	}
END
echo "$key" >"$dir/key"
echo "metrics:$password" >"$dir/login"
mkdir "$dir/state"

# configure PROPERTY DOMAIN UUID ZONE
configure() {
	cat >"$dir/metricsd.conf" <<-END
		state_directory = "$dir/state";
		control = "$dir/control";
		collectors: {
			ga4: { base = "http://127.0.0.1:$port"; };
			plausible: { base = "http://127.0.0.1:$port"; };
			umami: { base = "http://127.0.0.1:$port"; };
		};
		tokens: ( { id = "google"; kind = "service-account"; file = "$dir/account.json"; },
			{ id = "key"; file = "$dir/key"; }, { id = "umami"; kind = "login"; file = "$dir/login"; } );
		entities: ( { id = "simulada"; name = "Simulada"; zone = "$4"; language = "en"; notice = "SIMULADO";
			accounts: (
				{ id = "ga4"; collector = "ga4"; property = "$1"; token = "google"; },
				{ id = "plausible"; collector = "plausible"; site = "$2"; token = "key"; },
				{ id = "umami"; collector = "umami"; site = "$3"; token = "umami"; },
				{ id = "cloud"; collector = "umami"; base = "http://127.0.0.1:$port/v1"; site = "$3"; token = "key"; }
			); } );
	END
}

said() {
	grep -qF "$1" "$dir/check.out" || fail "the check does not say \"$1\": $(cat "$dir/check.out")"
}

# what is wrong, in words
configure 987 other.example.org 22222222-3333-4444-8555-777777777777 "$zone"
start
ctl check --online >"$dir/check.out" 2>&1 && fail "a wrong configuration is fine"
said 'the service account may not read property 987'
said 'Plausible knows no site "other.example.org"'
said 'there is no site 22222222-3333-4444-8555-777777777777 at this Umami'
stop
configure $property $domain $uuid Europe/Madrid
start
ctl check --online >"$dir/check.out" 2>&1 && fail "a wrong zone is fine"
said "property $property counts in $zone days, the account in Europe/Madrid: set zone = \"$zone\""
said 'which is no midnight in Europe/Madrid'
stop
rm -r "$dir/state" && mkdir "$dir/state"

# all is well
configure $property $domain $uuid "$zone"
start
ctl check --online >"$dir/check.out" 2>&1 || fail "check: $(cat "$dir/check.out")"
said "property $property answers, its days are $zone's"
said "site $domain answers, its days are $zone's"
said "site $uuid \"Sede\" (sede.example.org) answers"
ctl collect >"$dir/collect.out" 2>&1 || fail "collect: $(cat "$dir/collect.out")"
stop

# every figure of last month is the truth: flows exactly, what is counted per window from the month's own
ctl summary "$month" --entity simulada --format csv | tr -d '\r' |
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["section"] == "account" { print $at["account"], $at["metric"], $at["form"], $at["low"], $at["high"] }' \
		>"$dir/figures"
[ "$(wc -l <"$dir/figures")" -eq 12 ] || fail "not twelve figures: $(cat "$dir/figures")"
while read -r account metric form low high; do
	case $account in ga4) id=$property ;; plausible) id=$domain ;; *) id=$uuid ;; esac
	# shellcheck disable=SC2086
	truth=$("$bin/metricsd-sim" $world --truth "$id" "$metric" "$month-01..$last")
	[ "$form $low $high" = "exact $truth $truth" ] ||
		fail "$account $metric $month: $form $low $high, the truth is $truth"
done <"$dir/figures"

for secret in "$key" "$password" ya29.sim umami.sim- assertion= "BEGIN PRIVATE"; do
	grep -rlF "$secret" "$dir" | grep -vxF -e "$dir/key" -e "$dir/login" -e "$dir/account.json" -e "$dir/key.pem" &&
		fail "a secret ($secret) stands in one of these files"
done
echo "GA4, Plausible, Umami and its Cloud: 12 figures of $month equal the truth, what is wrong is named, no secret anywhere"
