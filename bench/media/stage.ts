import { type Codec, codecs } from '../../media/index.js';
import { pureToneHz } from './periodic-residual.js';
import type { Opened } from './servers/server.js';
import { encoded, loopMs, type Saying, talkerHz } from './sounds.js';
import type { PlannedEndpoint, Sound, WirePlan } from './wire-files.js';

/** Talkers in each room; the others are silent. */
export const talkersPerRoom = 3;
/** Rooms in which listeners are looked at, the third talker speaks in bursts, and transit is measured. */
const SAMPLED_ROOMS = 4;

export interface Seat {
  readonly room: number;
  readonly place: number;
  /** The tone it speaks with; null for a listener. */
  readonly hz: number | null;
  readonly bursts: boolean;
  readonly isSampled: boolean;
}

export interface StageOptions {
  /** Members of each room. */
  readonly rooms: readonly number[];
  /** Room 0 has one talker, with pureToneHz. */
  readonly pureTone: boolean;
}

/** Who sits where and says what; endpoints are numbered in this order. */
export function seatsOf({ rooms, pureTone }: StageOptions): Seat[] {
  const last = rooms.length - 1;
  const sampledRooms = new Set(Array.from({ length: SAMPLED_ROOMS }, (_, i) => Math.round((i * last) / 3)));
  if (pureTone) sampledRooms.add(1);
  return rooms.flatMap((members, room) => {
    const sampledPlaces = new Set([0, 1, 2, 3, members >> 1, members - 1]);
    return Array.from({ length: members }, (_, place) => {
      const isPure = pureTone && room === 0;
      const talks = place < (isPure ? 1 : talkersPerRoom);
      const hz = isPure ? pureToneHz : talkerHz(room, place);
      const isSampled = sampledRooms.has(room) && sampledPlaces.has(place);
      const bursts = talks && !isPure && sampledRooms.has(room) && place === talkersPerRoom - 1;
      return { room, place, hz: talks ? hz : null, bursts, isSampled };
    });
  });
}

export interface Weather {
  readonly jitterMs: number;
  readonly loss: number;
  readonly noise: boolean;
  /** See WirePlan; 1 unless told. */
  readonly readEvery?: number;
}

/** What the wire is to do with a server that has opened a leg for each seat. */
export function planOf(
  seats: readonly Seat[],
  opened: Opened,
  times: { readonly warmMs: number; readonly measureMs: number },
  weather: Weather,
): WirePlan {
  const codec: Codec = codecs[opened.codec];
  const sounds: Sound[] = [];
  const numbers = new Map<string, number>();
  const soundOf = (saying: Saying, isListenedTo: boolean): number => {
    // An adaptive codec is heard to start again where a loop closes: what is looked at is one piece.
    const loops = isListenedTo && codec.isStateful ? Math.ceil((times.warmMs + times.measureMs) / loopMs) : 1;
    const key = JSON.stringify({ ...saying, loops });
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, sounds.length);
    sounds.push(encoded(saying, codec, opened.frameMs, loops));
    return sounds.length - 1;
  };
  const endpoints = seats.map(
    ({ hz, bursts, isSampled }, i): PlannedEndpoint => ({
      remotePort: opened.ports[i] ?? 0,
      payloadType: opened.payloadType,
      ticksPerFrame: (opened.frameMs * codec.clockRateHz) / 1000,
      frameMs: opened.frameMs,
      sound: soundOf(hz === null ? { hz, noise: weather.noise } : { hz, bursts }, hz !== null && isSampled),
      isSampled,
      // Phones do not send in step: they are spread evenly over the frame, neighbours far apart.
      phaseMs: (i * 7) % opened.frameMs,
    }),
  );
  const { jitterMs, loss, readEvery = 1 } = weather;
  return { endpoints, sounds, ...times, jitterMs, loss, seed: 1, readEvery };
}
