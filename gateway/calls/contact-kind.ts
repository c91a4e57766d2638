import { type Branch, isWebSocket, parseNameAddr, type SipRequest, type Target, type Uri } from '../../sip/index.js';
import type { ContactKind } from './own-offers.js';

/** RFC 7118 §5: what is reached by a WebSocket says so in its URI, whichever proxy it is reached through. */
function isOfWebSocket(uri: Uri): boolean {
  const transport = 'params' in uri ? uri.params.get('transport')?.toLowerCase() : undefined;
  return transport === 'ws' || transport === 'wss';
}

/** Who is called there: by WebSocket browsers come, and hardly anybody else. */
export function contactKindOf({ target, requestUri }: Pick<Branch, 'target' | 'requestUri'>): ContactKind {
  const isSingle = target !== undefined && !Array.isArray(target) && 'kind' in target;
  const isBrowser = (isSingle && isWebSocket((target as Target).kind)) || isOfWebSocket(requestUri);
  return isBrowser ? 'browser' : 'phone';
}

/** Who has called with that INVITE, where it has no offer that would tell: the lowest Via and the Contact are the caller's own. */
export function callerKindOf({ via, headers }: Pick<SipRequest, 'via' | 'headers'>): ContactKind {
  const protocol = via.at(-1)?.protocol;
  if (protocol === 'WS' || protocol === 'WSS') return 'browser';
  const contact = parseNameAddr(headers.get('Contact') ?? '');
  return contact.ok && isOfWebSocket(contact.value.uri) ? 'browser' : 'phone';
}
