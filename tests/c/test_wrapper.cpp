// The C++ wrapper: owners free, failures throw.
#include <dm_connections.hpp>

#include <string>
#include <type_traits>

#include "check.h"

namespace {

constexpr dm::Text key(KEY, 32);

std::string options() {
  return std::string(R"({"path":")") + in_directory("store") + R"(","site":"https://example.org"})";
}

dm::Store open() {
  dm::Keyring keys;
  keys.add_raw(key);
  return dm::Store(options(), &keys);
}

void documents_come_back() {
  dm::Store store = open();
  dm::Buffer about;
  store.save("reddit", "user:12", "", R"({"access_token":"canary"})");
  store.merge("reddit", "user:12", "", R"({"n":1})");
  CHECK(store.get("reddit", "user:12", "", &about).view() == R"({"access_token":"canary","n":1})");
  CHECK(about.view().find("canary") == dm::Text::npos);
  CHECK(store.find(R"({"provider":"reddit"})").view().find("user:12") != dm::Text::npos);
  CHECK(store.status().view().find("reddit") != dm::Text::npos);
  store.set_status("reddit", "user:12", "", "revoked");
  store.renew_provider("reddit");
  store.erase("reddit", "user:12");
  store.save("x", "user:12", "", R"({"access_token":"canary"})");
  dm::Buffer receipt = store.disconnect("x", "user:12", "", R"({"at_provider":"revoked"})");
  CHECK(receipt.view().find(R"("at_provider":"revoked")") != dm::Text::npos);
  CHECK(store.disconnect("x", "user:12").view().find(R"("deleted":false)") != dm::Text::npos);
  store.save_config("reddit", "site:0", "{}");
  CHECK(store.get_config("reddit", "site:0").view() == "{}");
  store.erase_config("reddit", "site:0");
}

void failures_throw() {
  dm::Store store = open();
  try {
    store.get("reddit", "nobody");
    CHECK(!"thrown");
  } catch (const dm::Error &error) {
    CHECK(error.code() == DM_INVALID_ARGUMENT);
    CHECK(dm::Text(error.name()) == "DM_INVALID_ARGUMENT");
    CHECK(dm::Text(error.what()).find("owner") != dm::Text::npos);
    CHECK(error.detail().front() == '{');
  }
}

void owners_move() {
  static_assert(!std::is_copy_constructible_v<dm::Store> && !std::is_copy_constructible_v<dm::Buffer>);
  dm::Store first = open();
  dm::Store second = std::move(first);
  dm::Buffer info = second.info();
  dm::Buffer moved = std::move(info);
  CHECK(moved.size() > 2 && info.size() == 0);
  CHECK(second.adopt().view() == R"({"site":"https://example.org","before":"https://example.org"})");
  dm::Salts salts;
  salts.add("salt");
  CHECK(second.clear_owner("user:99", "reddit").size() > 2);
  CHECK(second.audit("{\"limit\":1}").view().find("\"items\"") != dm::Text::npos);
  CHECK(second.verify_audit().view().find("\"ok\":true") != dm::Text::npos);
  CHECK(second.audit_anchor().view().find("\"hash\"") != dm::Text::npos);
  CHECK(second.prune_audit("{\"before\":1}").view().find("\"pruned\":0") != dm::Text::npos);
  const std::string page(second.read_events("mail").view());
  const std::size_t cursor = page.find("\"cursor\":\"") + 10;
  CHECK(page.find("\"events\":[]") != std::string::npos);
  second.events_done("mail", dm::Text(page).substr(cursor, page.find('"', cursor) - cursor));
  second.forget_events("mail");
  dm::Buffer report;
  CHECK(second.export_option(salts, "", &report).size() > 5 && report.size() > 2);
  CHECK(salts.open(salts.seal("value").view()).view() == "value");
  CHECK(second.import("a:0:{}", salts).size() > 2);
  const uint64_t writes = second.writes();
  CHECK(second.write_option("a:0:{}", "a:0:{}", salts).size() > 2 && second.writes() == writes);
}

void leases_are_given_back() {
  static_assert(!std::is_copy_constructible_v<dm::Lease> && std::is_move_constructible_v<dm::Lease>);
  dm::Store store = open();
  store.save("x", "user:12", "", R"({"access_token":"canary","refresh_token":"canary-1"})", R"({"expires_at":1})");
  store.save_config("x", "user:12", R"({"client_id":"42"})");
  CHECK(store.refresh_status("x", "user:12").view().find(R"("outcome":"due")") != dm::Text::npos);
  CHECK(store.refresh_due().view().find(R"("provider":"x")") != dm::Text::npos);
  {
    const dm::Lease lease = dm::Lease::begin(store, "x", "user:12");
    CHECK(lease.granted() && lease.told().view().find(R"("lost":false)") != dm::Text::npos);
    CHECK(lease.document().view().find("canary-1") != dm::Text::npos);
    CHECK(lease.config().view() == R"({"client_id":"42"})");
    lease.release();
  }
  CHECK(dm::Lease::begin(store, "x", "user:12").told().view().find(R"("lost":false)") != dm::Text::npos);
  // That one went without a word.
  dm::Lease lost = dm::Lease::begin(store, "x", "user:12");
  dm::Lease lease = std::move(lost);
  CHECK(lease.granted() && !lost.granted() && lease.told().view().find(R"("lost":true)") != dm::Text::npos);
  const dm::Buffer result = lease.commit(R"({"access_token":"canary","refresh_token":"canary-2","expires_in":7200})");
  CHECK(result.view().find("canary") == dm::Text::npos);
  try {
    lease.fail();
    CHECK(!"thrown");
  } catch (const dm::Error &error) {
    CHECK(error.code() == DM_INVALID_HANDLE);
  }
  CHECK(!dm::Lease::begin(store, "x", "user:12").granted());
  store.save("x", "user:12", "", R"({"access_token":"canary","refresh_token":"canary-3"})", R"({"expires_at":1})");
  const dm::Lease again = dm::Lease::begin(store, "x", "user:12");
  CHECK(again.granted());
  CHECK(again.fail(R"({"status":400,"error":"invalid_grant"})").view().find(R"("dead")") != dm::Text::npos);
  CHECK(dm::Lease::begin(store, "x", "user:12").document().size() == 0);
}

}  // namespace

int main() {
  documents_come_back();
  failures_throw();
  owners_move();
  leases_are_given_back();
  OK(dm_shutdown());
}
