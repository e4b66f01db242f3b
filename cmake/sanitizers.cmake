add_library(phigate_sanitizers INTERFACE)
if(PHIGATE_SANITIZE)
  target_compile_options(phigate_sanitizers INTERFACE
    -fsanitize=${PHIGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(phigate_sanitizers INTERFACE -fsanitize=${PHIGATE_SANITIZE})
endif()
