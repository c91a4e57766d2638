/*
 * Receiving. Most media sockets hold one datagram when they are ready, and for one recvfrom is the cheapest call, or
 * recvmsg where it shall bring the time of arrival. A socket that is ready again in the same wake-up holds many (SIP): it is read by recvmmsg.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
/* After the headers it leans on. */
#include <linux/errqueue.h>

#include "hub.h"

enum { MAX_EVENTS = 128, ERRORS_AT_ONCE = 8, MOST_AGE_US = 1000000, STAMP_BYTES = CMSG_SPACE(sizeof(struct timespec)) };

static void fill(record *out, const udp_socket *from, int32_t number, const struct sockaddr_storage *source) {
  out->socket = number;
  out->generation = from->generation;
  out->result = 0;
  address_from_sockaddr(source, out);
}

/* Slots after `count` records; each record has used one, so that a slot's number is its record's. */
static uint8_t *slot(hub *h, int index) {
  return h->memory + (size_t)index * SLOT_BYTES;
}

/* Takes ICMP errors off the socket, each as a record; they would fail its next call otherwise. */
static void take_errors(hub *h, int32_t number, int *count) {
  const udp_socket *from = &h->sockets[number];
  for (int i = 0; i < ERRORS_AT_ONCE && *count < RECEIVE_SLOTS; i += 1) {
    struct sockaddr_storage target = {0};
    union {
      struct cmsghdr align;
      char bytes[512];
    } control;
    char payload[1];
    struct iovec part = {.iov_base = payload, .iov_len = sizeof payload};
    struct msghdr message = {
        .msg_name = &target,
        .msg_namelen = sizeof target,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    if (recvmsg(from->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      /* An error without a message would be told again and again; asking for it takes it away. */
      int error = 0;
      socklen_t bytes = sizeof error;
      if (i == 0) getsockopt(from->fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
      return;
    }
    for (struct cmsghdr *each = CMSG_FIRSTHDR(&message); each != NULL; each = CMSG_NXTHDR(&message, each)) {
      bool is_error = (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR) ||
                      (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR);
      if (!is_error || each->cmsg_len < CMSG_LEN(sizeof(struct sock_extended_err))) continue;
      struct sock_extended_err error;
      memcpy(&error, CMSG_DATA(each), sizeof error);
      bool is_icmp = error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6;
      if (!is_icmp || error.ee_errno == 0 || error.ee_errno > INT32_MAX) continue;
      record *out = receive_record(h, *count);
      target.ss_family = from->family == 4 ? AF_INET : AF_INET6;
      fill(out, from, number, &target);
      out->offset = 0;
      out->length = -(int32_t)error.ee_errno;
      *count += 1;
      break;
    }
  }
}

/* µs of CLOCK_REALTIME, as far as 32 bits hold them; 0 for a datagram without a stamp. */
static int32_t stamp_of(struct msghdr *message) {
  for (struct cmsghdr *each = CMSG_FIRSTHDR(message); each != NULL; each = CMSG_NXTHDR(message, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_TIMESTAMPNS) continue;
    if (each->cmsg_len < CMSG_LEN(sizeof(struct timespec))) continue;
    struct timespec at;
    memcpy(&at, CMSG_DATA(each), sizeof at);
    return (int32_t)(uint32_t)((uint64_t)at.tv_sec * 1000000u + (uint64_t)at.tv_nsec / 1000u);
  }
  return 0;
}

void receive_age(hub *h, int count) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint32_t now_us = (uint32_t)((uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u);
  for (int i = 0; i < count; i += 1) {
    record *each = receive_record(h, i);
    if (each->result == 0) continue;
    uint32_t age_us = now_us - (uint32_t)each->result;
    /* Somebody set the clock meanwhile. */
    each->result = age_us <= MOST_AGE_US ? (int32_t)age_us : 0;
  }
}

static ssize_t take_stamped(int fd, uint8_t *into, struct sockaddr_storage *source, int32_t *stamp) {
  union {
    struct cmsghdr align;
    char bytes[STAMP_BYTES];
  } control;
  struct iovec part = {.iov_base = into, .iov_len = LARGE_BYTES};
  struct msghdr message = {
      .msg_name = source,
      .msg_namelen = sizeof *source,
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof control,
  };
  ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
  if (length >= 0) *stamp = stamp_of(&message);
  return length;
}

/* One datagram into the next slot; where it is longer, over the slots after it, which are free. */
static void take_one(hub *h, int32_t number, int *count) {
  const udp_socket *from = &h->sockets[number];
  struct sockaddr_storage source;
  socklen_t bytes = sizeof source;
  uint8_t *into = slot(h, *count);
  int32_t stamp = 0;
  ssize_t length = from->is_stamped
                       ? take_stamped(from->fd, into, &source, &stamp)
                       : recvfrom(from->fd, into, LARGE_BYTES, MSG_DONTWAIT, (struct sockaddr *)&source, &bytes);
  if (length < 0) return;
  record *out = receive_record(h, *count);
  fill(out, from, number, &source);
  out->result = stamp;
  out->offset = *count * SLOT_BYTES;
  out->length = (int32_t)length;
  *count += 1;
}

/* Many into a slot each; what is longer continues in a large slot, where it is put together. True: one was. */
static bool take_many(hub *h, int32_t number, int *count) {
  const udp_socket *from = &h->sockets[number];
  int most = RECEIVE_SLOTS - *count < BULK ? RECEIVE_SLOTS - *count : BULK;
  struct mmsghdr messages[BULK];
  struct sockaddr_storage sources[BULK];
  struct iovec parts[BULK][2];
  union {
    struct cmsghdr align;
    char bytes[STAMP_BYTES];
  } controls[BULK];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < most; i += 1) {
    if (from->is_stamped) {
      messages[i].msg_hdr.msg_control = &controls[i];
      messages[i].msg_hdr.msg_controllen = sizeof controls[i];
    }
    parts[i][0] = (struct iovec){.iov_base = slot(h, *count + i), .iov_len = SLOT_BYTES};
    parts[i][1].iov_base = h->memory + LARGE_AT + (size_t)i * LARGE_BYTES + SLOT_BYTES;
    parts[i][1].iov_len = LARGE_BYTES - SLOT_BYTES;
    messages[i].msg_hdr.msg_name = &sources[i];
    messages[i].msg_hdr.msg_namelen = sizeof sources[i];
    messages[i].msg_hdr.msg_iov = parts[i];
    messages[i].msg_hdr.msg_iovlen = 2;
  }
  int got = recvmmsg(from->fd, messages, (unsigned)most, MSG_DONTWAIT, NULL);
  bool is_large = false;
  for (int i = 0; i < got; i += 1) {
    record *out = receive_record(h, *count);
    fill(out, from, number, &sources[i]);
    out->offset = *count * SLOT_BYTES;
    out->length = (int32_t)messages[i].msg_len;
    if (from->is_stamped) out->result = stamp_of(&messages[i].msg_hdr);
    if (messages[i].msg_len > SLOT_BYTES) {
      is_large = true;
      out->offset = LARGE_AT + i * LARGE_BYTES;
      memcpy(h->memory + out->offset, slot(h, *count), SLOT_BYTES);
    }
    *count += 1;
  }
  return is_large;
}

/* Whether the last record lies over slots that the next one would be written into. */
static bool is_over_its_slot(hub *h, int count) {
  return count > 0 && receive_record(h, count - 1)->length > SLOT_BYTES;
}

bool receive_ready(hub *h, int *count, int *budget) {
  struct epoll_event events[MAX_EVENTS];
  int ready;
  do {
    ready = epoll_wait(h->inner, events, MAX_EVENTS, 0);
    for (int i = 0; i < ready; i += 1) {
      if (*count >= RECEIVE_SLOTS || *budget <= 0) return true;
      int32_t number = (int32_t)(uint32_t)events[i].data.u64;
      udp_socket *from = socket_find(h, number, (int32_t)(uint32_t)(events[i].data.u64 >> 32));
      if (from == NULL) continue;
      int before = *count;
      if ((events[i].events & EPOLLERR) != 0) take_errors(h, number, count);
      if ((events[i].events & EPOLLIN) == 0 || *count >= RECEIVE_SLOTS) {
        *budget -= 1;
        continue;
      }
      bool is_full = false;
      if (from->wake == h->wakes) is_full = take_many(h, number, count);
      else take_one(h, number, count);
      from->wake = h->wakes;
      /* A wrong checksum leaves a ready socket empty; it must not turn here for ever. */
      *budget -= *count > before ? *count - before : 1;
      if (is_full || is_over_its_slot(h, *count)) return true;
    }
  } while (ready > 0);
  return false;
}
