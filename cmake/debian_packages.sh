# SPDX-License-Identifier: MIT
# Sourced by examples/run, tests/run and .ci/run, which name themselves in $me: what they need from Debian's packages.

# require_packages PACKAGE...: installs them when it may (as root, or by sudo without a password, and unless
# ASHLAR_NO_INSTALL=1); otherwise prints the one line that does, and exits 1.
require_packages() {
  [ $# -gt 0 ] || return 0
  local sudo="" install=(apt-get install -y --no-install-recommends "$@")
  [ "$(id -u)" = 0 ] || sudo="sudo"
  if [ "${ASHLAR_NO_INSTALL:-0}" = 1 ] || ! command -v apt-get > /dev/null ||
    { [ -n "$sudo" ] && ! sudo -n true 2> /dev/null; }; then
    echo "$me: missing: $*. Install it, for instance by this line, and start again:" >&2
    echo "  ${sudo:+sudo }apt-get update && ${sudo:+sudo }${install[*]}" >&2
    exit 1
  fi
  echo "$me: installing from Debian's packages: $*"
  local log
  log="$(mktemp)"
  if ! { $sudo env DEBIAN_FRONTEND=noninteractive "${install[@]}" ||
    { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive "${install[@]}"; }; } > "$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "$me: the packages could not be installed (the end of apt-get's output is above)" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
}

# require_compiler COMPILER: exits with a sentence unless it is g++ 12, clang++ 14, or newer.
require_compiler() {
  local macros gcc clang
  if ! command -v "$1" > /dev/null; then
    echo "$me: there is no compiler $1; set CXX to g++ 12, clang++ 14, or newer" >&2
    exit 1
  fi
  if ! macros="$("$1" -dM -E -x c++ - < /dev/null 2>&1)"; then
    echo "$me: $1 does not work as a C++ compiler; set CXX to g++ 12, clang++ 14, or newer" >&2
    exit 1
  fi
  gcc="$(sed -n 's/^#define __GNUC__ //p' <<< "$macros")"
  clang="$(sed -n 's/^#define __clang_major__ //p' <<< "$macros")"
  if [ -n "$clang" ]; then
    [ "$clang" -ge 14 ] && return
    echo "$me: $1 is clang $clang; Ashlar needs clang 14 or g++ 12, or newer. Set CXX to such a compiler" >&2
  else
    [ "${gcc:-0}" -ge 12 ] && return
    echo "$me: $1 is g++ ${gcc:-unknown}; Ashlar needs g++ 12 or clang 14, or newer. Set CXX to such a compiler" >&2
  fi
  exit 1
}
