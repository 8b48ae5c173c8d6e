#!/bin/sh
# What may come next on a command line of metricsctl or metricsd, one a line: a word, or a word, a tab and what it does.
# ":files" and ":directories" stand for names on the disk. What there is is asked of the program's own --help and of
# its configuration, so there is no second list to keep.
#
#   complete PROGRAM WORD…      the last WORD is the one that is being typed, "" before its first letter
set -u
program=$1
shift
case ${program##*/} in
metricsctl) ctl=$program ;;
*) ctl=metricsctl ;;
esac

# Of a --help: each option and what it takes ("-" nothing), one a line.
options_of() {
	awk '
		function put(name) {
			if (!(name in takes) || takes[name] == "-" || kind ~ /FILE/)
				takes[name] = kind
		}
		/^$/ { example = 0 }
		/^(example|usage)/ { example = 1 }
		example || /metricsctl / { next }
		{
			count = 0
			rest = $0
			while (match(rest, /(^|[[ |(])--?[a-z][a-z-]*/)) {
				name = substr(rest, RSTART, RLENGTH)
				sub(/^[[ |(]/, "", name)
				rest = substr(rest, RSTART + RLENGTH)
				waiting[++count] = name
				if (rest ~ /^, --/)
					continue # what the next one takes, this one takes
				kind = "-"
				if (match(rest, /^ [A-Z][A-Za-z-]*/) || match(rest, /^ [a-z]+[|][a-z|]+/))
					kind = substr(rest, 2, RLENGTH - 1)
				for (; count > 0; count--)
					put(waiting[count])
			}
		}
		END { for (name in takes) print name, takes[name] }' | sort
}

# Of a --help: the words an option may be followed by, from "manual (default) or csv" and the like. What is no list, each
# word parted from the next by a comma or "or", is prose.
choices_of() { # OPTION
	awk -v option="$1" '
		!found {
			place = match($0, "^ +(-., )?" option " [A-Z]+  ")
			if (place) {
				found = 1
				text = substr($0, RLENGTH + 1)
			}
			next
		}
		/^ +-/ || /^$/ { exit }
		{ text = text " " $0 }
		END {
			gsub(/ *[(][^)]*[)]/, "", text)
			sub(/, where .*|;.*|[.].*/, "", text)
			gsub(/ +/, " ", text)
			sub(/ $/, "", text)
			if (text !~ /^ ?[a-z][a-z0-9-]*((, | or )[a-z][a-z0-9-]*)+$/)
				exit
			sub(/^ /, "", text)
			gsub(/, | or /, "\n", text)
			print text
		}'
}

# Who is configured, as tab-separated entity, account, metrics that people enter, collector. Of `enter` also the
# plans, whose activities are entered.
configured() {
	{
		$ctl $config accounts --format csv
		[ "$command" != enter ] || $ctl $config accounts --plans --format csv
	} 2>/dev/null | awk -F, -v OFS='\t' '
		{ gsub(/["\r]/, "") }
		$1 == "version" {
			for (i = 1; i <= NF; i++)
				column[$i] = i
			last = NF - column["entered"] # behind the title, which may have commas in it
			next
		}
		{ print $column["entity"], $column["account"], $(NF - last), $(NF - last + column["collector"] - column["entered"]) }'
}

# Groups and derived metrics like those of configured(), for who takes them: that says its --help.
made_of_others() {
	case $help in *"group or derived metric"* | *"group or a derived metric"*) ;; *) return 0 ;; esac
	$ctl $config accounts --groups --format csv 2>/dev/null |
		awk -F, -v OFS='\t' 'NR > 1 { print $2, $3, "", "" }'
}

# Accounts as they are named: with the entity where two share a name. What a register is made of nobody enters.
accounts() {
	{
		configured
		made_of_others
	} | awk -F '\t' -v command="$command" '
		{
			entity[NR] = $1
			id[NR] = $2
			shared[$2]++
			made[NR] = command == "enter" && $3 == "" && $4 ~ /^(events|campaigns|risks)$/
		}
		END {
			for (i = 1; i <= NR; i++)
				if (!made[i])
					print (shared[id[i]] > 1 ? entity[i] "/" id[i] : id[i])
		}'
}

# The last year's months, quarters, semesters, and years.
periods() {
	date +'%Y %m' | awk '{
		month = $1 * 12 + $2 - 1
		for (i = 0; i <= 12; i++)
			printf "%04d-%02d\n", int((month - i) / 12), (month - i) % 12 + 1
		for (i = 0; i <= 4; i++)
			printf "%04d-Q%d\n", int((month - 3 * i) / 12), int((month - 3 * i) % 12 / 3) + 1
		for (i = 0; i <= 2; i++)
			printf "%04d-S%d\n", int((month - 6 * i) / 12), int((month - 6 * i) % 12 / 6) + 1
		for (i = 0; i <= 2; i++)
			print $1 - i
	}'
	case $command in
	report | export) printf '%s\n' last-month last-quarter last-semester last-year ;;
	esac
}

# Words of a kind, as --help names it.
values() { # KIND [OPTION]
	case $1 in
	*FILE* | WHERE) echo :files ;;
	DIR) echo :directories ;;
	ENTITY) configured | cut -f 1 | sort -u ;;
	ACCOUNT) accounts ;;
	METRIC) configured | awk -F '\t' -v account="$account" \
		'account == $2 || account == $1 "/" $2 { gsub(/ /, "\n", $3); print $3 }' ;;
	PERIOD) periods ;;
	LANGUAGE) printf '%s\n' es en es-CO ;;
	LIST) printf '%s\n' events campaigns risks ;;
	*\|*) printf '%s\n' "$1" | tr '|' '\n' ;;
	[A-Z]*) [ $# -gt 1 ] && printf '%s\n' "$help" | choices_of "$2" ;;
	esac
}

# The subcommand: the first word that is neither an option nor what one takes.
help=$($program --help 2>/dev/null) || exit 0
options=$(printf '%s\n' "$help" | options_of)
takes() { # OPTION
	printf '%s\n' "$options" | awk -v option="$1" '$1 == option { print $2 }'
}
command='' config='' account='' pending='' stands=0 current=
while [ $# -gt 0 ]; do
	word=$1
	shift
	if [ $# -eq 0 ]; then
		current=$word
		break
	fi
	if [ -n "$pending" ]; then
		case $pending in -c | --config) config="-c $word" ;; esac
		pending=
		continue
	fi
	case $word in
	--config=*) config="-c ${word#*=}" ;;
	--*=*) ;;
	-*) [ "$(takes "$word")" = - ] || [ -z "$(takes "$word")" ] || pending=$word ;;
	*)
		if [ -z "$command" ] && [ "$ctl" = "$program" ]; then
			command=$word
			help=$($program "$command" --help 2>/dev/null) || exit 0
			options=$(printf '%s\n' "$help" | options_of)
		else
			stands=$((stands + 1))
			[ $stands -gt 1 ] || account=$word
		fi
		;;
	esac
done

if [ -n "$pending" ]; then
	values "$(takes "$pending")" "$pending"
elif case $current in -*) true ;; *) false ;; esac; then
	printf '%s\n' "$options" | cut -d ' ' -f 1
elif [ "$ctl" = "$program" ] && [ -z "$command" ]; then
	printf '%s\n' "$help" | awk '/^  [a-z]/ { name = $1; sub(/^ *[a-z]+ +/, ""); print name "\t" $0 }'
elif [ "$ctl" = "$program" ]; then
	# usage: metricsctl series ACCOUNT METRIC [PERIOD] [OPTIONS]
	kind=$(printf '%s\n' "$help" | awk -v place="$stands" '/^usage/ {
		for (i = 4; i <= NF && $i !~ /^-/ && $i != "[OPTIONS]"; i++) {
			many = $i ~ /…/
			kind = $i
		}
		if (i <= 4 + place && !many)
			exit
		if (i > 4 + place)
			kind = $(4 + place)
		gsub(/[][]|…/, "", kind)
		print kind
		exit
	}')
	values "${kind:--}"
fi
