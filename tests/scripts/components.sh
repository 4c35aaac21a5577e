#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ashlar::omp, ashlar::tbb, ashlar::cpp and ashlar::cuda from a separate project, by find_package, add_subdirectory and
# FetchContent in turns: a program with `device` builds, says where it runs, and learns, under every compiler and by the
# Thrust of every kind that is here: a third of the combinations, all with ASHLAR_ALL_COMPONENTS=1. What a component
# lacks is said in a sentence.
set -euo pipefail
me=components
source "$(dirname "$0")/../install/ways.sh"

configure_ashlar build
quietly cmake --install build --prefix "$folder/prefix"
rm -r build
mkdir "moved away"
mv prefix "moved away/from here"
place="$folder/moved away/from here"
source="$folder/third party/ashlar"
mkdir -p "$source"
cp -r "$ROOT/CMakeLists.txt" "$ROOT/LICENSE" "$ROOT/cmake" "$ROOT/include" "$source"
toolkit="${CUDA_PATH:-/usr/local/cuda}"

# configure WAY COMPONENTS DEFINITIONS...: tests/install
ways=(find_package add_subdirectory FetchContent)
configure() {
  rm -rf consumer
  cmake -S "$ROOT/tests/install" -B consumer -DWAY="$1" -DCOMPONENTS="$2" -DCMAKE_PREFIX_PATH="$place" \
    -DASHLAR_SOURCE="$source" "${@:3}"
}

# use COMPONENT COMPILER FLAGS DEFINITIONS...: builds by the next way, where the compile line holds FLAGS of the system.
turn=0
tried=0
use() {
  tried=$((tried + 1))
  [ "${ASHLAR_ALL_COMPONENTS:-0}" = 1 ] || [ $(((tried + (tried - 1) / 3) % 3)) = 1 ] || return 0
  local way="${ways[turn++ % 3]}" budget=-fconstexpr-ops-limit=1000000000 headers found wanted
  echo "$1, $2, $way${4:+, ${*:4}}"
  quietly configure "$way" "$1" -DCMAKE_CXX_COMPILER="$2" "${@:4}"
  quietly cmake --build consumer
  [ "$2" = g++ ] || budget=-fconstexpr-steps=100000000
  headers="-I$source/include"
  [ "$way" != find_package ] || headers="-isystem $place/include"
  found="$(compile_flags consumer/compile_commands.json | tr ' ' '\n' | sort | paste -sd ' ')"
  wanted="$(tr ' ' '\n' <<< "-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_${1^^} $3 $headers $budget -std=gnu++20" |
    sort | paste -sd ' ' | sed 's/^ *//')"
  [ "$found" = "$wanted" ] || refuse "the flags are '$found', expected: '$wanted'"
  consumer/consumer > output || { cat output && refuse "the program failed"; }
  cat output
  grep -q "^device, Thrust .* on $(words "$1")" output || refuse "it does not say that it runs by $1"
  grep -q '^loss 0' output || refuse "it did not learn"
}
words() { sed 's/omp/OpenMP/; s/tbb/TBB/; s/cpp/C++/' <<< "$1"; }

# Debian's Thrust and a toolkit's; the first of them is found without being named.
thrusts=()
[ ! -e /usr/include/thrust/for_each.h ] || thrusts+=(/usr/include)
[ ! -e "$toolkit/include/cccl/thrust/for_each.h" ] || thrusts+=("$toolkit/include/cccl")
[ ${#thrusts[@]} != 0 ] || refuse "there is no Thrust here (Debian: libthrust-dev); tests/run installs it"
[ ${#thrusts[@]} != 1 ] || echo "skipped: $me/thrust: of Debian's Thrust and a toolkit's there is only ${thrusts[0]}"
for compiler in "${compilers[@]}"; do
  openmp=-fopenmp
  [ "$compiler" = g++ ] || openmp=-fopenmp=libomp
  for thrust in "${thrusts[@]}"; do
    named=(-DASHLAR_THRUST_INCLUDE_DIR="$thrust")
    [ "$thrust" != "${thrusts[0]}" ] || named=()
    flags="-isystem $thrust"
    [ "$thrust" != /usr/include ] || flags=""
    if echo '#include <omp.h>' | "$compiler" "$openmp" -x c++ -fsyntax-only - 2> log; then
      use omp "$compiler" "$openmp${flags:+ $flags}" "${named[@]}"
    else
      echo "skipped: $me/$compiler-omp: it has no OpenMP (Debian: libomp-dev)"
    fi
    use tbb "$compiler" "$flags" "${named[@]}"
    use cpp "$compiler" "$flags" "${named[@]}"
    turn=$((turn + 1)) # the next Thrust or compiler by other ways
  done
done

mkdir -p checkout/{thrust,cub,libcudacxx/include} # as NVIDIA's repository lies
ln -s "${thrusts[-1]}/thrust" checkout/thrust
ln -s "${thrusts[-1]}/cub" checkout/cub
[ ! -e "${thrusts[-1]}/cuda/std" ] || ln -s "${thrusts[-1]}"/{cuda,nv} checkout/libcudacxx/include
here="$folder/checkout"
ASHLAR_ALL_COMPONENTS=1 use cpp "${compilers[0]}" "-isystem $here/thrust -isystem $here/cub -isystem $here/libcudacxx/include" \
  -DASHLAR_THRUST_INCLUDE_DIR="$here"

# refuses SENTENCE COMPONENTS DEFINITIONS...: by find_package and by the sources; an optional component is only not found
refuses() {
  local way
  echo "$1"
  for way in find_package add_subdirectory; do
    ! configure "$way" "$2" "${@:3}" > log 2>&1 || refuse "$way accepts $2 ${*:3}"
    tr -s ' \n' ' ' < log | grep -qF -e "$1" || { cat log && refuse "$way does not say '$1'"; }
  done
  [[ "$2" = *";"* ]] || quietly configure find_package "" -DOPTIONAL="$2" "${@:3}"
}
refuses "ashlar has no component 'gpu'; it has omp, tbb, cpp and cuda" gpu
refuses "ashlar::omp needs OpenMP, which " omp -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON
refuses "ashlar::tbb needs TBB: install it (Debian: libtbb-dev)" tbb -DCMAKE_DISABLE_FIND_PACKAGE_TBB=ON
refuses "ashlar::cpp needs Thrust: install it (Debian: libthrust-dev)" cpp -DASHLAR_THRUST_INCLUDE_DIR=ASHLAR-NOTFOUND \
  -DCMAKE_FIND_ROOT_PATH="$folder" -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY
refuses "ASHLAR_THRUST_INCLUDE_DIR=$folder/consumer has no thrust/for_each.h" cpp \
  -DASHLAR_THRUST_INCLUDE_DIR="$folder/consumer"
refuses "ashlar::cuda needs the language CUDA in your project, before Ashlar: project(... LANGUAGES CXX CUDA)" cuda
refuses "does not agree with the value of ASHLAR_DEVICE_SYSTEM already determined" "tbb;cpp"

nvcc="$(command -v nvcc || ls "$toolkit/bin/nvcc" 2> /dev/null || true)"
[ -n "$nvcc" ] || { echo "skipped: $me/nvcc: there is no CUDA toolkit here" && exit; }
for way in find_package add_subdirectory; do
  echo "cuda, nvcc, $way"
  quietly configure "$way" cuda -DLANGUAGES="CXX;CUDA" -DCMAKE_CUDA_COMPILER="$nvcc" -DCMAKE_CUDA_ARCHITECTURES=75
done
quietly cmake --build consumer
consumer/consumer > output || { cat output && refuse "the program failed"; }
cat output
grep -q '^device, Thrust .* on CUDA ' output || refuse "it does not say what it runs on"
if grep -q '^device, .* runs nothing: ' output; then
  [ "$(wc -l < output)" = 2 ] && grep -qE '^device: .*(driver|GPU)' output || refuse "it does not say that there is no GPU"
else
  grep -q '^loss 0' output || refuse "it did not learn on the GPU"
fi
