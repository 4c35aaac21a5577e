# SPDX-License-Identifier: MIT
# Sourced by the scripts that use Ashlar from a separate project, which name themselves in $me. They run in $folder,
# which is temporary; $compilers are those that are here, $version is Ashlar's.
ROOT="${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
unset CXXFLAGS CPPFLAGS LDFLAGS DESTDIR CMAKE_GENERATOR CMAKE_PREFIX_PATH PKG_CONFIG_PATH PKG_CONFIG_LIBDIR

refuse() { echo "$me: $1" && exit 1; }
quietly() { "$@" > log 2>&1 || { cat log && refuse "failed: $*"; }; }

version="$(sed -nE 's/^#define ASHLAR_VERSION_[A-Z]+ //p' "$ROOT/include/ashlar/core/config.hpp" | paste -sd .)"
compilers=()
for compiler in g++ clang++; do
  if command -v "$compiler" > /dev/null; then compilers+=("$compiler"); else
    echo "skipped: $me/$compiler: it is not installed"
  fi
done
generators=()
! command -v ninja > /dev/null || generators+=(Ninja)
! command -v make > /dev/null || generators+=("Unix Makefiles")

configure_ashlar() {  # BUILD DEFINITIONS...: as who installs it does, without doctest
  CXX="${CXX:-g++}" quietly cmake -S "$ROOT" -B "$1" -DASHLAR_BUILD_TESTS=OFF "${@:2}"
  ! grep -q DOCTEST "$1/CMakeCache.txt" || refuse "without tests doctest was looked for"
}

# consume WAY FLAG DEFINITIONS...: builds and runs tests/install by every compiler, the build tools taking turns. The
# compile lines hold FLAG (where the headers are), the standard, the budget for constant expressions, nothing else.
consume() {
  local n=0 compiler generator budget found
  for compiler in "${compilers[@]}"; do
    generator="${generators[n++ % ${#generators[@]}]}"
    echo "$1, $compiler, $generator"
    rm -rf consumer
    quietly cmake -S "$ROOT/tests/install" -B consumer -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" -DWAY="$1" \
      -DASHLAR_VERSION="$version" "${@:3}"
    quietly cmake --build consumer
    consumer/consumer || refuse "the consumer's program failed"
    budget=-fconstexpr-ops-limit=1000000000
    [ "$compiler" = g++ ] || budget=-fconstexpr-steps=100000000
    found="$(compile_flags consumer/compile_commands.json)"
    [ "$found" = "$2 $budget -std=gnu++20" ] || refuse "the flags are '$found', expected: '$2 $budget -std=gnu++20'"
  done
}
compile_flags() {  # FILE: what stands between the compiler and "-o OBJECT -c SOURCE"
  python3 - "$1" << 'END'
import json, shlex, sys
(entry,) = json.load(open(sys.argv[1]))
print(*shlex.split(entry["command"])[1:-4])
END
}
