import { type Dialog, nextHop } from '../dialog/dialog.js';
import {
  type Flow,
  isWebSocket,
  type Target,
  type TransportKind,
  targetOf,
  transportKind,
} from '../transport/transport.js';
import { defaultPort } from '../transport/via.js';
import type { SipUri, Uri } from '../uri.js';

/** How the next hop of a request in a dialog is found. */
export interface HopRules {
  /** `auto`: a peer behind NAT is reached through the flow that its messages come from. `off`: by its Contact. */
  readonly nat: 'auto' | 'off';
  /** True for an address that cannot be reached from everywhere (RFC 1918, RFC 4193, RFC 6598, …). */
  isPrivate(address: string): boolean;
}

function isLiteral(host: string): boolean {
  return host.includes(':') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

/**
 * RFC 3263 §4.1, §4.2 for a URI whose host is an IP literal; null for any other, and for an unknown transport.
 */
export function targetForUri(uri: Uri): Target | null {
  if (uri.scheme === 'tel' || uri.scheme === 'other' || !isLiteral(uri.host)) return null;
  const kind = kindOf(uri);
  if (kind === null) return null;
  const port = uri.port ?? defaultPort(kind);
  const tcpAllowed = kind === 'udp' && !uri.params.has('transport');
  return { kind, address: uri.host, port, ...(tcpAllowed ? { tcpAllowed } : {}) };
}

function kindOf(uri: SipUri): TransportKind | null {
  const named = uri.params.get('transport');
  const kind = typeof named === 'string' ? transportKind(named) : 'udp';
  if (kind === null) return null;
  if (uri.scheme !== 'sips') return kind;
  if (kind === 'ws') return 'wss';
  return kind === 'udp' || kind === 'tcp' ? 'tls' : kind;
}

function leadsTo(target: Target, flow: Flow): boolean {
  return target.kind === flow.kind && target.address === flow.remote.address && target.port === flow.remote.port;
}

/**
 * Where requests in a dialog go. Without a route set, when the remote target is not where the peer's messages come
 * from (its private address, mostly), that is the flow of its last message; the Request-URI stays the remote target.
 * A host name takes the flow too, and so does a WebSocket client, which cannot be dialled (RFC 7118 §5.4). A stream
 * that is gone is replaced by dialling the target, but never a private address named by a peer outside.
 */
export function targetInDialog(dialog: Dialog, flow: Flow, rules: HopRules): Target {
  const target = targetForUri(nextHop(dialog));
  if (target === null || (isWebSocket(flow.kind) && dialog.routeSet.length === 0)) return targetOf(flow);
  const behindNat = dialog.routeSet.length === 0 && rules.nat === 'auto';
  if (!behindNat && !leadsTo(target, flow)) return target;
  if (flow.isOpen) return targetOf(flow);
  const dialable = !rules.isPrivate(target.address) || rules.isPrivate(flow.remote.address);
  return dialable ? target : targetOf(flow);
}
