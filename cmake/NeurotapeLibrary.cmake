# The one library that is installed, made of the parts.
get_property(neurotape_parts GLOBAL PROPERTY NEUROTAPE_PARTS)
add_library(neurotape)
add_library(neurotape::neurotape ALIAS neurotape)
foreach(part IN LISTS neurotape_parts)
  target_sources(neurotape PRIVATE $<TARGET_OBJECTS:${part}>)
endforeach()
if(NOT neurotape_parts)
  file(CONFIGURE OUTPUT empty.cpp CONTENT "")
  target_sources(neurotape PRIVATE "${PROJECT_BINARY_DIR}/empty.cpp")
endif()

file(GLOB neurotape_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/neurotape/*.hpp")
target_sources(neurotape PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${neurotape_headers})
target_compile_features(neurotape PUBLIC cxx_std_20)
set_target_properties(neurotape PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
                                           SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

set(neurotape_libraries isal deflate minizip)
if(NEUROTAPE_HDF5)
  list(APPEND neurotape_libraries hdf5 blosc lzf)
endif()
set(neurotape_links fmt::fmt Threads::Threads)
foreach(library IN LISTS neurotape_libraries)
  list(APPEND neurotape_links neurotape_pc::${library})
endforeach()
target_link_libraries(neurotape PUBLIC nlohmann_json::nlohmann_json PRIVATE ${neurotape_links})

# What tests and benchmarks link: the library and the inner headers with what these include.
add_library(neurotape_internal INTERFACE)
target_link_libraries(neurotape_internal INTERFACE neurotape neurotape_build neurotape_concurrentqueue
                                                   neurotape_xxhash ${neurotape_links})
if(TARGET Eigen3::Eigen)
  add_library(neurotape_eigen INTERFACE)
  add_library(neurotape::eigen ALIAS neurotape_eigen)
  target_link_libraries(neurotape_eigen INTERFACE neurotape Eigen3::Eigen)
endif()
