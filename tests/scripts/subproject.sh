#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A separate project takes Ashlar's sources in, by add_subdirectory and by FetchContent: it gets the headers, no tests,
# examples or benchmarks, and installs nothing of Ashlar unless it asks for that.
set -euo pipefail
me=subproject
source "$(dirname "$0")/../install/ways.sh"

# a copy of what the library is, without the rest, in a folder whose name has a space
source="$folder/third party/ashlar"
mkdir -p "$source"
cp -r "$ROOT/CMakeLists.txt" "$ROOT/LICENSE" "$ROOT/cmake" "$ROOT/include" "$source"

for way in add_subdirectory FetchContent; do
  consume "$way" "-I$source/include" -DASHLAR_SOURCE="$source"
done

quietly cmake --install consumer --prefix "$folder/program"
[ "$(cd program && find . ! -type d)" = ./bin/consumer ] || refuse "Ashlar was installed with the project"
quietly cmake -DASHLAR_INSTALL=ON consumer
quietly cmake --install consumer --prefix "$folder/both"
[ -e both/share/cmake/ashlar/ashlarConfig.cmake ] || refuse "ASHLAR_INSTALL=ON did not install Ashlar"
