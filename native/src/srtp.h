/*
 * SRTP of packets on Node's own OpenSSL: AES in counter mode with HMAC-SHA1 (RFC 3711, RFC 6188) and AES-GCM (RFC 7714).
 * What a packet's number is, and whether it may come, is decided in JavaScript (media/srtp).
 *
 * Each environment has a table of its own; its contexts are known outside by handles, which carry a generation, so that
 * one that was closed is not taken for the next one in its place.
 */
#ifndef HOOKLINE_SRTP_H
#define HOOKLINE_SRTP_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

enum {
  SRTP_INDEX_BITS = 14,
  /* Of one thread. */
  MAX_SRTP_CONTEXTS = 1 << SRTP_INDEX_BITS,
  /* Longer than any datagram. */
  MAX_SRTP_BYTES = 65536,
  RTP_HEADER_BYTES = 12,
  RTCP_HEADER_BYTES = 8,
  RTCP_INDEX_BYTES = 4,
  AUTH_KEY_BYTES = 20,
  CM_SALT_BYTES = 14,
  GCM_SALT_BYTES = 12,
  GCM_TAG_BYTES = 16,
  CM_RTCP_TAG_BYTES = 10,
};

typedef struct srtp_context srtp_context;
typedef struct srtp_table srtp_table;

/* Whether this Node gives us what is needed. */
bool srtp_is_there(void);

/* NULL without memory. */
srtp_table *srtp_table_new(void);
/* Closes all contexts. NULL is taken. */
void srtp_table_free(srtp_table *table);

/* Key material of one protocol: cipher key, authentication key (none for GCM), salt. */
typedef struct {
  const uint8_t *cipher_key;
  const uint8_t *auth_key;
  const uint8_t *salt;
} srtp_material;

/*
 * A new context's handle, or -1 when there are too many, no memory, or OpenSSL will not. Tags of 16 bytes are those of
 * GCM. Nothing of the material is kept but within OpenSSL and the context, which zero it at the end.
 */
int32_t srtp_open(srtp_table *table, int cipher_key_bytes, int rtp_tag_bytes, srtp_material rtp, srtp_material rtcp);
/* False for a handle that is none, or no more. */
bool srtp_close(srtp_table *table, int32_t handle);
srtp_context *srtp_find(srtp_table *table, int32_t handle);

/* What a packet grows by. */
int srtp_rtp_overhead(const srtp_context *context);
int srtp_rtcp_overhead(const srtp_context *context);

/*
 * In place; the caller has seen to it that the header lies within the length and that there is room for the overhead,
 * or, opening, that the length has it. The new length, or -1: the tag is wrong and the data is as it was; sealing, OpenSSL
 * failed and the data is of no use.
 */
int32_t srtp_seal_rtp(srtp_context *context, uint8_t *data, int header_bytes, int length, uint32_t rollovers);
int32_t srtp_open_rtp(srtp_table *table, srtp_context *context, uint8_t *data, int header_bytes, int length,
                      uint32_t rollovers);
int32_t srtp_seal_rtcp(srtp_context *context, uint8_t *data, int length, uint32_t index);
int32_t srtp_open_rtcp(srtp_table *table, srtp_context *context, uint8_t *data, int length);

/* Adds the functions for JavaScript. */
napi_status srtp_define(napi_env env, napi_value exports);

#endif
