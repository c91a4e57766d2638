/* Addresses between records, sockaddr and text. */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "hub.h"

bool address_parse(const char *text, record *out) {
  struct in_addr v4;
  struct in6_addr v6;
  memset(out->address, 0, sizeof out->address);
  out->scope = 0;
  if (inet_pton(AF_INET, text, &v4) == 1) {
    out->family = 4;
    memcpy(out->address, &v4, sizeof v4);
    return true;
  }
  char host[INET6_ADDRSTRLEN];
  const char *zone = strchr(text, '%');
  size_t length = zone == NULL ? strlen(text) : (size_t)(zone - text);
  if (length >= sizeof host) return false;
  memcpy(host, text, length);
  host[length] = '\0';
  if (inet_pton(AF_INET6, host, &v6) != 1) return false;
  if (zone != NULL) {
    out->scope = if_nametoindex(zone + 1);
    if (out->scope == 0) return false;
  }
  out->family = 6;
  memcpy(out->address, &v6, sizeof v6);
  return true;
}

bool address_format(const record *from, char *text, size_t bytes) {
  if (from->family == 4) return inet_ntop(AF_INET, from->address, text, (socklen_t)bytes) != NULL;
  if (from->family != 6 || inet_ntop(AF_INET6, from->address, text, (socklen_t)bytes) == NULL) return false;
  struct in6_addr v6;
  memcpy(&v6, from->address, sizeof v6);
  char zone[IF_NAMESIZE];
  if (!IN6_IS_ADDR_LINKLOCAL(&v6) || from->scope == 0 || if_indextoname(from->scope, zone) == NULL) return true;
  size_t used = strlen(text);
  int added = snprintf(text + used, bytes - used, "%%%s", zone);
  return added > 0 && (size_t)added < bytes - used;
}

socklen_t address_to_sockaddr(const record *from, struct sockaddr_storage *out) {
  if (from->family == 4) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    memset(v4, 0, sizeof *v4);
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)from->port);
    memcpy(&v4->sin_addr, from->address, sizeof v4->sin_addr);
    return sizeof *v4;
  }
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  memset(v6, 0, sizeof *v6);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)from->port);
  v6->sin6_scope_id = from->scope;
  memcpy(&v6->sin6_addr, from->address, sizeof v6->sin6_addr);
  return sizeof *v6;
}

void address_from_sockaddr(const struct sockaddr_storage *from, record *out) {
  memset(out->address, 0, sizeof out->address);
  out->scope = 0;
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    out->family = 4;
    out->port = ntohs(v4->sin_port);
    memcpy(out->address, &v4->sin_addr, sizeof v4->sin_addr);
    return;
  }
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
  out->family = 6;
  out->port = ntohs(v6->sin6_port);
  out->scope = v6->sin6_scope_id;
  memcpy(out->address, &v6->sin6_addr, sizeof v6->sin6_addr);
}
