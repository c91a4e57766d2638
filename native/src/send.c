/*
 * Sending: the records of one turn of the event loop in one call from JavaScript. Each leg has a socket of its own, and
 * for one datagram sendto is the cheapest call; what lies side by side for one socket (SIP) goes by sendmmsg.
 */
#include <errno.h>
#include <string.h>

#include "hub.h"

enum { RUN = 32 };

/* 0, or the errno of what cannot be sent whatever the network does. */
static int check(const udp_socket *by, const record *each) {
  if (by == NULL) return EBADF;
  if (each->offset < 0 || each->length < 0 || each->offset > SLOT_BYTES * SEND_SLOTS) return EINVAL;
  if (each->length > SLOT_BYTES * SEND_SLOTS - each->offset) return EINVAL;
  if (each->port < 1 || each->port > 65535) return EINVAL;
  if (each->family != by->family) return EAFNOSUPPORT;
  return 0;
}

/* An ICMP error that has come meanwhile is told by the next call, which then sends nothing: once more is enough. */
static bool is_stale(int error) {
  return error != EAGAIN && error != EMSGSIZE && error != EINVAL;
}

static int send_one(int fd, const uint8_t *bytes, const record *each) {
  struct sockaddr_storage to;
  socklen_t to_bytes = address_to_sockaddr(each, &to);
  size_t length = (size_t)each->length;
  if (sendto(fd, bytes, length, MSG_DONTWAIT, (struct sockaddr *)&to, to_bytes) >= 0) return 0;
  if (!is_stale(errno)) return errno;
  return sendto(fd, bytes, length, MSG_DONTWAIT, (struct sockaddr *)&to, to_bytes) >= 0 ? 0 : errno;
}

/* `count` records for one socket, none of them faulty. Returns how many failed. */
static int send_run(hub *h, int fd, int first, int count) {
  uint8_t *bytes = h->memory + SEND_AT;
  struct mmsghdr messages[RUN];
  struct sockaddr_storage targets[RUN];
  struct iovec parts[RUN];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < count; i += 1) {
    const record *each = send_record(h, first + i);
    parts[i] = (struct iovec){.iov_base = bytes + each->offset, .iov_len = (size_t)each->length};
    messages[i].msg_hdr.msg_name = &targets[i];
    messages[i].msg_hdr.msg_namelen = address_to_sockaddr(each, &targets[i]);
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int failed = 0;
  for (int at = 0; at < count;) {
    int sent = sendmmsg(fd, messages + at, (unsigned)(count - at), MSG_DONTWAIT);
    if (sent > 0) {
      at += sent;
      continue;
    }
    record *each = send_record(h, first + at);
    each->result = send_one(fd, bytes + each->offset, each);
    if (each->result != 0) failed += 1;
    at += 1;
  }
  return failed;
}

int32_t send_records(hub *h, int count) {
  int32_t failed = 0;
  for (int i = 0; i < count;) {
    record *each = send_record(h, i);
    const udp_socket *by = socket_find(h, each->socket, each->generation);
    each->result = check(by, each);
    if (each->result != 0) {
      failed += 1;
      i += 1;
      continue;
    }
    int run = 1;
    while (run < RUN && i + run < count) {
      record *next = send_record(h, i + run);
      if (next->socket != each->socket || next->generation != each->generation || check(by, next) != 0) break;
      next->result = 0;
      run += 1;
    }
    if (run > 1) {
      failed += send_run(h, by->fd, i, run);
    } else {
      each->result = send_one(by->fd, h->memory + SEND_AT + each->offset, each);
      if (each->result != 0) failed += 1;
    }
    i += run;
  }
  return failed;
}
