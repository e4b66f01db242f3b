#include <boost/asio/ssl/context.hpp>
#include <stdexcept>

#include "net/tls_stream.hpp"
#include "phigate/net/socket_stream.hpp"

namespace phigate::net {

asio::awaitable<std::unique_ptr<byte_stream>> accept_tls(asio::ip::tcp::socket socket,
                                                         std::shared_ptr<asio::ssl::context> context, interrupt& cut) {
  auto stream = std::make_shared<tls_stream>(std::move(socket), context->native_handle(), tls_stream::side::server);
  cut.on_fire([&stream] { stream->close(); });
  const io_result shaken = co_await stream->handshake();
  cut.forget();
  if (shaken.error) co_return nullptr;
  co_return share(std::move(stream));
}

std::shared_ptr<asio::ssl::context> make_tls_server_context(const std::string& certificate_file,
                                                            const std::string& key_file) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code error;
  context->use_certificate_chain_file(certificate_file, error);
  if (error) throw std::runtime_error(certificate_file + ": not a certificate chain: " + error.message());
  context->use_private_key_file(key_file, asio::ssl::context::pem, error);
  if (error) throw std::runtime_error(key_file + ": not this certificate's private key: " + error.message());
  return context;
}

}  // namespace phigate::net
