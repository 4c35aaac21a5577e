#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every example is short, says in its first comment how it is built in three ways, and keeps what it says: the bare line
# of g++ (or $CXX) is run as it stands there; CMake's target builds, and is a test of its own; WAY=nvcc runs nvcc's line
# instead: where there is no GPU the program has to say that. Each writes pictures that decode, and nothing elsewhere.
# MNIST is built here and trained by mnist.sh. EXAMPLES="digits ...": only these are run; LEAVE_OUT, a regular expression
# of targets: CMake only knows these.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
way="${WAY:-g++}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
export ASHLAR_NO_INSTALL=1 CXX="${CXX:-g++}"
unset ASHLAR_DATA

refuse() {
  echo "examples: $1"
  exit 1
}

# What stands in the first comment after `// $1 `, which must be one line.
line_of() {
  local line
  line="$(sed '/^[^/]/q' "$2" | sed -n "s|^// \($1 .*\)|\1|p")"
  [ "$(wc -l <<< "$line")" = 1 ] && [ -n "$line" ] || refuse "$(basename "$2"): its first comment needs one line '// $1 ...'"
  echo "$line"
}

names="$("$ROOT/examples/run" --list | awk '{ print $1 }')"
[ -n "$names" ] || refuse "examples/run --list names none"
number=0
for name in $names; do
  number=$((number + 1))
  source="$(printf 'examples/%02d_%s.cpp' "$number" "$name")"
  [ -e "$ROOT/$source" ] || refuse "there is no $source: examples are numbered from 01 without a gap"
  [ "$(wc -l < "$ROOT/$source")" -lt 80 ] || refuse "$source has 80 lines or more"
  [ "$(head -n 5 "$ROOT/$source" | grep -c '^// ')" = 5 ] || refuse "$source: its first comment is not five lines"

  gnu="$(line_of g++ "$ROOT/$source")"
  program="$(sed 's/.* //; s/^\.\///' <<< "$gnu")"
  [ "$gnu" = "g++ -std=c++20 -O2 -I include $source -o $program && ./$program" ] || refuse "$source: another g++ line: $gnu"
  nvidia="$(line_of nvcc "$ROOT/$source")"
  [ "$nvidia" = "nvcc -std=c++20 -O2 -I include -x cu $source -o $program && ./$program" ] ||
    refuse "$source: another nvcc line: $nvidia"
  by_cmake="$(line_of cmake "$ROOT/$source")"
  [ "$by_cmake" = "cmake -B build && cmake --build build --target example_$name" ] ||
    refuse "$source: another cmake line: $by_cmake"
  if [ -n "${BUILD:-}" ] && [ "$way" = g++ ]; then
    if [[ "example_$name" =~ ^(${LEAVE_OUT:-})$ ]]; then
      cmake --build "$BUILD" --target help 2> /dev/null | grep -w "example_$name" > "$folder/build.log" ||
        refuse "CMake knows no example_$name"
    else
      cmake --build "$BUILD" --target "example_$name" > "$folder/build.log" 2>&1 ||
        { cat "$folder/build.log" && refuse "CMake does not build example_$name"; }
      [ -x "$BUILD/examples/example_$name" ] || refuse "CMake's example_$name is not in examples/"
    fi
  fi

  [[ -z "${EXAMPLES:-}" || " $EXAMPLES " == *" $name "* ]] || continue

  # The line as it stands, in a folder that looks like the root of the repository.
  here="$folder/$name"
  mkdir -p "$here" "$folder/output/$name"
  ln -s "$ROOT/include" "$ROOT/examples" "$here"
  line="$nvidia"
  [ "$way" = nvcc ] || line="$CXX${gnu#g++}"
  echo "== $line"
  status=0
  (cd "$here" && ASHLAR_OUTPUT="$folder/output/$name" bash -c "$line") > "$folder/$name.log" 2>&1 || status=$?
  if [ "$name" = mnist ] && [ "$status" = 77 ]; then
    grep -q '^skipped: mnist: ' "$folder/$name.log" || refuse "$source skips without a reason"
    continue
  fi
  if [ "$way" = nvcc ] && ! nvidia-smi -L > /dev/null 2>&1 && [ ! -e /dev/nvidia0 ]; then
    [ "$status" != 0 ] || [ "$name" = tensors ] || { cat "$folder/$name.log" && refuse "$source runs without a GPU"; }
    grep -E '^device.*: there is no (NVIDIA driver|GPU) on this machine' "$folder/$name.log" ||
      { cat "$folder/$name.log" && refuse "$source does not say what is missing"; }
    continue
  fi
  [ "$status" = 0 ] || { cat "$folder/$name.log" && refuse "$source failed"; }
  tail -n 1 "$folder/$name.log"
  grep -qE '^(cpu|device)' "$folder/$name.log" || refuse "$source does not print where it ran"
  tail -n 1 "$folder/$name.log" | grep -qE '^(accuracy|error) .*[0-9]' || refuse "$source does not end with its accuracy or error"
  [ "$(ls "$here" | sort | xargs)" = "$(printf '%s\n' examples include "$program" | sort | xargs)" ] ||
    { ls "$here" && refuse "$source litters the folder in which it runs"; }
  find "$folder/output/$name" \( -name '*.png' -o -name '*.svg' \) > "$folder/pictures"
  [ -s "$folder/pictures" ] || refuse "$source draws no picture"
  xargs -d '\n' python3 "$ROOT/tests/scripts/pictures/decode.py" < "$folder/pictures"
done
[ "$number" = "$(ls "$ROOT"/examples/[0-9]*.cpp | wc -l)" ] || refuse "examples/run --list does not name all examples"
[ "$way" = g++ ] || exit 0

# examples/run without a name is the main example, from any directory: its last line, weights, curve and gallery.
cd "$folder"
mkdir elsewhere && cd elsewhere
export ASHLAR_OUTPUT="$folder/output/run"
"$ROOT/examples/run" --time > "$folder/run.log" 2>&1 || { cat "$folder/run.log" && refuse "examples/run failed"; }
[ -z "$(ls)" ] || refuse "examples/run litters the working directory"
for wanted in svg png safetensors; do
  ls "$folder/output/run/"*."$wanted" > /dev/null || refuse "examples/run wrote no .$wanted"
done
ends_well() {
  tail -n 2 "$folder/run.log" | grep -qE '^accuracy (9[89]\.[0-9]{2}|100\.00) %$' ||
    { cat "$folder/run.log" && refuse "$1 does not end with 'accuracy 98.61 %' or better"; }
}
ends_well examples/run

# the same source on the device policy, by whatever is here
"$ROOT/examples/run" --device --time > "$folder/run.log" 2>&1 || { cat "$folder/run.log" && refuse "examples/run --device failed"; }
grep -E '^on the device by (OpenMP, for lack of (nvcc of CUDA 12 or newer|a GPU)$|/.*nvcc$)' "$folder/run.log" || refuse "examples/run does not say by what"
grep -E '^device, ' "$folder/run.log" || refuse "examples/run --device does not run on the device"
ends_well "examples/run --device"
