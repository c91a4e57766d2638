import { detachNameAddr, type NameAddr, parseNameAddrList } from '../header-values.js';
import { contacts, deltaSeconds, expires, paths, tokens } from '../headers.js';
import type { SipResponse } from '../message.js';
import { type SipUri, uriEquals } from '../uri.js';
import { type AssignedGruus, assignedGruus } from './gruu.js';

/** What a 200 to a REGISTER of ours says about our Contacts; bindings of others in it are ignored. */
export interface GrantedRegistration {
  /** The shortest of ours, in seconds; 0 when the registrar has bound none of them. */
  readonly expiresS: number;
  /** RFC 3608 §6.1: the Route for our other requests, first hop first; empty without one. */
  readonly serviceRoute: readonly NameAddr[];
  /** RFC 3327 §5.1: the proxies between the registrar and us. */
  readonly path: readonly NameAddr[];
  readonly gruus: AssignedGruus;
  /** RFC 5626 §4.2.1: the registrar keeps this flow (`Require: outbound`). */
  readonly isOutbound: boolean;
  /** RFC 5626 §4.4: seconds within which the flow has to be heard of; null when nothing was said. */
  readonly flowTimerS: number | null;
}

/** A Contact as we registered it. */
export interface OurContact {
  readonly uri: SipUri;
  readonly instance: string | null;
  readonly regId: number | null;
}

/**
 * Reads the 200: RFC 3261 §10.2.4. Ours is the Contact with our URI, or with our instance and reg-id (a registrar may
 * write another URI there). What the registrar left out counts as the Expires header field, then as what we asked.
 */
export function readGranted(response: SipResponse, ours: readonly OurContact[], askedS: number): GrantedRegistration {
  const listed = contacts(response);
  const values = listed.ok ? listed.value.values : [];
  const exact = values.filter((value) => ours.some((contact) => isOurs(value, contact)));
  const mine = exact.length > 0 ? exact : rewritten(values, ours);
  const header = expires(response);
  const fallbackS = (header.ok ? header.value : undefined) ?? askedS;
  const granted = mine.map((value) => deltaSeconds(value.params.get('expires') ?? '') ?? fallbackS);
  const path = paths(response);
  const serviceRoute = nameAddrsOf(response, 'Service-Route');
  const flowTimer = deltaSeconds(response.headers.get('Flow-Timer')?.trim() ?? '') ?? 0;
  return {
    // A registrar that names no bindings at all is taken at its word; one that names others only has refused ours.
    expiresS: values.length === 0 ? fallbackS : Math.min(...(granted.length > 0 ? granted : [0])),
    serviceRoute,
    path: path.ok ? path.value.map(detachNameAddr) : [],
    gruus: gruusOf(mine),
    isOutbound: tokens(response, 'Require').includes('outbound'),
    flowTimerS: flowTimer > 0 ? flowTimer : null,
  };
}

/** Registrars that help against NAT put the address they see into our Contact: the same user is left of it. */
function rewritten(values: readonly NameAddr[], ours: readonly OurContact[]): NameAddr[] {
  return values.filter(({ uri }) => 'user' in uri && ours.some((contact) => contact.uri.user === uri.user));
}

function isOurs(value: NameAddr, { uri, instance, regId }: OurContact): boolean {
  if (instance !== null && value.params.get('+sip.instance') === instance) {
    const theirs = value.params.get('reg-id');
    return regId === null || theirs === undefined || theirs === String(regId);
  }
  return uriEquals(value.uri, uri);
}

function gruusOf(mine: readonly NameAddr[]): AssignedGruus {
  const assigned = mine.map((value) => assignedGruus(detachNameAddr(value)));
  return {
    pub: assigned.find(({ pub }) => pub !== null)?.pub ?? null,
    temp: assigned.find(({ temp }) => temp !== null)?.temp ?? null,
  };
}

/** A list of routes; one that cannot be read counts as none, because half a route leads nowhere. */
function nameAddrsOf(response: SipResponse, name: string): NameAddr[] {
  const values: NameAddr[] = [];
  for (const line of response.headers.all(name)) {
    const read = parseNameAddrList(line);
    if (!read.ok) return [];
    values.push(...read.value.map(detachNameAddr));
  }
  return values;
}

/** The SIP URIs of a redirect's Contacts, best first: RFC 3261 §8.1.3.4. */
export function redirectTargets(response: SipResponse): SipUri[] {
  const listed = contacts(response);
  if (!listed.ok) return [];
  const q = ({ params }: NameAddr): number => Number(params.get('q') ?? '1') || 0;
  return [...listed.value.values]
    .sort((a, b) => q(b) - q(a))
    .flatMap(({ uri }) => (uri.scheme === 'sip' || uri.scheme === 'sips' ? [uri] : []));
}
