/* What JavaScript sees: base/native-udp.ts. */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "hub.h"
#include "srtp.h"

/* The hub named by the first of `count` arguments; NULL after an exception was thrown. */
static hub *take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  void *table = NULL;
  int32_t number = -1;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok) return NULL;
  if (napi_get_instance_data(env, &table) != napi_ok || table == NULL) return NULL;
  bool is_number = given >= count && is_int(env, arguments[0], &number);
  hub *found = is_number && number >= 0 && number < MAX_HUBS ? ((hub_table *)table)->hubs[number] : NULL;
  if (found == NULL) {
    refuse(env, "no such hub, or too few arguments");
    return NULL;
  }
  if (!hub_has_memory(found)) {
    refuse(env, "the hub's memory was given away");
    return NULL;
  }
  return found;
}

/* Text that does not fit, or holds a NUL, is no address: it is then empty. */
static bool take_text(napi_env env, napi_value from, char *out, size_t bytes) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, from, out, bytes, &length) != napi_ok) {
    refuse(env, "a string was expected");
    return false;
  }
  if (length + 1 >= bytes || strlen(out) != length) out[0] = '\0';
  return true;
}

static napi_value result_of_start(napi_env env, int32_t number, napi_value memory) {
  napi_value made = NULL;
  napi_value value = NULL;
  CHECK(napi_create_object(env, &made));
  CHECK(napi_create_int32(env, number, &value));
  CHECK(napi_set_named_property(env, made, "hub", value));
  CHECK(napi_set_named_property(env, made, "memory", memory));
  return made;
}

/* start(onWake, coalesceUs) → { hub, memory } */
static napi_value start(napi_env env, napi_callback_info info) {
  size_t given = 2;
  napi_value arguments[2];
  void *data = NULL;
  CHECK(napi_get_cb_info(env, info, &given, arguments, NULL, NULL));
  CHECK(napi_get_instance_data(env, &data));
  hub_table *table = data;
  napi_valuetype type = napi_undefined;
  if (given > 0) CHECK(napi_typeof(env, arguments[0], &type));
  if (given < 2 || type != napi_function) return refuse(env, "start takes a function and a number");
  int32_t coalesce_us = 0;
  if (!take_int(env, arguments[1], &coalesce_us)) return NULL;
  if (coalesce_us < 0 || coalesce_us > 20000) return refuse(env, "coalesceUs is 0 to 20000");
  int number = 0;
  while (number < MAX_HUBS && table->hubs[number] != NULL) number += 1;
  if (number == MAX_HUBS) return refuse(env, "too many hubs");

  napi_value memory = NULL;
  napi_value name = NULL;
  void *bytes = NULL;
  CHECK(napi_create_arraybuffer(env, MEMORY_BYTES, &bytes, &memory));
  CHECK(napi_create_string_utf8(env, "hookline-udp", NAPI_AUTO_LENGTH, &name));
  hub *h = calloc(1, sizeof *h);
  if (h == NULL) return refuse(env, "no memory");
  h->env = env;
  h->memory = bytes;
  h->coalesce_ns = (int64_t)coalesce_us * 1000;
  int error = hub_open_poll(h);
  if (error != 0) {
    free(h);
    napi_throw_error(env, "ERR_SYSTEM_ERROR", strerror(error));
    return NULL;
  }
  bool is_made = napi_create_reference(env, memory, 1, &h->memory_ref) == napi_ok &&
                 napi_create_reference(env, arguments[0], 1, &h->on_wake_ref) == napi_ok &&
                 napi_async_init(env, NULL, name, &h->context) == napi_ok &&
                 napi_add_async_cleanup_hook(env, hub_on_environment_end, h, &h->cleanup) == napi_ok;
  /* Only without memory, or while the environment ends: then nothing of h is used again, and it is left. */
  if (!is_made) return refuse(env, "the environment is ending");
  table->hubs[number] = h;
  return result_of_start(env, number, memory);
}

/* stop(hub) */
static napi_value stop(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  hub *h = take_arguments(env, info, 1, arguments);
  if (h != NULL) hub_end(h);
  return NULL;
}

/* bind(hub, address, port, receiveBufferBytes, isStamped) → number of the socket, or minus an errno */
static napi_value bind_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[5];
  char address[96];
  int32_t port = 0;
  int32_t bytes = 0;
  bool is_stamped = false;
  hub *h = take_arguments(env, info, 5, arguments);
  if (h == NULL || !take_text(env, arguments[1], address, sizeof address)) return NULL;
  if (!take_int(env, arguments[2], &port) || !take_int(env, arguments[3], &bytes)) return NULL;
  if (napi_get_value_bool(env, arguments[4], &is_stamped) != napi_ok) return refuse(env, "a boolean was expected");
  return int_value(env, socket_bind(h, address, port, bytes, is_stamped));
}

/* close(hub, socket, generation) */
static napi_value close_socket(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int32_t number = 0;
  int32_t generation = 0;
  hub *h = take_arguments(env, info, 3, arguments);
  if (h == NULL || !take_int(env, arguments[1], &number) || !take_int(env, arguments[2], &generation)) return NULL;
  if (socket_find(h, number, generation) != NULL) socket_close(h, number);
  return NULL;
}

/* flush(hub, count) → how many of the first `count` records could not be sent */
static napi_value flush(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  int32_t count = 0;
  hub *h = take_arguments(env, info, 2, arguments);
  if (h == NULL || !take_int(env, arguments[1], &count)) return NULL;
  if (count < 0 || count > SEND_RECORDS) return refuse(env, "so many records there are not");
  return int_value(env, send_records(h, count));
}

/* arm(hub, atMs): the beat, in milliseconds of now(); 0 is never */
static napi_value arm(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  double at_ms = 0;
  hub *h = take_arguments(env, info, 2, arguments);
  if (h == NULL) return NULL;
  bool is_number = napi_get_value_double(env, arguments[1], &at_ms) == napi_ok;
  /* 2^52 ns are 52 days of a double's whole numbers; years of uptime still fit below this. */
  if (!is_number || !(at_ms >= 0 && at_ms < 1e12)) return refuse(env, "atMs is a time of now()");
  h->beat_ns = (int64_t)(at_ms * 1e6);
  if (at_ms > 0 && h->beat_ns == 0) h->beat_ns = 1;
  hub_update_timer(h);
  hub_update_polling(h);
  return NULL;
}

/* parse(hub, text) → 4, 6 or 0; fills the scratch record's address */
static napi_value parse(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  char text[96];
  hub *h = take_arguments(env, info, 2, arguments);
  if (h == NULL || !take_text(env, arguments[1], text, sizeof text)) return NULL;
  record *scratch = scratch_record(h);
  return int_value(env, address_parse(text, scratch) ? scratch->family : 0);
}

/* format(hub) → text of the scratch record's address, empty where it has none */
static napi_value format(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  napi_value made = NULL;
  char text[96] = "";
  hub *h = take_arguments(env, info, 1, arguments);
  if (h == NULL) return NULL;
  if (!address_format(scratch_record(h), text, sizeof text)) text[0] = '\0';
  CHECK(napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &made));
  return made;
}

/* now() → milliseconds of CLOCK_MONOTONIC */
static napi_value now(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value made = NULL;
  CHECK(napi_create_double(env, (double)hub_now_ns() / 1e6, &made));
  return made;
}

static void free_table(napi_env env, void *table, void *hint) {
  (void)env;
  (void)hint;
  srtp_table_free(((hub_table *)table)->srtp);
  free(table);
}

/* Called once in each thread that loads the addon. */
NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"start", NULL, start, NULL, NULL, NULL, napi_default, NULL},
      {"stop", NULL, stop, NULL, NULL, NULL, napi_default, NULL},
      {"bind", NULL, bind_socket, NULL, NULL, NULL, napi_default, NULL},
      {"close", NULL, close_socket, NULL, NULL, NULL, napi_default, NULL},
      {"flush", NULL, flush, NULL, NULL, NULL, napi_default, NULL},
      {"arm", NULL, arm, NULL, NULL, NULL, napi_default, NULL},
      {"parse", NULL, parse, NULL, NULL, NULL, napi_default, NULL},
      {"format", NULL, format, NULL, NULL, NULL, napi_default, NULL},
      {"now", NULL, now, NULL, NULL, NULL, napi_default, NULL},
  };
  hub_table *table = calloc(1, sizeof *table);
  if (table == NULL) return NULL;
  if (napi_set_instance_data(env, table, free_table, NULL) != napi_ok) {
    free(table);
    return NULL;
  }
  if (srtp_is_there()) table->srtp = srtp_table_new();
  CHECK(napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions));
  CHECK(srtp_define(env, exports));
  napi_value version = NULL;
  napi_value has_srtp = NULL;
  CHECK(napi_create_int32(env, ADDON_VERSION, &version));
  CHECK(napi_set_named_property(env, exports, "version", version));
  CHECK(napi_get_boolean(env, table->srtp != NULL, &has_srtp));
  CHECK(napi_set_named_property(env, exports, "hasSrtp", has_srtp));
  return exports;
}
