#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# cmake/single_header.cmake: the one file holds every header once, the program a user writes compiles against it without
# a warning and prints what it prints with the headers; and conditions, macros and odd characters survive. Programs of the
# second compiler are linked and run with ASHLAR_ALL_COMPILERS=1 only.
set -euo pipefail
ROOT="${ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
folder="$(mktemp -d)"
trap 'wait; rm -rf "$folder"' EXIT
cd "$folder"
refuse() { echo "single_header: $1" && exit 1; }
compilers=()
for compiler in g++ clang++; do
  if command -v "$compiler" > /dev/null; then compilers+=("$compiler"); else
    echo "skipped: single_header/$compiler: it is not installed"
  fi
done

# by the target, which is built on demand only, and by the bare line
quietly() { "$@" > log 2>&1 || { cat log && refuse "failed: $*"; }; }
CXX="${CXX:-g++}" quietly cmake -S "$ROOT" -B build -DASHLAR_BUILD_TESTS=OFF -DASHLAR_BUILD_EXAMPLES=OFF
quietly cmake --build build
[ ! -e build/single_header ] || refuse "it was made without being asked for"
quietly cmake --build build --target ashlar_single_header
one="$folder/build/single_header"
header="$one/ashlar/anywhere.hpp"
cmake -DOUTPUT=ashlar.hpp -P "$ROOT/cmake/single_header.cmake"
cmp ashlar.hpp "$header" || refuse "the target and the bare line make different files"
if cmake -P "$ROOT/cmake/single_header.cmake" 2> log || ! grep -q 'say where to' log; then
  refuse "without OUTPUT it does not say what it needs"
fi

# what is in it: the compiler says which headers <ashlar/anywhere.hpp> includes (more may stand under a condition)
echo '#include <ashlar/anywhere.hpp>' > include.cpp
"${compilers[0]}" -std=c++20 -I "$ROOT/include" -MM include.cpp | tr -s ' \\' '\n' | sed -n "s|^$ROOT/include/||p" |
  sort > expected
[ "$(wc -l < expected)" -gt 50 ] || refuse "the compiler names $(wc -l < expected) headers only"
sed -n 's|^// \(ashlar/.*\.hpp\)$|\1|p' "$header" | grep -xFf expected | sort > found
diff expected found || refuse "the headers in it (>) are not those that are included, once each (<)"
[ "$(grep -c SPDX-License-Identifier "$header")" = 1 ] || refuse "it names the licence not once"
head -n 40 "$header" | sed 's|^// \{0,1\}||' > text
grep -v '^$' "$ROOT/LICENSE" | while IFS= read -r line; do
  grep -qxF -e "$line" text || refuse "the licence's '$line' is missing"
done
if grep -nE '^[[:space:]]*#[[:space:]]*(pragma[[:space:]]+once|include[[:space:]]*[<"]ashlar)' "$header"; then
  refuse "these lines cannot stand in one file"
fi
sed '/^\/\/ ashlar\//,$d' "$header" | grep '^#include' > standard
[ "$(wc -l < standard)" -gt 20 ] || refuse "the standard headers are not collected at the top"
[ -z "$(uniq -d standard)" ] || refuse "a standard header is there twice: $(uniq -d standard)"

# the program a user writes, the two ways at the same time; the first compiler's programs run
for compiler in "${compilers[@]}"; do
  line=("$compiler" -std=c++20 -Wall -Wextra -Werror)
  echo "${line[*]} -I build/single_header user_program.cpp"
  cat > other.cpp << 'END'
#include <ashlar/anywhere.hpp>
#include <ashlar/anywhere.hpp>
long other() { return ashlar::model(ashlar::linear<2>, ashlar::input<3>, ashlar::cpu, ashlar::seed{1}).parameters(); }
END
  { sed 's/other/here/' other.cpp && echo 'long other(); int main() { return here() == other() ? 0 : 1; }'; } > main.cpp
  cat "$header" other.cpp > pasted.cpp # the text inside a program, as in an online compiler
  "${line[@]}" -I "$one" -fsyntax-only pasted.cpp
  if [ "$compiler" != "${compilers[0]}" ] && [ "${ASHLAR_ALL_COMPILERS:-0}" != 1 ]; then
    "${line[@]}" -I "$one" -fsyntax-only "$ROOT/tests/user_program.cpp"
    continue
  fi

  "${line[@]}" -I "$ROOT/include" -o by_headers "$ROOT/tests/user_program.cpp" &
  "${line[@]}" -I "$one" -o by_one_file "$ROOT/tests/user_program.cpp"
  wait $!
  ./by_headers "$ROOT/examples/data/digits.csv" > expected
  ./by_one_file "$ROOT/examples/data/digits.csv" > found
  grep '^accuracy' found
  cmp expected found || refuse "$compiler's program prints something else than with the headers"
  "${line[@]}" -I "$one" -o two_units main.cpp other.cpp # which include it twice
  ./two_units || refuse "two units of $compiler do not agree"
done

# the device policy is in it, under its condition
sed 's|<ashlar/device.hpp>|<ashlar/anywhere.hpp>|' "$ROOT/tests/install/device.cpp" > device.cpp
line=("${compilers[0]}" -std=c++20 -Wall -Wextra -Werror -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)
echo "${line[*]} -I build/single_header device.cpp"
"${line[@]}" -I "$one" -o by_one_file device.cpp
./by_one_file > found
grep '^device, Thrust .* on C++' found || refuse "the device policy's program does not run by C++"
grep -q '^loss 0' found || refuse "the device policy's program did not learn"

# headers of our own under the same script: what it must not lose
mkdir -p planted/cmake planted/include/ashlar/core
cp "$ROOT"/cmake/{single_header,version}.cmake planted/cmake
cp "$ROOT/LICENSE" planted
cp "$ROOT/include/ashlar/core/config.hpp" planted/include/ashlar/core
plant() { { echo '#pragma once' && cat; } > "planted/include/ashlar/$1"; }
plant anywhere.hpp << 'END'
#include <ashlar/odd.hpp>
#if defined(DEVICE) && \
    __has_include(<ashlar/device.hpp>)
#include <ashlar/device.hpp>
#elif defined(ABSENT)
#include <ashlar/absent.hpp>
#elif __has_include(<ashlar/absent.hpp>)
#error "an absent header is here"
#else
# include <ashlar/shared.hpp>
constexpr int where = 1 + shared;
#endif
#include <ashlar/late.hpp>
END
plant device.hpp << 'END'
#ifdef DEVICE
#include <cstdlib>
#endif
#include <ashlar/odd.hpp>
#include <ashlar/shared.hpp>
constexpr int where = 2 + shared + EXIT_SUCCESS;
END
plant late.hpp << 'END'
#include <ashlar/shared.hpp>
#include <climits>
constexpr int late = shared + CHAR_BIT * 0;
END
echo 'constexpr int shared = 40;' | plant shared.hpp
plant odd.hpp << 'END'
#define ASHLAR_ODD(name) \
  constexpr int name
ASHLAR_ODD(zero) = 0;
#undef ASHLAR_ODD
#define ASHLAR_ODD "[;]\\;]][ ${odd} $<0:@x@>" \
                   " #include <ashlar/absent.hpp>"
constexpr char const* odd = ASHLAR_ODD;
END
cat > planted.cpp << 'END'
#include <ashlar/anywhere.hpp>
#include <cstdio>
#include <ashlar/anywhere.hpp>
int main() { std::printf("%d %d %s\n", where, late, odd); }
END
cmake -DOUTPUT=planted/one/ashlar/anywhere.hpp -P planted/cmake/single_header.cmake
grep -oE '^(#include <.*|// ashlar/.*)' planted/one/ashlar/anywhere.hpp |
  sed -E 's/#include |.*\///' | paste -sd ' ' > found
echo '<climits> anywhere.hpp odd.hpp device.hpp <cstdlib> shared.hpp shared.hpp late.hpp shared.hpp' > expected
diff expected found || refuse "planted headers are in another order (>)"
for flag in -DPLAIN -DDEVICE; do
  for include in planted/include planted/one; do
    "${compilers[0]}" -std=c++20 -Wall -Werror "$flag" -I "$include" -o planted.out planted.cpp
    ./planted.out
  done | uniq
done > found
cat > expected << 'END'
41 40 [;]\;]][ ${odd} $<0:@x@> #include <ashlar/absent.hpp>
42 40 [;]\;]][ ${odd} $<0:@x@> #include <ashlar/absent.hpp>
END
diff expected found || refuse "planted headers have another meaning in one file (>)"
if "${compilers[0]}" -std=c++20 -DABSENT -I planted/one -fsyntax-only planted.cpp 2> log ||
  ! grep -q 'absent.hpp.*did not exist' log; then
  refuse "a header that was absent is not missed"
fi
refuses() {  # LINE SENTENCE
  echo "$1" | plant odd.hpp
  if cmake -DOUTPUT=planted/bad.hpp -P planted/cmake/single_header.cmake > log 2>&1; then refuse "it accepts '$1'"; fi
  grep -q "$2" log || refuse "of '$1' it says: $(cat log)"
  [ ! -e planted/bad.hpp ] || refuse "it wrote a file in spite of '$1'"
}
refuses '#include <ashlar/absent.hpp>' 'absent.hpp is included and does not exist'
refuses '  #include <ashlar/shared.hpp>' 'a directive does not begin its line'
