import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LegId, RoomId, SoundId } from '../../base/ids.js';
import { type HostCommand, type HostEvent, protocolVersion } from '../../rooms/protocol.js';
import { decodeMessage, encodeMessage } from '../../rooms/remote-codec.js';
import { faultOfCommand, faultOfEvent, isHello } from '../../rooms/remote-schema.js';
import { stats } from '../support/pool-bench.js';

type Samples<M extends { readonly type: string }> = {
  readonly [T in M['type']]: fc.Arbitrary<Extract<M, { readonly type: T }>>;
};

/** A record of arbitraries, where none of the optional ones has to be there. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model) as fc.Arbitrary<T>;
const type = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 }), type('__proto__'));
const legId = fc.string({ minLength: 1, maxLength: 40 }) as unknown as fc.Arbitrary<LegId>;
const soundId = legId as unknown as fc.Arbitrary<SoundId>;
const roomId = text as unknown as fc.Arbitrary<RoomId>;
const port = fc.integer({ min: 0, max: 65_535 });
const count = fc.nat();
const beat = count;
const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
const bool = fc.boolean();
const key = fc.uint8Array({ minLength: 12, maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 64 });
const pcm = fc.uint8Array({ maxLength: 64 }).map((some) => some.subarray(0, some.length & ~1));
const soundEnd = fc.constantFrom('played' as const, 'closed' as const, 'replaced' as const, 'gone' as const);
const rate = fc.constantFrom(8000 as const, 16_000 as const, 48_000 as const);
const payloadType = fc.integer({ min: 0, max: 127 });
const codec = fc.constantFrom('opus' as const, 'pcmu' as const, 'l16-44100' as const);
const format = { codec, payloadType, clockRateHz: count, parameters: text };
const nullable = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });
const keying = fc.record({ profile: text, keyAndSalt: bytes, lifetimePackets: count });

const media = fc.record(
  {
    remote: nullable(fc.record({ address: text, rtpPort: port, rtcpPort: port, rtcpAddress: text })),
    direction: fc.constantFrom('sendrecv' as const, 'inactive' as const),
    held: bool,
    send: nullable(fc.record({ ...format, ptimeMs: fc.constantFrom(10, 20, 60) })),
    receive: fc.array(fc.record(format), { maxLength: 3 }),
    telephoneEvents: fc.array(
      fc.record({ sendPayloadType: payloadType, receivePayloadType: payloadType, clockRateHz: count }),
      { maxLength: 2 },
    ),
    comfortNoise: fc.array(fc.record({ payloadType, clockRateHz: count, sendPayloadType: payloadType })),
    rtcpMux: bool,
    srtp: fc.record({ send: nullable(keying), receive: nullable(keying) }),
    dtls: fc.record({
      association: text,
      role: fc.constantFrom('active' as const, 'passive' as const),
      fingerprints: fc.array(fc.record({ hash: type('sha-256'), value: text }), { maxLength: 2 }),
      certificate: bytes,
      privateKey: bytes,
    }),
    ice: fc.record(
      {
        ...{ localUfrag: text, localPassword: text, remoteUfrag: text, isRemoteLite: bool },
        checks: fc.record({
          remotePassword: text,
          places: fc.array(fc.record({ address: text, port: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 3 }),
        }),
      },
      { requiredKeys: ['localUfrag', 'localPassword', 'remoteUfrag', 'isRemoteLite'] },
    ),
    rtcpXr: nullable(fc.record({ voipMetrics: bool, roundTrip: bool })),
    isEarly: bool,
    tracks: fc.array(fc.record({ mid: text, midExtensionId: fc.integer({ min: 0, max: 14 }) }), { maxLength: 3 }),
  },
  { requiredKeys: ['remote', 'direction', 'held', 'send', 'receive', 'telephoneEvents', 'rtcpMux'] },
);
const wire = fc.record({
  address: text,
  port: fc.integer({ min: 1, max: 65_535 }),
  id: fc.integer({ min: 1, max: 2 ** 30 }),
  key,
});
const link = fc.record({ carrier: type('wire'), toRoom: wire, fromRoom: wire, sampleRateHz: rate });
const ofLeg = <T extends string>(name: T): fc.Arbitrary<{ type: T; legId: LegId }> =>
  fc.record({ type: type(name), legId });

const ofSound = <T extends string>(name: T): fc.Arbitrary<{ type: T; soundId: SoundId }> =>
  fc.record({ type: type(name), soundId });

const commands: Samples<HostCommand> = {
  'open-leg': record({
    type: type('open-leg'),
    legId,
    address: text,
    rtpPort: port,
    rtcpPort: port,
    ssrc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    sequence: port,
    timestamp: count,
    cname: text,
    rtpTimeoutMs: ms,
    inbandDtmf: fc.constantFrom('auto', 'off', undefined),
    comfortNoise: fc.constantFrom('send', undefined),
    transport: fc.constantFrom('shared', 'pair', undefined),
    alsoAddresses: fc.array(text, { maxLength: 3 }),
    consentTimeoutMs: ms,
    saysBye: bool,
  }),
  'set-leg': record({ type: type('set-leg'), legId, media }),
  'join-room': record({ type: type('join-room'), legId, roomId, echo: bool }),
  'leave-room': ofLeg('leave-room'),
  'join-ring': record({ type: type('join-ring'), legId, link }),
  'open-ring-member': record({ type: type('open-ring-member'), legId, roomId, echo: bool, link }),
  'close-ring-member': ofLeg('close-ring-member'),
  'send-dtmf': record({ type: type('send-dtmf'), legId, digits: text, durationMs: ms }),
  'close-leg': ofLeg('close-leg'),
  report: record({ type: type('report'), id: count }),
  close: record({ type: type('close') }),
  'set-rooms': record({
    type: type('set-rooms'),
    rules: fc.record({ ungatedMembers: count, mostSpeakers: count, maxRateHz: rate }),
  }),
  'set-member': record({
    type: type('set-member'),
    legId,
    settings: fc.record({
      gainDb: fc.double(),
      listenGainDb: ms,
      isMuted: bool,
      isDeaf: bool,
      reportsLevel: bool,
      agc: bool,
      denoise: bool,
    }),
  }),
  'watch-levels': record({ type: type('watch-levels'), roomId, on: bool }),
  ping: record({ type: type('ping') }),
  'ask-quality': ofLeg('ask-quality'),
  'open-player': record({
    type: type('open-player'),
    soundId,
    place: fc.oneof(fc.record({ kind: type('leg'), legId }), fc.record({ kind: type('room'), roomId })),
    sampleRateHz: rate,
    gainDb: fc.double(),
    duckDb: ms,
    over: bool,
    waits: bool,
  }),
  'feed-player': record({ type: type('feed-player'), soundId, pcm, isLast: bool }),
  'close-player': ofSound('close-player'),
  'open-recorder': record({
    type: type('open-recorder'),
    soundId,
    legId,
    sampleRateHz: rate,
    channels: fc.constantFrom(1 as const, 2 as const),
  }),
  'recorder-kept': record({ type: type('recorder-kept'), soundId, chunks: count }),
  'close-recorder': ofSound('close-recorder'),
  'set-player': record({ type: type('set-player'), soundId, gainDb: fc.double(), isPaused: bool }),
  'open-room-recorder': record({ type: type('open-room-recorder'), soundId, roomId, sampleRateHz: rate }),
  'open-stream': record({
    type: type('open-stream'),
    soundId,
    roomId,
    sampleRateHz: rate,
    ways: fc.constantFrom('both' as const, 'hears' as const, 'speaks' as const),
    chunkMs: fc.integer({ min: 1, max: 25 }).map((beats) => beats * 20),
    bufferMs: fc.integer({ min: 20, max: 60_000 }),
  }),
  'feed-stream': record({ type: type('feed-stream'), soundId, pcm }),
  'mark-stream': record({ type: type('mark-stream'), soundId, mark: count }),
  'clear-stream': ofSound('clear-stream'),
  'stream-kept': record({ type: type('stream-kept'), soundId, chunks: count }),
  'close-stream': ofSound('close-stream'),
  'set-hearing': record({
    type: type('set-hearing'),
    legId,
    heardBy: nullable(fc.array(legId)),
    hears: nullable(fc.array(legId)),
  }),
};

const heard = {
  codec: 'pcmu',
  packets: 1,
  lost: 0,
  late: 0,
  concealedMs: 0,
  bursts: 0,
  burstDensity: 0,
  burstMs: 0,
  gapDensity: 0,
  gapMs: 0,
  lossPercent: null,
  jitterMs: { min: 0, avg: 0.5, max: 1, p95: 1 },
  bufferMs: null,
  mos: null,
};
const told = {
  codec: null,
  packets: 0,
  lost: null,
  lossPercent: null,
  jitterMs: null,
  roundTripMs: null,
  mos: null,
  metrics: null,
};
const quality = {
  startedAtMs: null,
  oneWay: null,
  series: { firstSecond: 0, seconds: [1, 2], firstMinute: 0, minutes: [] },
  summary: { seconds: 1, oneWayCount: 0, in: heard, out: told },
};
const report = {
  legs: 1,
  rooms: 1,
  ringMembers: 0,
  openSockets: 2,
  beatsSkipped: 0,
  beatLatenessP99Ms: 0.1,
  ringOverruns: 0,
  ringUnderruns: 0,
  commandsRefused: 0,
  players: 0,
  recorders: 0,
  streams: 0,
  streamDropped: 0,
  legStats: { leg: stats },
};

const events: Samples<HostEvent> = {
  ready: record({ type: type('ready'), version: count, wirePort: nullable(port), wireAddress: text }),
  'leg-opened': record({
    type: type('leg-opened'),
    legId,
    beat,
    at: fc.record({ address: text, rtpPort: port, rtcpPort: port }),
    places: fc.array(fc.record({ address: text, port }), { maxLength: 3 }),
  }),
  'leg-failed': record({ type: type('leg-failed'), legId, code: text, beat }),
  'leg-closed': record({ type: type('leg-closed'), legId, stats: fc.constant(stats), beat }),
  'media-started': record({ type: type('media-started'), legId, address: text, port, beat }),
  'media-timeout': record({ type: type('media-timeout'), legId, silentMs: ms, beat }),
  dtmf: record({
    type: type('dtmf'),
    legId,
    digit: fc.constantFrom('1', '#', 'A'),
    durationMs: ms,
    source: fc.constantFrom('rfc4733', 'inband'),
    beat,
  }),
  report: record({ type: type('report'), id: count, report: fc.constant(report) }),
  refused: record({ type: type('refused'), command: text, legId: nullable(legId), reason: text }),
  load: record({ type: type('load'), legs: count, beatLatenessP99Ms: fc.double(), busyShare: ms, beat }),
  log: record({
    type: type('log'),
    level: fc.constantFrom('info', 'error'),
    event: text,
    fields: fc.dictionary(fc.constantFrom('a', 'reason'), fc.oneof(text, count, bool)),
  }),
  failed: record({ type: type('failed'), reason: text }),
  closed: record({ type: type('closed') }),
  levels: fc.array(fc.tuple(legId, fc.integer({ min: 0, max: 127 }), bool)).chain((rows) =>
    record({
      type: type('levels'),
      roomId,
      legIds: fc.constant(rows.map(([id]) => id)),
      levels: fc.constant(rows.map(([, level]) => level)),
      speaking: fc.constant(rows.map(([, , speaks]) => speaks)),
      omitted: count,
      beat,
    }),
  ),
  applied: record({ type: type('applied'), commands: count, beat }),
  'media-one-way': record({
    type: type('media-one-way'),
    legId,
    news: fc.record({
      direction: fc.constantFrom('in' as const, 'both' as const),
      cause: fc.constantFrom('stopped' as const, 'not-heard' as const),
      silentMs: ms,
      local: text,
      sdp: text,
      latched: nullable(text),
      refused: nullable(text),
      packetsSent: count,
      packetsReceived: count,
    }),
    beat,
  }),
  'media-two-way': record({ type: type('media-two-way'), legId, beat }),
  'leg-quality': record({ type: type('leg-quality'), legId, quality: fc.constant(quality), beat }),
  'media-insecure': record({ type: type('media-insecure'), legId, reason: text, beat }),
  'player-wants': record({ type: type('player-wants'), soundId, samples: count, beat }),
  'player-ended': record({ type: type('player-ended'), soundId, end: soundEnd, playedMs: ms, missedMs: ms, beat }),
  recorded: record({ type: type('recorded'), soundId, pcm, lostFrames: count, beat }),
  'stream-heard': record({ type: type('stream-heard'), soundId, pcm, lostFrames: count, atMs: ms, beat }),
  'stream-said': record({ type: type('stream-said'), soundId, samples: count, marks: fc.array(count), beat }),
  'stream-ended': record({ type: type('stream-ended'), soundId, end: soundEnd, beat }),
  'recorder-ended': record({ type: type('recorder-ended'), soundId, end: soundEnd, beat }),
  'media-secured': record({ type: type('media-secured'), legId, beat }),
  'media-gone': record({
    type: type('media-gone'),
    legId,
    reason: fc.constantFrom('closed', 'silent'),
    silentMs: ms,
    beat,
  }),
};

describe('contract 3.4 messages of media hosts as WebSocket frames', () => {
  test.each(Object.entries(commands))('%s comes back as it was, and is taken for a command', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<HostCommand>, (command) => {
        const back = decodeMessage(encodeMessage(command));
        expect(back).toEqual(command);
        // Figures that are no numbers can be written, and are refused.
        const isOdd = command.type === 'set-member' && !Number.isFinite(command.settings.gainDb);
        expect(faultOfCommand(back!) === null).toBe(!isOdd);
      }),
      { numRuns: 50 },
    );
  });

  test.each(Object.entries(events))('%s comes back as it was, and is taken for an event', (_type, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<HostEvent>, (event) => {
        const back = decodeMessage(encodeMessage(event));
        expect(back).toEqual(event);
        const isOdd = event.type === 'load' && !Number.isFinite(event.beatLatenessP99Ms);
        expect(faultOfEvent(back!) === null).toBe(!isOdd);
      }),
      { numRuns: 50 },
    );
  });

  test('bytes may be part of a larger buffer, or a Buffer', () => {
    const whole = Uint8Array.from([1, 2, 3, 4, 5]);
    const message = { type: 'x', view: whole.subarray(1, 3), buffer: Buffer.from([9, 8]) };
    expect(decodeMessage(encodeMessage(message))).toEqual({
      type: 'x',
      view: Uint8Array.from([2, 3]),
      buffer: Uint8Array.from([9, 8]),
    });
  });

  test('whatever the bytes, nothing throws, and nothing but plain objects comes out', () => {
    fc.assert(fc.property(fc.uint8Array(), (data) => void decodeMessage(Buffer.from(data))));
    for (const wrong of ['', 'null', '[]', '1', '"type"', '{}', '{"type":1}', '{"type":"x"']) {
      expect(decodeMessage(Buffer.from(wrong))).toBeNull();
    }
    const hostile = decodeMessage(Buffer.from('{"type":"x","__proto__":{"isAdmin":true}}'));
    expect(Object.getPrototypeOf(hostile)).toBe(Object.prototype);
    expect((hostile as unknown as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test('what is malformed is named by its place, and not by its value', () => {
    const open = { type: 'open-leg', legId: 'a', address: '10.0.0.1', rtpPort: '5' };
    expect(faultOfCommand(open)).toBe('open-leg is malformed at rtpPort');
    const media = { type: 'set-leg', legId: 'a', media: { srtp: { send: { keyAndSalt: 'secret' } } } };
    expect(faultOfCommand(media)).not.toContain('secret');
    expect(faultOfCommand({ type: 'toString' })).toBe('a message of no known type');
    expect(faultOfEvent({ type: 'open-leg' })).toBe('a message of no known type');
    const shared = { carrier: 'memory', toRoom: {}, fromRoom: {}, sampleRateHz: 8000 };
    expect(faultOfCommand({ type: 'join-ring', legId: 'a', link: shared } as never)).toContain('link.carrier');
    expect(isHello({ type: 'hello', version: protocolVersion } as never)).toBe(true);
    expect(isHello({ type: 'hello' })).toBe(false);
    expect(isHello(null)).toBe(false);
  });
});
