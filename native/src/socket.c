/* Sockets of a hub: bound, found by number and generation, closed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hub.h"

udp_socket *socket_find(hub *h, int32_t number, int32_t generation) {
  if (number < 0 || number >= h->socket_limit) return NULL;
  udp_socket *found = &h->sockets[number];
  return found->fd >= 0 && found->generation == generation ? found : NULL;
}

/* A number nobody has, or minus an errno. */
static int32_t free_number(hub *h) {
  if (h->socket_count < h->socket_limit) {
    for (int32_t i = 0; i < h->socket_limit; i += 1) {
      if (h->sockets[i].fd < 0) return i;
    }
  }
  if (h->socket_limit >= MAX_SOCKETS) return -EMFILE;
  int32_t limit = h->socket_limit == 0 ? 64 : h->socket_limit * 2;
  udp_socket *grown = realloc(h->sockets, (size_t)limit * sizeof *grown);
  if (grown == NULL) return -ENOMEM;
  for (int32_t i = h->socket_limit; i < limit; i += 1) grown[i] = (udp_socket){.fd = -1};
  int32_t number = h->socket_limit;
  h->sockets = grown;
  h->socket_limit = limit;
  return number;
}

/* The kernel tells an unconnected socket of ICMP errors only when asked (RFC 1122 §4.1.3.3). */
static bool set_options(int fd, int family, int receive_buffer_bytes, bool is_stamped) {
  int on = 1;
  if (is_stamped && setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0) return false;
  if (family == 6) {
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) return false;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on) != 0) return false;
  } else if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) != 0) {
    return false;
  }
  if (receive_buffer_bytes <= 0) return true;
  return setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes) == 0;
}

static int32_t refuse(int fd) {
  int error = errno;
  close(fd);
  return -error;
}

int32_t socket_bind(hub *h, const char *address, int port, int receive_buffer_bytes, bool is_stamped) {
  record at = {.port = port};
  if (port < 0 || port > 65535 || !address_parse(address, &at)) return -EINVAL;
  int32_t number = free_number(h);
  if (number < 0) return number;
  int fd = socket(at.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct sockaddr_storage local;
  socklen_t bytes = address_to_sockaddr(&at, &local);
  if (!set_options(fd, at.family, receive_buffer_bytes, is_stamped)) return refuse(fd);
  if (bind(fd, (struct sockaddr *)&local, bytes) != 0) return refuse(fd);
  bytes = sizeof local;
  if (getsockname(fd, (struct sockaddr *)&local, &bytes) != 0) return refuse(fd);
  udp_socket *made = &h->sockets[number];
  int32_t generation = made->generation == INT32_MAX ? 0 : made->generation + 1;
  struct epoll_event event = {.events = EPOLLIN};
  event.data.u64 = ((uint64_t)(uint32_t)generation << 32) | (uint32_t)number;
  if (epoll_ctl(h->inner, EPOLL_CTL_ADD, fd, &event) != 0) return refuse(fd);
  *made = (udp_socket){
      .fd = fd,
      .family = at.family,
      .is_stamped = is_stamped,
      .generation = generation,
      .wake = h->wakes - 1,
  };
  h->socket_count += 1;
  record *scratch = scratch_record(h);
  address_from_sockaddr(&local, scratch);
  scratch->socket = number;
  scratch->generation = generation;
  hub_update_polling(h);
  return number;
}

void socket_close(hub *h, int32_t number) {
  udp_socket *closed = &h->sockets[number];
  /* By hand, because a child between fork and exec holds the descriptor a moment longer. */
  epoll_ctl(h->inner, EPOLL_CTL_DEL, closed->fd, NULL);
  close(closed->fd);
  closed->fd = -1;
  h->socket_count -= 1;
  hub_update_polling(h);
}
