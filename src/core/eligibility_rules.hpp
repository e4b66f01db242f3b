// Each rule of spec §3 by itself. `rule_check` only judges; eligibility.cpp alone turns a judgement into an eligible
// route.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "phigate/core/eligibility.hpp"

namespace phigate::core {

inline constexpr std::array all_exclusion_reasons{exclusion_reason::disabled, exclusion_reason::modality,
                                                  exclusion_reason::region,   exclusion_reason::phi,
                                                  exclusion_reason::model,    exclusion_reason::parameters};

// Why a host may not process PHI, or nothing when it may.
enum class phi_gap : std::uint8_t { agreement, location, training };
std::optional<phi_gap> find_phi_gap(const route& candidate, region where, const registry& known,
                                    std::chrono::sys_days today);

// Endpoint, model and provider are all in use (rule 1).
bool is_enabled(const route& candidate, const registry& known);

// One request's policy, ready to be held against many routes. Its arguments must outlive it.
class rule_check {
 public:
  rule_check(const policy& wanted, const registry& known, std::chrono::sys_days today);

  [[nodiscard]] bool passes(exclusion_reason rule, const route& candidate) const;
  // The first rule that fails, in order.
  [[nodiscard]] std::optional<exclusion_reason> first_failure(const route& candidate) const;
  // What is wrong, for a person. Only for a rule that `candidate` fails.
  [[nodiscard]] std::string detail(exclusion_reason rule, const route& candidate) const;

 private:
  [[nodiscard]] bool matches_model(const hosted_model& model) const;
  // The first feature asked for that the model does not declare; nullptr: none.
  [[nodiscard]] const std::string* missing_feature(const hosted_model& model) const;
  [[nodiscard]] bool gives_dimensions(const hosted_model& model) const;
  [[nodiscard]] std::string phi_detail(const route& candidate) const;
  [[nodiscard]] std::string parameter_detail(const hosted_model& model) const;

  const policy* wanted_;
  const registry* known_;
  std::chrono::sys_days today_;
  const alias* alias_ = nullptr;  // of the policy's model, when it is one
};

}  // namespace phigate::core
