#include "config/gateway_reader.hpp"

#include <array>
#include <set>

#include "config/address.hpp"
#include "config/pem.hpp"

namespace phigate::config {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kib = std::uint64_t{1} << 10;
constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;

constexpr auto positive_duration = [](const node& from, reading& in) { return read_duration(from, in, 1ms, 24h); };
constexpr auto duration_or_zero = [](const node& from, reading& in) { return read_duration(from, in, 0ms, 24h); };

auto size_within(std::uint64_t least, std::uint64_t most) {
  return [=](const node& from, reading& in) { return read_size(from, in, least, most); };
}

template <typename Number>
auto count_within(std::int64_t least, std::int64_t most) {
  return [=](const node& from, reading& in) -> std::optional<Number> {
    const auto value = read_integer(from, in, least, most);
    return value ? std::optional(static_cast<Number>(*value)) : std::nullopt;
  };
}

std::optional<std::string> read_ip_address(const node& from, reading& in) {
  auto text = read_text(from, in);
  if (!text || is_ip_address(*text)) return text;
  in.fault(from, in_quotes(from.scalar) + " must be an IP address: 127.0.0.1, 0.0.0.0, ::1, ::");
  return std::nullopt;
}

void read_listener_tls(const node* from, reading& in, listen_address& into) {
  if (from == nullptr) return;
  read_map(*from, in, "certificate_file and key_file", [&](map_reader& map) {
    const node* certificate = map.require("certificate_file");
    const node* key = map.require("key_file");
    if (certificate != nullptr) into.certificate_file = read_readable_path(*certificate, in);
    if (key != nullptr) into.key_file = read_readable_path(*key, in);
    if (into.certificate_file && into.key_file)
      check_key_pair(*certificate, *into.certificate_file, *key, *into.key_file, in);
  });
}

listen_address read_listener(const node& from, reading& in, std::uint16_t default_port) {
  listen_address out;
  out.port = default_port;
  read_map(from, in, "address, port and tls", [&](map_reader& map) {
    map.set("address", out.address, read_ip_address);
    map.set("port", out.port, count_within<std::uint16_t>(0, 65535));
    read_listener_tls(map.take("tls"), in, out);
  });
  return out;
}

void read_listeners(map_reader& map, reading& in, settings& into) {
  std::set<std::pair<std::string, std::uint16_t>> bound;
  const auto check_free = [&](const node& at, const listen_address& listener) {
    if (listener.port == 0 || bound.emplace(listener.address, listener.port).second) return;
    in.fault(at, "this address and port have a listener already");
  };
  if (const node* from = map.take("listen"); from != nullptr && expect_list(*from, in, "addresses")) {
    into.listen.clear();
    if (from->children.empty()) in.fault(*from, "an empty list: leave the key out, or name at least one address");
    for (const node& item : from->children) {
      into.listen.push_back(read_listener(item, in, listen_address{}.port));
      check_free(item, into.listen.back());
    }
  } else {
    bound.emplace(into.listen.front().address, into.listen.front().port);
  }
  if (const node* from = map.take("admin")) {
    into.admin = read_listener(*from, in, 9090);
    check_free(*from, *into.admin);
  }
}

std::optional<std::size_t> read_workers(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  if (*text == "auto") return 0;
  const auto value = read_integer(from, in, 1, 256);
  return value ? std::optional(static_cast<std::size_t>(*value)) : std::nullopt;
}

void read_timeouts(map_reader& map, timeouts& into) {
  map.set("connect", into.connect, positive_duration);
  map.set("first_byte", into.first_byte, positive_duration);
  map.set("first_token", into.first_token, positive_duration);
  map.set("idle", into.idle, positive_duration);
  map.set("total", into.total, positive_duration);
  map.set("stream", into.stream, positive_duration);
  map.set("client_header", into.client_header, positive_duration);
  map.set("client_idle", into.client_idle, positive_duration);
}

void read_cooldowns(map_reader& map, cooldowns& into) {
  map.set("server_error", into.server_error, positive_duration);
  map.set("rate_limit", into.rate_limit, positive_duration);
  map.set("repeated", into.repeated, positive_duration);
}

void read_limits(map_reader& map, limits& into) {
  map.set("body", into.body, size_within(1, 4 * gib));
  map.set("header", into.header, size_within(256, mib));
  map.set("header_fields", into.header_fields, count_within<std::size_t>(1, 10'000));
  map.set("response", into.response, size_within(1, 4 * gib));
  map.set("memory", into.memory, size_within(kib, 1024 * gib));
  map.set("connections", into.connections, count_within<std::size_t>(1, 1'000'000));
  map.set("in_flight", into.in_flight, count_within<std::size_t>(1, 1'000'000));
}

void read_upstream(map_reader& map, settings& into) {
  map.set("ca_file", into.upstream_ca_file, read_ca_file);
  map.set("idle_connections", into.upstream_idle_connections, count_within<std::size_t>(0, 100'000));
  map.set("idle_timeout", into.upstream_idle_timeout, positive_duration);
}

std::optional<std::string> read_level(const node& from, reading& in) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> levels{
      {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}}};
  const auto level = read_choice<std::string_view>(from, in, levels);
  return level ? std::optional(std::string(*level)) : std::nullopt;
}

std::optional<log_format> read_format(const node& from, reading& in) {
  static constexpr std::array<std::pair<std::string_view, log_format>, 2> formats{
      {{"text", log_format::text}, {"json", log_format::json}}};
  return read_choice<log_format>(from, in, formats);
}

std::optional<std::string> read_origin(const node& from, reading& in) {
  const auto text = read_text(from, in);
  if (!text) return std::nullopt;
  auto origin = parse_origin(*text);
  if (origin) return *std::move(origin);
  in.fault(from, in_quotes(from.scalar) + ' ' + origin.error());
  return std::nullopt;
}

void read_cors(map_reader& map, reading& in, settings& into) {
  const node* origins = map.take("origins");
  // Said outright, an empty list means what it says: nobody.
  if (origins == nullptr || (origins->shape == shape::list && origins->children.empty())) return;
  into.cors_origins = read_list(*origins, in, "origins", read_origin);
}

// One section of the file: a map of its own.
template <typename Read>
void read_section(map_reader& file, std::string_view name, reading& in, Read read) {
  if (const node* from = file.take(name)) read_map(*from, in, "settings", read);
}

void read_traffic(map_reader& file, reading& in, settings& into) {
  read_section(file, "timeouts", in, [&](map_reader& map) { read_timeouts(map, into.timeouts); });
  read_section(file, "failover", in,
               [&](map_reader& map) { map.set("max_attempts", into.max_attempts, count_within<int>(1, 16)); });
  read_section(file, "health", in, [&](map_reader& map) {
    map.set("window", into.health_window,
            [](const node& from, reading& at) { return read_duration(from, at, 1s, 24h); });
    read_section(map, "cooldown", in, [&](map_reader& inner) { read_cooldowns(inner, into.cooldowns); });
  });
  read_section(file, "limits", in, [&](map_reader& map) { read_limits(map, into.limits); });
  read_section(file, "upstream", in, [&](map_reader& map) { read_upstream(map, into); });
}

void read_process(map_reader& file, reading& in, settings& into) {
  read_section(file, "drain", in, [&](map_reader& map) {
    map.set("delay", into.drain_delay, duration_or_zero);
    map.set("timeout", into.drain_timeout, duration_or_zero);
  });
  read_section(file, "log", in, [&](map_reader& map) {
    map.set("level", into.log_level, read_level);
    map.set("format", into.log_format, read_format);
  });
  read_section(file, "cors", in, [&](map_reader& map) { read_cors(map, in, into); });
}

}  // namespace

settings read_settings(const node& root, reading& in) {
  settings out;
  out.registry_file = (in.folder / out.registry_file).lexically_normal().string();
  if (root.shape == shape::null) return out;
  read_map(root, in, "settings", [&](map_reader& file) {
    read_listeners(file, in, out);
    file.set("workers", out.workers, read_workers);
    file.set("registry", out.registry_file, read_path);
    read_section(file, "defaults", in, [&](map_reader& map) {
      map.set("region", out.default_region, read_region);
      map.set("phi", out.default_phi, read_flag);
    });
    if (read_auth(file.take("auth"), in, out)) check_exposure(root, in, out);
    read_traffic(file, in, out);
    read_process(file, in, out);
  });
  return out;
}

}  // namespace phigate::config
