/*
 * When the sockets are looked at. While little arrives each datagram wakes the thread at once. While much does, being
 * woken costs more than reading: then the sockets wake nobody. A thread with a beat looks at them right before each, as
 * nothing is made of sound earlier, and the kernel has noted when each datagram came; another one once a millisecond.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "hub.h"

static const int64_t SECOND_NS = 1000000000;
/* How long arrivals are counted before it is decided anew, and how many a second make a change. */
static const int64_t WINDOW_NS = 5000000;
enum { MANY_PER_SECOND = 3000, FEW_PER_SECOND = 1500 };
/* A thread whose beat is further away than this is not one that mixes sound. */
static const int64_t LONGEST_BEAT_NS = 25000000;
/* Datagrams in one wake-up; what is left waits for one turn of the event loop. */
enum { WAKE_BUDGET = 1024 };

int64_t hub_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

int hub_open(hub *h) {
  h->outer = epoll_create1(EPOLL_CLOEXEC);
  h->inner = epoll_create1(EPOLL_CLOEXEC);
  h->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event sockets = {.events = EPOLLIN};
  struct epoll_event timer = {.events = EPOLLIN};
  bool is_open = h->outer >= 0 && h->inner >= 0 && h->timer >= 0 &&
                 epoll_ctl(h->outer, EPOLL_CTL_ADD, h->inner, &sockets) == 0 &&
                 epoll_ctl(h->outer, EPOLL_CTL_ADD, h->timer, &timer) == 0;
  if (is_open) return 0;
  int error = errno;
  if (h->outer >= 0) close(h->outer);
  if (h->inner >= 0) close(h->inner);
  if (h->timer >= 0) close(h->timer);
  return error;
}

void hub_close_sockets(hub *h) {
  for (int32_t i = 0; i < h->socket_limit; i += 1) {
    if (h->sockets[i].fd >= 0) close(h->sockets[i].fd);
  }
  free(h->sockets);
  h->sockets = NULL;
  h->socket_limit = 0;
  h->socket_count = 0;
  h->beat_ns = 0;
}

static void on_event(uv_handle_view *handle, int status, int events) {
  (void)status;
  (void)events;
  hub_wake(handle->data);
}

/* An active handle keeps the event loop, and with it the thread, alive. */
void hub_update_polling(hub *h) {
  if (h->is_closing) return;
  bool is_wanted = h->socket_count > 0 || h->beat_ns != 0;
  if (is_wanted == h->is_polling) return;
  h->is_polling = is_wanted;
  if (is_wanted) uv_poll_start(h->poll, UV_ABI_READABLE, on_event);
  else uv_poll_stop(h->poll);
}

/* Sockets that wake nobody are looked at with the next beat, where it is near, else by themselves. */
static int64_t next_look(const hub *h) {
  if (!h->is_coalescing) return 0;
  int64_t now_ns = hub_now_ns();
  bool is_beat_near = h->beat_ns != 0 && h->beat_ns - now_ns <= LONGEST_BEAT_NS;
  return is_beat_near ? 0 : now_ns + h->coalesce_ns;
}

void hub_update_timer(hub *h) {
  if (h->is_waking || h->is_closing) return;
  if (h->look_ns == 0) h->look_ns = next_look(h);
  int64_t next = h->beat_ns;
  if (h->look_ns != 0 && (next == 0 || h->look_ns < next)) next = h->look_ns;
  if (next == h->armed_ns) return;
  h->armed_ns = next;
  struct itimerspec at = {.it_value = {.tv_sec = next / SECOND_NS, .tv_nsec = next % SECOND_NS}};
  timerfd_settime(h->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void set_coalescing(hub *h, bool is_coalescing) {
  if (h->is_coalescing == is_coalescing) return;
  h->is_coalescing = is_coalescing;
  struct epoll_event event = {.events = is_coalescing ? 0 : EPOLLIN};
  epoll_ctl(h->outer, EPOLL_CTL_MOD, h->inner, &event);
}

static void decide_coalescing(hub *h, int64_t now_ns, int packets) {
  h->window_packets += packets;
  int64_t elapsed_ns = now_ns - h->window_ns;
  if (elapsed_ns < WINDOW_NS) return;
  int64_t per_second = h->window_packets * SECOND_NS / elapsed_ns;
  h->window_ns = now_ns;
  h->window_packets = 0;
  int64_t limit = h->is_coalescing ? FEW_PER_SECOND : MANY_PER_SECOND;
  set_coalescing(h, h->coalesce_ns > 0 && per_second >= limit);
}

void hub_wake(hub *h) {
  if (h->is_closing) return;
  if (!hub_has_memory(h)) {
    uv_poll_stop(h->poll);
    return;
  }
  int64_t now_ns = hub_now_ns();
  bool is_beat = h->beat_ns != 0 && now_ns >= h->beat_ns;
  int budget = WAKE_BUDGET;
  h->is_waking = true;
  h->wakes += 1;
  if (h->armed_ns != 0 && now_ns >= h->armed_ns) h->armed_ns = -1;
  bool is_more = true;
  while (is_more && budget > 0) {
    int count = 0;
    is_more = receive_ready(h, &count, &budget);
    if (is_more && count > 0 && !hub_dispatch(h, count, false)) return;
    if (is_more || (count == 0 && !is_beat)) continue;
    if (is_beat) h->beat_ns = 0;
    if (!hub_dispatch(h, count, is_beat)) return;
    is_beat = false;
  }
  /* The budget is spent: the beat comes all the same. */
  if (is_beat) {
    h->beat_ns = 0;
    if (!hub_dispatch(h, 0, true)) return;
  }
  h->is_waking = false;
  decide_coalescing(h, now_ns, WAKE_BUDGET - budget);
  h->look_ns = is_more && h->is_coalescing ? now_ns : 0;
  hub_update_timer(h);
  hub_update_polling(h);
}
