import { isIpLiteral } from '../../base/ip-ranges.js';
import type { Via } from '../header-values.js';
import { type Flow, isWebSocket, type Target, TransportError, type TransportKind } from './transport.js';
import { defaultPort } from './via.js';

/** RFC 3263 §5: where responses go by the sent-by of a Via; see Locator. */
export type SentByLocator = (sentBy: {
  readonly kind: TransportKind;
  readonly host: string;
  readonly port?: number | undefined;
}) => Promise<readonly Target[]>;

/** Servers of one sent-by that are dialled. */
const MAX_DIALLED = 3;

/**
 * RFC 3261 §18.2.2: a way back to whom a closed stream led: its address, at the port of the sent-by; when nobody
 * answers there, and the sent-by is a host name, the servers of that name (RFC 3263 §5). An address in a sent-by is
 * not dialled beside the one that the request came from. Rejects with a TransportError; always for a WebSocket.
 */
export async function reopenFlow(
  { kind, remote: { address } }: Flow,
  top: Via | undefined,
  connect: (target: Target) => Promise<Flow>,
  locate: SentByLocator | undefined,
): Promise<Flow> {
  if (isWebSocket(kind)) throw new TransportError('flow-gone', 'a WebSocket client cannot be dialled');
  try {
    return await connect({ kind, address, port: top?.port ?? defaultPort(kind), serverName: top?.host });
  } catch (failure) {
    if (locate === undefined || top === undefined || isIpLiteral(top.host)) throw failure;
    const found = await locate({ kind, host: top.host, port: top.port }).catch(() => []);
    for (const target of found.slice(0, MAX_DIALLED)) {
      const flow = await connect(target).catch(() => null);
      if (flow !== null) return flow;
    }
    throw failure;
  }
}
