import { type Dialog, nextHop } from '../dialog/dialog.js';
import { targetForUri } from '../resolve/uri-target.js';
import { type Flow, isWebSocket, type Target, targetOf } from '../transport/transport.js';
import type { SipUri, Uri } from '../uri.js';

/** How the next hop of a request in a dialog is found. */
export interface HopRules {
  /** `auto`: a peer behind NAT is reached through the flow that its messages come from. `off`: by its Contact. */
  readonly nat: 'auto' | 'off';
  /** True for an address that cannot be reached from everywhere (RFC 1918, RFC 4193, RFC 6598, …). */
  isPrivate(address: string): boolean;
}

/** A next hop whose addresses have yet to be found (RFC 3263 §4). */
export interface NamedHop {
  readonly uri: Uri;
  /** In a dialog: the flow of the peer's messages. Taken first where it is one of the ways found, and where none is. */
  readonly flow?: Flow | undefined;
  /** Which of the addresses found may be dialled; all unless told. */
  readonly admits?: ((target: Target) => boolean) | undefined;
}

/** Where a request goes: one address, addresses to try in that order, or a name to look up. */
export type Hop = Target | readonly Target[] | NamedHop;

export function isNamedHop(hop: Hop): hop is NamedHop {
  return 'uri' in hop;
}

/** RFC 3263 §4: at once for an IP literal. */
export function hopForUri(uri: Uri): Target | NamedHop {
  return targetForUri(uri) ?? { uri };
}

export function leadsTo(target: Target, flow: Flow): boolean {
  return target.kind === flow.kind && target.address === flow.remote.address && target.port === flow.remote.port;
}

function isSip(uri: Uri): uri is SipUri {
  return uri.scheme === 'sip' || uri.scheme === 'sips';
}

/**
 * RFC 3261 §18.1.1 has a large request leave UDP for TCP. In a dialog whose messages come by UDP it stays: the peer has shown
 * what it speaks, many have no TCP behind their NAT or firewall, and finding that out costs seconds.
 */
export function keptOnUdp(target: Target, flow: Flow): Target {
  if (flow.kind !== 'udp' || target.tcpAllowed === undefined) return target;
  const { tcpAllowed, ...kept } = target;
  return kept;
}

/**
 * Where requests in a dialog go. Without a route set, when the remote target is not where the peer's messages come
 * from (its private address, mostly), that is the flow of its last message; the Request-URI stays the remote target.
 * A WebSocket client, which cannot be dialled (RFC 7118), is always reached through its flow. A stream that is
 * gone is replaced by dialling the target, but never a private address named by a peer outside.
 */
export function targetInDialog(dialog: Dialog, flow: Flow, rules: HopRules): Target | NamedHop {
  if (isWebSocket(flow.kind) && dialog.routeSet.length === 0) return targetOf(flow);
  const uri = nextHop(dialog);
  const target = targetForUri(uri);
  const behindNat = dialog.routeSet.length === 0 && rules.nat === 'auto';
  const admits = ({ address }: Target): boolean => !rules.isPrivate(address) || rules.isPrivate(flow.remote.address);
  if (target === null) {
    if (!isSip(uri) || (behindNat && flow.isOpen)) return targetOf(flow);
    return behindNat ? { uri, flow, admits } : { uri, flow };
  }
  if (!behindNat && !leadsTo(target, flow)) return keptOnUdp(target, flow);
  if (flow.isOpen) return targetOf(flow);
  return admits(target) ? keptOnUdp(target, flow) : targetOf(flow);
}
