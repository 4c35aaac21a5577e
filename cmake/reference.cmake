# SPDX-License-Identifier: MIT
# The target ashlar_docs makes the reference, a page for each public header, in reference/html of the build folder.
find_package(Doxygen QUIET)
if(NOT TARGET Doxygen::doxygen)
  return()
endif()

# A header is public that holds names of the namespace ashlar itself, not of ashlar::detail alone.
set(public_headers ${PROJECT_SOURCE_DIR}/include/ashlar/ashlar.hpp ${PROJECT_SOURCE_DIR}/include/ashlar/core/config.hpp)
foreach(header ${headers})
  file(STRINGS ${header} public_names REGEX "^namespace ashlar::inline ASHLAR_ABI(::inline ASHLAR_DEVICE_ABI)? {")
  if(public_names AND NOT header MATCHES "/expr/misfit_functions.hpp$") # which only pass on what does not fit
    list(APPEND public_headers ${header})
  endif()
endforeach()
list(TRANSFORM public_headers REPLACE "(.+)" "\"\\1\"")
list(JOIN public_headers " \\\n  " public_headers)

configure_file(cmake/Doxyfile.in Doxyfile @ONLY)
add_custom_target(ashlar_docs
  COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile
  COMMENT "The reference: ${PROJECT_BINARY_DIR}/reference/html/index.html"
  VERBATIM)
