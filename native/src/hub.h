/*
 * Batched UDP for one thread of Node: what the parts share.
 *
 * A hub owns its sockets, two epoll descriptors and a timerfd. The inner epoll holds the sockets; the outer one holds
 * the inner one and the timer, and is what libuv watches. One block of memory is shared with JavaScript:
 *
 *   | receive slots | large slots | send bytes | records received | records to send | scratch record |
 *
 * Everything belongs to the thread of its environment; nothing here is called from another one.
 */
#ifndef HOOKLINE_HUB_H
#define HOOKLINE_HUB_H

#include <netinet/in.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "uv-abi.h"

enum {
  ADDON_VERSION = 3,
  /* An odd number of cache lines: slots a power of two apart would crowd the same few places of a cache. */
  SLOT_BYTES = 31 * 64,
  RECEIVE_SLOTS = 256,
  LARGE_BYTES = 65536,
  /* As many as one recvmmsg takes: each message needs room for the longest datagram. */
  BULK = 16,
  SEND_SLOTS = 512,
  SEND_RECORDS = 512,
  RECORD_WORDS = 12,
  MAX_HUBS = 64,
  MAX_SOCKETS = 65536,
};

enum {
  LARGE_AT = SLOT_BYTES * RECEIVE_SLOTS,
  SEND_AT = LARGE_AT + LARGE_BYTES * BULK,
  RECORDS_AT = SEND_AT + SLOT_BYTES * SEND_SLOTS,
  SEND_RECORDS_AT = RECORDS_AT + RECEIVE_SLOTS * RECORD_WORDS * 4,
  SCRATCH_AT = SEND_RECORDS_AT + SEND_RECORDS * RECORD_WORDS * 4,
  MEMORY_BYTES = SCRATCH_AT + RECORD_WORDS * 4,
};

/* One datagram, received or to be sent, or an error told by ICMP (`length` is then minus its errno). */
typedef struct {
  int32_t socket;
  int32_t generation;
  /* Of the datagram, from the start of the memory (received) or of the send bytes (to be sent). */
  int32_t offset;
  int32_t length;
  int32_t port;
  /* 4 or 6, then the address in network order, and the scope of a link-local one. */
  int32_t family;
  uint32_t address[4];
  uint32_t scope;
  /* errno of sending; of what was received, how many µs before JavaScript was told it arrived, where that is known. */
  int32_t result;
} record;

typedef struct {
  int fd;
  int family;
  /* The kernel tells when each datagram arrived. */
  bool is_stamped;
  /* Tells a socket from the one that had its number before. */
  int32_t generation;
  /* Of the wake-up that last read it: one with more in it is read in bulk. */
  uint32_t wake;
} udp_socket;

typedef struct {
  napi_env env;
  napi_ref memory_ref;
  napi_ref on_wake_ref;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  uv_handle_view *poll;
  bool is_polling;
  bool is_waking;
  bool is_closing;
  int outer;
  int inner;
  int timer;
  uint8_t *memory;
  udp_socket *sockets;
  int32_t socket_limit;
  int32_t socket_count;
  uint32_t wakes;
  /* CLOCK_MONOTONIC; 0 is never. */
  int64_t beat_ns;
  int64_t look_ns;
  int64_t armed_ns;
  /* While much arrives the sockets wake nobody: they are looked at so often, or with the beats; 0 is never. */
  int64_t coalesce_ns;
  bool is_coalescing;
  int64_t window_ns;
  int32_t window_packets;
} hub;

/* What one environment has: its hubs, by number, and its SRTP; NULL where this Node has none for us. */
typedef struct {
  hub *hubs[MAX_HUBS];
  struct srtp_table *srtp;
} hub_table;

int64_t hub_now_ns(void);
/* 0, or an errno; then nothing is left. */
int hub_open(hub *h);
/* hub_open, and the libuv handle that watches it. */
int hub_open_poll(hub *h);
/* Sockets close now, the rest and the hub itself with libuv's handle. */
void hub_end(hub *h);
void hub_on_environment_end(napi_async_cleanup_hook_handle handle, void *h);
/* Closes all but the libuv handle and its descriptors. */
void hub_close_sockets(hub *h);
void hub_update_polling(hub *h);
void hub_update_timer(hub *h);
/* The libuv event: reads what has arrived and tells JavaScript, a due beat after it. */
void hub_wake(hub *h);
/* False when JavaScript can no longer be called. */
bool hub_dispatch(hub *h, int count, bool is_beat);
/* Whether JavaScript has not given the shared memory away. */
bool hub_has_memory(hub *h);

/* The number of the new socket, or minus an errno. Fills the scratch record with where it is bound. */
int32_t socket_bind(hub *h, const char *address, int port, int receive_buffer_bytes, bool is_stamped);
void socket_close(hub *h, int32_t number);
udp_socket *socket_find(hub *h, int32_t number, int32_t generation);

/* Turns times of arrival into ages; done last, so that all of a batch have one present. */
void receive_age(hub *h, int count);
/* Reads ready sockets into the memory; true when it stopped because the memory was full. */
bool receive_ready(hub *h, int *count, int *budget);

/* Sends the first records; returns how many could not be. */
int32_t send_records(hub *h, int count);

/* An address without brackets, `%zone` allowed; false for anything else. */
bool address_parse(const char *text, record *out);
bool address_format(const record *from, char *text, size_t bytes);
socklen_t address_to_sockaddr(const record *from, struct sockaddr_storage *out);
void address_from_sockaddr(const struct sockaddr_storage *from, record *out);

static inline record *receive_record(hub *h, int index) {
  return (record *)(void *)(h->memory + RECORDS_AT) + index;
}

static inline record *send_record(hub *h, int index) {
  return (record *)(void *)(h->memory + SEND_RECORDS_AT) + index;
}

static inline record *scratch_record(hub *h) {
  return (record *)(void *)(h->memory + SCRATCH_AT);
}

#endif
