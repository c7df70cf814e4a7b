# Finds the libraries that neurotape links, for its own build and for consumers of the static library.

# neurotape_find_pc(<name> <module>...): target neurotape_pc::<name> from the first pkg-config module
# that exists. Not all of these libraries bring a CMake package; all bring a .pc file.
macro(neurotape_find_pc name)
  if(NOT TARGET neurotape_pc::${name})
    pkg_search_module(NEUROTAPE_PC_${name} QUIET IMPORTED_TARGET ${ARGN})
    if(TARGET PkgConfig::NEUROTAPE_PC_${name})
      add_library(neurotape_pc::${name} INTERFACE IMPORTED)
      set_target_properties(neurotape_pc::${name} PROPERTIES INTERFACE_LINK_LIBRARIES
                                                             PkgConfig::NEUROTAPE_PC_${name})
    else()
      list(APPEND neurotape_missing "${name} (pkg-config: ${ARGN})")
    endif()
  endif()
endmacro()

# neurotape_find_dependencies(<with HDF5>): sets neurotape_missing to what is not there.
# A macro: find_package must leave its targets where the caller sees them.
macro(neurotape_find_dependencies with_hdf5)
  set(neurotape_missing "")
  foreach(package IN ITEMS Threads nlohmann_json fmt)
    find_package(${package} QUIET)
    if(NOT ${package}_FOUND)
      list(APPEND neurotape_missing ${package})
    endif()
  endforeach()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    neurotape_find_pc(isal libisal)
    neurotape_find_pc(deflate libdeflate)
    neurotape_find_pc(minizip minizip)
    if(${with_hdf5})
      neurotape_find_pc(hdf5 hdf5-serial hdf5)
      neurotape_find_pc(blosc blosc)
      neurotape_find_pc(lzf liblzf)
    endif()
  else()
    list(APPEND neurotape_missing pkg-config)
  endif()
endmacro()
