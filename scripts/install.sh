#!/bin/sh
# Puts an lpsim that is built below a folder, with its configs, man page and completions for bash, zsh and fish, and with
# --remove takes them away: scripts/install.sh [--remove] .build/release/lpsim /usr/local
set -eu
if [ "$1" = --remove ]; then
  cd "$3"
  rm -rf bin/lpsim share/lpsim share/man/man1/lpsim.1 share/bash-completion/completions/lpsim \
    share/zsh/site-functions/_lpsim share/fish/vendor_completions.d/lpsim.fish
  exit
fi
project=$(cd "$(dirname "$0")/.." && pwd)
lpsim=$1
share=$2/share

install -D "$lpsim" "$2/bin/lpsim"
(cd "$project" && find configs -name '*.json') | while read -r file; do
  install -D -m 644 "$project/$file" "$share/lpsim/$file"
done

made=$(mktemp)
trap 'rm -f "$made"' EXIT
place() { install -D -m 644 "$made" "$share/$1"; }
"$project/scripts/man-page.sh" "$lpsim" >"$made"
place man/man1/lpsim.1
"$lpsim" --generate-completion-script bash >"$made"
place bash-completion/completions/lpsim
"$lpsim" --generate-completion-script zsh >"$made"
place zsh/site-functions/_lpsim
"$lpsim" --generate-completion-script fish >"$made"
place fish/vendor_completions.d/lpsim.fish
