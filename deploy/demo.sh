#!/bin/sh
# The main job on a sample blog: init, publish, plan, post. No network, no account.
# Usage: demo.sh SYNDICATE FOLDER
set -eu
syndicate=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=$2
slug=a-garden-that-waters-itself

say() { printf '\n\033[1m$ syndicate %s\033[0m\n' "$*"; "$syndicate" "$@"; }

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
say init .
say publish || [ $? -eq 1 ]
say plan || [ $? -eq 1 ]
say post "$slug"
say status || [ $? -eq 1 ]

for made in feeds/rss.xml feeds/atom.xml feeds/feed.json feeds/index.html feeds/syndication.json feeds/timeline.html; do
  [ -s "$made" ] || { echo "the demo did not write $made" >&2; exit 1; }
done
cat <<END

Look at
  $(pwd)/feeds/index.html        the page that readers subscribe from
  $(pwd)/feeds/timeline.html     the message, as the local network shows it
  $(pwd)/feeds/cards/            a share card for every post
  $(pwd)/feeds/rss.xml           atom.xml and feed.json beside it
END
