# Every third-party library, found once and given one name. All are Debian 12 packages: scripts/deps.sh lists them.
# SYSTEM headers: our warnings are for our code.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson 3.0 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)

add_library(phigate_openssl INTERFACE)
target_link_libraries(phigate_openssl INTERFACE OpenSSL::SSL OpenSSL::Crypto)

# Asio and Beast compile their sources once, in src/net/boost_implementation.cpp.
add_library(phigate_asio INTERFACE)
target_link_libraries(phigate_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(phigate_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)  # a request nests more coroutine frames than the default of 2

add_library(phigate_json INTERFACE)
target_link_libraries(phigate_json INTERFACE nlohmann_json::nlohmann_json)
target_compile_definitions(phigate_json INTERFACE JSON_USE_IMPLICIT_CONVERSIONS=0)

add_library(phigate_simdjson INTERFACE)
target_link_libraries(phigate_simdjson INTERFACE simdjson::simdjson)

add_library(phigate_spdlog INTERFACE)
target_link_libraries(phigate_spdlog INTERFACE spdlog::spdlog)

add_library(phigate_yaml INTERFACE)
target_link_libraries(phigate_yaml INTERFACE yaml-cpp)

add_library(phigate_cli11 INTERFACE)
target_link_libraries(phigate_cli11 INTERFACE CLI11::CLI11)
