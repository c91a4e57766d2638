import { delay } from '../base/clock.js';
import type { SocketAddress } from '../base/network.js';
import { kernelsInUse, PortAllocator } from '../media/index.js';
import type { HostPort } from '../rooms/index.js';
import { OverloadGuard } from './admission/overload.js';
import type { Api } from './api/app.js';
import { type ControlClient, createControlClient } from './control/control-client.js';
import type { GatewayDeps, HttpListener, Listening } from './gateway.js';
import { MediaDoor } from './media-door.js';
import { createRtpParts, type RtpParts, rtpAddressOf } from './rtp-server/parts.js';

export interface MediaRoleDeps
  extends Pick<
    GatewayDeps,
    | 'config'
    | 'clock'
    | 'random'
    | 'network'
    | 'log'
    | 'pool'
    | 'httpTransport'
    | 'memoryShare'
    | 'mediaBackend'
    | 'processFigures'
  > {
  /** Opens the listener of the RTP server API, with that way in for gateways at ROOM_PATH. */
  readonly serveHttp: (api: Api, listen: SocketAddress, door: MediaDoor) => Promise<HttpListener>;
  /** A media host for one gateway; its ring links are bound at that address. */
  readonly spawnHost: (wireAddress: string) => HostPort;
}

/** A process that is a media node: the RTP server API over its media pool, and no SIP. */
export interface MediaRole {
  /** Rejects when the address is taken. */
  start(): Promise<{ readonly listening: readonly Listening[] }>;
  /** No new channels; resolves when the last has ended, at the latest after drain_ms. */
  drain(): Promise<void>;
  /** Closes the channels that are left, tells their control servers, closes everything. May be called twice. */
  stop(): Promise<void>;
}

/** How long stop() waits for the last news to be delivered. */
const LAST_WORDS_MS = 2000;

export function buildMediaRole(deps: MediaRoleDeps): MediaRole {
  return new MediaNode(deps);
}

class MediaNode implements MediaRole {
  readonly #deps: MediaRoleDeps;
  readonly #overload: OverloadGuard;
  readonly #ports: PortAllocator;
  readonly #rtp: RtpParts;
  readonly #control: ControlClient;
  readonly #door: MediaDoor;
  #http: HttpListener | null = null;
  #isReady = false;
  #stopped: Promise<void> | null = null;

  constructor(deps: MediaRoleDeps) {
    const { config, clock, log, pool, memoryShare } = deps;
    this.#deps = deps;
    this.#ports = new PortAllocator({ clock, fromPort: config.rtpPorts.from, toPort: config.rtpPorts.to });
    const mixerLatenessMs = (): number => pool.load.nextLatenessMs;
    this.#overload = new OverloadGuard({ clock, maxLatenessMs: config.maxLatenessMs, mixerLatenessMs, memoryShare });
    this.#control = createControlClient({ clock, transport: deps.httpTransport });
    const address = rtpAddressOf(config, deps.network.interfaces());
    const { apiSecret, apiAllow } = config;
    this.#door = new MediaDoor({
      ...{ clock, log, apiSecret, apiAllow },
      spawn: () => deps.spawnHost(address.bind),
      ports: this.#ports,
      addresses: [address],
    });
    this.#rtp = createRtpParts({
      ...deps,
      control: this.#control,
      ports: this.#ports,
      refusal: () => this.#overload.check(),
      counters: () => this.#counters(),
      isReady: () => this.#isReady,
    });
  }

  async start(): Promise<{ readonly listening: readonly Listening[] }> {
    const { config, pool, log, serveHttp, mediaBackend = 'dgram' } = this.#deps;
    const listen = config.rtpHttpListen;
    if (listen === null) throw new Error('rtp_http_listen is off');
    await pool.ready();
    this.#http = await serveHttp(this.#rtp.api, listen, this.#door);
    this.#overload.start();
    this.#isReady = true;
    const listening = [{ kind: 'rtp-http', ...this.#http.local }];
    log.info('ready', { listening, mediaBackend, mediaKernels: kernelsInUse().kind });
    return { listening };
  }

  async drain(): Promise<void> {
    const { config, clock, log } = this.#deps;
    const { server } = this.#rtp;
    log.info('drain.began', { channels: server.counters().rtp_channels, drainMs: config.drainMs });
    const finished = new AbortController();
    const limit = delay(clock, config.drainMs, finished.signal).catch(() => undefined);
    await Promise.race([server.drain(), limit]);
    finished.abort();
    log.info('drain.ended', { channelsLeft: server.counters().rtp_channels });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#isReady = false;
    await this.#rtp.server.stop();
    await this.#door.close();
    await this.#http?.close();
    this.#overload.stop();
    await this.#deps.pool.close(LAST_WORDS_MS);
    await this.#control.drain(LAST_WORDS_MS);
  }

  #counters(): Readonly<Record<string, number>> {
    const { pool, processFigures } = this.#deps;
    const { legs, rooms, sounds, hostsUp, hostRestarts, ringLinks } = pool.counts();
    const { refused } = this.#overload;
    return {
      ...this.#rtp.server.counters(),
      ...this.#control.counters,
      media_gateways: this.#door.connections,
      media_gateway_legs: this.#door.legs,
      media_gateways_accepted_total: this.#door.counters.accepted,
      media_gateways_refused_total: this.#door.counters.refused,
      rtp_ports_in_use: this.#ports.inUse,
      media_legs: legs,
      media_rooms: rooms,
      media_sounds: sounds,
      media_ring_links: ringLinks,
      media_hosts_up: hostsUp,
      media_host_restarts_total: hostRestarts,
      media_host_busy_share: pool.load.busyShare,
      mixer_lateness_ms: pool.load.beatLatenessMs,
      event_loop_lateness_ms: this.#overload.loopLatenessMs,
      overload_refused_mixer_total: refused['mixer-late'],
      overload_refused_event_loop_total: refused['event-loop-late'],
      overload_refused_memory_total: refused.memory,
      ...processFigures?.(),
    };
  }
}
