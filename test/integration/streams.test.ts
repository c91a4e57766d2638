import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';

/** Streams of the program itself, over real WebSockets: what is wrong is answered with its code (RFC 6455 §7.4.1). */

let directory: string;
let gateway: GatewayProcess;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hookline-streams-'));
  const args = ['--drain-ms', '0', '--api-secret', 's3cret', '--hook-allow', '127.0.0.1/32'];
  gateway = await GatewayProcess.start({ dataDir: directory, args });
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await gateway.program.kill();
  rmSync(directory, { recursive: true, force: true });
});

interface Bot {
  readonly socket: WebSocket;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what each test asserts
  readonly messages: any[];
  readonly binary: Buffer[];
  closed: [number, string] | null;
}

function follow(socket: WebSocket): Bot {
  const bot: Bot = { socket, messages: [], binary: [], closed: null };
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) bot.binary.push(data);
    else bot.messages.push(JSON.parse(data.toString()));
  });
  socket.on('close', (code, reason) => {
    bot.closed = [code, reason.toString()];
  });
  closers.push(() => socket.terminate());
  return bot;
}

const headers = { authorization: 'Bearer s3cret' };

async function dial(path: string, options: object = { headers }): Promise<Bot> {
  const bot = follow(new WebSocket(gateway.apiUrl.replace('http', 'ws') + path, options));
  await new Promise((resolve, reject) => {
    bot.socket.once('open', resolve);
    bot.socket.once('error', reject);
  });
  await eventually('start', () => bot.messages.length >= 2);
  return bot;
}

async function api(method: string, path: string, body?: object) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const all = { ...headers, 'content-type': 'application/json' };
  const response = await fetch(gateway.apiUrl + path, { method, headers: all, ...init });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}

describe('an application that connects', () => {
  test('hears at the pace of the room, speaks, and gets its marks back', async () => {
    const bot = await dial('/streams/9000?encoding=l16&rate=24000&frames=binary&stays=true');
    bot.socket.send(Buffer.alloc(24_000));
    bot.socket.send(JSON.stringify({ event: 'mark', mark: { name: 'half a second' } }));
    await eventually('the mark', () => bot.messages.some(({ event }) => event === 'mark'));
    expect(bot.binary.length).toBeGreaterThan(15);
    expect(new Set(bot.binary.map(({ length }) => length))).toEqual(new Set([960]));
    bot.socket.close(1000);
    await eventually('nothing left', async () => (await api('GET', '/streams')).json.streams.length === 0);
  });

  test('is refused without the secret, with a wrong one, and where it names no room', async () => {
    await expect(dial('/streams/9000', {})).rejects.toThrow('401');
    await expect(dial('/streams/9000', { headers: { authorization: 'Bearer wrong' } })).rejects.toThrow('401');
    await expect(dial('/streams/')).rejects.toThrow('404');
    await expect(dial('/streams/9000?rate=11025')).rejects.toThrow('400');
    await expect(dial('/streams/9000', { headers, origin: 'https://page.example' })).rejects.toThrow('403');
  });

  test.each([
    [1007, 'text that is not JSON', 'garbage', false],
    [1007, 'text that is not UTF-8', Buffer.from([0xc3, 0x28]), false],
    [1007, 'sound that is not base64', '{"event":"media","media":{"payload":"***"}}', false],
    [1003, 'binary frames', Buffer.alloc(160), true],
    [1009, 'a message of more than 2 MiB', 'x'.repeat(2_097_153), false],
  ])('%i is what it gets for %s', async (code, _name, message, binary) => {
    const bot = await dial('/streams/9000');
    bot.socket.send(message, { binary });
    await eventually('its close frame', () => bot.closed !== null);
    expect(bot.closed?.[0]).toBe(code);
    await eventually('nothing left', async () => (await api('GET', '/streams')).json.streams.length === 0);
  });

  /** A stream that floods, beside another one; the chunks that the other one was told, by number and time. */
  async function flood(): Promise<[chunk: number, atMs: number][]> {
    const [flooding, other] = [await dial('/streams/9000?stays=true'), await dial('/streams/9000?stays=true')];
    await eventually('sound', () => other.messages.length > 20);
    for (let count = 0; count < 40_000; count += 1) flooding.socket.send('{"event":"x"}');
    await eventually('its close frame', () => flooding.closed !== null);
    expect(flooding.closed).toEqual([1008, 'too much at once']);
    const before = other.messages.length;
    await eventually('more sound', () => other.messages.length > before + 50);
    expect(other.closed).toBeNull();
    other.socket.close(1000);
    await eventually('nothing left', async () => (await api('GET', '/streams')).json.streams.length === 0);
    const sound = other.messages.filter(({ event }) => event === 'media').map(({ media }) => media);
    return sound.map(({ chunk, timestamp }) => [Number(chunk), Number(timestamp)]);
  }

  test('1008 is what a flood gets, and another one hears on without a gap, at its pace', async () => {
    let heard = await flood();
    const isWhole = () => heard.every(([chunk, atMs], i) => chunk === i + 1 && atMs === 20 * i);
    // A machine that stands still for 100 ms skips beats by itself; a flood that took them would do so each time.
    for (let attempt = 1; attempt < 3 && !isWhole(); attempt += 1) heard = await flood();
    expect(heard).toEqual(heard.map((_, i) => [i + 1, 20 * i]));
  });

  test('one that does not read loses its sound or is ended, and another one hears on', async () => {
    const bot = await dial('/streams/9000?encoding=l16&rate=24000&chunk_ms=20&stays=true');
    const { streams } = (await api('GET', '/streams')).json;
    const path = `/streams/${streams[0].stream_id}`;
    // The kernel takes several seconds of sound before it is full.
    (bot.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket.pause();
    const other = await dial('/streams/9000?stays=true');
    await eventually(
      'a loss, or its end',
      async () => {
        const { status, json } = await api('GET', path);
        return status === 404 || json.lost_chunks > 0;
      },
      60_000,
    );
    // It answers no ping either: it is gone after 8 s, whichever comes first.
    const before = other.messages.length;
    await eventually('more sound', () => other.messages.length > before + 50);
  });

  test('SIGTERM: it is told that the gateway goes', async () => {
    const bot = await dial('/streams/9000?stays=true');
    await gateway.stop();
    expect(bot.closed).toEqual([1001, 'drained']);
    expect(bot.messages.at(-1)).toMatchObject({ event: 'stop', stop: { reason: 'drained' } });
  });
});

describe('an application that is connected to', () => {
  test('as a bot of Twilio is: connected, start, media; DELETE brings stop', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    closers.push(() => server.close());
    const bots: Bot[] = [];
    server.on('connection', (socket) => bots.push(follow(socket)));
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await dial('/streams/9000?stays=true');
    const body = { url: `ws://127.0.0.1:${port}/bot`, custom_parameters: { lang: 'de' } };
    const created = await api('POST', '/rooms/9000/streams', body);
    expect(created).toMatchObject({ status: 201, json: { direction: 'out', state: 'open' } });
    await eventually('sound', () => (bots[0]?.messages.length ?? 0) > 5);
    expect(bots[0]?.messages.slice(0, 3)).toMatchObject([
      { event: 'connected', protocol: 'Call', version: '1.0.0' },
      { event: 'start', sequenceNumber: '1', start: { customParameters: { lang: 'de' } } },
      { event: 'media', sequenceNumber: '2', media: { track: 'inbound', chunk: '1' } },
    ]);
    expect((await api('DELETE', `/streams/${created.json.stream_id}`)).status).toBe(204);
    await eventually('its end', () => bots[0]?.closed !== null);
    expect(bots[0]?.messages.at(-1)).toMatchObject({ event: 'stop', stop: { reason: 'stopped' } });
    expect(bots[0]?.closed).toEqual([1000, 'stopped']);
  });

  test.each([
    ['ws://127.0.0.1:1/', 502, 'STREAM_UNREACHABLE'],
    ['ws://192.0.2.1/', 403, 'URL_NOT_ALLOWED'],
    ['ws://no.such.host.invalid/', 502, 'STREAM_UNREACHABLE'],
  ])('%s is a %i %s', async (url, status, code) => {
    await dial('/streams/9000?stays=true');
    expect(await api('POST', '/rooms/9000/streams', { url })).toMatchObject({ status, json: { code } });
  });
});
