// How one provider protocol is spoken: the only place where providers differ (design §2.4). An adapter is stateless and
// shared by all workers.
#pragma once

#include <string>
#include <string_view>

#include "phigate/core/failover.hpp"
#include "phigate/core/registry.hpp"

namespace phigate::upstream {

// What a provider answered instead of a success: its status, and its body as far as it was read.
struct refusal {
  int status = 0;
  std::string_view body;
};

class adapter {
 public:
  virtual ~adapter() = default;

  // The path behind the endpoint's prefix: "/chat/completions".
  [[nodiscard]] virtual std::string_view path(core::modality modality) const = 0;
  // The header lines that carry the endpoint's credential, each with its CRLF.
  [[nodiscard]] virtual std::string credential_lines(const core::endpoint& endpoint) const = 0;
  // Whose fault it is, before any retry rule is asked (spec §5). Fills kind, status and, for a client's mistake, what
  // the provider said.
  [[nodiscard]] virtual core::attempt_failure classify(const refusal& refused, const core::provider& by) const = 0;
};

// The adapter of a protocol that the registry may name. The loader has checked the name; an unknown one is a bug and
// throws.
const adapter& adapter_for(std::string_view protocol);

}  // namespace phigate::upstream
