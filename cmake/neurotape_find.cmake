# Imported targets of the libraries that neurotape links. NEUROTAPE_HDF5 says whether the HDF5 backend,
# and with it the codecs, is part of the build.

# neurotape_find_pc(<name> <module>...): target neurotape_pc::<name> from the first pkg-config module
# that exists. These libraries bring no CMake package on every distribution; all bring a .pc file.
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

# A macro, because find_package must set its variables and targets where the caller sees them.
macro(neurotape_find_dependencies)
  set(neurotape_missing "")
  find_package(Threads REQUIRED)
  find_package(nlohmann_json 3.9 REQUIRED)
  find_package(fmt REQUIRED)
  if(NEUROTAPE_HDF5)
    find_package(PkgConfig REQUIRED)
    neurotape_find_pc(hdf5 hdf5-serial hdf5)
    neurotape_find_pc(xxhash libxxhash)
    neurotape_find_pc(blosc blosc)
    neurotape_find_pc(isal libisal)
    neurotape_find_pc(deflate libdeflate)
    neurotape_find_pc(lzf liblzf)
  endif()
endmacro()
