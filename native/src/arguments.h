/* What JavaScript gives, checked: every wrong argument is a TypeError. */
#ifndef HOOKLINE_ARGUMENTS_H
#define HOOKLINE_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECK(call)                     \
  do {                                  \
    if ((call) != napi_ok) return NULL; \
  } while (0)

static inline napi_value refuse(napi_env env, const char *text) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", text);
  return NULL;
}

static inline napi_value int_value(napi_env env, int32_t value) {
  napi_value made = NULL;
  CHECK(napi_create_int32(env, value, &made));
  return made;
}

/* Exactly an integer: what JavaScript would turn into one (NaN, 1.5, 2^32) is a mistake. */
static inline bool is_int(napi_env env, napi_value from, int32_t *out) {
  double value = 0;
  if (napi_get_value_double(env, from, &value) != napi_ok) return false;
  if (!(value >= INT32_MIN && value <= INT32_MAX)) return false;
  *out = (int32_t)value;
  return (double)*out == value;
}

static inline bool take_int(napi_env env, napi_value from, int32_t *out) {
  if (is_int(env, from, out)) return true;
  refuse(env, "an integer was expected");
  return false;
}

#endif
