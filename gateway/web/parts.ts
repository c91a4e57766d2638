import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { type Random, randomHex, randomToken } from '../../base/random.js';
import { createDtlsIdentity } from '../../media/index.js';
import type { MediaPool, PortSource } from '../../rooms/index.js';
import type { ApiPart } from '../api/app.js';
import type { ApiAuthOptions } from '../api/auth.js';
import { addJoinTokenRoute, type Guests } from '../api/join-token.js';
import type { RoomTokenVerifier } from '../api/room-access.js';
import { addWebRoutes, type WebCommands } from '../api/web.js';
import { addSdkRoutes } from '../api/web-sdk.js';
import { addTokenRoutes } from '../api/web-tokens.js';
import type { CallService } from '../calls/service.js';
import type { Config } from '../config.js';
import type { RoomEntrance } from '../rooms/door.js';
import type { JwtFault } from './jwt.js';
import { isOpenRoom } from './open-rooms.js';
import { placeFor } from './places.js';
import { WebService, type WebServiceOptions } from './service.js';
import { type WebGrant, WebTokens } from './tokens.js';

/** Longer than a call: its page reads the room with it. */
const GUEST_TTL_S = 86_400;

/** What browsers need of the rest of the gateway. */
export interface WebPartsOptions {
  readonly config: Pick<
    Config,
    | 'codecs'
    | 'dtmfInband'
    | 'comfortNoise'
    | 'rtcpXr'
    | 'publicIp'
    | 'maxConn'
    | 'webrtcPort'
    | 'webrtcPublicIp'
    | 'webrtcTimeoutMs'
    | 'webrtcIceServers'
    | 'joinOpen'
  >;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly pool: MediaPool;
  readonly ports: PortSource;
  readonly entrance: RoomEntrance;
  /** Addresses at which SIP is reached, once it listens. */
  readonly listening: () => readonly string[];
  /** What limits calls limits browsers, and `max_conn` both together. */
  readonly calls: Pick<CallService, 'refusal' | 'table'>;
  /** Null: one that ends with this process. */
  readonly tokenSecret: string | null;
}

export interface WebParts extends WebCommands {
  readonly roomTokens: RoomTokenVerifier;
  /** For streams, which ask for no PIN: guests are not let in there. */
  readStreamToken(token: string): WebGrant | JwtFault;
  /** Its routes. */
  routes(access: ApiAuthOptions): ApiPart;
}

export function createWebParts(options: WebPartsOptions): WebParts {
  const { config, clock, random, log, pool, ports, entrance, calls, listening, tokenSecret } = options;
  const tokens = new WebTokens(clock, tokenSecret ?? randomToken(random, 32));
  const service: WebService = new WebService({
    clock,
    random,
    log,
    pool,
    ports,
    entrance,
    refusal: () => {
      if (calls.table.size + service.size >= config.maxConn) return 'MAX_CONN';
      return refusalCode(calls.refusal());
    },
    cname: `hookline-${randomHex(random, 6)}`,
    iceServers: config.webrtcIceServers,
    placeFor: (client) => placeFor(client, listening()),
    settings: {
      codecs: config.codecs,
      identity: createDtlsIdentity(random, clock.epochMs()),
      inbandDtmf: config.dtmfInband === 'on' ? 'auto' : 'off',
      comfortNoise: config.comfortNoise,
      rtcpXr: config.rtcpXr,
      transport: config.webrtcPort === null ? 'pair' : 'shared',
      timeoutMs: config.webrtcTimeoutMs,
      publicIp: config.webrtcPublicIp ?? config.publicIp,
    },
  });
  const guests: Guests = {
    isOpen: (room) => isOpenRoom(config.joinOpen, room),
    makeToken: (room) => tokens.forGuest(room, GUEST_TTL_S, randomToken(random, 9)),
  };
  const commands = { service, tokens, guests };
  return {
    ...commands,
    roomTokens: createRoomTokens(commands),
    readStreamToken: (token) => {
      const read = tokens.read(token);
      if (!read.ok) return read.fault;
      return read.grant.isGuest ? 'malformed' : read.grant;
    },
    routes: (access) => webRoutes(commands, access),
  };
}

/** All routes of browsers. */
export function webRoutes(commands: WebCommands, access: ApiAuthOptions): ApiPart {
  return (app) => {
    addWebRoutes(app, commands);
    addSdkRoutes(app, commands);
    addTokenRoutes(app, commands.tokens, access);
    addJoinTokenRoute(app, commands.guests, access);
  };
}

function refusalCode(reason: ReturnType<CallService['refusal']>): ReturnType<WebServiceOptions['refusal']> {
  if (reason === 'draining') return 'DRAINING';
  if (reason === 'max-conn') return 'MAX_CONN';
  return reason === null ? null : 'OVERLOADED';
}

/** A page may read the room that its token names, and mute or end what came by that token. */
function createRoomTokens({ service, tokens }: WebCommands): RoomTokenVerifier {
  return {
    verify: (token) => {
      const read = tokens.read(token);
      if (!read.ok) return read.fault === 'expired' ? 'expired' : null;
      const roomId = read.grant.room;
      if (roomId === null) return null;
      const { tokenId, isGuest } = read.grant;
      return { roomId, isGuest, owns: (memberId) => service.cameBy(memberId, tokenId) };
    },
  };
}
