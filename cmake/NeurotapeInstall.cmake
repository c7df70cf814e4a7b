# The library, its headers, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

install(
  TARGETS neurotape
  EXPORT neurotapeTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

set(neurotape_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/neurotape")
install(EXPORT neurotapeTargets NAMESPACE neurotape:: DESTINATION "${neurotape_package_dir}")

if(NEUROTAPE_HDF5)
  set(neurotape_config_hdf5 TRUE)
else()
  set(neurotape_config_hdf5 FALSE)
endif()
if(BUILD_SHARED_LIBS)
  set(neurotape_config_static FALSE)
else()
  set(neurotape_config_static TRUE)
endif()
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/neurotapeConfig.cmake.in" "${PROJECT_BINARY_DIR}/neurotapeConfig.cmake"
  INSTALL_DESTINATION "${neurotape_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/neurotapeConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/neurotapeConfig.cmake" "${PROJECT_BINARY_DIR}/neurotapeConfigVersion.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/neurotape_find.cmake"
  DESTINATION "${neurotape_package_dir}")

# An archive needs its libraries in every link, so there they are public: plain `pkg-config --libs`
# works with it, and so does `pkg-config --static --libs`.
set(neurotape_pc_inner fmt)
foreach(library IN LISTS neurotape_libraries)
  list(APPEND neurotape_pc_inner "${NEUROTAPE_PC_${library}_MODULE_NAME}")
endforeach()
list(JOIN neurotape_pc_inner " " neurotape_pc_inner)
if(BUILD_SHARED_LIBS)
  set(neurotape_pc_requires "nlohmann_json")
  set(neurotape_pc_requires_private "${neurotape_pc_inner}")
  set(neurotape_pc_libs "")
  set(neurotape_pc_libs_private "-pthread")
else()
  set(neurotape_pc_requires "nlohmann_json ${neurotape_pc_inner}")
  set(neurotape_pc_requires_private "")
  set(neurotape_pc_libs "-pthread")
  set(neurotape_pc_libs_private "")
endif()
# Relative, so that the installed tree may be moved.
set(neurotape_pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH neurotape_pc_prefix "/prefix/${neurotape_pc_dir}" "/prefix")
string(REGEX REPLACE "/$" "" neurotape_pc_prefix "${neurotape_pc_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/neurotape.pc.in" "${PROJECT_BINARY_DIR}/neurotape.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/neurotape.pc" DESTINATION "${neurotape_pc_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
