# neurotape_test(<name> DIR <folder> [LABEL <label>] [TIMEOUT <seconds>]): one GoogleTest executable
# of all sources of a folder. Nothing happens where there are none, or where they need HDF5 and the
# build has none: a file whose name begins with hdf5_, loader_ or codec_ says that it does.
function(neurotape_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "DIR;LABEL;TIMEOUT" "")
  file(GLOB sources CONFIGURE_DEPENDS "${arg_DIR}/*.cpp")
  if(NOT NEUROTAPE_HDF5)
    list(FILTER sources EXCLUDE REGEX "/(hdf5|loader|codec)_[^/]*$")
  endif()
  if(NOT sources)
    return()
  endif()

  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE neurotape_test)
  neurotape_precompile(${name} neurotape_test_helpers)
  gtest_discover_tests(
    ${name}
    DISCOVERY_MODE PRE_TEST
    WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}"
    PROPERTIES LABELS "${arg_LABEL}" TIMEOUT "${arg_TIMEOUT}")
endfunction()
