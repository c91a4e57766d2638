import { AppError } from '../../base/errors.js';
import { type Random, randomUuid } from '../../base/random.js';
import type { OriginateBody, SessionJson } from '../../contract/mediaswitch/dialogs.js';
import {
  type Branch,
  type InviteOptions,
  nameAddr,
  type OutgoingAttempt,
  type SessionHandlers,
  serializeRemotePartyId,
  sipUri,
} from '../../sip/index.js';
import { branchOf } from '../calls/binding-branch.js';
import { type Destination, parseDestination } from '../calls/destination.js';
import { findUser } from '../decide/builtin.js';
import type { Domain, Domains } from '../decide/domains.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import { reachable } from '../registrar/registrar.js';
import type { Description } from './description.js';
import { createOutgoingDialog } from './dialog.js';
import { DialogRunner } from './dialog-runner.js';
import type { DialogService } from './dialog-service.js';
import { type DialogPeer, PeerGuard } from './peer-guard.js';

export interface OriginatedOptions {
  readonly service: DialogService;
  readonly random: Random;
  readonly domains: Domains;
  readonly keeper: Pick<BindingKeeper, 'ofUser'>;
  readonly invite: (options: InviteOptions, handlers: SessionHandlers) => OutgoingAttempt;
  /** See OutgoingOptions. */
  readonly requestUri: 'username' | 'contact';
}

/** The call, or why there is none: at once, nothing has been sent then. */
export type Originated =
  | { readonly ok: true; readonly callid: string }
  | { readonly ok: false; readonly statusCode: 400 | 404 | 480 | 503; readonly reason: string };

/** Mediaswitch contract 4.5: without any response, and until the answer. */
const NO_ANSWER_MS = 32_000;
const RING_MS = 180_000;
const DEFAULT_MAX_FORWARDS = 70;

/** One call that a control server asks for, from either form of its request. */
interface Wanted {
  readonly from: Address & { readonly secret: string | null };
  readonly to: Address;
  readonly number: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly maxForwards: number;
  readonly control: string | null;
  readonly sdp: SessionJson | null;
}

interface Address {
  readonly user: string;
  /** As it was written. */
  readonly domain: string;
  readonly at: Destination;
}

interface Way {
  readonly branches: readonly Branch[];
  readonly peer: DialogPeer;
}

/** Calls of ours between control servers and peers: mediaswitch contract 1.4.1. */
export class OriginatedDialogs {
  readonly #options: OriginatedOptions;

  constructor(options: OriginatedOptions) {
    this.#options = options;
  }

  /** The INVITE is on its way when this returns; how it goes are events of the dialog. */
  originate(body: OriginateBody): Originated {
    const { service, domains } = this.#options;
    const wanted = readWanted(body);
    if (typeof wanted === 'string') return refused(400, wanted);
    const offer = wanted.sdp === null ? null : service.options.codec.ofJson(wanted.sdp);
    if (wanted.sdp !== null && offer === null) return refused(400, 'sdp: not a session description');
    const domain = domains.find(wanted.to.at.host);
    const control = wanted.control ?? domain?.control ?? null;
    if (offer === null && control === null) return refused(400, 'sdp: needed where no control server answers an offer');
    const way = this.#wayTo(wanted, domain);
    if ('ok' in way) return way;
    if (service.refusal() !== null) return refused(503, 'no more dialogs can be made now');
    try {
      return this.#create(wanted, offer, control, way);
    } catch (error) {
      // What cannot be written into a message: nothing has been sent.
      if (error instanceof AppError) return refused(400, error.message);
      throw error;
    }
  }

  #wayTo({ to }: Wanted, domain: Domain | null): Way | Extract<Originated, { ok: false }> {
    const { keeper, requestUri } = this.#options;
    const { host, port } = to.at;
    const named = { host, port: port ?? undefined };
    if (domain === null) {
      const requestUri = sipUri({ user: to.user, ...named });
      return { branches: [{ requestUri }], peer: { kind: 'stranger', domain: null } };
    }
    const found = findUser(domain, to.user, (owner) => keeper.ofUser(owner));
    if (!found.ok && found.statusCode === 404) return refused(404, 'To user not found');
    const bindings = found.ok ? reachable(found.bindings) : [];
    if (!found.ok || bindings.length === 0) return refused(480, 'Temporarily Unavailable');
    return {
      branches: bindings.map((binding) => branchOf(binding, requestUri, named)),
      peer: { kind: 'user', owner: found.owner },
    };
  }

  #create(wanted: Wanted, offer: Description | null, control: string | null, { branches, peer }: Way): Originated {
    const { service, invite, random } = this.#options;
    const { from, to, number, isPrivate, maxForwards } = wanted;
    const otherNumber = isPrivate ? 'anonymous' : number;
    const callid = randomUuid(random);
    const nowS = Math.floor(service.options.clock.epochMs() / 1000);
    const side: { readonly direction: 'out'; session: OutgoingAttempt | null } = { direction: 'out', session: null };
    service.options.onNew();
    const runner = new DialogRunner({
      info: { callid, domain: from.domain, to: to.user, from: from.user, otherNumber, maxForwards, control },
      dialog: createOutgoingDialog({ hasControl: control !== null, us: offer, nowS }),
      side,
      guard: new PeerGuard(service.options.guard, peer),
      services: service.services,
    });
    side.session = invite({ ...optionsOf(wanted, callid), branches, body: offer?.body ?? null }, runner.handlers);
    service.table.add(runner);
    service.services.onStep(runner, runner.dialog);
    service.options.log.info('dialog.started', { callid, from: from.user, to: to.user });
    return { ok: true, callid };
  }
}

function optionsOf(wanted: Wanted, callId: string): Omit<InviteOptions, 'branches' | 'body'> {
  const { from, to, number, name, isPrivate, maxForwards, sdp } = wanted;
  const caller = uriOf(from);
  const party = serializeRemotePartyId({
    uri: uriOf({ ...from, user: number }),
    displayName: name,
    party: 'calling',
    ...(isPrivate ? { privacy: 'full' as const } : {}),
  });
  return {
    from: nameAddr(caller),
    to: nameAddr(uriOf(to)),
    contactUser: from.user,
    headers: [['Remote-Party-ID', party]],
    ringTimeoutMs: RING_MS,
    noAnswerMs: NO_ANSWER_MS,
    maxForwards,
    callId,
    // An offer of the peer is answered in the ACK, and not in a PRACK.
    ...(sdp === null ? { reliable: 'off' as const } : {}),
    ...(from.secret === null ? {} : { credentials: { username: from.user, password: from.secret } }),
  };
}

function uriOf({ user, at: { host, port } }: Address) {
  return sipUri({ user, host, port: port ?? undefined });
}

/** What is wrong, or the call that is wanted: mediaswitch contract 1.4.1, both forms. */
function readWanted(body: OriginateBody): Wanted | string {
  const isPlain = typeof body.from === 'string';
  const given = isPlain ? plainAddresses(body as PlainBody) : structuredAddresses(body as StructuredBody);
  const from = addressOf(given.from, given.fromDomain);
  if (from === null) return `${isPlain ? 'domain' : 'from.domain'}: not a host`;
  const to = addressOf(given.to, given.toDomain);
  if (to === null) return `${isPlain ? 'domain' : 'to.domain'}: not a host`;
  const cid = body.callerid ?? body.cid;
  return {
    from: { ...from, secret: given.secret },
    to,
    number: cid?.number || from.user,
    name: cid?.name || from.user,
    isPrivate: cid?.private === true,
    maxForwards: body.maxforwards ?? DEFAULT_MAX_FORWARDS,
    control: body.control ?? null,
    sdp: body.sdp ?? null,
  };
}

type PlainBody = Extract<OriginateBody, { from: string }>;
type StructuredBody = Exclude<OriginateBody, PlainBody>;

interface Given {
  readonly from: string;
  readonly fromDomain: string | null;
  readonly to: string;
  readonly toDomain: string | null;
  readonly secret: string | null;
}

function plainAddresses({ from, to, domain = null }: PlainBody): Given {
  const [caller, callerDomain = domain] = parted(from);
  const [callee, calleeDomain = domain ?? callerDomain] = parted(to);
  // A caller without a domain is of the callee's.
  return { from: caller, fromDomain: callerDomain ?? calleeDomain, to: callee, toDomain: calleeDomain, secret: null };
}

function structuredAddresses({ from, to }: StructuredBody): Given {
  const toDomain = to.domain ?? from.domain;
  return { from: from.user, fromDomain: from.domain, to: to.user, toDomain, secret: from.authsecret ?? null };
}

function parted(address: string): [user: string, domain?: string] {
  const at = address.lastIndexOf('@');
  return at <= 0 ? [address] : [address.slice(0, at), address.slice(at + 1)];
}

function addressOf(user: string, domain: string | null): Address | null {
  const at = domain === null ? null : parseDestination(domain);
  return at === null || domain === null ? null : { user, domain, at };
}

function refused(statusCode: 400 | 404 | 480 | 503, reason: string): Extract<Originated, { ok: false }> {
  return { ok: false, statusCode, reason };
}
