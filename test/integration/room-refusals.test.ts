import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { signJwt } from '../../gateway/web/jwt.js';
import { tone, writeWav } from '../../media/index.js';
import { eventually } from '../support/eventually.js';
import { hear, LoopbackRooms } from '../support/loopback-rooms.js';
import { type LoopbackPhone, reached } from '../support/loopback-world.js';
import { silentMedia } from '../support/phone.js';

/** What is bad of what members send, over real sockets: its answer, and that the others hear each other all the same. */

const secret = 'the secret of these tokens';
const tones = [440, 800];
let rooms: LoopbackRooms;
let room: string;
let phones: [LoopbackPhone, LoopbackPhone];

/** A gateway for the tests of one group. */
function serve(...args: string[]): void {
  beforeAll(async () => {
    rooms = await LoopbackRooms.start({ args });
  });

  afterEach(() => rooms.over());

  afterAll(() => rooms.close());
}

async function meet(): Promise<void> {
  room = rooms.name('room');
  await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1 });
  phones = [await rooms.come(room, 440), await rooms.come(room, 800)];
  await unhurt();
}

const unhurt = (): Promise<void> =>
  hear(
    [
      [phones[0], [800]],
      [phones[1], [440]],
    ],
    tones,
  );

const token = (claims: object, key = secret): string => signJwt({ iss: 'webrtc', room, exp: 9e9, ...claims }, key);

const noAudio = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96'],
  ...['c=IN IP4 0.0.0.0', 'a=mid:0', 'a=rtpmap:96 VP8/90000', 'a=sendrecv', 'a=rtcp-mux', ''],
].join('\r\n');

describe('what is refused', () => {
  serve('--token-secret', secret, '--sound-max-bytes', '100000');

  test('over HTTP: tokens, offers without audio, sounds that are none or too large, rooms that are not there', async () => {
    await meet();
    const told = async (...request: Parameters<LoopbackRooms['api']>): Promise<unknown[]> => {
      const { status, json } = await rooms.api(...request);
      return [status, json?.error ?? json?.code];
    };
    for (const door of ['whip', 'whep', 'webrtc']) {
      const offer = (bearer: string): Promise<unknown[]> => {
        const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${bearer}` };
        return told('POST', `/${door}/endpoint`, Buffer.from(noAudio), headers);
      };
      expect([door, await offer(token({}, 'another key'))]).toEqual([door, [401, 'INVALID_TOKEN']]);
      expect([door, await offer(token({ exp: 1 }))]).toEqual([door, [401, 'TOKEN_EXPIRED']]);
      expect([door, await offer(token({ iss: door }))]).toEqual([door, [406, 'NOT_ACCEPTABLE']]);
    }
    const old = { authorization: `Bearer ${token({ exp: 1 })}` };
    expect(await told('GET', `/rooms/${room}`, undefined, old)).toEqual([401, 'TOKEN_EXPIRED']);
    expect(await told('GET', '/rooms/nobody')).toEqual([404, 'ROOM_NOT_FOUND']);
    expect(await told('POST', '/rooms/nobody/playbacks', { tone: '440:100' })).toEqual([404, 'ROOM_NOT_FOUND']);
    const wav = { 'content-type': 'audio/wav' };
    const long = tone({ frequenciesHz: [500], sampleRateHz: 48_000, levelDb: -12, durationMs: 5000 });
    const large = writeWav({ sampleRateHz: 48_000, channels: 1, samples: long });
    expect(await told('PUT', '/sounds/x', large, wav)).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(await told('PUT', '/sounds/x', Buffer.from('no sound at all'), wav)).toEqual([422, 'UNPROCESSABLE']);
    const html = { 'content-type': 'text/html' };
    expect(await told('PUT', '/sounds/x', Buffer.from('<p>'), html)).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    // Without a length that could be looked at before.
    const pieces = new ReadableStream({
      start: (controller) => {
        for (let at = 0; at < large.length; at += 10_000) controller.enqueue(large.subarray(at, at + 10_000));
        controller.close();
      },
    });
    const init = { method: 'PUT', headers: wav, body: pieces, duplex: 'half' } as RequestInit;
    expect((await fetch(`${rooms.gateway.apiUrl}/sounds/x`, init)).status).toBe(413);
    expect((await rooms.ask('GET', '/sounds')).sounds).toEqual([]);
    await unhurt();
  });

  test('a SIP call without audio: 488; datagrams that are nothing, at the port of a call: not heard', async () => {
    await meet();
    const video = await rooms.phone(0, {
      createMedia: () => ({
        ...silentMedia('127.0.0.1'),
        offer: () => Buffer.from(noAudio.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP').replace('0.0.0.0', '127.0.0.1')),
      }),
    });
    expect(await rooms.refused(video, room)).toBe(488);
    const port = Number(/m=audio (\d+)/.exec(phones[0].call?.remote[0] ?? '')?.[1]);
    const raw = await rooms.world.openRaw({ address: '127.0.0.1', port });
    for (let length = 0; length < 200; length += 1) raw.send(Buffer.alloc(length, length));
    await unhurt();
  });

  test('WebSockets: handshakes that are none, bad tokens, frames that are none', async () => {
    await meet();
    const { port } = new URL(rooms.gateway.apiUrl);
    const open = async (): Promise<{ socket: Socket; bytes: () => Buffer; ended: () => boolean }> => {
      const seen: Buffer[] = [];
      let isOver = false;
      const socket = connect(Number(port), '127.0.0.1');
      rooms.world.closeLater(async () => void socket.destroy());
      socket.on('data', (data) => seen.push(data));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        isOver = true;
      });
      await new Promise((resolve) => socket.once('connect', resolve));
      return { socket, bytes: () => Buffer.concat(seen), ended: () => isOver };
    };
    const garbage = await open();
    garbage.socket.write(Buffer.from(`\x00\xff no HTTP ${'\x01'.repeat(100)}\r\n\r\n`, 'latin1'));
    await eventually(
      'it is told and dropped',
      () => garbage.bytes().toString().startsWith('HTTP/1.1 400') && garbage.ended(),
    );
    const path = `/streams/${room}`;
    for (const [shown, status] of [
      [token({ exp: 1 }), 401],
      [token({}, 'another key'), 401],
      ['x.y.z', 401],
      [token({ room: 'elsewhere' }), 401],
    ] as const) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?token=${shown}`);
      const error = await new Promise<Error>((resolve) => {
        socket.once('error', resolve).once('open', () => resolve(new Error('let in')));
      });
      expect(error.message).toContain(String(status));
    }
    const handshake = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n`;
    const keyless = await open();
    keyless.socket.write(`${handshake}\r\n`);
    await eventually('it is told', () => keyless.bytes().toString().startsWith('HTTP/1.1 400'));
    // RFC 6455 §5.1 a frame without a mask, §5.2 a reserved opcode, a reserved bit, §5.5 a ping of 126 bytes.
    for (const bad of [
      [0x81, 1, 0x41],
      [0x83, 0x80, 0, 0, 0, 0],
      [0xc1, 0x80, 0, 0, 0, 0],
      [0x89, 0xfe, 0, 126, 0, 0, 0, 0],
    ]) {
      const { socket, bytes, ended } = await open();
      socket.write(`${handshake}Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`);
      await eventually('it is in', () => bytes().toString('latin1').startsWith('HTTP/1.1 101'));
      socket.write(Buffer.from(bad));
      // Its close frame has 1002: 0x03ea.
      await eventually(
        '1002',
        () => bytes().includes(Buffer.from([0x88])) && bytes().includes(Buffer.from([0x03, 0xea])),
      );
      await eventually('it is dropped', ended);
    }
    await eventually(
      'no stream is left',
      async () => (await rooms.ask('GET', `/rooms/${room}/streams`)).streams.length === 0,
    );
    await unhurt();
  });
});

describe('a track that stops', () => {
  // A gateway of its own: phones are in this process, and where the machine keeps it from running for so long, their calls end.
  serve('--rtp-timeout-ms', '4000');

  test('is silence for the others, and its call ends after rtp_timeout_ms', async () => {
    await meet();
    const third = await rooms.come(room, 1250);
    await hear([[phones[0], [800, 1250]]], [...tones, 1250]);
    await third.voices.at(-1)!.close();
    await hear(
      [
        [phones[0], [800]],
        [phones[1], [440]],
      ],
      [...tones, 1250],
    );
    await reached(third.call!, 'ended bye');
    expect((await rooms.events(room)).at(-1)).toMatchObject({ type: 'member_left', peer: third.options.user });
    await unhurt();
  });
});
