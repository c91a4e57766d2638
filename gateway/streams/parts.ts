import type { WebSocketEntrance, WebSocketNetwork } from '../../base/web-socket.js';
import { createAddressRule } from '../hooks/address-rules.js';
import type { PartsDeps } from '../parts.js';
import { StreamService } from './service.js';
import type { StreamWorld } from './session.js';
import { StreamDoor, type StreamDoorOptions } from './stream-door.js';

/** What streams need of the world. */
export interface StreamDoors {
  readonly webSockets: WebSocketNetwork;
  /** The way in at STREAMS_PATH of the HTTP listener. */
  readonly entrance: WebSocketEntrance;
}

export interface StreamNeeds extends Pick<StreamWorld, 'entrance' | 'rooms'> {
  readonly readToken: StreamDoorOptions['readToken'];
  /** Without them there are no streams: every one is refused. */
  readonly doors: StreamDoors | undefined;
}

/** Live streams between rooms and applications. */
export interface StreamParts {
  readonly service: StreamService;
  /** Lets applications in. */
  start(): void;
  /** Ends every stream, and lets nobody in any more. */
  stop(): void;
  counters(): Readonly<Record<string, number>>;
}

export function createStreams(
  { config, clock, random, log, pool }: PartsDeps,
  { readToken, doors, ...needs }: StreamNeeds,
): StreamParts {
  const service = new StreamService({
    ...needs,
    clock,
    random,
    log,
    pool,
    webSockets: doors?.webSockets ?? null,
    permits: createAddressRule(config.hookAllow),
    ca: config.tlsCa === null ? undefined : [config.tlsCa.text],
  });
  const { apiSecret, apiAllow } = config;
  const door = new StreamDoor({ service, apiSecret, apiAllow, readToken });
  return {
    service,
    start: () => doors?.entrance.admit(door),
    stop: () => {
      service.close();
      doors?.entrance.admit(null);
    },
    counters: () => ({
      streams: service.size,
      ...service.counters,
      stream_handshakes_refused_total: door.counters.refused,
    }),
  };
}
