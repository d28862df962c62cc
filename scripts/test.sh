#!/bin/sh
# All checks and tests, each to its end, so that one run tells everything; pytest's line is last.
# The exit code is pytest's, or 1 when only something before it failed.
cd "$(dirname "$0")/.." || exit 1
before=0

echo "==> Checks"
sh scripts/check.sh || before=1
echo "==> Tests of the page and the TypeScript client"
.venv/bin/python scripts/page.py --test || before=1
echo "==> Tests of Folkmoot"
[ $before -eq 0 ] || echo "Something failed above, before these tests; this run will fail."
.venv/bin/python -m pytest "$@" || exit $?
exit $before
