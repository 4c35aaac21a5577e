# SPDX-License-Identifier: MIT
# The device policy on the CPU: by Thrust's systems OpenMP, TBB and C++, with the Thrust that is installed and with that
# of a CUDA toolkit (CCCL). Every compiler runs every test on all of these pairs, but for what ASHLAR_LEAVE_OUT names (in
# .ci/run without --full some of clang's and of the second Thrust's). Compiling is what bounds that, and only one function
# of the device policy is Thrust's (backend/thrust/host_system.hpp): so the tests are compiled once, without it, and linked
# with what each pair makes of it (support/linked_system.hpp). device_PAIR: the tests of tests/backend/thrust;
# device_PAIR_breadth, not optimised: composites, and what is proven of the cpu policy elsewhere, with `device` in its
# place (support/on_device.hpp); with ASHLAR_FULL_DEVICE_TESTS also where that is less the policy's than the plan's.
option(ASHLAR_FULL_DEVICE_TESTS "More of the cpu policy's tests with the device policy in its place" OFF)

find_package(OpenMP QUIET COMPONENTS CXX)
find_path(ASHLAR_TBB_INCLUDE tbb/task_arena.h)
find_library(ASHLAR_TBB_LIBRARY tbb)
find_path(ASHLAR_TEST_THRUST thrust/for_each.h PATHS /usr/include /usr/local/include NO_DEFAULT_PATH)
find_path(ASHLAR_TEST_CCCL thrust/for_each.h PATH_SUFFIXES include/cccl NO_DEFAULT_PATH
  PATHS $ENV{CUDA_PATH} $ENV{CUDA_HOME} /usr/local/cuda /opt/cuda)

set(device_core backend/thrust/kernels.cpp backend/thrust/products.cpp)
set(device_own ${device_core} backend/thrust/digits.cpp backend/thrust/network_parity.cpp backend/thrust/parity.cpp
  backend/thrust/repeatability.cpp backend/thrust/training.cpp)
if(ASHLAR_LEAVE_OUT)
  list(FILTER device_own EXCLUDE REGEX "/(${ASHLAR_LEAVE_OUT})\\.cpp$")
endif()
set(device_taken backend/cpu/simd/long_sums.cpp backend/thrust/composites.cpp)
foreach(name convolution custom extremum indexing matmul moving pointwise random_values reduction)
  list(APPEND device_taken expr/${name}.cpp)
endforeach()
foreach(name activation conv_transpose2d cross_entropy dropout exchange frozen normalisation pooling repeat softmax)
  list(APPEND device_taken nn/${name}.cpp)
endforeach()
foreach(name files fit inspect predict rows)
  list(APPEND device_taken train/${name}.cpp)
endforeach()
if(ASHLAR_FULL_DEVICE_TESTS)
  list(APPEND device_taken backend/checked_executor.cpp backend/non_finite.cpp backend/cpu/simd/whole_lanes.cpp
    expr/elementary.cpp expr/shaping.cpp nn/conv2d.cpp nn/linear.cpp nn/repeat_invariants.cpp
    train/compile.cpp train/gpt.cpp train/inputs_and_outputs.cpp train/loops.cpp train/trainer.cpp)
endif()

# ashlar_device_objects(NAME SOURCE...): tests for any system.
function(ashlar_device_objects name)
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${ARGN})
  target_link_libraries(${name} PRIVATE ashlar::ashlar)
  target_include_directories(${name} SYSTEM PRIVATE ${DOCTEST_INCLUDE_DIR})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE ASHLAR_TEST_DEVICE ASHLAR_HOST_SYSTEM="support/linked_system.hpp")
  target_compile_options(${name} PRIVATE -Wall -Wextra ${one_set})
endfunction()
ashlar_device_objects(ashlar_device_own ${device_own})
target_precompile_headers(ashlar_device_own PRIVATE <doctest/doctest.h> <ashlar/device.hpp>)
# Taken ones read precompiled what stands before each of them.
ashlar_device_objects(ashlar_device_taken ${device_taken})
target_precompile_headers(ashlar_device_taken PRIVATE <doctest/doctest.h> support/on_device.hpp)
target_compile_options(ashlar_device_taken PRIVATE ${quickly})

# ashlar_device_program(NAME SYSTEM THRUST SOURCE...): a test, or where something is missing one that says what.
function(ashlar_device_program name system thrust)
  set(missing "")
  if(thrust STREQUAL cccl AND NOT ASHLAR_TEST_CCCL)
    set(missing "there is no CUDA toolkit with CCCL here")
  elseif(thrust STREQUAL installed AND NOT ASHLAR_TEST_THRUST)
    set(missing "there is no Thrust here (Debian: libthrust-dev)")
  elseif(system STREQUAL tbb AND NOT (ASHLAR_TBB_INCLUDE AND ASHLAR_TBB_LIBRARY))
    set(missing "there is no TBB here (Debian: libtbb-dev)")
  elseif(system STREQUAL omp AND NOT OpenMP_CXX_FOUND)
    set(missing "this compiler has no OpenMP (clang: Debian's libomp-dev)")
  endif()
  if(missing)
    add_custom_target(test_${name})
    add_test(NAME ${name} COMMAND sh -c "echo 'skipped: ${name}: ${missing}'; exit 77")
    set_tests_properties(${name} PROPERTIES LABELS program)
    return()
  endif()
  ashlar_test_program(${name} ${ARGN})
  if(TEST ${name})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive) # other tests run meanwhile
  endif()
  string(TOUPPER ${system} upper)
  target_compile_definitions(test_${name} PRIVATE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_${upper})
  if(thrust STREQUAL cccl)
    target_include_directories(test_${name} SYSTEM PRIVATE ${ASHLAR_TEST_CCCL})
  endif()
  if(system STREQUAL omp)
    target_link_libraries(test_${name} PRIVATE OpenMP::OpenMP_CXX)
  elseif(system STREQUAL tbb)
    target_link_libraries(test_${name} PRIVATE ${ASHLAR_TBB_LIBRARY})
  endif()
  if(NOT "programs/allocations.cpp" IN_LIST ARGN)
    target_sources(test_${name} PRIVATE $<TARGET_OBJECTS:ashlar_test_main>)
    target_link_libraries(test_${name} PRIVATE ashlar_test_support)
  endif()
endfunction()
# ashlar_device_direct_program(NAME SOURCE...): a test that is compiled with Thrust's C++ system, as a user's program is.
function(ashlar_device_direct_program name)
  ashlar_device_program(${name} cpp installed ${ARGN})
  if(ASHLAR_TEST_THRUST)
    target_compile_definitions(test_${name} PRIVATE ASHLAR_TEST_DEVICE)
  endif()
endfunction()

foreach(system cpp omp tbb)
  foreach(thrust installed cccl)
    set(name device_${system})
    if(thrust STREQUAL cccl)
      string(APPEND name _cccl)
    endif()
    ashlar_device_program(${name} ${system} ${thrust} support/systems/linked_system.cpp
      $<TARGET_OBJECTS:ashlar_device_own>)
    ashlar_device_program(${name}_breadth ${system} ${thrust} support/systems/linked_system.cpp
      $<TARGET_OBJECTS:ashlar_device_taken>)
  endforeach()
endforeach()

# With packets as a GPU has them; and teams of threads, as its blocks are.
foreach(name packets team)
  set(sources ${device_core})
  if(name STREQUAL team)
    set(sources backend/thrust/team.cpp)
  elseif(ASHLAR_FULL_DEVICE_TESTS)
    list(APPEND sources backend/thrust/repeatability.cpp)
  endif()
  ashlar_device_direct_program(device_${name} ${sources})
  if(ASHLAR_TEST_THRUST)
    target_compile_definitions(test_device_${name} PRIVATE ASHLAR_PACKET_BYTES=16)
    target_compile_options(test_device_${name} PRIVATE ${programs})
  endif()
endforeach()

# Thrust's C++ system allocates nothing of its own: so nothing is allocated while training.
ashlar_device_direct_program(device_allocations programs/allocations.cpp)
if(ASHLAR_TEST_THRUST)
  target_compile_options(test_device_allocations PRIVATE ${programs} -include
    ${CMAKE_CURRENT_SOURCE_DIR}/support/on_device.hpp)
endif()
