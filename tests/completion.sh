#!/bin/bash
# What is offered after the programs' names is what they have: every subcommand, every option, no other.
#   completion.sh SOURCE BIN
set -eu
source=$1 bin=$2
engine=$source/completions/complete.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset METRICSD_CONFIG
export LC_ALL=C.UTF-8
status=0
fail() {
	echo "$*" >&2
	status=1
}
offered() {
	"$engine" "$@" | cut -f 1
}
same() { # WHAT EXPECTED GOT
	[ "$2" = "$3" ] || fail "$1: expected $(echo $2), offered $(echo $3)"
}

# --- the subcommands are those of ctl/commands.c
commands=$(sed -n 's/^\t&\(.*\)_command,$/\1/p' "$source/ctl/commands.c" | tr _ -)
same subcommands "$(sort <<<"$commands")" "$(offered "$bin/metricsctl" "" | sort)"

# --- every option of the source is offered, by a subcommand of its file
for file in "$source"/ctl/*.c; do
	names=$(sed -n 's/^\t\.name = "\([a-z-]*\)",$/\1/p' "$file")
	# struct flag name[] = { { "option", … }, … { 0 } };
	flags=$(sed -n '/struct flag [a-z]*\[\] = {/,/};/p' "$file" | grep -oE '\{ "[a-z-]+",' | tr -d '{", ' || true)
	[ -n "$names" ] && [ -n "$flags" ] || continue
	of_file=$(for name in $names; do offered "$bin/metricsctl" "$name" -; done)
	for flag in $flags; do
		[ ${#flag} -eq 1 ] && flag=-$flag || flag=--$flag
		grep -qx -e "$flag" <<<"$of_file" || fail "$flag of ${file##*/} is not offered after $(echo $names)"
	done
done

# --- every option that is offered is known to the program: what it says is not that it knows no such option
common=$(offered "$bin/metricsctl" -)
for name in "" $commands; do
	for option in $(offered "$bin/metricsctl" $name -); do
		value=
		case $name$option in
		?*--format) value=table ;;
		?*--account | ?*--database) value=x ;;
		# what all of them have is tried once
		*) [ -z "$name" ] || ! grep -qx -e "$option" <<<"$common" || continue ;;
		esac
		said=$("$bin/metricsctl" -c "$work/none" $name "$option" $value 2>&1 </dev/null || true)
		case $said in *'unknown option'* | *"has no $option"* | *"leave $option out"*) fail "metricsctl $name $option: $said" ;; esac
	done
done
for option in $(offered "$bin/metricsd" -); do
	said=$("$bin/metricsd" -c "$work/none" "$option" 2>&1 </dev/null || true)
	case $said in *'unrecognized option'* | *'invalid option'*) fail "metricsd $option: $said" ;; esac
done
known=$(sed -n '/struct option options\[\]/,/};/p' "$source/daemon/main.c" | grep -oE '\{ "[a-z-]+",' | tr -d '{", ')
for option in $known; do
	offered "$bin/metricsd" - | grep -qx -e "--$option" || fail "metricsd --$option is not offered"
done

# --- what stands in a place
cat >"$work/m.conf" <<END
state_directory = "$work";
entities: (
	{ id = "una"; zone = "America/Bogota"; accounts: (
		{ id = "x"; title = "X, once \"Twitter\""; collector = "manual"; entered = ["posts", "views"]; },
		{ id = "fb"; collector = "manual"; entered = ["visits"]; },
		{ id = "eventos"; collector = "events"; } );
	  groups: ( { id = "redes"; title = "Redes, sociales"; accounts = ["x", "fb"]; } );
	  derived: ( { id = "publicaciones.posts"; formula = "redes.posts + x.posts"; } );
	  plans = ["plan.conf"]; },
	{ id = "otra"; zone = "America/Bogota"; accounts: ( { id = "x"; collector = "manual"; entered = ["posts"]; } ); }
);
END
cat >"$work/plan.conf" <<END
id = "plan-2026"; title = "Plan"; period = "2026";
activities: ( { id = "a01"; title = "Plan, hecho"; kind = "yes-no"; }, { id = "a02"; title = "Videos"; target = 4; from = "x.posts"; } );
END
ctl=("$bin/metricsctl" -c "$work/m.conf")
same accounts "una/x fb eventos otra/x" "$(offered "${ctl[@]}" series "" | xargs)"
same "whose figures are entered" "una/x fb otra/x plan-2026" "$(offered "${ctl[@]}" enter "" | xargs)"
same activities a01 "$(offered "${ctl[@]}" enter plan-2026 "" | xargs)"
same metrics "posts views" "$(offered "${ctl[@]}" enter una/x "" | xargs)"
same metrics visits "$(offered "${ctl[@]}" enter fb "" | xargs)"
same entities "otra una" "$(offered "${ctl[@]}" summary --entity "" | xargs)"
same "accounts behind an option" "una/x fb eventos otra/x" "$(offered "${ctl[@]}" entries --account "" | xargs)"
for name in "explain" "chart" "summary --account" "verify --account"; do
	same "groups, too, for $name" "una/x fb eventos otra/x redes publicaciones.posts" "$(offered "${ctl[@]}" $name "" | xargs)"
done
same formats "table csv json" "$(offered "${ctl[@]}" summary --format "" | xargs)"
same "formats of explain" "table json" "$(offered "${ctl[@]}" explain --format "" | xargs)"
same "formats of status" "table csv json prometheus" "$(offered "${ctl[@]}" status --format "" | xargs)"
same layouts "auto csv" "$(offered "${ctl[@]}" import --format "" | head -2 | xargs)"
same choices "yes no" "$(offered "${ctl[@]}" record --materialised "" | xargs)"
same files :files "$(offered "${ctl[@]}" import "")"
same "files after files" :files "$(offered "${ctl[@]}" import one.csv "")"
same directories :directories "$(offered "${ctl[@]}" export 2025 --open-data "")"
same "files of the daemon" :files "$(offered "$bin/metricsd" -c "")"
offered "${ctl[@]}" summary "" | grep -qx "$(date +%Y-%m)" || fail "no month for summary"
for period in $(offered "${ctl[@]}" summary ""); do # each is a period the program understands
	"${ctl[@]}" enter una/x posts "$period" x 2>&1 | grep -qi 'period' && fail "$period is offered, but is no period"
done

# --- every value that is offered behind an option is one the program takes, and none is a word of prose
"${ctl[@]}" enter una/x posts 2025-10 5 >/dev/null
: >"$work/empty.csv"
arguments_of() { # COMMAND: as many as it wants
	"$bin/metricsctl" "$1" --help | sed -n '1s/^usage: metricsctl [a-z]* *//p' | tr -d '[]…' | tr ' ' '\n' | while read -r word; do
		case $word in
		-* | \| | OPTIONS) break ;;
		ACCOUNT) echo una/x ;;
		METRIC) echo posts ;;
		PERIOD) echo 2025-10 ;;
		FROM | TO) echo 2025-10-01 ;;
		FILE) echo "$work/empty.csv" ;;
		LIST) echo risk --title a --period 2025-10 ;;
		ENTRY) echo 99 ;;
		VALUE) echo 5 ;;
		esac
	done
}
values=0
for name in $commands; do
	arguments=$(arguments_of $name)
	for option in $(offered "$bin/metricsctl" $name - | grep -e --); do
		case $name$option in
		record--materialised) ;;
		record*) continue ;; # the others belong to other ways of recording
		*--format) ;;
		*) ! grep -qx -e "$option" <<<"$common" || continue ;;
		esac
		for value in $(offered "${ctl[@]}" $name $arguments "$option" "" | grep -v '^:'); do
			values=$((values + 1))
			said=$("${ctl[@]}" $name $arguments "$option" "$value" 2>&1 </dev/null) && continue
			case $said in
			*"$option"* | *"has no $value"* | *"\"$value\""*) fail "metricsctl $name $option $value: $said" ;;
			esac
		done
	done
done
[ $values -ge 40 ] || fail "only $values values were tried"
for prose in "report --definition" "plan --plan" "reconcile --tolerance" "report --date" "export --date" "export --url" "withdraw --note"; do
	same "nothing behind $prose" "" "$(offered "${ctl[@]}" $prose "")"
done

# --- the shells
mkdir "$work/bin"
sed "s#@CMAKE_INSTALL_FULL_LIBEXECDIR@/metricsd/complete#$engine#" "$source/completions/bash.in" >"$work/bash"
in_bash() { # WORD…: the last is being typed
	bash --norc -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _metricsctl 2>/dev/null; echo ${COMPREPLY[@]}' \
		bash "$work/bash" "$@"
}
same "in bash" "summary series" "$(in_bash "$bin/metricsctl" s | tr ' ' '\n' | grep -v status | xargs)"
same "in bash" "una/x" "$(in_bash "${ctl[@]}" series u)"
same "in bash" "--once" "$(in_bash "$bin/metricsd" --o)"
: >"$work/octubre con blancos.csv"
same "files in bash" "$work/octubre con blancos.csv" "$(in_bash "${ctl[@]}" import "$work/oct")"

if command -v zsh >/dev/null; then
	sed "s#@CMAKE_INSTALL_FULL_LIBEXECDIR@/metricsd/complete#$engine#" "$source/completions/zsh.in" >"$work/bin/_metricsctl"
	# what the file would hand to zsh, said by functions that stand where zsh's own do
	in_zsh() {
		zsh -f -c '
			compadd() { print -l -- "${(@P)2}" }
			_describe() { print -l -- "${(@P)2}" }
			_files() { print -- files "$@" }
			file=$1; shift; words=("$@"); CURRENT=$#; it() { . "$file" }; it' zsh "$work/bin/_metricsctl" "$@"
	}
	same "in zsh" "una/x fb eventos otra/x" "$(in_zsh "${ctl[@]}" series "" | xargs)"
	same "files in zsh" "files" "$(in_zsh "${ctl[@]}" import "" | xargs)"
	in_zsh "$bin/metricsctl" "" | grep -qx 'summary:the figures of a period.*' || fail "zsh is not told what summary does"
else
	echo "no zsh here: its completion was not tried"
fi
[ $status -eq 0 ] && echo "$(wc -l <<<"$commands") subcommands, each with its options"
exit $status
