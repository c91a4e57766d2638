import { AppError, messageOf } from '../../base/errors.js';
import type { CallId, RoomId, SessionId } from '../../base/ids.js';
import { hostPort } from '../../base/ip-ranges.js';
import type { Network } from '../../base/network.js';
import { randomToken } from '../../base/random.js';
import type { InviteClientBody, InviteServerBody } from '../../contract/v1.js';
import type { SrtpPolicy } from '../../media/index.js';
import {
  type Branch,
  type Credentials,
  type InviteOptions,
  nameAddr,
  type OutgoingAttempt,
  type SessionHandlers,
  type SipUri,
  sipUri,
  type Target,
  type TransportLayer,
} from '../../sip/index.js';
import type { ServerLoad } from '../admission/server-load.js';
import { outboundCredentials, type Server, type ServerDirectory } from '../admission/servers.js';
import type { CommandCode, CommandResult } from '../api/commands.js';
import type { Domains } from '../decide/domains.js';
import { type Binding, identityOf, sourceOf } from '../registrar/bindings.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import { reachable } from '../registrar/registrar.js';
import { branchOf } from './binding-branch.js';
import { type Callee, createOutgoingCall, type EntryWish } from './call.js';
import type { MediaPath } from './call-media.js';
import type { CallRunner } from './call-runner.js';
import type { Dialer } from './call-services.js';
import { contactKindOf } from './contact-kind.js';
import { isHost, parseDestination } from './destination.js';
import type { CallService } from './service.js';

export interface OutgoingOptions {
  readonly service: CallService;
  readonly keeper: BindingKeeper;
  readonly servers: ServerDirectory;
  readonly load: ServerLoad;
  readonly network: Network;
  readonly transport: Pick<TransportLayer, 'localFor' | 'findFlow'>;
  /** The servers of a URI, in the order in which to try them: RFC 3263. */
  readonly locate: (uri: SipUri) => Promise<readonly Target[]>;
  readonly invite: (options: InviteOptions, handlers: SessionHandlers) => OutgoingAttempt;
  /** `username`: the registered user at the destination; `contact`: the Contact as registered (contract 4.3). */
  readonly requestUri: 'username' | 'contact';
  readonly pathFor: (target: Target) => MediaPath;
  readonly domains: Pick<Domains, 'named'>;
}

/** The called host has no address, or no route leads there. */
export class DestinationError extends AppError {
  readonly code = 'NO_DESTINATION';
}

/** Where a call goes. `first` is tried before all others; our SDP shows the address that faces it. */
interface Route {
  readonly branches: Branch[];
  readonly first: Target;
  readonly to: InviteOptions['to'];
  /** An outbound proxy: RFC 3261 §8.1.2 has it as the route set. */
  readonly route?: InviteOptions['route'];
}

/** What is known of a caller whose callee is rung here. */
export interface UserCaller {
  /** `address:port` of the INVITE. */
  readonly source: string;
  readonly displayName: string | undefined;
  /** Host of the caller's From; null where it is no SIP URI. */
  readonly host: string | null;
  /** What is left of the INVITE's Max-Forwards. */
  readonly maxForwards: number;
}

/** The leg to make. */
interface Wanted {
  readonly toNumber: string;
  /** Its name in the room; the number called unless told. */
  readonly peer?: string;
  readonly identity: string | null;
  /** Of the user's domain; null: the trunk's or the settings'. */
  readonly srtp: SrtpPolicy | null;
  readonly credentials: Credentials | undefined;
  readonly route: () => Promise<Route>;
  readonly caller?: { readonly id: CallId } & UserCaller;
  /** How it comes into its room. */
  readonly entry?: EntryWish;
}

type Created = CommandResult<{ readonly sessionId: string }>;

/** Legs that the application asks for: contract 3.1, 3.2, 4.3. */
export class OutgoingCalls {
  readonly #options: OutgoingOptions;

  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Rings every contact of the registered user that the session id names. */
  inviteClient(body: InviteClientBody, entry: EntryWish = {}): Created {
    const roomId = body.room_id as RoomId;
    const common = this.#checkCommon(body, roomId);
    if (!common.ok) return common;
    const named = this.#options.keeper.get(body.dest_session_id as SessionId);
    const bindings = named === undefined ? [] : reachable(this.#options.keeper.ofUser(named));
    const first = bindings[0];
    if (first === undefined) {
      this.#options.service.rooms.dialRefused(roomId);
      return { ok: false, code: 'NOT_FOUND', message: 'no reachable registration has this dest_session_id' };
    }
    const route = this.#routeTo(bindings, first);
    return this.#create(body, common.value, {
      toNumber: first.username,
      identity: identityOf(first),
      srtp: this.#srtpOf(first.domain),
      credentials: undefined,
      route: async () => route,
      entry,
    });
  }

  /**
   * Rings every contact of a user for a caller who waits in a room; the caller is told how it goes (`callee-ringing`,
   * `callee-failed`). A user who calls himself rings his other phones.
   */
  callUser(caller: CallRunner, callee: Callee, from: UserCaller): Created {
    const { service, keeper } = this.#options;
    const refusal = service.refusal();
    if (refusal !== null) return { ok: false, code: refusalCode(refusal) };
    const identity = identityOf(callee);
    const isHere = (binding: Binding): boolean =>
      caller.info.identity === identity && sourceOf(binding.flow) === from.source;
    const bindings = reachable(keeper.ofUser(callee)).filter((binding) => !isHere(binding));
    const [first] = bindings;
    if (first === undefined) return { ok: false, code: 'NOT_FOUND' };
    const route = this.#routeTo(bindings, first);
    const { fromNumber, callId } = caller.info;
    return this.#create(
      { room_id: caller.call.roomId ?? '', from_number: fromNumber, hook_uri: null, server_alias: null },
      { server: null, fromHost: from.host },
      {
        toNumber: callee.username,
        // Room members of one user replace each other: a namesake is not this caller, and a user may call himself.
        peer: callee.username === fromNumber ? `${callee.username}~2` : callee.username,
        identity,
        srtp: this.#srtpOf(callee.domain),
        credentials: undefined,
        route: async () => route,
        caller: { id: callId, ...from },
      },
    );
  }

  #routeTo(bindings: readonly Binding[], best: Binding): Route {
    const first = branchOf(best, this.#options.requestUri).target;
    const to = nameAddr(sipUri({ user: best.username, host: first.address, port: first.port }));
    return { branches: bindings.map((binding) => branchOf(binding, this.#options.requestUri)), first, to };
  }

  /** Calls a number at a SIP server. */
  inviteServer(body: InviteServerBody, entry: EntryWish = {}): Created {
    const roomId = body.room_id as RoomId;
    const common = this.#checkCommon(body, roomId);
    if (!common.ok) return common;
    const destination = parseDestination(body.dest_addr);
    if (destination === null) {
      this.#options.service.rooms.dialRefused(roomId);
      return { ok: false, code: 'INVALID_DEST_ADDR', message: 'dest_addr is ip:port, host or host:port' };
    }
    const outbound = common.value.server?.profile.outbound ?? null;
    const credentials: Credentials | undefined =
      body.dest_auth === null ? outboundCredentials(common.value.server) : body.dest_auth;
    const { host, port } = destination;
    const uri = sipUri({ user: body.to_number, host, ...(port === null ? {} : { port }) });
    return this.#create(body, common.value, {
      toNumber: body.to_number,
      identity: null,
      srtp: null,
      credentials,
      entry,
      route: async () => {
        const { proxy } = outbound ?? { proxy: null };
        const next =
          proxy === null ? null : sipUri({ host: proxy.host, port: proxy.port ?? undefined, params: { lr: null } });
        const [first, ...others] = await this.#locate(next ?? uri);
        const route = next === null ? [] : [nameAddr(next)];
        return { branches: [{ target: [first, ...others], requestUri: uri }], first, to: nameAddr(uri), route };
      },
    });
  }

  #srtpOf(domain: string | null): SrtpPolicy | null {
    return domain === null ? null : (this.#options.domains.named(domain)?.srtp ?? null);
  }

  #checkCommon(
    body: Pick<InviteClientBody, 'hook_uri' | 'server_alias'>,
    roomId: RoomId,
  ): CommandResult<{ readonly server: Server | null; readonly fromHost: string | null }> {
    const { service, servers, load } = this.#options;
    const refused = (result: Extract<CommandResult<never>, { ok: false }>): typeof result => {
      service.rooms.dialRefused(roomId);
      return result;
    };
    const refusal = service.refusal();
    if (refusal !== null) return refused({ ok: false, code: refusalCode(refusal) });
    if (body.hook_uri !== null && !isHttpUrl(body.hook_uri)) return refused({ ok: false, code: 'INVALID_HOOK_URI' });
    if (body.server_alias === null) return { ok: true, value: { server: null, fromHost: null } };
    const server = servers.byAlias(body.server_alias);
    if (server === null && !isHost(body.server_alias)) return refused({ ok: false, code: 'INVALID_SERVER_ALIAS' });
    if (server !== null && load.isFull(server)) return refused({ ok: false, code: 'MAX_CONN' });
    return {
      ok: true,
      value: { server, fromHost: server === null ? body.server_alias : (server.profile.outbound?.domain ?? null) },
    };
  }

  #create(
    body: Pick<InviteClientBody, 'room_id' | 'from_number' | 'hook_uri' | 'server_alias'>,
    common: { readonly server: Server | null; readonly fromHost: string | null },
    callee: Wanted,
  ): Created {
    const { service, load } = this.#options;
    const { random, clock, settings } = service.options;
    const callId = randomToken(random, 18) as CallId;
    const roomId = body.room_id as RoomId;
    const { caller, peer = callee.toNumber } = callee;
    const timeouts = caller === undefined ? settings.timeouts : { ...settings.timeouts, emptyGraceMs: 0 };
    const [call, actions] = createOutgoingCall(roomId, timeouts, callee.entry);
    const codecs = common.server?.profile.codecs ?? null;
    if (caller === undefined) service.orphans.dialled(callId, roomId);
    const runner = service.create(
      {
        info: {
          callId,
          direction: 'out',
          fromNumber: body.from_number,
          toNumber: callee.toNumber,
          wantedPeer: peer,
          identity: callee.identity,
          serverAlias: body.server_alias,
          domain: null,
          hookUri: body.hook_uri,
          ...(caller === undefined ? {} : { callerId: caller.id }),
          startedAtMs: clock.epochMs(),
        },
        call,
        side: { direction: 'out', dialer: this.#dialer(body.from_number, common.fromHost, callee) },
        ...(codecs === null ? {} : { codecs }),
        srtp: common.server?.profile.srtp ?? callee.srtp,
      },
      actions,
    );
    if (common.server !== null) load.began(common.server, runner);
    return { ok: true, value: { sessionId: callId } };
  }

  #dialer(
    fromNumber: string,
    fromHost: string | null,
    callee: Pick<Wanted, 'credentials' | 'route' | 'caller'>,
  ): Dialer {
    const { invite, pathFor, transport, service } = this.#options;
    let route: Route | null = null;
    const first = (): Target => {
      if (route === null) throw new DestinationError('there is nothing to dial');
      return route.first;
    };
    return {
      prepare: async () => {
        route = await callee.route();
        return pathFor(first());
      },
      dial: (offers, handlers) => {
        const local = transport.localFor(first());
        const contacts = route?.branches ?? [];
        const bodies = offers(contacts.map(contactKindOf));
        // RFC 3261 §25.1: a user has at least one character.
        const user = fromNumber === '' ? undefined : fromNumber;
        const from = sipUri({
          user,
          host: fromHost ?? local.host,
          ...(fromHost === null ? { port: local.port } : {}),
        });
        return invite(
          {
            branches: contacts.map((branch, index) => ({ ...branch, body: bodies[index] })),
            from: nameAddr(from, {}, callee.caller?.displayName),
            to: route!.to,
            route: route?.route,
            contactUser: user,
            body: bodies[0] ?? null,
            ringTimeoutMs: service.options.settings.ringTimeoutMs,
            ...(callee.caller === undefined ? {} : { maxForwards: callee.caller.maxForwards }),
            ...(callee.credentials === undefined ? {} : { credentials: callee.credentials }),
          },
          handlers,
        );
      },
    };
  }

  /**
   * The servers of the host that a SIP socket of ours reaches: it may have addresses of a family that we do not listen
   * on. Those after the first are kept when our SDP, which is written before we know who answers, fits them too.
   */
  async #locate(uri: SipUri): Promise<readonly [Target, ...Target[]]> {
    const { locate, pathFor } = this.#options;
    const found = await locate(uri).catch((cause: unknown) => {
      throw new DestinationError(messageOf(cause), { cause });
    });
    const reached = await Promise.all(found.map((target) => this.#reached(target)));
    const [first, ...others] = reached.filter((target) => target !== null);
    if (first !== undefined) {
      const path = pathFor(first);
      return [first, ...others.filter((target) => isSamePath(pathFor(target), path))];
    }
    const [named] = found;
    if (named === undefined) throw new DestinationError(`${uri.host} has no address`);
    throw new DestinationError(`no SIP socket of ours reaches ${hostPort(named.address, named.port)}`);
  }

  async #reached(target: Target): Promise<Target | null> {
    const { network, transport } = this.#options;
    if (target.kind !== 'udp') return target;
    const localAddress = await network.routeTo(target.address);
    const routed: Target = localAddress === null ? target : { ...target, localAddress };
    // Where SIP listens on chosen addresses only, the route's own one may not be among them.
    if (transport.findFlow(routed) !== null) return routed;
    return transport.findFlow(target) === null ? null : target;
  }
}

function isSamePath(a: MediaPath, b: MediaPath): boolean {
  return a.bindAddress === b.bindAddress && a.advertisedAddress === b.advertisedAddress;
}

function refusalCode(refusal: NonNullable<ReturnType<CallService['refusal']>>): CommandCode {
  if (refusal === 'draining') return 'DRAINING';
  return refusal === 'max-conn' ? 'MAX_CONN' : 'OVERLOADED';
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}
