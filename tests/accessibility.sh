#!/bin/sh
# Holds reports and the page of open data against WCAG in a real browser: axe-core finds no violation at the width of a
# desk and of a telephone, nothing is wider than the screen, and what axe-core leaves undecided is decided here: every
# text has the contrast of 4.5:1 with what is behind it, every head of rows has cells. Run by hand when pages change:
#
#   apt-get install chromium npm
#   tests/accessibility.sh BUILD_DIRECTORY/bin     (AXE=…/axe.min.js: that one, nothing is fetched)
set -eu
bin=$(cd "$1" && pwd)
source=$(cd "$(dirname "$0")/.." && pwd)
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "accessibility.sh: no chromium is installed" >&2
	exit 1
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
axe=${AXE:-}
if [ -z "$axe" ]; then
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$dir/npm" axe-core@4 >/dev/null
	axe=$dir/npm/node_modules/axe-core/axe.min.js
fi

# --- the pages

METRICSD_CLOCK_OFFSET=$(($(date -u -d '2026-01-15 17:00' +%s) - $(date +%s)))
export METRICSD_CLOCK_OFFSET

# A place with the configuration that is read from stdin.
place() {
	mkdir "$dir/$1"
	{ printf 'state_directory = "%s";\ncontrol = "%s/control";\n' "$dir/$1" "$dir/$1" && cat; } >"$dir/$1/metricsd.conf"
	mkdir "$dir/$1/reports"
	ln -s "$source"/etc/reports/*.conf "$dir/$1/reports"
}

# ctl PLACE WORDS…
ctl() {
	at=$dir/$1/metricsd.conf
	shift
	"$bin/metricsctl" --config "$at" "$@" >/dev/null
}

place office <"$source/examples/itagui.conf"
ln -sf "$source/examples/reports/trimestral.conf" "$dir/office/reports"
ctl office import "$source/examples/monthly.csv"
for list in event campaign risk; do
	ctl office record $list --from "$source/examples/${list}s.csv"
done
ctl office report 2025-Q4 -o "$dir/quarter.html"
ctl office report 2025-Q4 --lang en -o "$dir/english.html"
ctl office report 2025-Q4 --definition "$source/etc/reports/trimestral.conf" -o "$dir/any-office.html"
ctl office report 2025-Q4 --definition resumen -o "$dir/summary.html"
ctl office report 2025-12 -o "$dir/missing-months.html"
ctl office report 2025 -o "$dir/year.html"
ctl office export 2025 --open-data "$dir/open-data" --license https://creativecommons.org/licenses/by/4.0/
cp "$dir/open-data/index.html" "$dir/open-data.html"
ctl office close 2025-Q4 --anyway --by ana --note approved 2>/dev/null
ctl office enter facebook visits 2025-12 1200 --by ana
ctl office record event --date 2025-11-30 --title Concurso --attendees 232
ctl office report 2025-Q4 -o "$dir/closed.html"

echo "@include \"$source/examples/plans.conf\"" | place plans
METRICSD_CLOCK_OFFSET=$((METRICSD_CLOCK_OFFSET + 200 * 86400))
ctl plans enter plan-2026 a08 2026-S1 40% --entity concejo-medellin --note 'falta la segunda pauta'
ctl plans report 2026-S1 --entity concejo-medellin -o "$dir/plan.html"

METRICSD_CLOCK_OFFSET=$((METRICSD_CLOCK_OFFSET - 200 * 86400))

{
	echo 'entities: ('
	for i in $(seq 60); do
		[ "$i" -eq 1 ] || echo ,
		echo "{ id = \"e$i\"; name = \"Entidad $i\"; zone = \"America/Bogota\"; notice = \"SIMULADO\"; accounts: ("
		for account in facebook instagram x whatsapp sede; do
			[ $account = facebook ] || echo ,
			echo "{ id = \"$account\"; collector = \"manual\"; entered = [\"posts\", \"visits\", \"reach\"]; }"
		done
		echo '); }'
	done
	echo ');'
} | place sixty
{
	echo period,account,metric,value
	for i in $(seq 60); do
		for account in facebook instagram x whatsapp sede; do
			echo "2025-10,e$i/$account,posts,$i"
			echo "2025-11,e$i/$account,reach,$((i * 100))"
		done
	done
} >"$dir/sixty/figures.csv"
ctl sixty import "$dir/sixty/figures.csv"
ctl sixty report 2025-Q4 --definition mensual -o "$dir/sixty.html"

# --- what is asked of each

cat >"$dir/look.js" <<'END'
function part(value) {
	value /= 255;
	return value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
}
function luminance(colour) {
	return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2]);
}
function colour(text) {
	const numbers = (text.match(/[\d.]+/g) || []).map(Number);
	return numbers.length === 3 || numbers[3] === 1 ? numbers : null;
}
function behind(element) {
	for (; element; element = element.parentElement) {
		const found = colour(getComputedStyle(element).backgroundColor);
		if (found)
			return found;
	}
	return [255, 255, 255];
}
// words over a bar of a chart would be read against the bar: none are
function overlaps(text) {
	const box = text.getBoundingClientRect();
	return [...text.ownerSVGElement.querySelectorAll('rect')].some((rect) => {
		const other = rect.getBoundingClientRect();
		const painted = getComputedStyle(rect).fill !== 'none' && other.height > 0 &&
			rect.getAttribute('fill') !== '#ffffff' && rect.getAttribute('fill') !== 'white';
		return painted && box.left < other.right - 1 && other.left < box.right - 1 &&
			box.top < other.bottom - 2 && other.top < box.bottom - 2;
	});
}
function contrasts() {
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const faults = [];
	let texts = 0;
	while (walker.nextNode()) {
		const element = walker.currentNode.parentElement;
		if (!walker.currentNode.data.trim() || element.closest('script,style,title,desc,.watermark'))
			continue;
		const svg = element.closest('svg');
		const style = getComputedStyle(element);
		const front = colour(svg ? style.fill : style.color);
		const [light, dark] = [luminance(front), luminance(behind(element))].sort((a, b) => b - a);
		const ratio = (light + 0.05) / (dark + 0.05);
		texts++;
		if (ratio < 4.5)
			faults.push(ratio.toFixed(2) + ':1 ' + walker.currentNode.data.slice(0, 40));
		if (svg && element.ownerSVGElement && overlaps(element))
			faults.push('over a bar: ' + walker.currentNode.data.slice(0, 40));
	}
	return { texts, faults };
}
function heads() {
	return [...document.querySelectorAll('th')].filter((th) => {
		const scope = th.getAttribute('scope');
		const table = th.closest('table');
		if (scope === 'rowgroup')
			return !th.closest('tbody').querySelector('td');
		if (scope === 'row')
			return !th.parentElement.querySelector('td');
		return scope !== 'col' || !table.querySelector('tbody :nth-child(' + (th.cellIndex + 1) + ')');
	}).map((th) => th.outerHTML);
}
addEventListener('load', () => axe.run(document, { resultTypes: ['violations', 'incomplete'] }).then((found) => {
	const decided = ['color-contrast', 'th-has-data-cells'];
	const looked = contrasts();
	const faults = found.violations.map((rule) => rule.id + ': ' + rule.nodes[0].html)
		.concat(found.incomplete.filter((rule) => !decided.includes(rule.id))
			.map((rule) => 'undecided ' + rule.id + ': ' + rule.nodes[0].html))
		.concat(looked.faults.map((fault) => 'contrast ' + fault))
		.concat(heads().map((head) => 'head of nothing: ' + head));
	if (document.documentElement.scrollWidth > innerWidth)
		faults.push('wider than the screen: ' + document.documentElement.scrollWidth);
	parent.postMessage(innerWidth + ' pixels, ' + found.passes.length + ' rules, ' + looked.texts + ' texts\n' +
		faults.map((fault) => 'FAULT ' + fault + '\n').join(''), '*');
}));
END

status=0
for page in "$dir"/*.html; do
	for width in 1366 390; do
		{
			sed '/<\/body>/,$d' "$page"
			printf '<script>' && cat "$axe" && printf '</script><script>' && cat "$dir/look.js"
			echo '</script></body></html>'
		} >"$dir/page"
		mv "$dir/page" "$dir/looked-at.htm"
		# a window is never as narrow as a telephone: a frame is
		cat >"$dir/frame.htm" <<-END
			<!DOCTYPE html><pre id="looked"></pre>
			<script>onmessage = (event) => document.getElementById('looked').append(event.data)</script>
			<iframe width="$width" height="844" style="border:0" src="looked-at.htm"></iframe>
		END
		"$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$dir/browser" --window-size=1500,1000 \
			--hide-scrollbars --virtual-time-budget=60000 --dump-dom "$dir/frame.htm" >"$dir/seen" 2>/dev/null || true
		said=$(sed -n '/<pre id="looked">/,/<\/pre>/p' "$dir/seen" | sed 's/.*<pre id="looked">//; s/<\/pre>.*//; /^$/d')
		echo "$(basename "$page" .html) at $width: ${said:-FAULT the browser says nothing}"
		case $said in
		"$width pixels"*FAULT* | '') status=1 ;;
		"$width pixels"*) ;;
		*) status=1 ;;
		esac
	done
done

# --- paper

# The summary for a council is one sheet, also on Letter, which is what a browser prints on unless told otherwise.
"$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$dir/browser" --no-pdf-header-footer \
	--print-to-pdf="$dir/summary.pdf" "$dir/summary.html" >/dev/null 2>&1 || true
sheets=$(grep -a -c '/Type /Page$' "$dir/summary.pdf" || true)
echo "summary on paper: $sheets sheet"
[ "$sheets" = 1 ] || status=1
exit $status
