# phigate_module(NAME [DEPENDS modules...] [PUBLIC libs...] [PRIVATE libs...])
# One static library a folder: sources in src/NAME/, shared headers in include/phigate/NAME/.
function(phigate_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PUBLIC;PRIVATE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(phigate_${name} STATIC ${sources})
  target_include_directories(phigate_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                             PRIVATE ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM ARG_DEPENDS PREPEND phigate_)
  target_link_libraries(phigate_${name} PUBLIC ${ARG_DEPENDS} ${ARG_PUBLIC} phigate_sanitizers
                                        PRIVATE ${ARG_PRIVATE} phigate_warnings)
endfunction()
