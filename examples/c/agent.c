/*
 * The agent's door: an owner connects an account and lets agent 7 publish with it, twice, while they ask in a chat. The
 * agent's tool gets the access token and nothing else; who else asks is refused and told what would help.
 *
 *     cc agent.c $(pkg-config --cflags --libs dm_connections) -o agent
 *     ./agent /var/lib/example
 */
#include <dm_connections.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) (text), strlen(text)
#define NOTHING NULL, 0

static dm_error *error;

/* A failure of the library. That somebody may not do something is none: it is an answer. */
static void must(dm_status status) {
  if (status == DM_OK) return;
  fprintf(stderr, "%s: %s\n", dm_status_name(status), dm_error_message(error));
  dm_error_free(error);
  exit(EXIT_FAILURE);
}

/*
 * Who asks, from what the program knows by itself: never from the arguments of a tool, never from what a model wrote. A part
 * that is left out is unknown, and refused.
 */
static void request(char *out, size_t size, int person) {
  snprintf(out, size,
           "{\"agent\": \"agent:7\", \"subject\": {\"asking\": \"user:%d\"}, \"session\": null, \"context\": \"chat\","
           " \"flow\": null, \"may\": {\"scopes\": \"*\", \"operations\": \"*\"}, \"manages\": []}", person);
}

/* The tool: it gets a credential for as long as the call to the provider takes. */
static void publish(dm_store *store, int person) {
  static const char wanted[] = "{\"provider\": \"instagram\", \"operations\": [\"publish\"]}";
  char asks[512];
  dm_buf decision, credential;
  request(asks, sizeof asks, person);
  must(dm_conn_acquire(store, TEXT(asks), TEXT(wanted), &decision, &credential, &error));
  if (credential.ptr == NULL) {
    /* `refusal` has the stable code of the reason, a sentence, the remedy and who can do it. */
    printf("user:%d is refused: %s\n", person, decision.ptr);
  } else {
    printf("user:%d publishes with %s\n", person, credential.ptr);
  }
  dm_buf_free(&decision);
  dm_buf_free(&credential); /* wiped */
}

int main(int argc, char **argv) {
  dm_store *store;
  dm_buf buf;
  char options[4096];

  if (argc != 2) {
    fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return EXIT_FAILURE;
  }
  snprintf(options, sizeof options, "{\"path\": \"%s\", \"site\": \"https://example.org\"}", argv[1]);
  must(dm_store_open(TEXT(options), NULL, &store, &error)); /* a key file is made beside it */

  /* Connect and grant in one call: both, or nothing. */
  must(dm_conn_save(store, TEXT("instagram"), TEXT("user:12"), NOTHING,
                    TEXT("{\"access_token\":\"token\",\"refresh_token\":\"never handed out\",\"user_id\":\"42\"}"),
                    TEXT("{\"grants\": [{\"agent\": \"agent:7\", \"operations\": [\"publish\"], \"contexts\": [\"chat\"],"
                         " \"uses\": 2, \"granted_by\": \"user:12\"}]}"), NULL, &error));

  publish(store, 12);
  publish(store, 3);
  publish(store, 12);
  publish(store, 12);

  /* What happened stands in the audit; and the grant ends when somebody ends it. */
  must(dm_grant_revoke(store, NOTHING, TEXT("{\"agent\": \"agent:7\", \"by\": \"user:12\"}"), &buf, &error));
  printf("taken back: %s\n", buf.ptr);
  dm_buf_free(&buf);
  publish(store, 12);

  dm_store_close(store);
  return EXIT_SUCCESS;
}
