#!/bin/sh
# All checks and tests, each to its end, so that one run tells everything. The last line counts them.
# With arguments, pytest gets those, and nothing goes on beside it.
#
# What starts zones waits most of the time: for processes, elections, people. So it goes in three lanes,
# and the checks and the tests that only compute go on beside them, at a lower priority; what they say
# is told at the end.
cd "$(dirname "$0")/.." || exit 1
python=.venv/bin/python

if [ $# -gt 0 ]; then
    sh scripts/check.sh || before=1
    $python scripts/page.py --test || before=1
    $python -m pytest "$@" || exit $?
    exit ${before:-0}
fi

told=$(mktemp -d)
trap 'rm -rf "$told"' EXIT
# Who stops us is to see how far all of it came.
trap 'tail -n 200 "$told"/* 2>/dev/null; exit 143' TERM
beside() {
    echo "==> Checks"
    sh scripts/check.sh || echo checks >>"$told/failed"
    echo "==> Tests of the page and the TypeScript client"
    $python scripts/page.py --test || echo page >>"$told/failed"
    echo "==> Tests that start nothing"
    $python -m pytest tests/unit tests/property tests/contract tests/simulation \
        || echo unit >>"$told/failed"
}
(beside) >"$told/beside" 2>&1 &
quick=$!
renice -n 10 -p $quick >/dev/null 2>&1

# None of them uses hypothesis; its plugin would import it at the very end, where CPython 3.11 once
# failed with "AST constructor recursion depth mismatch" and the summary was lost.
lane() {
    name=$1
    shift
    $python -m pytest -p no:hypothesispytest -p no:cacheprovider "$@" >"$told/$name" 2>&1 \
        || echo "$name" >>"$told/failed"
}
# There is one set of machines at a time, and only this lane has some.
machines="tests/cluster tests/scenario/nodes"
zones=""
for folder in tests/scenario/*/; do
    case " $machines " in *" ${folder%/} "*) ;; *) zones="$zones ${folder%/}" ;; esac
done

echo "==> Tests with machines; those with zones and with browsers go on beside them"
lane machines $machines &
first=$!
lane zones $zones &
second=$!
lane browsers tests/browser tests/conformance &
third=$!
tail -n +1 -F --pid=$first "$told/machines" 2>/dev/null &
shown=$!
wait $first
wait $shown
wait $second
echo "==> Tests with zones"
cat "$told/zones"
wait $third
echo "==> Tests with browsers, and with editors of others"
cat "$told/browsers"
wait $quick
cat "$told/beside"
exec $python scripts/count_tests.py "$told"
