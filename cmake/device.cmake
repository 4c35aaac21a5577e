# SPDX-License-Identifier: MIT
# The targets of the device policy, one for each of Thrust's systems: ashlar::omp, ashlar::tbb, ashlar::cpp and
# ashlar::cuda are ashlar::ashlar and what the system needs. find_package(ashlar COMPONENTS omp) asks for one, or
# ASHLAR_COMPONENTS where Ashlar's sources are part of the project.
#
# Thrust comes from ASHLAR_THRUST_INCLUDE_DIR, a folder that holds thrust/ or a checkout of NVIDIA's CCCL; by itself it is
# found where headers are installed (Debian: libthrust-dev), then in a CUDA toolkit's include/cccl: never in a toolkit's
# include, whose other headers are not for the CPU. nvcc has a Thrust of its own.

# ashlar_component(NAME [GLOBAL]) defines ashlar::NAME, in every folder of the project by GLOBAL. ashlar_NAME_FOUND says
# whether it is there, and if not, ashlar_NAME_NOT_FOUND_MESSAGE why.
function(ashlar_component name)
  set(ashlar_${name}_FOUND FALSE PARENT_SCOPE)
  set(scope ${ARGN})
  set(missing "")
  set(links ashlar::ashlar)
  set(folders "")
  if(TARGET ashlar::${name})
    set(ashlar_${name}_FOUND TRUE PARENT_SCOPE)
    return()
  elseif(name STREQUAL cuda)
    get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
    if(NOT CUDA IN_LIST languages)
      set(missing "the language CUDA in your project, before Ashlar: project(... LANGUAGES CXX CUDA)")
    elseif(NOT CMAKE_CUDA_COMPILER_ID STREQUAL NVIDIA OR CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12)
      set(missing "nvcc of CUDA 12 or newer; CMAKE_CUDA_COMPILER is ${CMAKE_CUDA_COMPILER}, \
${CMAKE_CUDA_COMPILER_ID} ${CMAKE_CUDA_COMPILER_VERSION}")
    endif()
    list(APPEND links ${CMAKE_DL_LIBS}) # cuBLASLt and cuDNN are loaded when the program runs
  elseif(name MATCHES "^(omp|tbb|cpp)$")
    if(name STREQUAL omp)
      find_package(OpenMP QUIET ${scope} COMPONENTS CXX)
      list(APPEND links OpenMP::OpenMP_CXX)
      if(NOT OpenMP_CXX_FOUND)
        set(missing "OpenMP, which ${CMAKE_CXX_COMPILER} does not have: install it (for clang Debian's libomp-dev)")
      endif()
    elseif(name STREQUAL tbb)
      find_package(TBB QUIET ${scope} CONFIG COMPONENTS tbb)
      list(APPEND links TBB::tbb)
      if(NOT TBB_FOUND)
        set(missing "TBB: install it (Debian: libtbb-dev), or say where it is: -DTBB_DIR=...")
      endif()
    endif()
    find_path(ASHLAR_THRUST_INCLUDE_DIR thrust/for_each.h NO_SYSTEM_ENVIRONMENT_PATH # PATH leads into a toolkit's include
      DOC "Thrust for ashlar::omp, ashlar::tbb and ashlar::cpp: a folder that holds thrust/, or a checkout of CCCL")
    find_path(ASHLAR_THRUST_INCLUDE_DIR thrust/for_each.h PATH_SUFFIXES include/cccl cccl
      PATHS ${CUDAToolkit_ROOT} ENV CUDAToolkit_ROOT ENV CUDA_PATH ENV CUDA_HOME /usr/local/cuda /opt/cuda)
    set(folders ${ASHLAR_THRUST_INCLUDE_DIR})
    if(EXISTS "${folders}/thrust/thrust/for_each.h")
      set(folders ${folders}/thrust ${folders}/cub ${folders}/libcudacxx/include)
    elseif(NOT folders)
      set(missing "Thrust: install it (Debian: libthrust-dev), or say where it is (include/cccl of a CUDA toolkit, or a \
checkout of NVIDIA's CCCL): -DASHLAR_THRUST_INCLUDE_DIR=...")
    elseif(NOT EXISTS "${folders}/thrust/for_each.h")
      set(missing "Thrust, and ASHLAR_THRUST_INCLUDE_DIR=${folders} has no thrust/for_each.h")
    endif()
  else()
    set(ashlar_${name}_NOT_FOUND_MESSAGE "ashlar has no component '${name}'; it has omp, tbb, cpp and cuda" PARENT_SCOPE)
    return()
  endif()
  if(missing)
    set(ashlar_${name}_NOT_FOUND_MESSAGE "ashlar::${name} needs ${missing}" PARENT_SCOPE)
    return()
  endif()

  # One unit of a program has one system; CMake refuses a target that links two.
  string(TOUPPER ${name} system)
  add_library(ashlar::${name} INTERFACE IMPORTED ${scope})
  set_target_properties(ashlar::${name} PROPERTIES
    INTERFACE_COMPILE_DEFINITIONS THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_${system}
    INTERFACE_INCLUDE_DIRECTORIES "${folders}"
    INTERFACE_LINK_LIBRARIES "${links}"
    INTERFACE_ASHLAR_DEVICE_SYSTEM ${system}
    COMPATIBLE_INTERFACE_STRING ASHLAR_DEVICE_SYSTEM)
  set(ashlar_${name}_FOUND TRUE PARENT_SCOPE)
endfunction()
