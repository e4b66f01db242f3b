// Rules 6 to 8 of spec §3 but `parameters`: what a client prefers of a provider, its terms and its prices. A fact that
// nobody has stated never passes.
#pragma once

#include <string>
#include <vector>

#include "phigate/core/eligibility.hpp"

namespace phigate::core {

// Its arguments must outlive it. Each function is only for a rule among `only` … `max_price`.
class preference_rules {
 public:
  preference_rules(const policy& wanted, const registry& known);

  // Whether the policy asks for anything under this rule.
  [[nodiscard]] bool is_in_force(exclusion_reason rule) const;
  [[nodiscard]] bool passes(exclusion_reason rule, const route& candidate) const;
  // What is wrong, for a person. Only for a rule that `candidate` fails.
  [[nodiscard]] std::string detail(exclusion_reason rule, const route& candidate) const;

 private:
  const policy* wanted_;
  const registry* known_;
  // By provider_id, so that a long list costs nothing a route; empty where the policy has no such list.
  std::vector<bool> only_;
  std::vector<bool> ignored_;
};

}  // namespace phigate::core
