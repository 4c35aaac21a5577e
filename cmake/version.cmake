# SPDX-License-Identifier: MIT
# ashlar_version: it stands in config.hpp and nowhere else.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../include/ashlar/core/config.hpp ashlar_version
  REGEX "#define ASHLAR_VERSION_(MAJOR|MINOR|PATCH)")
list(TRANSFORM ashlar_version REPLACE "[^0-9]+" "")
list(JOIN ashlar_version "." ashlar_version)
