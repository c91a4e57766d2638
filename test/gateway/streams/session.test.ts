import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import { StreamStage } from '../../support/stream-stage.js';
import { levelOf } from '../../support/voice.js';

let stage: StreamStage;

beforeEach(async () => {
  stage = await new StreamStage().open();
});

afterEach(async () => {
  expect(await stage.close()).toEqual({ streams: 0, watching: 0, timers: 0 });
});

function tone(hz: number, rateHz: number, ms: number): Int16Array {
  return Int16Array.from({ length: (rateHz * ms) / 1000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

function l16(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

function samples(bytes: Buffer): Int16Array {
  return new Int16Array(new Uint8Array(bytes).buffer);
}

describe('what an application hears', () => {
  test('connected, start, then a media message each 20 ms, numbered without a gap', async () => {
    const bot = await stage.dial('/streams/9000?name=agent&param.lang=de');
    await stage.clock.advance(200);
    expect(bot.messages.slice(0, 2)).toMatchObject([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      {
        event: 'start',
        sequenceNumber: '1',
        start: {
          callSid: '9000',
          roomId: '9000',
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { lang: 'de' },
        },
      },
    ]);
    expect(bot.sid).toMatch(/^MZ[0-9a-f]{32}$/);
    const media = bot.of('media');
    expect(media.length).toBeGreaterThan(8);
    for (const [index, message] of media.entries()) {
      expect(message).toMatchObject({
        sequenceNumber: String(index + 2),
        streamSid: bot.sid,
        media: { track: 'inbound', chunk: String(index + 1), timestamp: String(index * 20) },
      });
      expect(Buffer.from(message.media.payload, 'base64').length).toBe(160);
    }
    expect(stage.streams[0]?.keptChunks).toBe(media.length);
  });

  test('it is a member of kind stream, by its name, that hears and speaks', async () => {
    const bot = await stage.dial('/streams/9000?name=agent&role=host');
    expect(stage.rooms.entered).toMatchObject([
      {
        roomId: '9000',
        door: { memberId: bot.sid, kind: 'stream', peer: 'agent', direction: 'in', isSpectator: false, leg: null },
        options: { role: 'host', skipsPin: true, isMuted: false },
      },
    ]);
    expect(stage.rooms.entered[0]?.door.stream).toBe(stage.streams[0]);
    expect(stage.rooms.events).toEqual([['9000', { type: 'stream_started', stream_id: bot.sid }]]);
  });

  test('the sound of the room, as l16 of 24 kHz, in binary frames', async () => {
    const bot = await stage.dial('/streams/9000?encoding=l16&rate=24000&frames=binary&chunk_ms=100&ways=hears');
    const stream = stage.streams[0]!;
    expect(stream.options).toMatchObject({ sampleRateHz: 16_000, chunkMs: 100, ways: 'hears', of: 'mix' });
    expect(stage.rooms.entered[0]?.door.isSpectator).toBe(true);
    let phase = 0;
    stream.sound = (count) =>
      Int16Array.from({ length: count }, () => Math.round(8000 * Math.sin((2 * Math.PI * 1000 * phase++) / 16_000)));
    await stage.clock.advance(1000);
    expect(bot.of('media')).toEqual([]);
    expect(bot.binary.length).toBeGreaterThan(7);
    expect(bot.binary.every(({ length }) => length === 4800)).toBe(true);
    const heard = samples(Buffer.concat(bot.binary)).subarray(2400, 14_400);
    expect(levelOf(heard, 1000, 24_000)).toBeCloseTo(-12.2, 0);
  });

  test('keys that are pressed in the room', async () => {
    const bot = await stage.dial('/streams/9000');
    for (const watcher of stage.rooms.watchers.get('9000') ?? []) watcher.onDigit?.('m1', '5');
    await stage.clock.advance(10);
    expect(bot.of('dtmf')).toMatchObject([{ dtmf: { track: 'inbound_track', digit: '5', memberId: 'm1' } }]);
  });

  test('one that does not listen is sent no sound', async () => {
    const bot = await stage.dial('/streams/9000?ways=speaks');
    await stage.clock.advance(200);
    expect([bot.of('media').length, bot.of('start')[0].start.tracks]).toEqual([0, []]);
  });

  test('sound that the media host lost is a gap in chunk and timestamp, and counted', async () => {
    const bot = await stage.dial('/streams/9000');
    await stage.clock.advance(100);
    stage.streams[0]!.lostFrames = 320;
    await stage.clock.advance(100);
    const chunks = bot.of('media').map(({ media }) => Number(media.chunk));
    expect(chunks.filter((chunk, index) => index > 0 && chunk !== chunks[index - 1]! + 1)).toHaveLength(1);
    expect(stage.service.one(bot.sid).lost_chunks).toBe(2);
  });
});

describe('what an application says', () => {
  test('is heard in the room at its pace, however early it came, and its mark comes back when it has been said', async () => {
    const bot = await stage.dial('/streams/9000?encoding=l16');
    bot.say(l16(tone(1000, 8000, 1000)));
    bot.mark('said');
    await stage.clock.advance(900);
    expect(bot.of('mark')).toEqual([]);
    expect(stage.service.one(bot.sid)).toMatchObject({ received_ms: 1000, refused_ms: 0 });
    expect(stage.service.one(bot.sid).waiting_ms).toBeLessThan(150);
    await stage.clock.advance(150);
    expect(bot.of('mark')).toMatchObject([{ mark: { name: 'said' }, streamSid: bot.sid }]);
    const said = Int16Array.from(stage.streams[0]!.said).subarray(800, 7200);
    expect(levelOf(said, 1000)).toBeCloseTo(-12.2, 0);
  });

  test('µ-law of 8 kHz as a bot of Twilio sends it', async () => {
    const bot = await stage.dial('/streams/9000');
    bot.say(new Uint8Array(1600).fill(0x80));
    await stage.clock.advance(250);
    const said = stage.streams[0]!.said.filter((sample) => sample !== 0);
    expect([said.length, new Set(said)]).toEqual([1600, new Set([32_124])]);
  });

  test('clear silences at once, within one beat, and brings the marks back', async () => {
    const bot = await stage.dial('/streams/9000?encoding=l16');
    bot.say(l16(tone(1000, 8000, 5000)));
    bot.mark('one');
    bot.mark('two');
    await stage.clock.advance(500);
    bot.send({ event: 'clear', streamSid: bot.sid });
    await stage.clock.advance(2);
    const before = stage.streams[0]!.said.length;
    await stage.clock.advance(100);
    expect(stage.streams[0]!.said.slice(before).every((sample) => sample === 0)).toBe(true);
    expect(bot.of('mark').map(({ mark }) => mark.name)).toEqual(['one', 'two']);
    bot.say(l16(tone(1000, 8000, 100)));
    await stage.clock.advance(200);
    expect(stage.streams[0]!.said.slice(-1600).some((sample) => sample !== 0)).toBe(true);
  });

  test('a mark with nothing before it comes back at once, also from one that only hears', async () => {
    const speaker = await stage.dial('/streams/9000');
    const listener = await stage.dial('/streams/9000?ways=hears');
    for (const bot of [speaker, listener]) bot.mark('now');
    await stage.clock.advance(5);
    for (const bot of [speaker, listener]) expect(bot.of('mark')).toMatchObject([{ mark: { name: 'now' } }]);
  });

  test('beyond buffer_ms it is dropped and counted; what was taken is said', async () => {
    const bot = await stage.dial('/streams/9000?encoding=l16&buffer_ms=1000');
    for (let count = 0; count < 5; count += 1) bot.say(l16(tone(1000, 8000, 500)));
    await stage.clock.advance(10);
    expect(stage.service.one(bot.sid)).toMatchObject({ received_ms: 2500, refused_ms: 1500 });
    expect(bot.isClosed).toBe(false);
  });

  test('binary frames, where they were asked for', async () => {
    const bot = await stage.dial('/streams/9000?encoding=l16&rate=16000&frames=binary');
    bot.socket.send(l16(tone(1000, 16_000, 200)), false);
    bot.mark('said');
    await stage.clock.advance(300);
    expect(levelOf(Int16Array.from(stage.streams[0]!.said).subarray(0, 3200), 1000, 16_000)).toBeGreaterThan(-13);
    expect(bot.of('mark')).toHaveLength(1);
  });
});

test('in a lobby it hears nobody, until it is let in', async () => {
  stage.rooms.hasLobby = true;
  const bot = await stage.dial('/streams/9000');
  expect(stage.streams[0]?.roomId).toBe(`lobby of ${bot.sid}`);
  stage.rooms.entered[0]?.door.stream?.join('9000' as RoomId);
  expect([stage.streams[0]?.roomId, stage.service.one(bot.sid).room_id]).toEqual(['9000', '9000']);
});

describe('a stream of one member alone', () => {
  beforeEach(() => stage.rooms.addMember('9000', 'call-1'));

  test('hears it and is heard by it alone; its callSid is that of the call', async () => {
    const bot = await stage.dial('/streams/9000?of=call-1');
    expect(stage.streams[0]?.options.of).toBe('leg-call-1');
    expect(stage.rooms.entered[0]?.options).toMatchObject({ heardBy: ['call-1'], hears: ['call-1'] });
    expect(bot.of('start')[0].start.callSid).toBe('call-1');
    for (const watcher of stage.rooms.watchers.get('9000') ?? []) {
      watcher.onDigit?.('call-2', '1');
      watcher.onDigit?.('call-1', '2');
    }
    await stage.clock.advance(5);
    expect(bot.of('dtmf').map(({ dtmf }) => dtmf.digit)).toEqual(['2']);
  });

  test('ends when that member leaves', async () => {
    const bot = await stage.dial('/streams/9000?of=call-1');
    stage.rooms.removeMember('9000', 'call-1');
    await stage.clock.advance(5);
    expect(bot.of('stop')).toMatchObject([{ stop: { reason: 'member-left', callSid: 'call-1' } }]);
    expect(bot.closed).toEqual([1000, 'member-left']);
    expect(stage.rooms.gone).toEqual([[bot.sid, 'left']]);
  });

  test('is refused where there is no such member', async () => {
    await expect(stage.dial('/streams/9000?of=call-2')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('a stream ends', () => {
  test('when its application closes: the room is told, and the log of the room', async () => {
    const bot = await stage.dial('/streams/9000');
    bot.socket.close(1000, 'done');
    await stage.clock.advance(5);
    expect(stage.rooms.gone).toEqual([[bot.sid, 'left']]);
    expect(stage.rooms.events.at(-1)).toEqual([
      '9000',
      { type: 'stream_stopped', stream_id: bot.sid, reason: 'closed' },
    ]);
    expect(stage.streams[0]?.isClosed).toBe(true);
  });

  test('when its connection breaks', async () => {
    const bot = await stage.dial('/streams/9000');
    bot.socket.destroy();
    await stage.clock.advance(5);
    expect(stage.rooms.gone).toEqual([[bot.sid, 'failed']]);
    expect(stage.rooms.events.at(-1)?.[1]).toMatchObject({ reason: 'broken' });
  });

  test('when its application answers no ping, within 10 s; one that does lives on', async () => {
    const [mute, alive] = [await stage.dial('/streams/9000'), await stage.dial('/streams/9000')];
    await stage.clock.advance(30_000);
    expect(stage.service.size).toBe(2);
    mute.socket.answersPings = false;
    await stage.clock.advance(10_000);
    expect(stage.service.list(null).map(({ stream_id }) => stream_id)).toEqual([alive.sid]);
    expect(stage.rooms.gone).toEqual([[mute.sid, 'failed']]);
    expect(stage.rooms.events.at(-1)?.[1]).toMatchObject({ reason: 'timeout' });
  });

  test('when the last person has left, unless it stays', async () => {
    for (const member of ['call-1', 'call-2']) stage.rooms.addMember('9000', member);
    const [bot, other] = [await stage.dial('/streams/9000'), await stage.dial('/streams/9000?stays=true')];
    stage.rooms.removeMember('9000', 'call-1');
    await stage.clock.advance(5);
    expect(stage.service.size).toBe(2);
    stage.rooms.removeMember('9000', 'call-2');
    await stage.clock.advance(5);
    expect(bot.of('stop')).toMatchObject([{ stop: { reason: 'alone' } }]);
    expect(stage.service.list(null).map(({ stream_id }) => stream_id)).toEqual([other.sid]);
    expect(stage.rooms.gone).toEqual([[bot.sid, 'left']]);
  });

  test('when the room sends it away', async () => {
    const bot = await stage.dial('/streams/9000');
    stage.rooms.entered[0]?.door.end('kicked', 'be quiet');
    await stage.clock.advance(5);
    expect(bot.of('stop')).toMatchObject([{ stop: { reason: 'kicked' } }]);
    expect(bot.closed).toEqual([1000, 'be quiet']);
    expect(stage.rooms.gone).toEqual([[bot.sid, 'kicked']]);
  });

  test.each([
    ['gone', 'room-closed', 1000],
    ['lost', 'lost', 1011],
  ] as const)('when its media host says %s: %s, %i', async (end, reason, code) => {
    const bot = await stage.dial('/streams/9000');
    stage.streams[0]?.options.onEnded(end);
    await stage.clock.advance(5);
    expect(bot.of('stop')).toMatchObject([{ stop: { reason } }]);
    expect(bot.closed[0]).toBe(code);
  });

  test('when the gateway shuts down: 1001', async () => {
    const bot = await stage.dial('/streams/9000');
    stage.service.close();
    await stage.clock.advance(5);
    expect(bot.closed).toEqual([1001, 'drained']);
    await expect(stage.dial('/streams/9000')).rejects.toMatchObject({ statusCode: 503 });
  });

  test('and not when it is moved: its view and its keys are those of the other room', async () => {
    const bot = await stage.dial('/streams/9000');
    stage.rooms.entered[0]?.door.stream?.join('9001' as RoomId);
    expect(stage.streams[0]?.roomId).toBe('9001');
    expect(stage.service.list('9001')).toHaveLength(1);
    expect([stage.rooms.watchers.get('9000')?.size, stage.rooms.watchers.get('9001')?.size]).toEqual([0, 1]);
    expect(bot.isClosed).toBe(false);
  });
});

describe('RFC 6455 §7.4.1 what cannot be read closes the connection and says why', () => {
  test.each([
    ['text that is not JSON', '', (): string => 'garbage', [1007, 'not JSON']],
    ['JSON that is no message', '', (): object => ({}), [1007, 'no event']],
    [
      'sound that is not base64',
      '',
      (): object => ({ event: 'media', media: { payload: '***' } }),
      [1007, 'payload is not base64'],
    ],
    [
      'half a sample',
      '?encoding=l16',
      (): object => ({ event: 'media', media: { payload: 'AAAA' } }),
      [1007, 'half a sample'],
    ],
    [
      'sound from one that only hears',
      '?ways=hears',
      (): object => ({ event: 'media', media: { payload: 'AAAA' } }),
      [1008, 'this stream does not speak'],
    ],
  ] as const)('%s', async (_name, query, message, closed) => {
    const [bot, other] = [await stage.dial(`/streams/9000${query}`), await stage.dial('/streams/9000')];
    bot.send(message());
    await stage.clock.advance(5);
    expect(bot.closed).toEqual(closed);
    expect(bot.of('stop')).toMatchObject([{ stop: { reason: 'bad-message' } }]);
    expect(stage.rooms.gone).toEqual([[bot.sid, 'failed']]);
    expect(other.isClosed).toBe(false);
  });

  test('binary that was not asked for', async () => {
    const bot = await stage.dial('/streams/9000');
    bot.socket.send(new Uint8Array(160), false);
    await stage.clock.advance(5);
    expect(bot.closed).toEqual([1003, 'binary frames were not asked for']);
  });

  test('a message that is too long', async () => {
    const bot = await stage.dial('/streams/9000');
    bot.send('x'.repeat(2_097_153));
    await stage.clock.advance(5);
    expect(bot.closed[0]).toBe(1009);
    expect(stage.service.size).toBe(0);
  });

  test('more than 1000 marks that wait', async () => {
    const bot = await stage.dial('/streams/9000');
    bot.say(new Uint8Array(80_000));
    for (let count = 0; count <= 1000; count += 1) bot.mark(String(count));
    // So many in each turn, see StreamInbox.
    await stage.clock.advance(50);
    expect(bot.closed).toEqual([1008, 'more than 1000 marks wait']);
  });

  test('a flood of messages; a minute of speech at once is none', async () => {
    const [bot, speaker] = [await stage.dial('/streams/9000'), await stage.dial('/streams/9000')];
    for (let count = 0; count < 3000; count += 1) speaker.say(new Uint8Array(160));
    for (let count = 0; count < 25_000; count += 1) bot.send('{"event":"x"}');
    await stage.clock.until(() => bot.isClosed, 2000, 5);
    expect(bot.closed).toEqual([1008, 'too much at once']);
    expect(speaker.isClosed).toBe(false);
    expect(stage.service.one(speaker.sid)).toMatchObject({ received_ms: 60_000, refused_ms: 0 });
  });
});
