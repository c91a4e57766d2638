/*
 * What sockets alone cost without Node: a UDP socket for each participant, and every datagram goes back to where it came
 * from. One epoll, recvfrom and sendto. Prints its ports, ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, MAX_PACKET = 2048 };

int main(int argc, char **argv) {
  static uint8_t packet[MAX_PACKET];
  struct epoll_event events[EVENTS];
  struct rlimit files;
  int count = argc > 1 ? atoi(argv[1]) : 0, epoll = epoll_create1(0);
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  printf("ports");
  for (int i = 0; i < count; i += 1) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || getsockname(fd, (struct sockaddr *)&at, &bytes) < 0) {
      perror("socket");
      return 1;
    }
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    printf(" %d", ntohs(at.sin_port));
  }
  printf("\n");
  fflush(stdout);
  struct epoll_event end = {.events = EPOLLIN, .data = {.fd = STDIN_FILENO}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &end);
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i += 1) {
      struct sockaddr_in from;
      socklen_t bytes = sizeof from;
      int fd = events[i].data.fd;
      if (fd == STDIN_FILENO) return 0;
      ssize_t length = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &bytes);
      if (length > 0) sendto(fd, packet, (size_t)length, 0, (struct sockaddr *)&from, bytes);
    }
  }
}
