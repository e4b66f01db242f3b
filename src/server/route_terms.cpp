#include "server/route_terms.hpp"

namespace phigate::server {

config::timeouts timeouts_for(const core::eligible_route& route, config::timeouts usual) {
  for (const core::timeout_overrides* own : {&route.endpoint().timeouts, &route.model().timeouts}) {
    usual.connect = own->connect.value_or(usual.connect);
    usual.first_byte = own->first_byte.value_or(usual.first_byte);
    usual.first_token = own->first_token.value_or(usual.first_token);
    usual.idle = own->idle.value_or(usual.idle);
    usual.total = own->total.value_or(usual.total);
    usual.stream = own->stream.value_or(usual.stream);
  }
  return usual;
}

}  // namespace phigate::server
