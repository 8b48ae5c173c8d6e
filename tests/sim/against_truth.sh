#!/bin/sh
# Holds a month's figures of the simulated entity against the simulator's truth: an exact figure that may no longer
# change equals it, an interval holds it, a lower bound is not above it. Says how many of each; 1 when one is wrong.
#
# usage: against_truth.sh BIN CONFIG MONTH SIMULATOR-OPTIONS...     (accounts: facebook, instagram, web)
set -eu
bin=$1 config=$2 month=$3
shift 3
first=$month-01
last=$(date -u -d "$first +1 month -1 day" +%F)
page=$(echo "$*" | sed 's/.*--page \([0-9]*\).*/\1/')
instagram=$(echo "$*" | sed 's/.*--instagram \([0-9]*\).*/\1/')
site=$(echo "$*" | sed 's/.*--matomo \([0-9]*\).*/\1/')

"$bin/metricsctl" -c "$config" summary "$month" --entity simulada --format csv | tr -d '\r' |
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["section"] == "account" { print $at["account"], $at["metric"], $at["kind"], $at["form"],
			$at["low"] == "" ? "-" : $at["low"], $at["high"] == "" ? "-" : $at["high"], $at["state"],
			$at["as_of"] == "" ? "-" : $at["as_of"] }' |
	{
		exact=0 between=0 least=0 unknown=0 open=0 wrong=0
		while read -r account metric kind form low high state as_of; do
			case $account in facebook) id=$page ;; instagram) id=$instagram ;; *) id=$site ;; esac
			window=$first..$last
			[ "$kind" = stock ] && [ "$as_of" != - ] && window=$as_of..$as_of
			truth=$("$bin/metricsd-sim" "$@" --truth "$id" "$metric" "$window")
			case $form-$state in
			none-*) unknown=$((unknown + 1)); continue ;;
			exact-revisable) [ "$low" -eq "$truth" ] && exact=$((exact + 1)) && continue ;;
			esac
			case $form-$state in
			*-provisional | *-revisable) open=$((open + 1)); [ "$kind" = stock ] || [ "$low" -le "$truth" ] && continue ;;
			exact-*) exact=$((exact + 1)); [ "$low" -eq "$truth" ] && continue ;;
			between-*) between=$((between + 1)); [ "$low" -le "$truth" ] && [ "$truth" -le "$high" ] && continue ;;
			at-least-*) least=$((least + 1)); [ "$low" -le "$truth" ] && continue ;;
			esac
			echo "$account $metric $month: $form $state $low $high, the truth is $truth" >&2
			wrong=$((wrong + 1))
		done
		echo "$month against the simulator's truth: $exact equal, $between intervals that hold it," \
			"$least lower bounds, $open that may still change, $unknown unknown, $wrong wrong"
		[ $wrong -eq 0 ] && [ $((exact + between + least + open)) -gt 0 ]
	}
