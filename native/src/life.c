/* A hub's life in its environment, and its way to JavaScript. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "hub.h"

bool hub_has_memory(hub *h) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(h->env, &scope) != napi_ok) return false;
  napi_value memory = NULL;
  bool is_detached = true;
  bool is_there = napi_get_reference_value(h->env, h->memory_ref, &memory) == napi_ok && memory != NULL &&
                  napi_is_detached_arraybuffer(h->env, memory, &is_detached) == napi_ok && !is_detached;
  napi_close_handle_scope(h->env, scope);
  return is_there;
}

bool hub_dispatch(hub *h, int count, bool is_beat) {
  napi_env env = h->env;
  napi_handle_scope scope;
  receive_age(h, count);
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value on_wake = NULL;
  napi_value global = NULL;
  napi_value result = NULL;
  napi_value arguments[2];
  bool is_ready = napi_get_reference_value(env, h->on_wake_ref, &on_wake) == napi_ok && on_wake != NULL &&
                  napi_get_global(env, &global) == napi_ok &&
                  napi_create_int32(env, count, &arguments[0]) == napi_ok &&
                  napi_get_boolean(env, is_beat, &arguments[1]) == napi_ok;
  napi_status status = napi_generic_failure;
  if (is_ready) status = napi_make_callback(env, h->context, global, on_wake, 2, arguments, &result);
  if (status == napi_pending_exception) {
    napi_value error = NULL;
    status = napi_get_and_clear_last_exception(env, &error);
    /* Ends the environment, as an exception in any other callback does, unless somebody catches it there. */
    if (status == napi_ok && error != NULL) napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
  return status == napi_ok && !h->is_closing && hub_has_memory(h);
}

static void on_poll_closed(uv_handle_view *handle) {
  hub *h = handle->data;
  close(h->outer);
  close(h->inner);
  close(h->timer);
  napi_async_cleanup_hook_handle cleanup = h->cleanup;
  free(h->poll);
  free(h);
  napi_remove_async_cleanup_hook(cleanup);
}

void hub_end(hub *h) {
  if (h->is_closing) return;
  h->is_closing = true;
  hub_close_sockets(h);
  void *table = NULL;
  if (napi_get_instance_data(h->env, &table) == napi_ok && table != NULL) {
    for (int i = 0; i < MAX_HUBS; i += 1) {
      if (((hub_table *)table)->hubs[i] == h) ((hub_table *)table)->hubs[i] = NULL;
    }
  }
  napi_delete_reference(h->env, h->memory_ref);
  napi_delete_reference(h->env, h->on_wake_ref);
  napi_async_destroy(h->env, h->context);
  uv_poll_stop(h->poll);
  uv_close(h->poll, on_poll_closed);
}

void hub_on_environment_end(napi_async_cleanup_hook_handle handle, void *h) {
  (void)handle;
  hub_end(h);
}

/* The libuv handle and the descriptors that it watches; 0 or an errno. */
int hub_open_poll(hub *h) {
  struct uv_loop_s *loop = NULL;
  if (napi_get_uv_event_loop(h->env, &loop) != napi_ok || loop == NULL) return ENOSYS;
  int error = hub_open(h);
  if (error != 0) return error;
  h->poll = calloc(1, uv_handle_size(UV_ABI_POLL));
  error = h->poll == NULL ? ENOMEM : -uv_poll_init(loop, h->poll, h->outer);
  if (error == 0) {
    h->poll->data = h;
    return 0;
  }
  free(h->poll);
  close(h->outer);
  close(h->inner);
  close(h->timer);
  return error;
}
