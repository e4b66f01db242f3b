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

codec::body_edits edits_for(const core::eligible_route& route, const codec::request_facts& facts) {
  codec::body_edits edits;
  // Where both rename one key, the first counts.
  for (const core::request_dialect* dialect : {&route.model().request, &route.endpoint().request}) {
    edits.rename.insert(edits.rename.end(), dialect->rename.begin(), dialect->rename.end());
    edits.drop.insert(edits.drop.end(), dialect->drop.begin(), dialect->drop.end());
  }
  if (!facts.provider.empty()) edits.drop.emplace_back("provider");
  edits.replace.emplace_back("model", codec::quote(route.model().upstream));
  if (facts.stream && !facts.asks_for_usage && !route.model().has_feature("no_stream_usage")) {
    edits.replace.emplace_back("stream_options", codec::with_usage(facts.stream_options));
  }
  return edits;
}

}  // namespace phigate::server
