import { nameAddr } from '../header-values.js';
import type { SipRequest } from '../message.js';
import type { Target } from '../transport/transport.js';
import { type SipUri, type Uri, uriEquals } from '../uri.js';
import { type Hop, hopForUri } from './next-hop.js';

/** Where to send: an address, or a URI whose servers are found by RFC 3263. */
export type SendTo = Target | Uri;

/** An outbound proxy: RFC 3261 §8.1.2. */
export interface ProxyHop {
  readonly to: SendTo;
  /** Whether a URI is also written as topmost Route, with `lr`; true unless told. An address never is. */
  readonly addRoute?: boolean | undefined;
}

/** What the application says about the way of a request outside a dialog. */
export interface Way {
  /**
   * The next hop itself: an address, addresses to try in that order, or a URI. Absent: the outbound proxy, else the
   * topmost Route, else the Request-URI.
   */
  readonly target?: SendTo | readonly Target[] | undefined;
  /** An outbound proxy for this request, in place of the user agent's; null for none. */
  readonly sendTo?: SendTo | ProxyHop | null | undefined;
}

/** RFC 3261 §8.1.2: the next hop of a request outside a dialog, and the request with the Route that it needs. */
export function wayOut(
  request: SipRequest,
  { target, sendTo }: Way,
  proxy: SendTo | ProxyHop | null,
): { readonly request: SipRequest; readonly hop: Hop } {
  if (target !== undefined) return { request, hop: 'scheme' in target ? hopForUri(target) : target };
  const chosen = sendTo === undefined ? proxy : sendTo;
  if (chosen === null) return { request, hop: hopForUri(request.route[0]?.uri ?? request.uri) };
  const { to, addRoute = true } = 'to' in chosen ? chosen : { to: chosen };
  if (!('scheme' in to)) return { request, hop: to };
  const hop = hopForUri(to);
  return { request: addRoute ? withRoute(request, to) : request, hop };
}

/** The request with the proxy as topmost Route, once. */
function withRoute(request: SipRequest, proxy: Uri): SipRequest {
  if (proxy.scheme !== 'sip' && proxy.scheme !== 'sips') return request;
  const params = proxy.params.clone();
  params.set('lr', null);
  const loose: SipUri = { ...proxy, params };
  const top = request.route[0];
  if (top !== undefined && uriEquals(top.uri, loose)) return request;
  return { ...request, route: [nameAddr(loose), ...request.route] };
}
