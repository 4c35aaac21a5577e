#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An installed Ashlar is found by pkg-config: one bare line compiles a program, also after the installation was moved.
set -euo pipefail
me=pkg_config
source "$(dirname "$0")/../install/ways.sh"
command -v pkg-config > /dev/null || refuse "there is no pkg-config (Debian: pkg-config); tests/run installs it"

configure_ashlar build
quietly cmake --install build --prefix "$folder/prefix"
rm -r build
cp "$ROOT/tests/install/main.cpp" program.cpp

export PKG_CONFIG_PATH="$folder/prefix/share/pkgconfig"
pkg-config --exact-version="$version" ashlar || refuse "the version is $(pkg-config --modversion ashlar)"
! pkg-config --atleast-version=99 ashlar || refuse "version 99 was found"

for compiler in "${compilers[@]}"; do
  echo "$compiler \$(pkg-config --cflags --libs ashlar) program.cpp"
  "$compiler" $(pkg-config --cflags --libs ashlar) -o program program.cpp
  ./program || refuse "the program failed"
done

system=-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP
echo "${compilers[0]} \$(pkg-config --cflags --libs ashlar) $system device.cpp"
cp "$ROOT/tests/install/device.cpp" .
"${compilers[0]}" $(pkg-config --cflags --libs ashlar) "$system" -o device device.cpp
./device | grep '^device, Thrust .* on C++' || refuse "the device policy's program does not run by C++"

flags() { eval "printf '%s\n' $(pkg-config "$@" ashlar)" | paste -sd ' '; }
expect() { [ "$1" = "$2" ] || refuse "pkg-config says '$1', expected: '$2'"; }
include="$PKG_CONFIG_PATH/../../include"
expect "$(flags --cflags)" "-std=c++20 -pthread -I$include"
expect "$(flags --libs)" "-pthread"
expect "$(flags --define-variable=standard=-std=c++23 --cflags)" "-std=c++23 -pthread -I$include"

mkdir "moved away"
mv prefix "moved away/from here"
export PKG_CONFIG_PATH="$folder/moved away/from here/share/pkgconfig"
echo "the same, moved into a folder whose name has spaces"
eval "${compilers[0]} $(pkg-config --cflags --libs ashlar) -fsyntax-only program.cpp"
