#!/bin/sh
# The main job on a sample blog: init, publish, a new post, plan, publish, post. No network, no account.
# Usage: demo.sh SYNDICATE FOLDER
set -eu
syndicate=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=$2

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
tell() { printf '\n# %s\n' "$*"; }
run() { printf '\n%s$ syndicate %s%s\n' "$bold" "$*" "$plain"; "$syndicate" "$@"; }
# Exit code 1 only says that something needs a person, and one sample post is broken on purpose.
may_need_you() { run "$@" || [ $? -eq 1 ]; }

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

tell "A sample blog with twelve posts: one is broken on purpose, two have pictures that no host serves."
run init .

tell "The first publication: feeds, cards, meta tags. What is already there will not be announced."
may_need_you publish

tell "Now somebody writes a post."
cat >content/posts/first-frost.md <<POST
---
title: "First Frost"
date: "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
excerpt: "The night the dahlias went black, and what we dug up in the morning."
category: "Garden"
keywords: ["dahlias", "winter"]
image: "/images/hills-at-dawn.jpg"
imageAlt: "Blue hills in layers of morning mist under a pale orange sky"
socialShare: "One cold night and the dahlias are gone. What to dig up in the morning, and what to leave."
---

It came without wind. In the morning every leaf had an edge of sugar.
POST
may_need_you plan
may_need_you publish

tell "Send it now; \`syndicate run\` would do all of this by itself."
run post first-frost
may_need_you status

for made in feeds/rss.xml feeds/atom.xml feeds/feed.json feeds/index.html feeds/syndication.json feeds/timeline.html; do
  [ -s "$made" ] || { echo "the demo did not write $made" >&2; exit 1; }
done
cat <<END

Look at
  $(pwd)/feeds/index.html        the page that readers subscribe from
  $(pwd)/feeds/timeline.html     the message, as the local network shows it
  $(pwd)/feeds/cards/            a share card for every post
  $(pwd)/feeds/rss.xml           atom.xml and feed.json beside it
  $(pwd)/feeds/syndication.json  every post with its card and its copies, for your site

and go on there:
  cd $(pwd) && $syndicate --help
END
