import type { Via } from '../header-values.js';
import { checkHostPort, UnwritableError } from '../headers/writable.js';
import type { SipRequest } from '../message.js';
import type { Flow, SentBy, TransportKind } from './transport.js';

const DEFAULT_PORT = 5060;
const DEFAULT_TLS_PORT = 5061;

/** RFC 3261 §18.2.2, RFC 7118 §5.3: the port of a sent-by without one. */
export function defaultPort(kind: TransportKind): number {
  if (kind === 'tls') return DEFAULT_TLS_PORT;
  if (kind === 'ws') return 80;
  return kind === 'wss' ? 443 : DEFAULT_PORT;
}

/** The transport as a Via writes it. */
export function viaProtocol(kind: TransportKind): string {
  return kind.toUpperCase();
}

/**
 * RFC 3261 §18.1.1: the top Via with the sent-by of the flow that was chosen; `rport` asked for (RFC 3581 §3), and
 * `alias` where the connection may be used to call us back (RFC 5923 §8.1).
 */
export function viaFor(top: Via, flow: Pick<Flow, 'kind' | 'offersAlias'>, sentBy: SentBy): Via {
  const params = top.params.clone();
  if (!params.has('rport')) params.set('rport', null);
  if (flow.offersAlias === true) params.set('alias', null);
  else params.delete('alias');
  return { protocol: viaProtocol(flow.kind), host: sentBy.host, port: sentBy.port, params };
}

/** Why a sent-by of the application cannot be written into a Via; null for one that can, or none. */
export function sentByFault(sentBy: SentBy | undefined): UnwritableError | null {
  if (sentBy === undefined) return null;
  try {
    checkHostPort('sent-by', sentBy.host, sentBy.port);
    return null;
  } catch (error) {
    if (error instanceof UnwritableError) return error;
    throw error;
  }
}

/**
 * Notes in the top Via where the request really came from: `received` when sent-by names another host (RFC 3261
 * §18.2.1), and with `rport` filled whenever the client asked for it (RFC 3581 §4). What the peer wrote there itself
 * is overwritten, so that nobody can aim our answers at a third party.
 */
export function noteSource(request: SipRequest, source: { readonly address: string; readonly port: number }): void {
  noteViaSource(request.via[0], source);
}

/** The same in a Via that stands by itself. */
export function noteViaSource(top: Via | undefined, source: { readonly address: string; readonly port: number }): void {
  if (top === undefined) return;
  const { params } = top;
  const asksForPort = params.has('rport');
  if (asksForPort) params.set('rport', String(source.port));
  if (asksForPort || top.host !== source.address) params.set('received', source.address);
  else params.delete('received');
}

/**
 * The port a UDP response goes to: where the request came from when the client asked for it (RFC 3581 §4), else the
 * one it named (RFC 3261 §18.2.2). `maddr` is not followed: it serves multicast, and would aim our answers.
 */
export function responsePort(top: Via | undefined, source: { readonly port: number }): number {
  if (top === undefined || top.params.has('rport')) return source.port;
  return top.port ?? DEFAULT_PORT;
}
