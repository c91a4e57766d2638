import type { MiddlewareHandler } from 'hono';
import { ApiRefusal } from './errors.js';

/**
 * Refuses a request body of more than `maxBytes`: by its Content-Length, or while reading where there is none. hono's
 * own does the second by copying the Request object, which the server's lightweight one cannot be copied into unless
 * it replaces the global class.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return async (c, next) => {
    const { raw } = c.req;
    const declared = c.req.header('content-length');
    if (declared !== undefined && c.req.header('transfer-encoding') === undefined) {
      if (!(Number(declared) <= maxBytes)) throw new ApiRefusal('PAYLOAD_TOO_LARGE');
    } else if (raw.body !== null) {
      const body = await readAll(raw.body, maxBytes);
      c.req.raw = new Request(raw.url, { method: raw.method, headers: raw.headers, ...(body.length > 0 && { body }) });
    }
    return next();
  };
}

async function readAll(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    bytes += read.value.length;
    if (bytes > maxBytes) throw new ApiRefusal('PAYLOAD_TOO_LARGE');
    chunks.push(read.value);
  }
  return new Uint8Array(Buffer.concat(chunks, bytes));
}
