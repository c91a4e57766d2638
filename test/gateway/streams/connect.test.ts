import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StreamStage } from '../../support/stream-stage.js';
import type { VirtualRefusal } from '../../support/virtual-web-sockets.js';

let stage: StreamStage;

beforeEach(async () => {
  stage = await new StreamStage().open();
  stage.rooms.addMember('9000', 'call-1');
});

afterEach(async () => {
  expect(await stage.close()).toEqual({ streams: 0, watching: 0, timers: 0 });
});

/** The HTTP status of a refusal, and its text. */
async function refused(dialled: Promise<unknown>): Promise<unknown> {
  return dialled.then(
    () => 'let in',
    (error: VirtualRefusal) => [error.statusCode, error.message],
  );
}

describe('we connect to the application', () => {
  test('and it is told start; what its URL says beside the path reaches it, and is not shown', async () => {
    await stage.serve(9000);
    const body = {
      url: 'ws://u%20x:p@10.0.0.9:9000/bot?key=secret',
      name: 'agent',
      custom_parameters: { a: 'b' },
    };
    const view = await stage.create('9000', body);
    await stage.clock.advance(50);
    const [bot] = stage.bots;
    expect(bot?.of('start')).toMatchObject([{ streamSid: view.stream_id, start: { customParameters: { a: 'b' } } }]);
    expect(stage.webSockets.asked).toMatchObject([
      {
        path: '/bot?key=secret',
        protocol: null,
        secure: false,
        headers: { authorization: `Basic ${Buffer.from('u x:p').toString('base64')}` },
      },
    ]);
    expect(view).toMatchObject({
      room_id: '9000',
      state: 'open',
      direction: 'out',
      name: 'agent',
      encoding: 'mulaw',
      rate: 8000,
    });
    expect(view.url).toBe('ws://10.0.0.9:9000/bot');
  });

  test('wss is dialled at 443, by its name', async () => {
    await expect(stage.create('9000', { url: 'wss://10.0.0.9/bot' })).rejects.toMatchObject({
      code: 'STREAM_UNREACHABLE',
    });
    expect(stage.webSockets.asked).toMatchObject([{ secure: true, path: '/bot' }]);
  });

  test('but not to an address that may not be reached', async () => {
    const narrow = new StreamStage({ permits: (address) => address !== '10.0.0.9' });
    narrow.rooms.addMember('9000', 'call-1');
    await expect(narrow.create('9000', {})).rejects.toMatchObject({ code: 'URL_NOT_ALLOWED' });
    expect(narrow.service.counters.streams_refused_total).toBe(1);
    expect(await narrow.close()).toEqual({ streams: 0, watching: 0, timers: 0 });
  });

  test.each([
    ['no room of that name', '9001', {}, 'ROOM_NOT_FOUND'],
    ['nobody of that id', '9000', { of: 'call-2' }, 'MEMBER_NOT_FOUND'],
    ['nobody listens there', '9000', { url: 'ws://10.0.0.9:1/' }, 'STREAM_UNREACHABLE'],
  ])('and not where there is %s', async (_name, roomId, body, code) => {
    await expect(stage.create(roomId, body)).rejects.toMatchObject({ code });
    expect(stage.service.size).toBe(0);
  });

  test('a room that closes meanwhile closes the connection with 1008', async () => {
    await stage.serve(9000);
    const created = stage.create('9000', {});
    stage.rooms.refusal = { code: 'ROOM_CLOSED', statusCode: 410, text: 'Room Closed' };
    await expect(created).rejects.toMatchObject({ code: 'ROOM_CLOSED' });
    await stage.clock.advance(50);
    expect(stage.streams.every(({ isClosed }) => isClosed)).toBe(true);
  });

  test('one more than may be is refused', async () => {
    const small = new StreamStage({ maxStreams: 1 });
    await small.serve(9000);
    small.rooms.addMember('9000', 'call-1');
    await small.create('9000', {});
    await expect(small.create('9000', {})).rejects.toMatchObject({ code: 'TOO_MANY_STREAMS' });
    expect(await small.close()).toEqual({ streams: 0, watching: 0, timers: 0 });
  });

  test('a connection that breaks is not made again, unless asked', async () => {
    await stage.serve(9000);
    await stage.create('9000', {});
    stage.bots[0]?.socket.destroy();
    await stage.clock.advance(60_000);
    expect([stage.bots.length, stage.service.size]).toEqual([1, 0]);
    expect(stage.rooms.events.at(-1)?.[1]).toMatchObject({ type: 'stream_stopped', reason: 'broken' });
  });

  test('reconnects: it stays in the room, and begins with connected and start of the same stream', async () => {
    await stage.serve(9000);
    const { stream_id } = await stage.create('9000', { reconnects: 2 });
    stage.bots[0]?.socket.destroy();
    await stage.clock.advance(200);
    expect(stage.service.one(stream_id).state).toBe('reconnecting');
    expect(stage.rooms.gone).toEqual([]);
    await stage.clock.advance(600);
    expect(stage.service.one(stream_id).state).toBe('open');
    expect(stage.bots[1]?.messages.slice(0, 2)).toMatchObject([{ event: 'connected' }, { streamSid: stream_id }]);
    expect(Number(stage.bots[1]?.of('media')[0].media.chunk)).toBeGreaterThan(20);
    stage.bots[1]?.say(new Uint8Array(160).fill(0x80));
    await stage.clock.advance(50);
    expect(stage.streams[0]?.said.some((sample) => sample !== 0)).toBe(true);
  });

  test('and is given up in the end; one that was closed in order is not made again', async () => {
    const served = await stage.serve(9000);
    await stage.create('9000', { reconnects: 3 });
    await stage.create('9000', { reconnects: 3 });
    stage.bots[1]?.socket.close(1000, 'bye');
    await stage.clock.advance(5);
    served.close();
    stage.bots[0]?.socket.destroy();
    await stage.clock.advance(100);
    expect(stage.service.list(null).map(({ state }) => state)).toEqual(['reconnecting']);
    await stage.clock.advance(10_000);
    expect(stage.service.size).toBe(0);
    expect(stage.rooms.events.at(-1)?.[1]).toMatchObject({ reason: 'broken' });
  });

  test('DELETE tells it stop', async () => {
    await stage.serve(9000);
    const { stream_id } = await stage.create('9000', {});
    stage.service.remove(stream_id);
    await stage.clock.advance(5);
    expect(stage.bots[0]?.of('stop')).toMatchObject([{ stop: { reason: 'stopped' } }]);
    expect(stage.bots[0]?.closed).toEqual([1000, 'stopped']);
    expect(() => stage.service.remove(stream_id)).toThrow(expect.objectContaining({ code: 'STREAM_NOT_FOUND' }));
  });
});

describe('the application connects to us', () => {
  test('a room is made where there is none, with the name in its path decoded', async () => {
    await stage.dial('/streams/daily%20stand-up');
    expect(stage.rooms.entered[0]?.roomId).toBe('daily stand-up');
  });

  test.each([
    ['/streams/', 404],
    ['/streams/a/b', 404],
    ['/streams/%E0%A4%A', 404],
    ['/streams/9000?rate=11025', 400],
    ['/streams/9000?encoding=opus', 400],
    ['/streams/9000?chunk_ms=30', 400],
    ['/streams/9000?chunk_ms=x', 400],
    ['/streams/9000?ways=none', 400],
    ['/streams/9000?buffer_ms=60001', 400],
    ['/streams/9000?of=call-2', 404],
  ])('%s is refused with %i', async (path, statusCode) => {
    expect(await refused(stage.dial(path))).toEqual([statusCode, expect.any(String)]);
  });

  test('RFC 6455 §4.2.2 without a subprotocol, or with ours', async () => {
    await stage.dial('/streams/9000', { protocols: ['hookline.streams'] });
    expect(await refused(stage.dial('/streams/9000', { protocols: ['sip'] }))).toMatchObject([400, expect.anything()]);
  });

  test('a locked room and a full gateway refuse before the handshake', async () => {
    stage.rooms.refusal = { code: 'ROOM_LOCKED', statusCode: 403, text: 'Room Locked' };
    expect(await refused(stage.dial('/streams/9000'))).toEqual([409, 'ROOM_LOCKED: Room Locked']);
  });
});

describe('who may connect', () => {
  const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
  let guarded: StreamStage;

  beforeEach(async () => {
    guarded = await new StreamStage({ apiSecret: 's3cret' }).open();
    const good = { room: '9000', peer: 'ann', mayPublish: true, maySubscribe: true, extraData: 'vip' };
    guarded.tokens.set('good', good);
    guarded.tokens.set('ears', { ...good, room: null, peer: null, mayPublish: false });
    guarded.tokens.set('mouth', { ...good, maySubscribe: false });
  });

  afterEach(async () => {
    expect(await guarded.close()).toEqual({ streams: 0, watching: 0, timers: 0 });
  });

  test('the bearer of the secret', async () => {
    await guarded.dial('/streams/9000', bearer('s3cret'));
    expect(await refused(guarded.dial('/streams/9000'))).toMatchObject([401, expect.anything()]);
    expect(await refused(guarded.dial('/streams/9000', bearer('wrong')))).toMatchObject([401, expect.anything()]);
  });

  test('who shows a token of this room, as the token names him, and as no host', async () => {
    await guarded.dial('/streams/9000?name=x&role=host', bearer('good'));
    await guarded.dial('/streams/9000?token=good', { origin: 'https://page.example' });
    expect(guarded.rooms.entered).toMatchObject([
      { door: { peer: 'ann', extraData: 'vip' }, options: { role: 'member' } },
      { door: { peer: 'ann' } },
    ]);
    expect(await refused(guarded.dial('/streams/9001?token=good'))).toMatchObject([401, expect.anything()]);
    expect(await refused(guarded.dial('/streams/9000?token=other'))).toMatchObject([401, expect.anything()]);
  });

  test('a token that only hears may not speak, one that only speaks may not hear', async () => {
    expect(await refused(guarded.dial('/streams/9000?token=mouth'))).toMatchObject([403, expect.anything()]);
    await guarded.dial('/streams/9000?token=mouth&ways=speaks');
    expect(await refused(guarded.dial('/streams/9000?token=ears'))).toMatchObject([403, expect.anything()]);
    await guarded.dial('/streams/9002?token=ears&ways=hears');
  });

  test('a web page only by a token: pages are not held back by same-origin rules here', async () => {
    const page = { origin: 'https://page.example' };
    expect(await refused(stage.dial('/streams/9000', page))).toMatchObject([403, expect.anything()]);
    expect(await refused(guarded.dial('/streams/9000', { ...page, ...bearer('s3cret') }))).toMatchObject([
      403,
      expect.anything(),
    ]);
  });
});
