import { z } from 'zod';
import type { LegId, RoomId, SoundId } from '../base/ids.js';
import { logLevels } from '../base/log.js';
import type { LegMedia, LegStats, QualityReport, SampleRateHz } from '../media/index.js';
import { codecNames, comfortNoisePolicies, mostTracks } from '../media/index.js';
import { MAX_HEARING } from './hearing.js';
import { playerCapacityAt } from './player.js';
import type { HostCommand, HostEvent, HostReport, WireAddress } from './protocol.js';
import type { Hello } from './remote-codec.js';
import { WIRE_KEY_BYTES } from './ring-wire.js';
import { MAX_CHUNK_MS, MAX_MARKS, MAX_STREAM_MS } from './stream-line.js';

/**
 * What a message between a gateway and a media node has to look like before anybody believes it; the reader is a
 * guard, what it does not name passes. A message of protocol.ts without an entry here does not compile.
 */
type Guards<M extends { readonly type: string }> = {
  readonly [T in M['type']]: z.ZodType<Omit<Extract<M, { readonly type: T }>, 'type'>>;
};

const MAX_TEXT = 4096;
const text = z.string().max(MAX_TEXT);
const legId = z.custom<LegId>((value) => typeof value === 'string' && value.length > 0 && value.length <= 256);
const legIds = z.array(legId).max(MAX_HEARING);
const soundId = z.custom<SoundId>((value) => typeof value === 'string' && value.length > 0 && value.length <= 256);
const roomId = z.custom<RoomId>((value) => typeof value === 'string' && value.length <= 1024);
const count = z.number().int().min(0);
const uint32 = count.max(0xffff_ffff);
/** 0 where there is none. */
const port = count.max(65_535);
const figure = z.number();
const ms = figure.min(0);
const beat = count;
const payloadType = count.max(127);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= 65_536);
/** 16 bits each; at most what a player holds at the highest rate. */
const pcm = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length % 2 === 0 && value.length <= 2 * playerCapacityAt(48_000),
);
const rate = z.custom<SampleRateHz>((value) => [8000, 16_000, 48_000].includes(value as number));

const format = z.object({ codec: z.enum(codecNames), payloadType, clockRateHz: uint32, parameters: text });
const keying = z.object({ profile: text, keyAndSalt: bytes, lifetimePackets: count.optional() });
const address = z.object({ address: text, rtpPort: port, rtcpPort: port });

const legMedia: z.ZodType<LegMedia> = z.object({
  remote: address.extend({ rtcpAddress: text.optional() }).nullable(),
  direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']),
  held: z.boolean(),
  send: format.extend({ ptimeMs: ms.max(1000) }).nullable(),
  receive: z.array(format).max(128),
  telephoneEvents: z
    .array(z.object({ sendPayloadType: payloadType, receivePayloadType: payloadType, clockRateHz: uint32 }))
    .max(128),
  comfortNoise: z
    .array(z.object({ payloadType, clockRateHz: uint32, sendPayloadType: payloadType.optional() }))
    .max(128)
    .optional(),
  rtcpMux: z.boolean(),
  srtp: z.object({ send: keying.nullable(), receive: keying.nullable() }).optional(),
  dtls: z
    .object({
      association: text,
      role: z.enum(['active', 'passive']),
      fingerprints: z.array(z.object({ hash: z.enum(['sha-512', 'sha-384', 'sha-256']), value: text })).max(32),
      certificate: bytes,
      privateKey: bytes,
    })
    .optional(),
  ice: z
    .object({
      localUfrag: text,
      localPassword: text,
      remoteUfrag: text,
      isRemoteLite: z.boolean(),
      checks: z.object({ remotePassword: text, places: z.array(z.object({ address: text, port })).max(64) }).optional(),
    })
    .optional(),
  consents: z.boolean().optional(),
  rtcpXr: z.object({ voipMetrics: z.boolean(), roundTrip: z.boolean() }).nullish(),
  isEarly: z.boolean().optional(),
  audioLevelId: z.number().int().min(1).max(14).optional(),
  tracks: z
    .array(z.object({ mid: text, midExtensionId: z.number().int().min(0).max(14), ssrc: uint32.optional() }))
    .max(mostTracks)
    .optional(),
});

const wireAddress: z.ZodType<WireAddress> = z.object({
  address: text.optional(),
  port: port.min(1),
  id: count.min(1).max(2 ** 30),
  key: bytes.refine(({ length }) => length === WIRE_KEY_BYTES),
});
/** Memory is not shared with another machine. */
const link = z.object({
  carrier: z.literal('wire'),
  toRoom: wireAddress,
  fromRoom: wireAddress,
  tracks: z.array(wireAddress).max(mostTracks).optional(),
  sampleRateHz: rate,
});

const ofLeg = z.object({ legId });
const ofSound = z.object({ soundId });
const soundEnd = z.enum(['played', 'closed', 'replaced', 'gone']);

const commands: Guards<HostCommand> = {
  'open-leg': z.object({
    legId,
    address: text,
    rtpPort: port,
    rtcpPort: port,
    ssrc: uint32,
    sequence: count.max(0xffff),
    timestamp: uint32,
    cname: text,
    rtpTimeoutMs: ms,
    inbandDtmf: z.enum(['auto', 'off']).optional(),
    comfortNoise: z.enum(comfortNoisePolicies).optional(),
    transport: z.enum(['pair', 'shared']).optional(),
    alsoAddresses: z.array(text).max(16).optional(),
    consentTimeoutMs: ms.optional(),
    saysBye: z.boolean().optional(),
  }),
  'set-leg': z.object({ legId, media: legMedia }),
  'join-room': z.object({ legId, roomId, echo: z.boolean() }),
  'leave-room': ofLeg,
  'join-ring': z.object({ legId, link }),
  'open-ring-member': z.object({ legId, roomId, echo: z.boolean(), link }),
  'close-ring-member': ofLeg,
  'send-dtmf': z.object({ legId, digits: text, durationMs: ms }),
  'close-leg': ofLeg,
  report: z.object({ id: count }),
  close: z.object({}),
  'set-rooms': z.object({ rules: z.object({ ungatedMembers: count, mostSpeakers: count, maxRateHz: rate }) }),
  'set-member': z.object({
    legId,
    settings: z.object({
      gainDb: figure,
      listenGainDb: figure,
      isMuted: z.boolean(),
      isDeaf: z.boolean(),
      reportsLevel: z.boolean(),
      agc: z.boolean(),
      denoise: z.boolean(),
    }),
  }),
  'watch-levels': z.object({ roomId, on: z.boolean() }),
  ping: z.object({}),
  'ask-quality': ofLeg,
  'open-player': z.object({
    soundId,
    place: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('leg'), legId }),
      z.object({ kind: z.literal('room'), roomId }),
    ]),
    sampleRateHz: rate,
    gainDb: figure.optional(),
    duckDb: figure.optional(),
    over: z.boolean().optional(),
    waits: z.boolean().optional(),
  }),
  'feed-player': z.object({ soundId, pcm, isLast: z.boolean() }),
  'close-player': ofSound,
  'open-recorder': z.object({
    soundId,
    legId,
    sampleRateHz: rate,
    channels: z.union([z.literal(1), z.literal(2)]),
  }),
  'recorder-kept': z.object({ soundId, chunks: count }),
  'close-recorder': ofSound,
  'set-player': z.object({ soundId, gainDb: figure, isPaused: z.boolean() }),
  'open-room-recorder': z.object({ soundId, roomId, sampleRateHz: rate }),
  'open-stream': z.object({
    soundId,
    roomId,
    sampleRateHz: rate,
    ways: z.enum(['both', 'hears', 'speaks']),
    chunkMs: count.min(20).max(MAX_CHUNK_MS).multipleOf(20),
    bufferMs: count.min(20).max(MAX_STREAM_MS),
  }),
  'feed-stream': z.object({ soundId, pcm }),
  'mark-stream': z.object({ soundId, mark: count }),
  'clear-stream': ofSound,
  'stream-kept': z.object({ soundId, chunks: count }),
  'close-stream': ofSound,
  'set-hearing': z.object({ legId, heardBy: legIds.nullable(), hears: legIds.nullable() }),
};

/** Figures that are shown and not acted on: that they are an object is enough. */
const stats = z.custom<LegStats>(isObject);
const quality = z.custom<QualityReport>(
  (value) => isObject(value) && isObject(value.series) && isObject(value.summary) && isObject(value.summary.in),
);
const oneWay = z.object({
  direction: z.enum(['in', 'out', 'both']),
  cause: z.enum(['nothing-came', 'from-elsewhere', 'stopped', 'not-heard']),
  silentMs: figure,
  local: text,
  sdp: text,
  latched: text.nullable(),
  refused: text.nullable(),
  packetsSent: count,
  packetsReceived: count,
});

const events: Guards<HostEvent> = {
  ready: z.object({ version: figure, wirePort: port.nullable(), wireAddress: text.optional() }),
  'leg-opened': z.object({
    legId,
    beat,
    at: address.optional(),
    places: z
      .array(z.object({ address: text, port }))
      .max(32)
      .optional(),
  }),
  'leg-failed': z.object({ legId, code: text, beat }),
  'leg-closed': z.object({ legId, stats, beat }),
  'media-started': z.object({ legId, address: text, port, beat }),
  'media-timeout': z.object({ legId, silentMs: figure, beat }),
  dtmf: z.object({
    legId,
    digit: text.max(1),
    durationMs: figure,
    source: z.enum(['rfc4733', 'inband']),
    beat,
  }),
  report: z.object({ id: count, report: z.custom<HostReport>(isObject) }),
  refused: z.object({ command: text, legId: legId.nullable(), reason: text }),
  load: z.object({ legs: count, beatLatenessP99Ms: figure, busyShare: figure, beat }),
  log: z.object({
    level: z.enum(logLevels),
    event: text,
    fields: z.record(z.string(), z.unknown()),
  }),
  failed: z.object({ reason: text }),
  closed: z.object({}),
  levels: z
    .object({
      roomId,
      legIds: z.array(legId),
      levels: z.array(figure),
      speaking: z.array(z.boolean()),
      omitted: count,
      beat,
    })
    .refine(({ legIds, levels, speaking }) => legIds.length === levels.length && legIds.length === speaking.length),
  applied: z.object({ commands: count, beat }),
  'media-one-way': z.object({ legId, news: oneWay, beat }),
  'media-two-way': z.object({ legId, beat }),
  'leg-quality': z.object({ legId, quality, beat }),
  'media-insecure': z.object({ legId, reason: text, beat }),
  'player-wants': z.object({ soundId, samples: count, beat }),
  'player-ended': z.object({ soundId, end: soundEnd, playedMs: ms, missedMs: ms, beat }),
  recorded: z.object({ soundId, pcm, lostFrames: count, beat }),
  'recorder-ended': z.object({ soundId, end: soundEnd, beat }),
  'stream-heard': z.object({ soundId, pcm, lostFrames: count, atMs: ms, beat }),
  'stream-said': z.object({ soundId, samples: count, marks: z.array(count).max(MAX_MARKS), beat }),
  'stream-ended': z.object({ soundId, end: soundEnd, beat }),
  'media-secured': z.object({ legId, beat }),
  'media-gone': z.object({ legId, reason: z.enum(['closed', 'silent']), silentMs: figure, beat }),
};

const helloGuard: z.ZodType<Omit<Hello, 'type'>> = z.object({ version: figure });

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Null when it is one, or what is wrong with it; values, which may be keys, are not told. */
export function faultOfCommand(message: { readonly type: string }): string | null {
  return faultOf(message, commands);
}

export function faultOfEvent(message: { readonly type: string }): string | null {
  return faultOf(message, events);
}

export function isHello(message: { readonly type: string } | null): message is Hello {
  return message?.type === 'hello' && helloGuard.safeParse(message).success;
}

function faultOf(message: { readonly type: string }, guards: Readonly<Record<string, z.ZodType>>): string | null {
  const guard = Object.hasOwn(guards, message.type) ? guards[message.type] : undefined;
  if (guard === undefined) return 'a message of no known type';
  const result = guard.safeParse(message);
  if (result.success) return null;
  return `${message.type} is malformed at ${result.error.issues[0]?.path.join('.') || 'its top'}`;
}
