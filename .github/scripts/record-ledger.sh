#!/usr/bin/env bash
# Adds the lines of a file to ledger.jsonl on a branch of the remote, else on the one that is checked out. Somebody else
# who pushed meanwhile is no conflict: the lines are added to what is there then. Only ever adds; a last line that was
# cut in half stays one. A branch that does not exist yet begins at what is checked out.
set -euo pipefail

ledger=ledger.jsonl
author=(-c user.name="drill" -c user.email="drill@users.noreply.github.com")

# Tried as a whole: within a condition bash does not stop at what fails.
add() {
  if git fetch --quiet origin "$2" 2> /dev/null; then git reset --quiet --hard FETCH_HEAD || return; fi
  if [ -s "$ledger" ] && [ -n "$(tail -c 1 "$ledger")" ]; then echo >> "$ledger" || return; fi
  cat "$1" >> "$ledger" &&
    git add "$ledger" &&
    git "${author[@]}" commit --quiet --message "Record a drill in the ledger" &&
    git push --quiet origin "HEAD:refs/heads/$2"
}

# A function, so that it is read to its end before a reset puts another version of this file in its place.
main() {
  local rows=$1 branch=${2:-$(git rev-parse --abbrev-ref HEAD)} begin attempt
  if [ ! -s "$rows" ]; then
    echo "there is no row to add: $rows"
    exit 1
  fi
  begin=$(git rev-parse HEAD)
  for attempt in 1 2 3 4 5; do
    git reset --quiet --hard "$begin"
    if add "$rows" "$branch"; then
      echo "$(wc -l < "$rows") lines added to $ledger on $branch"
      exit 0
    fi
    echo "attempt $attempt: $branch moved on, or refuses the push"
    sleep "$attempt"
  done
  echo "not recorded; docs/schedule.md says what $branch must allow"
  exit 1
}

main "$@"
