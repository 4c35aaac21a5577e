# SPDX-License-Identifier: MIT
# What `cmake --install` copies: the headers, the package files of CMake and pkg-config, the licence. None of it depends
# on the architecture or names the prefix, so an installation may be moved as a whole.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# The folders as paths from the prefix, also where they are given as absolute ones (by distributions) or as ./share:
# CMake 3.25 puts the prefix in front of a file set's absolute folder and counts the dot as a folder to go up from.
foreach(kind INCLUDE DATA)
  cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_${kind}DIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE
    OUTPUT_VARIABLE folder)
  cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE install_${kind})
endforeach()
set(pkgconfig_include "\${prefix}/${install_INCLUDE}")
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${install_DATA}/pkgconfig"
  OUTPUT_VARIABLE pkgconfig_prefix)
string(PREPEND pkgconfig_prefix "\${pcfiledir}/")
if(install_DATA MATCHES "^\\.\\.") # outside of the prefix: it stays where it is
  set(install_DATA ${folder})
  set(pkgconfig_prefix ${CMAKE_INSTALL_PREFIX})
endif()

set(package_folder ${install_DATA}/cmake/ashlar)
configure_package_config_file(cmake/ashlarConfig.cmake.in ashlarConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(ashlarConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
configure_file(cmake/ashlar.pc.in ashlar.pc @ONLY)

install(TARGETS ashlar EXPORT ashlarTargets FILE_SET HEADERS DESTINATION ${install_INCLUDE}
  FILE_SET gpu_headers DESTINATION ${install_INCLUDE})
install(EXPORT ashlarTargets NAMESPACE ashlar:: DESTINATION ${package_folder})
install(FILES ${PROJECT_BINARY_DIR}/ashlarConfig.cmake ${PROJECT_BINARY_DIR}/ashlarConfigVersion.cmake cmake/device.cmake
  DESTINATION ${package_folder})
install(FILES ${PROJECT_BINARY_DIR}/ashlar.pc DESTINATION ${install_DATA}/pkgconfig)
install(FILES LICENSE DESTINATION ${install_DATA}/licenses/ashlar)
