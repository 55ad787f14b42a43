// C++17 over dm_connections.h: owners that free what they hold, and exceptions in place of status codes.
//
//     dm::Keyring keys;
//     keys.add_base64(std::getenv("DM_KEY"));
//     dm::Store store(R"({"path": "/var/lib/example", "site": "https://example.org"})", &keys);
//     store.save("reddit", "user:12", "", R"({"access_token": "..."})");
//     std::cout << store.get("reddit", "user:12").view();
//
// What each call does, its JSON and its errors are described at the function of the same name in dm_connections.h.
// Everything here can be moved and not copied; a moved-from object may only be destroyed or assigned to.

#ifndef DM_CONNECTIONS_HPP
#define DM_CONNECTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

extern "C" {
#include "dm_connections.h"
}

namespace dm {

using Text = std::string_view;

// A failed call. what() is a sentence for a person.
class Error : public std::runtime_error {
 public:
  // Takes the error object over.
  Error(dm_status code, dm_error *error)
      : std::runtime_error(dm_error_message(error)), code_(code), detail_(dm_error_detail(error)) {
    dm_error_free(error);
  }

  dm_status code() const noexcept { return code_; }
  const char *name() const noexcept { return dm_status_name(code_); }
  // A JSON object.
  const std::string &detail() const noexcept { return detail_; }

 private:
  dm_status code_;
  std::string detail_;
};

// Bytes from the library; wiped when this goes.
class Buffer {
 public:
  Buffer() noexcept = default;
  Buffer(Buffer &&other) noexcept : buf_(std::exchange(other.buf_, {})) {}
  Buffer &operator=(Buffer &&other) noexcept {
    std::swap(buf_, other.buf_);
    return *this;
  }
  ~Buffer() { dm_buf_free(&buf_); }

  // Valid as long as the buffer.
  Text view() const noexcept { return {buf_.ptr, buf_.len}; }
  const char *c_str() const noexcept { return buf_.ptr == nullptr ? "" : buf_.ptr; }
  std::size_t size() const noexcept { return buf_.len; }

  // Empty again, as an output for a call.
  dm_buf *out() noexcept {
    dm_buf_free(&buf_);
    return &buf_;
  }

 private:
  dm_buf buf_ = {};
};

namespace detail {

// A text goes in as two arguments, everything else as one.
inline std::tuple<const char *, std::size_t> pass(Text text) { return {text.data(), text.size()}; }
template <class T>
std::tuple<T *> pass(T *pointer) { return {pointer}; }

template <class Function, class... Arguments>
void call(Function function, const Arguments &...arguments) {
  dm_error *error = nullptr;
  const dm_status status = std::apply(function, std::tuple_cat(pass(arguments)..., std::make_tuple(&error)));
  if (status != DM_OK) throw Error(status, error);
}

// A call that fills one buffer.
template <class Function, class... Arguments>
Buffer ask(Function function, const Arguments &...arguments) {
  Buffer answer;
  call(function, arguments..., answer.out());
  return answer;
}

template <auto free>
struct Free {
  template <class T>
  void operator()(T *handle) const noexcept { free(handle); }
};

template <class T, auto free>
using Handle = std::unique_ptr<T, Free<free>>;

}  // namespace detail

// Keys to open a store with; the first is the one that a new store is made with, the others are earlier ones.
class Keyring {
 public:
  Keyring() {
    dm_keyring *made = nullptr;
    detail::call(dm_keyring_new, &made);
    handle_.reset(made);
  }

  void add_raw(Text key) { detail::call(dm_keyring_add_raw, get(), key); }
  void add_base64(Text text) { detail::call(dm_keyring_add_base64, get(), text); }
  void add_file(Text path) { detail::call(dm_keyring_add_file, get(), path); }
  // A JSON list: the program and its arguments.
  void add_command(Text argv) { detail::call(dm_keyring_add_command, get(), argv); }
  void make_file(Text path) { detail::call(dm_keyring_make_file, get(), path); }

  dm_keyring *get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<dm_keyring, dm_keyring_free> handle_;
};

// Salts of the old option's envelopes.
class Salts {
 public:
  Salts() {
    dm_salts *made = nullptr;
    detail::call(dm_salts_new, &made);
    handle_.reset(made);
  }

  void add(Text salt) { detail::call(dm_salts_add, get(), salt); }

  // One value as the old plug-in's envelope, and back.
  Buffer seal(Text value) const { return detail::ask(dm_legacy_seal, get(), value); }
  Buffer open(Text envelope) const { return detail::ask(dm_legacy_open, get(), envelope); }

  dm_salts *get() const noexcept { return handle_.get(); }

 private:
  detail::Handle<dm_salts, dm_salts_free> handle_;
};

// An open store. An empty account is "default"; options are JSON objects, or empty. Results are JSON.
class Store {
 public:
  // Without a keyring, the key file is used.
  explicit Store(Text options, const Keyring *keyring = nullptr) {
    dm_store *opened = nullptr;
    const dm_keyring *keys = keyring == nullptr ? nullptr : keyring->get();
    detail::call(dm_store_open, options, keys, &opened);
    handle_.reset(opened);
  }

  Buffer info() const { return ask(dm_store_info); }
  Buffer adopt() const { return ask(dm_store_adopt); }

  // The document; and what is known about the connection, where that is wanted.
  Buffer get(Text provider, Text owner, Text account = {}, Buffer *about = nullptr) const {
    Buffer document;
    detail::call(dm_conn_get, get(), provider, owner, account, document.out(), out(about));
    return document;
  }
  Buffer save(Text provider, Text owner, Text account, Text document, Text options = {}) const {
    return ask(dm_conn_save, provider, owner, account, document, options);
  }
  Buffer merge(Text provider, Text owner, Text account, Text patch, Text options = {}) const {
    return ask(dm_conn_merge, provider, owner, account, patch, options);
  }
  Buffer erase(Text provider, Text owner, Text account = {}, Text options = {}) const {
    return ask(dm_conn_delete, provider, owner, account, options);
  }
  Buffer disconnect(Text provider, Text owner, Text account = {}, Text options = {}) const {
    return ask(dm_conn_disconnect, provider, owner, account, options);
  }
  Buffer set_status(Text provider, Text owner, Text account, Text status, Text cause = {}) const {
    return ask(dm_conn_set_status, provider, owner, account, status, cause);
  }
  Buffer find(Text query = {}) const { return ask(dm_conn_find, query); }
  Buffer status(Text provider = {}, Text owner = {}) const { return ask(dm_conn_status, provider, owner); }

  Buffer get_config(Text provider, Text owner, Buffer *about = nullptr) const {
    Buffer document;
    detail::call(dm_config_get, get(), provider, owner, document.out(), out(about));
    return document;
  }
  Buffer save_config(Text provider, Text owner, Text document, Text options = {}) const {
    return ask(dm_config_save, provider, owner, document, options);
  }
  Buffer merge_config(Text provider, Text owner, Text patch, Text options = {}) const {
    return ask(dm_config_merge, provider, owner, patch, options);
  }
  Buffer erase_config(Text provider, Text owner, Text options = {}) const {
    return ask(dm_config_delete, provider, owner, options);
  }
  Buffer find_configs(Text query = {}) const { return ask(dm_config_find, query); }

  Buffer refresh_status(Text provider, Text owner, Text account = {}, Text options = {}) const {
    return ask(dm_refresh_status, provider, owner, account, options);
  }
  Buffer refresh_due(Text options = {}) const { return ask(dm_refresh_due, options); }

  Buffer clear_owner(Text owner, Text provider = {}) const { return ask(dm_owner_clear, owner, provider); }

  Buffer audit(Text query = {}) const { return ask(dm_audit_query, query); }
  Buffer verify_audit(Text options = {}) const { return ask(dm_audit_verify, options); }
  Buffer audit_anchor() const { return ask(dm_audit_anchor); }
  Buffer prune_audit(Text options) const { return ask(dm_audit_prune, options); }

  Buffer read_events(Text consumer, Text options = {}) const { return ask(dm_events_read, consumer, options); }
  void events_done(Text consumer, Text cursor) const { detail::call(dm_events_done, get(), consumer, cursor); }
  void forget_events(Text consumer) const { detail::call(dm_events_forget, get(), consumer); }

  Buffer create_grant(Text grant) const { return ask(dm_grant_create, grant); }
  // One by its id; or, with an empty one, all of the agent, the owner or both in the options.
  Buffer revoke_grants(Text id, Text options) const { return ask(dm_grant_revoke, id, options); }
  Buffer list_grants(Text query = {}) const { return ask(dm_grant_list, query); }
  Buffer check_grant(Text request, Text wanted) const { return ask(dm_grant_check, request, wanted); }
  Buffer explain_grants(Text question) const { return ask(dm_grant_explain, question); }
  Buffer resolve_tools(Text request, Text tools) const { return ask(dm_tools_resolve, request, tools); }

  Buffer add_key(const Keyring &keyring) const { return ask(dm_key_add, keyring.get()); }
  Buffer rewrap() const { return ask(dm_key_rewrap); }
  Buffer renew_provider(Text provider) const { return ask(dm_key_renew, provider, Text()); }
  Buffer renew(Text id) const { return ask(dm_key_renew, Text(), id); }

  Buffer import(Text option, const Salts &salts, Text options = {}) const {
    return ask(dm_legacy_import, option, salts.get(), options);
  }
  // The option, which is secret; and the report, where that is wanted.
  Buffer export_option(const Salts &salts, Text options = {}, Buffer *report = nullptr) const {
    Buffer option;
    detail::call(dm_legacy_export, get(), salts.get(), options, option.out(), out(report));
    return option;
  }

  // What was done, of what somebody changed who was handed `base` and wrote `option`; without a base they saw everything.
  Buffer write_option(Text base, Text option, const Salts &salts, Text options = {}) const {
    return ask(dm_legacy_write, base, option, salts.get(), options);
  }

  Buffer backup(Text path) const { return ask(dm_store_backup, path); }
  uint64_t writes() const {
    uint64_t number = 0;
    detail::call(dm_store_writes, get(), &number);
    return number;
  }

  dm_store *get() const noexcept { return handle_.get(); }

 private:
  template <class Function, class... Arguments>
  Buffer ask(Function function, const Arguments &...arguments) const {
    return detail::ask(function, get(), arguments...);
  }
  static dm_buf *out(Buffer *buffer) noexcept { return buffer == nullptr ? nullptr : buffer->out(); }

  detail::Handle<dm_store, dm_store_close> handle_;
};

// The answer to who asks to renew a connection's credential; where it is granted(), also the right to. One that goes without
// commit(), fail() or release(), because something was thrown, is given up: the next one is granted with `lost`.
class Lease {
 public:
  static Lease begin(const Store &store, Text provider, Text owner, Text account = {}, Text options = {}) {
    Lease made;
    dm_lease *lease = nullptr;
    detail::call(dm_refresh_begin, store.get(), provider, owner, account, options, &lease, made.told_.out(),
                 made.document_.out(), made.config_.out());
    made.handle_.reset(lease);
    return made;
  }

  bool granted() const noexcept { return handle_ != nullptr; }
  // The outcome and its reasons.
  const Buffer &told() const noexcept { return told_; }
  // The account, which is secret; empty where a person has to connect it again.
  const Buffer &document() const noexcept { return document_; }
  // The app config to renew it with, which is secret.
  const Buffer &config() const noexcept { return config_; }

  Buffer commit(Text patch, Text options = {}) const {
    return detail::ask(dm_refresh_commit, get(), patch, options);
  }
  // Without an answer: none came.
  Buffer fail(Text answer = {}) const { return detail::ask(dm_refresh_fail, get(), answer); }
  void release() const { detail::call(dm_refresh_release, get()); }

  dm_lease *get() const noexcept { return handle_.get(); }

 private:
  Lease() = default;

  Buffer told_, document_, config_;
  detail::Handle<dm_lease, dm_lease_close> handle_;
};

}  // namespace dm

#endif
