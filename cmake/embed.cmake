# phigate_embed(TARGET NAME FILE): compiles the text of FILE into TARGET, as the function
#   std::string_view phigate::server::web::NAME()
# which src/server/web.hpp declares. Made again whenever FILE changes.
#
# This file is both: the function, for CMakeLists.txt, and the script that the build runs to write the source.
function(phigate_embed target name file)
  set(source ${PROJECT_SOURCE_DIR}/${file})
  set(generated ${PROJECT_BINARY_DIR}/embedded/${name}.cpp)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D FILE=${source} -D TITLE=${file} -D OUTPUT=${generated}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

# Compilers bound the length of one literal, so the text is cut into several, each at the end of a line.
set(longest 15000)  # bytes
set(fence embedded)

file(READ ${FILE} text)
string(FIND "${text}" ")${fence}\"" found)
if(NOT found EQUAL -1)
  message(FATAL_ERROR "${FILE} holds the text that ends its literal: )${fence}\"")
endif()

set(literals "")
string(LENGTH "${text}" left)
while(left GREATER 0)
  set(taken ${left})
  if(left GREATER longest)
    string(SUBSTRING "${text}" 0 ${longest} piece)
    string(FIND "${piece}" "\n" last_line_end REVERSE)
    math(EXPR taken "${last_line_end} + 1")
    if(taken EQUAL 0)
      message(FATAL_ERROR "${FILE} has a line of more than ${longest} bytes")
    endif()
  endif()
  string(SUBSTRING "${text}" 0 ${taken} piece)
  string(SUBSTRING "${text}" ${taken} -1 text)
  string(APPEND literals "\n    R\"${fence}(${piece})${fence}\"")
  math(EXPR left "${left} - ${taken}")
endwhile()

file(WRITE ${OUTPUT} "// Made from ${TITLE}; change that.
#include \"server/web.hpp\"

#pragma GCC diagnostic ignored \"-Woverlength-strings\"  // C++ promises 64 KiB; these compilers take far more

namespace {
constexpr char text[] = \"\"${literals};
}

std::string_view phigate::server::web::${NAME}() {
  return {text, sizeof text - 1};
}
")
