import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

/**
 * Serves the app; rejects with the system's error (EADDRINUSE) when it cannot. Port 0 picks a free one.
 * `hookUrl` is what the gateway takes as `--hook-url`.
 */
export async function startHooksServer(app: Hono, listen: { readonly host: string; readonly port: number }) {
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await once(server.listen(listen.port, listen.host), 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
  const host = ['0.0.0.0', '::'].includes(listen.host) ? 'localhost' : listen.host;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { hookUrl: `http://${host.includes(':') ? `[${host}]` : host}:${port}/hooks`, close };
}
