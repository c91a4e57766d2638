/*
 * The few functions of libuv that the addon calls, as declared by its version 1 ABI, which does not change. Node's own
 * headers are then enough, and these are in an npm package, while uv.h is not.
 */
#ifndef HOOKLINE_UV_ABI_H
#define HOOKLINE_UV_ABI_H

#include <stddef.h>

struct uv_loop_s;

/* A handle's first member is the application's; the rest is libuv's, and its size is asked for at run time. */
typedef struct {
  void *data;
} uv_handle_view;

enum { UV_ABI_POLL = 8, UV_ABI_READABLE = 1 };

size_t uv_handle_size(int type);
int uv_poll_init(struct uv_loop_s *loop, uv_handle_view *handle, int fd);
int uv_poll_start(uv_handle_view *handle, int events, void (*on_event)(uv_handle_view *, int status, int events));
int uv_poll_stop(uv_handle_view *handle);
void uv_close(uv_handle_view *handle, void (*on_close)(uv_handle_view *));

#endif
