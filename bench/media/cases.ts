import type { CodecName } from '../../media/index.js';
import type { Case } from './measure.js';
import { janusCodecs } from './servers/janus.js';
import { projectrtpCodecs } from './servers/projectrtp-install.js';

/** What a person chose, or the defaults. */
export interface Choice {
  /** Sizes of rooms. */
  readonly sizes: readonly number[];
  /** In how many rooms of each size: as many as hold so many people, at least one. */
  readonly participants: number;
  readonly codecs: readonly CodecName[];
  readonly servers: readonly string[];
  readonly seconds: number;
  readonly jitterMs: number;
  readonly loss: number;
  readonly noise: boolean;
  /** Length of the case that looks at memory; 0 = none. */
  readonly heapSeconds: number;
  /** How many are in it, and of how many one reads what it is sent. */
  readonly heapParticipants: number;
  readonly heapReadEvery: number;
}

/** Cases that belong in one table. */
export interface Group {
  readonly title: string;
  readonly cases: readonly Case[];
}

const WARM_MS = 3000;
/** Start of the processes, legs, verdict, end. */
const AROUND_MS = 2500;
/** What one core stands of a codec that costs much to decode: more are heard late or wrong, and say nothing of the cost. */
const MOST_OF: Partial<Record<CodecName, number>> = { opus: 100, ilbc: 40 };
/** What 2 cores stand of a server that does not share what listeners hear. */
const LARGEST_OF_PEERS = 400;

export const reflectors = ['dgram reflector', 'C reflector'];

export function roomsOf(size: number, participants: number): number[] {
  return new Array<number>(Math.max(1, Math.floor(participants / size))).fill(size);
}

export function groupsOf(choice: Choice): Group[] {
  const { sizes, participants, codecs, servers, seconds, noise } = choice;
  const first = codecs[0];
  if (first === undefined) return [];
  const each = (server: string, size: number, codec: CodecName): Case => ({
    server,
    codec,
    rooms: roomsOf(size, Math.min(participants, MOST_OF[codec] ?? Number.POSITIVE_INFINITY)),
    pureTone: false,
    jitterMs: 0,
    loss: 0,
    noise,
    warmMs: WARM_MS,
    measureMs: seconds * 1000,
    withMemory: false,
  });
  const middle = sizes.includes(10) ? [10] : sizes.slice(0, 1);
  const mixers = servers.filter((server) => !reflectors.includes(server));
  const byServer = (size: number, codec: CodecName, of: readonly string[]): Case[] =>
    of.filter((server) => canDo(server, size, codec)).map((server) => each(server, size, codec));
  const groups: Group[] = [
    {
      title: `Rooms by size, ${first}`,
      cases: sizes.flatMap((size, i) => {
        const total = roomsOf(size, participants).length * size;
        // Rooms mean nothing to a reflector: one run for each number of people.
        const isNew = sizes.findIndex((other) => roomsOf(other, participants).length * other === total) === i;
        return byServer(size, first, isNew ? servers : mixers);
      }),
    },
    {
      title: 'Other codecs',
      cases: codecs
        .slice(1)
        .flatMap((codec) => [
          ...middle.flatMap((size) => byServer(size, codec, mixers)),
          ...sizes.filter((size) => size === 100).flatMap((size) => byServer(size, codec, mixers.filter(isHookline))),
        ]),
    },
    {
      title: `${choice.jitterMs} ms of jitter, ${choice.loss * 100} % of loss, ${first}`,
      cases:
        choice.jitterMs === 0 && choice.loss === 0
          ? []
          : middle.flatMap((size) =>
              byServer(size, first, mixers).map((one) => ({ ...one, jitterMs: choice.jitterMs, loss: choice.loss })),
            ),
    },
    {
      title: `${choice.heapSeconds} s at ${choice.heapParticipants} participants, one in ${choice.heapReadEvery} read, ${first}`,
      cases:
        choice.heapSeconds === 0
          ? []
          : mixers.filter(isHookline).map((server) => ({
              ...each(server, 100, first),
              rooms: roomsOf(100, choice.heapParticipants),
              readEvery: choice.heapReadEvery,
              measureMs: choice.heapSeconds * 1000,
              withMemory: true,
            })),
    },
  ];
  return groups.filter((group) => group.cases.length > 0);
}

function isHookline(server: string): boolean {
  return server.startsWith('Hookline');
}

function canDo(server: string, size: number, codec: CodecName): boolean {
  if (size > (MOST_OF[codec] ?? size)) return false;
  if (server === 'Janus') return size <= LARGEST_OF_PEERS && janusCodecs.includes(codec);
  if (server === 'projectrtp') return size <= LARGEST_OF_PEERS && projectrtpCodecs.has(codec);
  return true;
}

export function budgetMs(groups: readonly Group[]): number {
  const all = groups.flatMap((group) => group.cases);
  return all.reduce((sum, { warmMs, measureMs }) => sum + warmMs + measureMs + AROUND_MS, 0);
}
