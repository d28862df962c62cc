#!/bin/sh
# Everything that is checked without running Folkmoot. Goes on after a failure, names all of them.
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=

step() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok      $name"
    else
        printf '%s\nFAILED  %s: %s\n' "$output" "$name" "$*"
        failed="$failed $name"
    fi
}

step style $bin/ruff check .
step format $bin/ruff format --check .
step types $bin/mypy
step imports env PYTHONPATH=src $bin/lint-imports
step generated $bin/python -m folkmoot.protocol.typescript --check
step page-lint $bin/python scripts/page.py run lint
step page-types $bin/python scripts/page.py run typecheck

[ -z "$failed" ] && exit 0
echo "Checks failed:$failed"
exit 1
