import type { WebSocketEntrance } from '../../base/web-socket.js';
import { createAddressRule } from '../hooks/address-rules.js';
import type { PartsDeps } from '../parts.js';
import { StreamService } from './service.js';
import type { StreamWorld } from './session.js';
import { StreamDoor, type StreamToken } from './stream-door.js';

export interface StreamNeeds extends Pick<StreamWorld, 'entrance' | 'rooms' | 'pool'> {
  /** Null: it is none of ours, or has expired. */
  readonly readToken: (token: string) => StreamToken | null;
  /** The way in at STREAMS_PATH of the HTTP listener; without it applications are connected to, and do not connect. */
  readonly entrances?: readonly WebSocketEntrance[];
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
  { config, clock, random, log, sipDoors }: PartsDeps,
  { readToken, entrances = [], ...needs }: StreamNeeds,
): StreamParts {
  const service = new StreamService({
    ...needs,
    clock,
    random,
    log,
    webSockets: sipDoors?.webSockets ?? null,
    permits: createAddressRule(config.hookAllow),
    ca: config.tlsCa === null ? undefined : [config.tlsCa.text],
  });
  const { apiSecret, apiAllow } = config;
  const door = new StreamDoor({ service, apiSecret, apiAllow, readToken });
  const admit = (to: StreamDoor | null): void => {
    for (const entrance of entrances) entrance.admit(to);
  };
  return {
    service,
    start: () => admit(door),
    stop: () => {
      service.close();
      admit(null);
    },
    counters: () => ({
      streams: service.size,
      ...service.counters,
      stream_handshakes_refused_total: door.counters.refused,
    }),
  };
}
