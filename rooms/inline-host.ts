import type { MediaHostDeps } from './media-host.js';
import { createMediaHost } from './media-host.js';
import type { HostCommand, HostEvent, HostPort } from './protocol.js';

/**
 * A media host in this thread, behind the same kind of port as a worker: messages are copied and arrive later, in
 * order. For `--media-workers 0`, and for tests on a manual clock, where later means the next microtask.
 */
export function createInlineHost(deps: MediaHostDeps): HostPort {
  const eventListeners: ((event: HostEvent) => void)[] = [];
  const exitListeners: ((reason: string) => void)[] = [];
  let gone = false;

  const exit = (reason: string): void => {
    if (gone) return;
    gone = true;
    for (const listener of exitListeners) listener(reason);
  };

  const deliver = (event: HostEvent): void => {
    queueMicrotask(() => {
      if (gone) return;
      for (const listener of eventListeners) listener(event);
      if (event.type === 'failed') void host.close().finally(() => exit(event.reason));
      if (event.type === 'closed') gone = true;
    });
  };

  const host = createMediaHost({ post: (event) => deliver(structuredClone(event)) }, deps);

  return {
    post: (command: HostCommand) => {
      const copy = structuredClone(command);
      queueMicrotask(() => host.handle(copy));
    },
    onEvent: (listener) => {
      eventListeners.push(listener);
    },
    onExit: (listener) => {
      exitListeners.push(listener);
    },
    kill: (reason) => {
      void host.close();
      queueMicrotask(() => exit(reason));
    },
  };
}
