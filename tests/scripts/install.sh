#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the library and uses it from a separate project by find_package, and again by add_subdirectory.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CXX="${CXX:-g++}"

quietly() { "$@" > log 2>&1 || { cat log && exit 1; }; }
quietly cmake -S "$ROOT" -B build -DASHLAR_BUILD_TESTS=OFF -DASHLAR_BUILD_EXAMPLES=OFF -DASHLAR_BUILD_BENCH=OFF
quietly cmake --install build --prefix "$folder/prefix"
mv build/CMakeCache.txt . # nothing may lead back to the build folder

version="$(sed -n 's/^CMAKE_PROJECT_VERSION:.*=//p' CMakeCache.txt)"
for way in find_package add_subdirectory; do
  echo "$way"
  quietly cmake -S "$ROOT/tests/install" -B "$way" -DWAY="$way" -DASHLAR_SOURCE="$ROOT" -DASHLAR_WANTED="$version" \
    -DCMAKE_PREFIX_PATH="$folder/prefix"
  quietly cmake --build "$way"
  "$way/consumer"
done

if cmake -S "$ROOT/tests/install" -B newer -DWAY=find_package -DASHLAR_WANTED=99 -DCMAKE_PREFIX_PATH="$folder/prefix" \
  > log 2>&1; then
  echo "install: find_package accepted $version where version 99 was asked for"
  exit 1
fi
