import { describe, expect, test } from 'vitest';
import { settle } from '../../support/manual-clock.js';
import { roomApi } from '../../support/room-api.js';

const key = (text: string) => ({ 'idempotency-key': text });

describe('draft-ietf-httpapi-idempotency-key', () => {
  test('§2.6 the same request with the same key is done once and answered alike', async () => {
    const bench = roomApi();
    const first = await bench.request('POST', '/rooms', { locked: true }, key('"a-1"'));
    const again = await bench.request('POST', '/rooms', { locked: true }, key('"a-1"'));
    expect([first.status, again.status]).toEqual([201, 201]);
    expect([again.headers.get('location'), again.headers.get('idempotency-replayed')]).toEqual([
      '/rooms/room-1',
      'true',
    ]);
    expect(first.headers.get('idempotency-replayed')).toBe(null);
    expect(await again.json()).toEqual(await first.json());
    expect(bench.rooms.list()).toHaveLength(1);
    expect(bench.keys.counters()).toMatchObject({ idempotency_replayed_total: 1, idempotency_keys: 1 });
  });

  test('a key in quotes and the same without are one; without a key every request is a new one', async () => {
    const bench = roomApi();
    for (const headers of [key('"a-1"'), key('a-1'), {}, {}]) await bench.request('POST', '/rooms', {}, headers);
    expect(bench.rooms.list()).toHaveLength(3);
  });

  test('§2.7 the key with another request is 422', async () => {
    const bench = roomApi();
    await bench.request('POST', '/rooms', { room_id: 'a' }, key('k'));
    expect(await bench.ask('POST', '/rooms', { room_id: 'b' }, key('k'))).toEqual([
      422,
      {
        status: 422,
        title: 'Unprocessable Entity',
        code: 'IDEMPOTENCY_KEY_REUSED',
        detail: 'this Idempotency-Key came with another request',
      },
    ]);
  });

  test('§2.7 while the first is running the second is 409, and is answered once it is done', async () => {
    const bench = roomApi();
    bench.rooms.create({ room_id: 'ops' });
    let done = (): void => undefined;
    bench.rooms.hold = new Promise((resolve) => {
      done = resolve;
    });
    const dial = () => bench.request('POST', '/rooms/ops/members', { session_id: 's', from_number: '1' }, key('k'));
    const running = dial();
    await settle();
    const second = await dial();
    expect([second.status, ((await second.json()) as { code: string }).code]).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE']);
    done();
    expect((await running).status).toBe(201);
    expect(await (await dial()).json()).toEqual({ member_id: 'call-1' });
    expect(bench.rooms.asked).toHaveLength(1);
  });

  test('a refusal is answered again, a fault of ours is tried again', async () => {
    const bench = roomApi();
    bench.rooms.create({ room_id: 'ops' });
    const dial = () => bench.ask('POST', '/rooms/ops/members', { session_id: 's', from_number: '1' }, key('k'));
    bench.rooms.refusal = { code: 'OVERLOADED' };
    expect((await dial())[0]).toBe(503);
    bench.rooms.refusal = { code: 'REGISTRATION_NOT_FOUND' };
    expect((await dial())[0]).toBe(404);
    bench.rooms.refusal = null;
    expect(await dial()).toMatchObject([404, { code: 'REGISTRATION_NOT_FOUND' }]);
    expect(bench.rooms.asked).toHaveLength(2);
  });

  test('an hour after the request the key is free', async () => {
    const bench = roomApi();
    await bench.request('POST', '/rooms', {}, key('k'));
    await bench.clock.advance(3_600_000 - 1);
    await bench.request('POST', '/rooms', {}, key('k'));
    expect(bench.rooms.list()).toHaveLength(1);
    await bench.clock.advance(1);
    await bench.request('POST', '/rooms', {}, key('k'));
    expect(bench.rooms.list()).toHaveLength(2);
    bench.keys.close();
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('keys belong to their path and their caller', async () => {
    const options = { apiSecret: 'hush', apiAllow: ['127.0.0.1'] };
    const bench = roomApi({ options });
    for (const authorization of ['Bearer hush', 'Bearer other']) {
      await bench.request('POST', '/rooms', {}, { ...key('k'), authorization });
    }
    expect(bench.rooms.list()).toHaveLength(2);
    const dial = { session_id: 's', from_number: '1' };
    for (const room of ['room-1', 'room-2']) await bench.request('POST', `/rooms/${room}/members`, dial, key('k'));
    expect(bench.rooms.asked).toHaveLength(2);
  });

  test('so many keys are kept, the newest; when all of them are running the newcomer is 503', async () => {
    const bench = roomApi({ keys: { keys: 2 } });
    bench.rooms.create({ room_id: 'ops' });
    const dial = (name: string) =>
      bench.request('POST', '/rooms/ops/members', { session_id: 's', from_number: '1' }, key(name));
    for (const name of ['a', 'b', 'c', 'c', 'a']) await dial(name);
    expect(bench.rooms.asked).toHaveLength(4);
    expect(bench.keys.counters()).toMatchObject({ idempotency_keys: 2, idempotency_dropped_total: 2 });
    let done = (): void => undefined;
    bench.rooms.hold = new Promise((resolve) => {
      done = resolve;
    });
    const running = [dial('x'), dial('y')];
    await settle();
    expect((await dial('z')).status).toBe(503);
    done();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([201, 201]);
    bench.rooms.hold = null;
    expect((await dial('z')).status).toBe(201);
  });

  test('an answer that is too long is not kept', async () => {
    const bench = roomApi({ keys: { answerBytes: 10 } });
    for (const _ of [1, 2]) await bench.request('POST', '/rooms', {}, key('k'));
    expect(bench.rooms.list()).toHaveLength(2);
    expect(bench.keys.counters()).toMatchObject({ idempotency_keys: 0, idempotency_dropped_total: 2 });
  });

  for (const text of ['""', '"a', 'a b', 'x'.repeat(256), 'ä']) {
    test(`the key ${text.slice(0, 10)} is 400`, async () => {
      const bench = roomApi();
      expect(await bench.ask('POST', '/rooms', {}, key(text))).toMatchObject([400, { code: 'BAD_REQUEST' }]);
      expect(bench.rooms.list()).toEqual([]);
    });
  }
});
