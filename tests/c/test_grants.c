/* The agent's door, as a program goes through it: granted, decided, handed out, taken back, explained. */
#include "check.h"

#define OWNER TEXT("user:12")
#define INSTAGRAM TEXT("instagram"), OWNER

/* A person asks an agent in a conversation. */
#define ASKS(person) \
  "{\"agent\":\"agent:7\",\"subject\":{\"asking\":\"user:" person "\"},\"session\":null,\"context\":\"chat\"," \
  "\"flow\":null,\"may\":{\"scopes\":\"*\",\"operations\":\"*\"},\"manages\":[]}"
#define PUBLISH "{\"provider\":\"instagram\",\"operations\":[\"publish\"]}"
#define GRANT(more) "{\"agent\":\"agent:7\",\"operations\":[\"publish\"],\"granted_by\":\"user:12\"" more "}"
#define OF_OWNER ",\"owner\":\"user:12\",\"provider\":\"instagram\""

static const char document[] =
    "{\"access_token\":\"canary-access\",\"user_id\":\"42\",\"refresh_token\":\"canary-refresh\"}";

static void check(dm_store *store, const char *request, const char *expected) {
  dm_buf told;
  OK(dm_grant_check(store, TEXT(request), TEXT(PUBLISH), &told, &error));
  if (!has(&told, expected)) fprintf(stderr, "%s\n", told.ptr);
  CHECK(has(&told, expected) && !has(&told, "canary"));
  OK(dm_buf_free(&told));
}

/* The first id behind a member's name. */
static const char *id_in(const dm_buf *buf, const char *member) {
  static char ids[4][37];
  static int next;
  char *id = ids[next++ % 4];
  const char *at = strstr(buf->ptr, member);
  CHECK(at != NULL);
  CHECK(sscanf(at + strlen(member), "%36[0-9a-f-]", id) == 1 && strlen(id) == 36);
  return id;
}

static void an_account_is_connected_with_its_grants(dm_store *store) {
  dm_buf saved;
  const char *two = "{\"grants\":[" GRANT("") "," GRANT(",\"only_this\":true,\"uses\":2") "]}";
  check(store, ASKS("12"), "\"reason\":\"no_connection\"");
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_save(store, INSTAGRAM, NOTHING, TEXT(document),
          TEXT("{\"grants\":[" GRANT(OF_OWNER) "]}"), NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_save(store, INSTAGRAM, NOTHING, TEXT(document),
          TEXT("{\"grants\":[" GRANT(",\"contexts\":[]") "]}"), NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_conn_save(store, INSTAGRAM, NOTHING, TEXT(document),
          TEXT("{\"grants\":[" GRANT(",\"uses\":0") "]}"), NULL, &error));
  check(store, ASKS("12"), "\"reason\":\"no_connection\"");
  OK(dm_conn_save(store, INSTAGRAM, NOTHING, TEXT(document), TEXT(two), &saved, &error));
  CHECK(has(&saved, "\"grants\":[\""));
  OK(dm_buf_free(&saved));
  check(store, ASKS("12"), "\"allowed\":true");
  check(store, ASKS("3"), "\"reason\":\"acting_user_mismatch\"");
}

static void it_is_listed_and_explained(dm_store *store) {
  dm_buf listed, told;
  char question[128];
  const char *connection;
  OK(dm_grant_list(store, TEXT("{\"agent\":\"agent:7\"}"), &listed, &error));
  CHECK(has(&listed, "\"status\":\"active\"") && has(&listed, "\"uses_left\":2"));
  connection = id_in(&listed, "\"connection\":\"");
  OK(dm_buf_free(&listed));

  snprintf(question, sizeof question, "{\"connection\":\"%s\"}", connection);
  OK(dm_grant_explain(store, TEXT(question), &told, &error));
  CHECK(has(&told, "\"people\":[\"user:12\"]") && has(&told, "\"reason\":null") && has(&told, "\"forbids\":[]"));
  OK(dm_buf_free(&told));
  OK(dm_grant_explain(store, TEXT("{\"agent\":\"agent:7\"}"), &told, &error));
  CHECK(has(&told, connection));
  OK(dm_buf_free(&told));
  OK(dm_grant_explain(store, TEXT("{\"request\":" ASKS("3") ",\"wanted\":" PUBLISH "}"), &told, &error));
  CHECK(has(&told, "\"considered\":[{") && has(&told, "\"reason\":\"acting_user_mismatch\""));
  OK(dm_buf_free(&told));
  REFUSED(DM_NOT_FOUND, dm_grant_explain(
      store, TEXT("{\"connection\":\"01932c07-20bd-7000-8000-000000000000\"}"), &told, &error));
  OK(dm_tools_resolve(store, TEXT(ASKS("12")),
                      TEXT("{\"post\":" PUBLISH ",\"vote\":{\"provider\":\"reddit\"}}"), &told, &error));
  CHECK(has(&told, "\"post\":{\"allowed\":true") && has(&told, "\"vote\":{\"allowed\":false"));
  OK(dm_buf_free(&told));
}

static void a_credential_is_handed_out(dm_store *store) {
  dm_buf decision, credential, records;
  OK(dm_conn_acquire(store, TEXT(ASKS("12")), TEXT(PUBLISH), &decision, &credential, &error));
  CHECK(has(&decision, "\"allowed\":true") && !has(&decision, "canary"));
  CHECK(has(&credential, "canary-access") && has(&credential, "42") && !has(&credential, "refresh"));
  OK(dm_buf_free(&decision));
  OK(dm_buf_free(&credential));
  OK(dm_conn_acquire(store, TEXT(ASKS("3")), TEXT(PUBLISH), &decision, &credential, &error));
  CHECK(has(&decision, "\"allowed\":false") && credential.ptr == NULL && credential.len == 0);
  OK(dm_buf_free(&decision));
  OK(dm_buf_free(&credential));
  OK(dm_audit_query(store, TEXT("{\"agent\":\"agent:7\",\"event\":\"acquired\"}"), &records, &error));
  CHECK(has(&records, "\"items\":[{") && !has(&records, "canary"));
  OK(dm_buf_free(&records));
}

static void what_forbids_wins_and_what_is_taken_back_is_gone(dm_store *store) {
  dm_buf given, receipt;
  OK(dm_grant_create(store, TEXT(GRANT(OF_OWNER ",\"effect\":\"forbid\"")), &given, &error));
  CHECK(has(&given, "\"for\":\"anyone\""));
  check(store, ASKS("12"), "\"reason\":\"forbidden\"");
  OK(dm_grant_revoke(store, TEXT(id_in(&given, "\"id\":\"")), TEXT("{\"by\":\"user:12\"}"), &receipt, &error));
  CHECK(has(&receipt, "\"revoked\":1"));
  OK(dm_buf_free(&given));
  OK(dm_buf_free(&receipt));
  check(store, ASKS("12"), "\"allowed\":true");
  OK(dm_grant_revoke(store, NOTHING, TEXT("{\"agent\":\"agent:7\",\"by\":\"cli\"}"), NULL, &error));
  check(store, ASKS("12"), "\"reason\":\"grant_revoked\"");
  REFUSED(DM_NOT_FOUND, dm_grant_revoke(
      store, TEXT("01932c07-20bd-7000-8000-000000000000"), TEXT("{\"by\":\"cli\"}"), NULL, &error));
  REFUSED(DM_INVALID_ARGUMENT, dm_grant_create(
      store, TEXT(GRANT(OF_OWNER ",\"contexts\":[]")), &given, &error));
}

/* What was let through all the same is proposed, and one call away. */
static void what_was_observed_is_proposed(dm_store *store) {
  dm_buf told, listed;
  OK(dm_grant_revoke(store, NOTHING, TEXT("{\"agent\":\"agent:7\",\"owner\":\"user:12\",\"by\":\"cli\"}"), NULL, &error));
  OK(dm_grant_admit(store, TEXT(ASKS("12")), TEXT(PUBLISH), TEXT("observe"), &told, &error));
  CHECK(has(&told, "\"allowed\":false"));
  OK(dm_buf_free(&told));
  REFUSED(DM_INVALID_ARGUMENT, dm_grant_admit(store, TEXT(ASKS("12")), TEXT(PUBLISH), TEXT("never"), &told, &error));
  OK(dm_proposal_list(store, NOTHING, &listed, &error));
  CHECK(has(&listed, "\"count\":1") && has(&listed, "\"operations\":[\"publish\"]"));
  OK(dm_proposal_accept(store, TEXT(id_in(&listed, "\"id\":\"")), TEXT("{\"by\":\"user:12\"}"), &told, &error));
  CHECK(has(&told, "\"granted_by\":\"user:12\""));
  OK(dm_buf_free(&told));
  check(store, ASKS("12"), "\"allowed\":true");
  REFUSED(DM_NOT_FOUND, dm_proposal_accept(
      store, TEXT(id_in(&listed, "\"id\":\"")), TEXT("{\"by\":\"user:12\"}"), &told, &error));
  OK(dm_proposal_dismiss(store, TEXT(id_in(&listed, "\"id\":\"")), &error));
  OK(dm_buf_free(&listed));
}

int main(void) {
  dm_store *store = open_store("store", KEY);
  an_account_is_connected_with_its_grants(store);
  it_is_listed_and_explained(store);
  a_credential_is_handed_out(store);
  what_forbids_wins_and_what_is_taken_back_is_gone(store);
  what_was_observed_is_proposed(store);
  OK(dm_store_close(store));
  OK(dm_shutdown());
  return EXIT_SUCCESS;
}
