add_library(phigate_warnings INTERFACE)
target_compile_options(phigate_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wextra-semi -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of g++ 12 when it optimises (GCC bugs 105329, 105651, 109224); the sanitizer builds look for the real ones.
  target_compile_options(phigate_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized
                         -Wno-mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # The std::stable_sort of libstdc++ 12 calls what that library itself deprecates.
  target_compile_options(phigate_warnings INTERFACE -Wno-deprecated-declarations)
endif()
