/*
 * The wire of the load generator: N endpoints, a UDP socket each, 20 ms RTP on an absolute schedule. Twin of
 * ../endpoints-node.ts, which runs where there is no compiler; the protocol and the files are described in ../wire-files.ts.
 * Packets that arrive are timed by the kernel (SO_TIMESTAMPNS), so that a generator that is busy measures no gaps of its own.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_WORDS = 16, ENDPOINT_WORDS = 8, SOUND_WORDS = 4, FRAME_WORDS = 2, SLOTS = 128, BUCKETS = 10000, EVENTS = 512 };
enum { MAGIC = 0x484b4c45, RTP_HEADER = 12, MAX_PACKET = 2048, FIRST_PORT = 20000, LAST_PORT = 32766, MOST_BURSTS = 100000 };

typedef struct {
  int fd, sound, sampled, reads, payload_type, ticks, frame_ms, frame, next, heard;
  int64_t due_ms, slot_ms;
  int64_t last_ns;
  uint32_t timestamp, ssrc, lost_base, received;
  uint16_t sequence, first_sequence, highest;
  uint32_t cycles;
  int started;
  struct sockaddr_in to;
} Endpoint;

static int32_t *plan;
static Endpoint *endpoints;
static int count;
static int slots[SLOTS];
static uint32_t gaps[BUCKETS + 1], lateness[BUCKETS + 1];
static uint64_t sent, dropped, received, duplicates, send_failures;
static double worst_gap_ms, worst_late_ms;
static uint8_t *capture;
static size_t capture_bytes, capture_size;
static struct { int32_t endpoint; int64_t ns; } *bursts;
static int burst_count;
static int measuring;
static uint32_t random_state = 1;

static int64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* xorshift32 */
static uint32_t random_below(uint32_t limit) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % limit;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void bind_all(const char *address) {
  int port = FIRST_PORT;
  endpoints = calloc((size_t)count, sizeof *endpoints);
  printf("ports");
  for (int i = 0; i < count; i += 1) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    int on = 1, bytes = 1 << 18;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    struct sockaddr_in at = {.sin_family = AF_INET};
    inet_pton(AF_INET, address, &at.sin_addr);
    for (;; port += 2) {
      if (port > LAST_PORT) {
        fprintf(stderr, "no port is left for endpoint %d\n", i);
        exit(1);
      }
      at.sin_port = htons((uint16_t)port);
      if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0) break;
    }
    endpoints[i].fd = fd;
    endpoints[i].to = at;
    printf(" %d", port);
    port += 2;
  }
  printf("\n");
  fflush(stdout);
}

static void read_plan(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) die(path);
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  plan = malloc((size_t)bytes);
  if (plan == NULL || fread(plan, 1, (size_t)bytes, file) != (size_t)bytes) die(path);
  fclose(file);
  if (plan[0] != MAGIC || plan[1] != count) {
    fprintf(stderr, "%s is no plan for %d endpoints\n", path, count);
    exit(1);
  }
}

/* What comes is dropped by the kernel: an endpoint that nobody looks at then costs no more than its sending. */
static void stop_reading(const Endpoint *e) {
  struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog program = {.len = 1, .filter = &drop};
  if (setsockopt(e->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) die("SO_ATTACH_FILTER");
}

static void take_plan(void) {
  int32_t *row = plan + HEADER_WORDS;
  random_state = (uint32_t)plan[8] * 2654435761u + 1;
  for (int i = 0; i < count; i += 1, row += ENDPOINT_WORDS) {
    Endpoint *e = &endpoints[i];
    e->to.sin_port = htons((uint16_t)row[0]);
    e->payload_type = row[1];
    e->ticks = row[2];
    e->sound = row[3];
    e->sampled = row[4];
    e->reads = e->sampled || plan[9] <= 1 || i % plan[9] == 0;
    if (!e->reads) stop_reading(e);
    e->frame_ms = row[6];
    e->ssrc = 0x10000000u + (uint32_t)i;
    e->sequence = (uint16_t)random_below(65536);
    e->timestamp = random_below(0x7fffffff);
    e->due_ms = row[5];
    e->slot_ms = row[5];
  }
  capture_size = 1 << 24;
  capture = malloc(capture_size);
  bursts = malloc(sizeof *bursts * MOST_BURSTS);
}

static void record(uint32_t *buckets, double ms, double *worst) {
  int bucket = (int)(ms * 10);
  buckets[bucket < 0 ? 0 : bucket > BUCKETS ? BUCKETS : bucket] += 1;
  if (ms > *worst) *worst = ms;
}

/* Sends one packet of an endpoint, and says when its next one is to leave: not before this one (`jitter` delays in order). */
static void send_one(Endpoint *e, int index, int64_t late_ns) {
  static uint8_t packet[MAX_PACKET];
  int32_t *sounds = plan + HEADER_WORDS + (size_t)count * ENDPOINT_WORDS;
  int32_t *frames = sounds + (size_t)plan[2] * SOUND_WORDS;
  uint8_t *blob = (uint8_t *)(frames + (size_t)plan[3] * FRAME_WORDS);
  int32_t *sound = sounds + (size_t)e->sound * SOUND_WORDS;
  int32_t *frame = frames + (size_t)(sound[0] + e->frame) * FRAME_WORDS;
  int is_onset = e->frame % sound[3] == sound[2];
  if (plan[7] > 0 && random_below(10000) < (uint32_t)plan[7]) {
    if (measuring) dropped += 1;
  } else {
    packet[0] = 0x80;
    packet[1] = (uint8_t)(e->payload_type | (e->started ? 0 : 0x80));
    packet[2] = (uint8_t)(e->sequence >> 8);
    packet[3] = (uint8_t)e->sequence;
    uint32_t timestamp = htonl(e->timestamp), ssrc = htonl(e->ssrc);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    memcpy(packet + RTP_HEADER, blob + frame[0], (size_t)frame[1]);
    e->started = 1;
    if (is_onset && e->sampled && measuring && burst_count < MOST_BURSTS) {
      bursts[burst_count].endpoint = index;
      bursts[burst_count].ns = now_ns(CLOCK_REALTIME);
      burst_count += 1;
    }
    if (sendto(e->fd, packet, (size_t)(RTP_HEADER + frame[1]), 0, (struct sockaddr *)&e->to, sizeof e->to) < 0) send_failures += 1;
    if (measuring) {
      sent += 1;
      record(lateness, (double)late_ns / 1e6, &worst_late_ms);
    }
  }
  e->sequence += 1;
  e->timestamp += (uint32_t)e->ticks;
  e->frame = (e->frame + 1) % sound[1];
  e->due_ms += e->frame_ms;
  int64_t next = e->due_ms + (plan[6] > 0 ? random_below((uint32_t)plan[6] + 1) : 0);
  if (next > e->slot_ms) e->slot_ms = next;
}

static void keep(int index, int64_t ns, const uint8_t *packet, int bytes) {
  size_t need = capture_bytes + 16 + (size_t)bytes;
  if (need > capture_size) {
    capture_size *= 2;
    capture = realloc(capture, capture_size);
    if (capture == NULL) die("capture");
  }
  int32_t head[2] = {index, bytes};
  memcpy(capture + capture_bytes, head, 8);
  memcpy(capture + capture_bytes + 8, &ns, 8);
  memcpy(capture + capture_bytes + 16, packet, (size_t)bytes);
  capture_bytes = need;
}

static void take(int index, const uint8_t *packet, int bytes, int64_t ns) {
  Endpoint *e = &endpoints[index];
  if (bytes < RTP_HEADER || (packet[0] >> 6) != 2 || (packet[1] & 0x7f) != e->payload_type) return;
  uint16_t sequence = (uint16_t)((packet[2] << 8) | packet[3]);
  if (!measuring) {
    e->last_ns = ns;
    return;
  }
  received += 1;
  if (e->heard == 0) {
    e->heard = 1;
    e->first_sequence = e->highest = sequence;
  } else {
    int16_t ahead = (int16_t)(sequence - e->highest);
    if (ahead == 0) duplicates += 1;
    if (ahead > 0) {
      if (sequence < e->highest) e->cycles += 65536;
      e->highest = sequence;
    }
  }
  e->received += 1;
  if (e->last_ns > 0) record(gaps, (double)(ns - e->last_ns) / 1e6, &worst_gap_ms);
  e->last_ns = ns;
  if (e->sampled) keep(index, ns, packet, bytes);
}

static void receive(int index) {
  static uint8_t packet[MAX_PACKET];
  static char control[256];
  struct iovec part = {packet, sizeof packet};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t bytes = recvmsg(endpoints[index].fd, &message, 0);
  if (bytes <= 0) return;
  int64_t ns = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
    struct timespec t;
    memcpy(&t, CMSG_DATA(c), sizeof t);
    ns = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
  }
  take(index, packet, (int)bytes, ns != 0 ? ns : now_ns(CLOCK_REALTIME));
}

/* Another line, or the end of them: no more is sent. */
static int is_told_to_finish(void) {
  struct pollfd in = {.fd = 0, .events = POLLIN};
  return poll(&in, 1, 0) > 0;
}

static void put(int index) {
  int slot = (int)(endpoints[index].slot_ms % SLOTS);
  endpoints[index].next = slots[slot];
  slots[slot] = index;
}

static void send_due(int64_t slot_ms, int64_t due_ns) {
  /* What is put back into this very slot is sent in the same pass. */
  while (slots[slot_ms % SLOTS] >= 0) {
    int index = slots[slot_ms % SLOTS];
    slots[slot_ms % SLOTS] = -1;
    while (index >= 0) {
      int next = endpoints[index].next;
      send_one(&endpoints[index], index, now_ns(CLOCK_MONOTONIC) - due_ns);
      put(index);
      index = next;
    }
  }
}

static void run(void) {
  struct epoll_event events[EVENTS];
  int epoll = epoll_create1(0);
  for (int i = 0; i < SLOTS; i += 1) slots[i] = -1;
  for (int i = 0; i < count; i += 1) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = (uint32_t)i}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, endpoints[i].fd, &event);
    put(i);
  }
  int64_t start_ns = now_ns(CLOCK_MONOTONIC), end_ms = plan[4] + plan[5], slot_ms = 0;
  while (slot_ms < end_ms) {
    int64_t now = now_ns(CLOCK_MONOTONIC);
    while (slot_ms < end_ms && start_ns + slot_ms * 1000000 <= now) {
      if (slot_ms == plan[4]) {
        measuring = 1;
        printf("measuring\n");
        fflush(stdout);
      }
      send_due(slot_ms, start_ns + slot_ms * 1000000);
      slot_ms += 1;
    }
    /* Not woken by every packet: what came is read once a slot, since the kernel has written down when it came. */
    int64_t wake_ns = start_ns + slot_ms * 1000000;
    struct timespec wake = {wake_ns / 1000000000, wake_ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
    int ready;
    do {
      ready = epoll_wait(epoll, events, EVENTS, 0);
      for (int i = 0; i < ready; i += 1) receive((int)events[i].data.u32);
    } while (ready == EVENTS);
    if (is_told_to_finish()) end_ms = slot_ms;
  }
  printf("measured\n");
  fflush(stdout);
}

static void write_buckets(FILE *file, const char *name, const uint32_t *buckets) {
  const char *comma = "";
  fprintf(file, "\"%s\":[", name);
  for (int i = 0; i <= BUCKETS; i += 1) {
    if (buckets[i] == 0) continue;
    fprintf(file, "%s[%d,%u]", comma, i, buckets[i]);
    comma = ",";
  }
  fprintf(file, "]");
}

static void write_result(const char *prefix) {
  char path[4096];
  uint64_t lost = 0;
  int silent = 0;
  for (int i = 0; i < count; i += 1) {
    Endpoint *e = &endpoints[i];
    if (e->heard == 0) silent += e->reads;
    else {
      int64_t expected = (int64_t)e->highest + e->cycles - e->first_sequence + 1;
      if (expected > e->received) lost += (uint64_t)expected - e->received;
    }
  }
  snprintf(path, sizeof path, "%s.capture", prefix);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(capture, 1, capture_bytes, file) != capture_bytes) die(path);
  fclose(file);
  snprintf(path, sizeof path, "%s.json", prefix);
  file = fopen(path, "w");
  if (file == NULL) die(path);
  fprintf(file, "{\"sent\":%lu,\"dropped\":%lu,\"received\":%lu,\"lost\":%lu,\"duplicates\":%lu,\"silent\":%d,\"sendFailures\":%lu,", sent,
          dropped, received, lost, duplicates, silent, send_failures);
  fprintf(file, "\"worstGapMs\":%.3f,\"worstLateMs\":%.3f,", worst_gap_ms, worst_late_ms);
  write_buckets(file, "gaps", gaps);
  fprintf(file, ",");
  write_buckets(file, "lateness", lateness);
  fprintf(file, ",\"bursts\":[");
  for (int i = 0; i < burst_count; i += 1) fprintf(file, "%s[%d,%.3f]", i == 0 ? "" : ",", bursts[i].endpoint, (double)bursts[i].ns / 1e6);
  fprintf(file, "]}\n");
  fclose(file);
  printf("written\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  static char plan_path[2048], prefix[2048];
  struct rlimit files;
  if (argc < 3) return 2;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  /* Before the servers on the same cores, where that is allowed: packets that leave late would be measured as theirs. */
  if (setpriority(PRIO_PROCESS, 0, -15) != 0) errno = 0;
  count = atoi(argv[1]);
  bind_all(argv[2]);
  if (scanf("run %2047s %2047s", plan_path, prefix) != 2) return 0;
  read_plan(plan_path);
  take_plan();
  run();
  write_result(prefix);
  return 0;
}
