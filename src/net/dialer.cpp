#include "phigate/net/dialer.hpp"

#include <boost/asio/connect.hpp>

#include "net/awaiting.hpp"
#include "net/tls_client.hpp"
#include "net/tls_stream.hpp"
#include "phigate/net/socket_stream.hpp"

namespace phigate::net {

namespace {

using dialled = std::expected<std::unique_ptr<byte_stream>, dial_error>;

class socket_dialer final : public dialer {
 public:
  socket_dialer(asio::any_io_executor executor, resolver& names) : executor_(std::move(executor)), names_(names) {}

  asio::awaitable<dialled> dial(target to, interrupt& cut) override;

 private:
  asio::awaitable<error_code> connect(asio::ip::tcp::socket& socket, const addresses& to, interrupt& cut);
  asio::awaitable<dialled> secure(asio::ip::tcp::socket socket, const target& to, interrupt& cut);

  asio::any_io_executor executor_;
  resolver& names_;
};

std::unexpected<dial_error> failed(dial_failure failure, std::string note, const interrupt& cut) {
  if (cut.why() != interruption::none) failure = dial_failure::interrupted;
  return std::unexpected(dial_error{failure, std::move(note)});
}

asio::awaitable<dialled> socket_dialer::dial(target to, interrupt& cut) {
  resolver::answer names = co_await names_.resolve(to.host, to.port, cut);
  // Whatever a name resolves to: plain text never leaves this machine.
  if (to.tls == nullptr) {
    std::erase_if(names.found, [](const auto& address) { return !address.address().is_loopback(); });
  }
  if (names.error || names.found.empty()) co_return failed(dial_failure::resolve, names.error.message(), cut);

  asio::ip::tcp::socket socket(executor_);
  const error_code error = co_await connect(socket, names.found, cut);
  if (error) co_return failed(dial_failure::connect, error.message(), cut);
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  if (to.tls == nullptr) co_return make_tcp_stream(std::move(socket));

  dialled secured = co_await secure(std::move(socket), to, cut);
  co_return secured;
}

asio::awaitable<error_code> socket_dialer::connect(asio::ip::tcp::socket& socket, const addresses& to, interrupt& cut) {
  error_code result = asio::error::host_unreachable;
  for (const auto& address : to) {
    error_code ignored;
    socket.close(ignored);
    auto connected = await_result<io_result>([&socket, address](auto resume) {
      socket.async_connect(
          address, [resume = std::move(resume)](error_code error) mutable { std::move(resume)(io_result{error, 0}); });
    });
    cut.on_fire([&socket] {
      error_code unused;
      socket.close(unused);
    });
    // What was cut before now had no socket to close.
    if (cut.why() != interruption::none) {
      cut.forget();
      co_return error_code(asio::error::operation_aborted);
    }
    const io_result tried = co_await std::move(connected);
    result = tried.error;
    cut.forget();
    if (!result || cut.why() != interruption::none) break;
  }
  // A cut that came between the connect's completion and here closed the socket.
  if (!result && !socket.is_open()) result = asio::error::operation_aborted;
  co_return result;
}

asio::awaitable<dialled> socket_dialer::secure(asio::ip::tcp::socket socket, const target& to, interrupt& cut) {
  tls_client::state& client = to.tls->use();
  auto stream =
      std::make_shared<tls_stream>(std::move(socket), client.context.native_handle(), tls_stream::side::client);
  if (!prepare(client, stream->native(), to.host)) {
    co_return failed(dial_failure::tls, "the host name can't be verified", cut);
  }
  cut.on_fire([&stream] { stream->close(); });
  const io_result shaken = co_await stream->handshake();
  cut.forget();
  if (shaken.error) {
    std::string note = verification_note(stream->native());
    if (note.empty()) note = shaken.error.message();
    client.session.reset();  // whatever failed, do not offer it again
    co_return failed(dial_failure::tls, std::move(note), cut);
  }
  if (!is_trusted(client, stream->native())) {
    client.session.reset();
    co_return failed(dial_failure::tls, "no pinned key in the certificate chain", cut);
  }
  co_return share(std::move(stream));
}

}  // namespace

std::unique_ptr<dialer> make_socket_dialer(asio::any_io_executor executor, resolver& names) {
  return std::make_unique<socket_dialer>(std::move(executor), names);
}

}  // namespace phigate::net
