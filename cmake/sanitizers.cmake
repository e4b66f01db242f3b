add_library(phigate_sanitizers INTERFACE)
if(PHIGATE_SANITIZE)
  target_compile_options(phigate_sanitizers INTERFACE
    -fsanitize=${PHIGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(PHIGATE_SANITIZE MATCHES "undefined")
    # These stand at every access and every call, and double the time to compile. A null pointer ends the process without
    # them, and ASan finds an object that is not there.
    target_compile_options(phigate_sanitizers INTERFACE
      -fno-sanitize=null,alignment,vptr,object-size,nonnull-attribute,returns-nonnull-attribute)
  endif()
  target_link_options(phigate_sanitizers INTERFACE -fsanitize=${PHIGATE_SANITIZE})
  if(PHIGATE_SANITIZE STREQUAL "thread")
    # TSan does not know fences; Asio's handlers are ordered by its mutexes without them.
    target_compile_definitions(phigate_sanitizers INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
