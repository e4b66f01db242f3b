# Faster builds when the tools are there; nothing depends on them.
find_program(PHIGATE_CCACHE ccache)
if(PHIGATE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PHIGATE_CCACHE})
endif()
find_program(PHIGATE_MOLD mold)
if(PHIGATE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
