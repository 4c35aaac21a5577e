#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `cmake --install` puts headers, package files and the licence where it is told to, nothing else; a separate project
# finds them by find_package, also after they were moved.
set -euo pipefail
me=install
source "$(dirname "$0")/../install/ways.sh"

configure_ashlar build
quietly cmake --install build --prefix "$folder/prefix"
{
  (cd "$ROOT" && find include -name '*.hpp')
  printf 'share/cmake/ashlar/%s\n' ashlarConfig.cmake ashlarConfigVersion.cmake ashlarTargets.cmake device.cmake
  printf 'share/%s\n' licenses/ashlar/LICENSE pkgconfig/ashlar.pc
} | sort > expected
(cd prefix && find . ! -type d | sed 's|^\./||') | sort > found
diff expected found || refuse "what is installed (>) is not what is expected (<)"
if grep -rF -e "$ROOT" -e "$folder" prefix/share; then refuse "the package files name folders of this machine"; fi
DESTDIR="$folder/staged" quietly cmake --install build
diff -r prefix staged/usr/local || refuse "DESTDIR made another installation"

rm -r build staged # nothing may lead back
mkdir "moved away"
mv prefix "moved away/from here"
place="$folder/moved away/from here"
IFS=. read -r major minor _ <<< "$version"
consume find_package "-isystem $place/include" -DCMAKE_PREFIX_PATH="$place" \
  -DASHLAR_ACCEPTED="$major.$minor;$version" -DASHLAR_REFUSED="99;$major.$((minor + 1));$version.1;0.0.1"

echo "folders of one's own, relative and absolute"
compilers=("${compilers[0]}") # where files lie is no question to the other
configure_ashlar build -DCMAKE_INSTALL_PREFIX=below/here -DCMAKE_INSTALL_INCLUDEDIR=include/third_party \
  -DCMAKE_INSTALL_DATADIR=./share
quietly cmake --install build
consume find_package "-isystem $folder/below/here/include/third_party" -DCMAKE_PREFIX_PATH="$folder/below/here" \
  -DASHLAR_ACCEPTED="$version"
rm -r build
configure_ashlar build -DCMAKE_INSTALL_PREFIX="$folder/program" -DCMAKE_INSTALL_INCLUDEDIR="$folder/headers" \
  -DCMAKE_INSTALL_DATADIR="$folder/data"
quietly cmake --install build
consume find_package "-isystem $folder/program/../headers" -Dashlar_DIR="$folder/data/cmake/ashlar" \
  -DASHLAR_ACCEPTED="$version"
