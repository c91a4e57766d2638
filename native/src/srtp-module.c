/* SRTP as JavaScript sees it: base/native-srtp.ts. */
#include <stddef.h>

#include "arguments.h"
#include "hub.h"
#include "srtp.h"

/* As many bytes as the view has; NULL after an exception was thrown. An empty view is none. */
static uint8_t *take_bytes(napi_env env, napi_value from, size_t *bytes) {
  napi_typedarray_type type = napi_int8_array;
  void *data = NULL;
  napi_status status = napi_get_typedarray_info(env, from, &type, bytes, &data, NULL, NULL);
  if (status != napi_ok || type != napi_uint8_array || data == NULL || *bytes == 0) {
    refuse(env, "a Uint8Array with bytes in it was expected");
    return NULL;
  }
  return data;
}

/* The thread's table, and the first `count` arguments; NULL after an exception was thrown. */
static srtp_table *take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  void *found = NULL;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok) return NULL;
  if (napi_get_instance_data(env, &found) != napi_ok || found == NULL) return NULL;
  srtp_table *table = ((hub_table *)found)->srtp;
  if (table == NULL || given < count) {
    refuse(env, table == NULL ? "there is no SRTP" : "too few arguments");
    return NULL;
  }
  return table;
}

/* One packet: handle, data and its length, which lies within it. */
typedef struct {
  srtp_table *table;
  srtp_context *context;
  uint8_t *data;
  size_t bytes;
  int32_t length;
} packet;

static bool take_packet(napi_env env, napi_value *arguments, napi_value length, packet *out) {
  int32_t handle = -1;
  if (!take_int(env, arguments[0], &handle)) return false;
  out->context = srtp_find(out->table, handle);
  if (out->context == NULL) {
    refuse(env, "no such SRTP context");
    return false;
  }
  out->data = take_bytes(env, arguments[1], &out->bytes);
  if (out->data == NULL || !take_int(env, length, &out->length)) return false;
  if (out->length >= 0 && out->length <= MAX_SRTP_BYTES && (size_t)out->length <= out->bytes) return true;
  refuse(env, "the length is not within the data");
  return false;
}

static srtp_material material_at(const uint8_t *bytes, int cipher_key_bytes, bool is_gcm) {
  const uint8_t *auth_key = bytes + cipher_key_bytes;
  return (srtp_material){bytes, auth_key, is_gcm ? auth_key : auth_key + AUTH_KEY_BYTES};
}

/* srtpOpen(cipherKeyBytes, rtpTagBytes, rtpKeys, rtcpKeys) → handle, or -1 */
static napi_value open_context(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  int32_t key_bytes = 0;
  int32_t tag_bytes = 0;
  size_t rtp_bytes = 0;
  size_t rtcp_bytes = 0;
  srtp_table *table = take_arguments(env, info, 4, arguments);
  if (table == NULL || !take_int(env, arguments[0], &key_bytes) || !take_int(env, arguments[1], &tag_bytes)) return NULL;
  bool is_gcm = tag_bytes == GCM_TAG_BYTES;
  if (key_bytes != 16 && key_bytes != 32) return refuse(env, "keys have 16 or 32 bytes");
  if (!is_gcm && tag_bytes != 10 && tag_bytes != 4) return refuse(env, "tags have 4, 10 or 16 bytes");
  const uint8_t *rtp = take_bytes(env, arguments[2], &rtp_bytes);
  const uint8_t *rtcp = rtp == NULL ? NULL : take_bytes(env, arguments[3], &rtcp_bytes);
  if (rtcp == NULL) return NULL;
  size_t wanted = (size_t)key_bytes + (is_gcm ? GCM_SALT_BYTES : AUTH_KEY_BYTES + CM_SALT_BYTES);
  if (rtp_bytes != wanted || rtcp_bytes != wanted) return refuse(env, "key material of another length");
  return int_value(env, srtp_open(table, key_bytes, tag_bytes, material_at(rtp, key_bytes, is_gcm),
                                  material_at(rtcp, key_bytes, is_gcm)));
}

/* srtpClose(handle): zeroes the keys */
static napi_value close_context(napi_env env, napi_callback_info info) {
  napi_value arguments[1];
  int32_t handle = -1;
  srtp_table *table = take_arguments(env, info, 1, arguments);
  if (table == NULL || !take_int(env, arguments[0], &handle)) return NULL;
  return srtp_close(table, handle) ? NULL : refuse(env, "no such SRTP context");
}

/* Arguments (handle, data, headerBytes, length, rollovers); a tag is to be added, or, opening, is there. */
static bool take_rtp(napi_env env, napi_callback_info info, packet *out, int32_t *header_bytes, int32_t *rollovers,
                     bool is_sealing) {
  napi_value arguments[5];
  out->table = take_arguments(env, info, 5, arguments);
  if (out->table == NULL || !take_packet(env, arguments, arguments[3], out)) return false;
  if (!take_int(env, arguments[2], header_bytes) || !take_int(env, arguments[4], rollovers)) return false;
  int32_t overhead = srtp_rtp_overhead(out->context);
  bool fits = is_sealing ? (size_t)(out->length + overhead) <= out->bytes && *header_bytes <= out->length
                         : *header_bytes <= out->length - overhead;
  if (fits && *header_bytes >= RTP_HEADER_BYTES) return true;
  refuse(env, "header, length and tag do not fit");
  return false;
}

/* srtpSealRtp(handle, data, headerBytes, length, rollovers) → new length, or -1 */
static napi_value seal_rtp(napi_env env, napi_callback_info info) {
  packet p = {0};
  int32_t header_bytes = 0;
  int32_t rollovers = 0;
  if (!take_rtp(env, info, &p, &header_bytes, &rollovers, true)) return NULL;
  return int_value(env, srtp_seal_rtp(p.context, p.data, header_bytes, p.length, (uint32_t)rollovers));
}

/* srtpOpenRtp(handle, data, headerBytes, length, rollovers) → new length, or -1 */
static napi_value open_rtp(napi_env env, napi_callback_info info) {
  packet p = {0};
  int32_t header_bytes = 0;
  int32_t rollovers = 0;
  if (!take_rtp(env, info, &p, &header_bytes, &rollovers, false)) return NULL;
  return int_value(env, srtp_open_rtp(p.table, p.context, p.data, header_bytes, p.length, (uint32_t)rollovers));
}

/* srtpSealRtcp(handle, data, length, index) → new length, or -1 */
static napi_value seal_rtcp(napi_env env, napi_callback_info info) {
  packet p = {0};
  napi_value arguments[4];
  int32_t index = 0;
  p.table = take_arguments(env, info, 4, arguments);
  if (p.table == NULL || !take_packet(env, arguments, arguments[2], &p)) return NULL;
  if (!take_int(env, arguments[3], &index)) return NULL;
  bool fits = p.length >= RTCP_HEADER_BYTES && (size_t)(p.length + srtp_rtcp_overhead(p.context)) <= p.bytes;
  if (!fits || index < 0) return refuse(env, "length, tag and index do not fit");
  return int_value(env, srtp_seal_rtcp(p.context, p.data, p.length, (uint32_t)index));
}

/* srtpOpenRtcp(handle, data, length) → new length, or -1 */
static napi_value open_rtcp(napi_env env, napi_callback_info info) {
  packet p = {0};
  napi_value arguments[3];
  p.table = take_arguments(env, info, 3, arguments);
  if (p.table == NULL || !take_packet(env, arguments, arguments[2], &p)) return NULL;
  if (p.length < RTCP_HEADER_BYTES + srtp_rtcp_overhead(p.context)) return refuse(env, "the packet is too short");
  return int_value(env, srtp_open_rtcp(p.table, p.context, p.data, p.length));
}

napi_status srtp_define(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"srtpOpen", NULL, open_context, NULL, NULL, NULL, napi_default, NULL},
      {"srtpClose", NULL, close_context, NULL, NULL, NULL, napi_default, NULL},
      {"srtpSealRtp", NULL, seal_rtp, NULL, NULL, NULL, napi_default, NULL},
      {"srtpOpenRtp", NULL, open_rtp, NULL, NULL, NULL, napi_default, NULL},
      {"srtpSealRtcp", NULL, seal_rtcp, NULL, NULL, NULL, napi_default, NULL},
      {"srtpOpenRtcp", NULL, open_rtcp, NULL, NULL, NULL, napi_default, NULL},
  };
  return napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
}
