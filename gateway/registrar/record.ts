import { z } from 'zod';
import type { SessionId } from '../../base/ids.js';
import type { BindingRecord } from './bindings.js';

const socketAddress = z.object({ address: z.string(), port: z.number().int().min(0).max(65535) });

const bindingRecord = z.object({
  sessionId: z.string().transform((id) => id as SessionId),
  username: z.string(),
  // Written before there were domains: the hooks'.
  domain: z.string().nullable().default(null),
  realm: z.string(),
  contact: z.string(),
  instance: z.string().nullable(),
  callId: z.string(),
  sequence: z.number(),
  q: z.number(),
  userAgent: z.string().nullable(),
  // Written before anybody asked for it.
  requestHost: z.string().nullable().default(null),
  flow: z.object({
    kind: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
    local: socketAddress,
    remote: socketAddress,
    connectionId: z.string().nullable(),
  }),
  registeredAtMs: z.number(),
  expiresAtMs: z.number(),
});

/** A binding as the store kept it; null for what another version or a hand has written differently. */
export function readBindingRecord(value: unknown): BindingRecord | null {
  const read = bindingRecord.safeParse(value);
  return read.success ? read.data : null;
}
