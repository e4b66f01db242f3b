// Each rule of spec §3 by itself. `rule_check` only judges; eligibility.cpp alone turns a judgement into an eligible
// route.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "parameter_rule.hpp"
#include "phigate/core/eligibility.hpp"
#include "preference_rules.hpp"

namespace phigate::core {

inline constexpr std::array all_exclusion_reasons{
    exclusion_reason::disabled,  exclusion_reason::modality,        exclusion_reason::region,
    exclusion_reason::phi,       exclusion_reason::model,           exclusion_reason::only,
    exclusion_reason::ignore,    exclusion_reason::data_residency,  exclusion_reason::eu_owned,
    exclusion_reason::retention, exclusion_reason::data_collection, exclusion_reason::variant_free,
    exclusion_reason::max_price, exclusion_reason::parameters};

using rule_set = enum_set<exclusion_reason, all_exclusion_reasons.size()>;

// The rules that hold only because of what the client prefers or its body needs (6 to 8 of spec §3): those that it can
// give up.
inline constexpr rule_set rules_of_choice{
    exclusion_reason::only,         exclusion_reason::ignore,    exclusion_reason::data_residency,
    exclusion_reason::eu_owned,     exclusion_reason::retention, exclusion_reason::data_collection,
    exclusion_reason::variant_free, exclusion_reason::max_price, exclusion_reason::parameters};

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
  // The first rule that fails, in order; those in `dropped` are not asked.
  [[nodiscard]] std::optional<exclusion_reason> first_failure(const route& candidate, rule_set dropped = {}) const;
  // What is wrong, for a person. Only for a rule that `candidate` fails.
  [[nodiscard]] std::string detail(exclusion_reason rule, const route& candidate) const;

 private:
  [[nodiscard]] bool is_in_force(exclusion_reason rule) const;
  [[nodiscard]] bool holds(exclusion_reason rule, const route& candidate) const;  // only of a rule in force
  [[nodiscard]] std::span<const exclusion_reason> in_force() const { return {in_force_.data(), in_force_count_}; }
  [[nodiscard]] bool matches_model(const hosted_model& model) const;
  [[nodiscard]] std::string phi_detail(const route& candidate) const;

  const policy* wanted_;
  const registry* known_;
  std::chrono::sys_days today_;
  const alias* alias_ = nullptr;  // of the policy's model, when it is one
  preference_rules preferences_;
  parameter_rule parameters_;
  // The rules that this policy can fail, in order: one that asks for nothing is not asked of each route.
  std::array<exclusion_reason, all_exclusion_reasons.size()> in_force_{};
  std::size_t in_force_count_ = 0;
};

}  // namespace phigate::core
