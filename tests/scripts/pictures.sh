#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The examples' pictures: every PNG decodes to the samples drawn, every SVG is well-formed XML.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${CXX:-g++}" -std=c++20 -O1 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all \
  -o pictures "$ROOT/tests/scripts/pictures/main.cpp"
ASHLAR_DATA="$ROOT/examples/data" ./pictures
python3 "$ROOT/tests/scripts/pictures/decode.py" ./*.png ./*.svg
