# SPDX-License-Identifier: MIT
# Ashlar in one file, for online compilers; it is made into a build folder, never committed, never installed:
#   cmake -DOUTPUT=ashlar.hpp -P cmake/single_header.cmake
# <ashlar/anywhere.hpp> and all that it includes: each header once, in the order of inclusion; before them the standard
# headers, each once. What is included under a condition (#if) stays there: a standard header as its #include, one of
# Ashlar's as its text, which a guard protects where it has to be repeated under another condition or under none.
# __has_include of a header of Ashlar is answered here, because the one file stands alone. Directives begin their line,
# as clang-format writes them.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/version.cmake)

if(NOT OUTPUT)
  message(FATAL_ERROR "single_header: say where to: cmake -DOUTPUT=ashlar.hpp -P cmake/single_header.cmake")
endif()
set(include ${CMAKE_CURRENT_LIST_DIR}/../include)

# The text is a global property: functions share it without copies, and no semicolon or bracket in it means anything.
function(append text)
  set_property(GLOBAL APPEND_STRING PROPERTY body "${text}")
endfunction()

# Appends a header and what it includes. `conditions` are the numbers of the branches of #if around it: "/", "/3/5/".
function(append_header name conditions)
  get_property(places GLOBAL PROPERTY "places of ${name}")
  foreach(place ${places})
    string(FIND "${conditions}" "${place}" found)
    if(found EQUAL 0) # it is there already, in this branch or around it
      return()
    endif()
  endforeach()
  if(NOT EXISTS "${include}/${name}")
    if(conditions STREQUAL "/")
      message(FATAL_ERROR "single_header: ${name} is included and does not exist")
    endif()
    append("\n#error \"${name} did not exist when this file was made\"")
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY "places of ${name}" "${conditions}")
  set(guard "")
  if(places OR NOT conditions STREQUAL "/")
    string(MAKE_C_IDENTIFIER "${name}" guard)
    string(TOUPPER "${guard}" guard)
    append("\n#ifndef ${guard}\n#define ${guard}")
  endif()

  append("\n// ${name}\n")
  file(READ "${include}/${name}" rest)
  string(REGEX REPLACE "^// SPDX-License-Identifier:[^\n]*\n" "" rest "${rest}")
  string(REGEX REPLACE "\n$" "" rest "${rest}")
  string(PREPEND rest "\n") # a line begins with its line feed
  while(TRUE)
    string(FIND "${rest}" "\n#" length)
    string(SUBSTRING "${rest}" 0 ${length} before)
    append("${before}")
    if(length EQUAL -1)
      break()
    endif()
    string(SUBSTRING "${rest}" ${length} -1 rest)
    string(REGEX MATCH "^\n([^\n]*\\\\\n)*[^\n]*" directive "${rest}")
    string(LENGTH "${directive}" length)
    string(SUBSTRING "${rest}" ${length} -1 rest)

    if(directive MATCHES "^\n#[ \t]*include[ \t]*[<\"](ashlar/[^>\"]*)[>\"]")
      append_header("${CMAKE_MATCH_1}" "${conditions}")
    elseif(directive MATCHES "^\n#[ \t]*include[ \t]*(<[^>]*>)" AND conditions STREQUAL "/")
      set_property(GLOBAL APPEND PROPERTY standard_headers "${CMAKE_MATCH_1}")
    elseif(directive MATCHES "^\n#[ \t]*pragma[ \t]+once")
    else()
      while(directive MATCHES "__has_include\\([<\"](ashlar/[^>\"]*)[>\"]\\)")
        set(question "${CMAKE_MATCH_0}")
        set(answer 0)
        if(EXISTS "${include}/${CMAKE_MATCH_1}")
          set(answer 1)
        endif()
        string(REPLACE "${question}" ${answer} directive "${directive}")
      endwhile()
      append("${directive}")
    endif()

    if(directive MATCHES "^\n#[ \t]*(el|endif)")
      string(REGEX REPLACE "[0-9]+/$" "" conditions "${conditions}")
    endif()
    if(directive MATCHES "^\n#[ \t]*(if|el)")
      get_property(branches GLOBAL PROPERTY branches)
      math(EXPR branches "${branches} + 1")
      set_property(GLOBAL PROPERTY branches ${branches})
      string(APPEND conditions "${branches}/")
    endif()
  endwhile()
  append("\n")
  if(guard)
    append("\n#endif\n")
  endif()
endfunction()

set_property(GLOBAL PROPERTY branches 0)
append_header(ashlar/anywhere.hpp "/")
get_property(body GLOBAL PROPERTY body)
string(REGEX REPLACE "\n\n\n+" "\n\n" body "${body}")
if(body MATCHES "\n[ \t]*#[ \t]*(include[ \t]*[<\"]ashlar/[^\n]*|pragma[ \t]+once)")
  message(FATAL_ERROR "single_header: a directive does not begin its line:${CMAKE_MATCH_0}")
endif()

get_property(standard_headers GLOBAL PROPERTY standard_headers)
list(REMOVE_DUPLICATES standard_headers)
list(SORT standard_headers)
list(TRANSFORM standard_headers PREPEND "#include ")
list(JOIN standard_headers "\n" standard_headers)

file(READ ${CMAKE_CURRENT_LIST_DIR}/../LICENSE licence)
string(STRIP "${licence}" licence)
string(REPLACE "\n" "\n// " licence "// ${licence}")
string(REPLACE "// \n" "//\n" licence "${licence}")

# A guard, no #pragma once: the text may be pasted into a program, where the pragma is a warning.
file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: MIT
// Ashlar ${ashlar_version} in one file, made by cmake/single_header.cmake from the headers: change them, not it.
//
${licence}

#ifndef ASHLAR_SINGLE_HEADER
#define ASHLAR_SINGLE_HEADER

${standard_headers}
${body}
#endif
")
