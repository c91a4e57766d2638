import { describe, expect, test } from 'vitest';
import { createControlClient } from '../../../gateway/control/control-client.js';
import { type HttpAnswer, type HttpRequest, HttpTransportError } from '../../../gateway/hooks/transport.js';
import { ManualClock } from '../../support/manual-clock.js';

const base = 'http://127.0.0.1:9001';

/** A client over a transport whose answers the test gives, in any order. */
function stage() {
  const clock = new ManualClock();
  const open: { request: HttpRequest; answer: (status: number) => void; fail: (error: Error) => void }[] = [];
  const client = createControlClient({
    clock,
    transport: (request) =>
      new Promise<HttpAnswer>((resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(new HttpTransportError('aborted', 'aborted')));
        open.push({ request, answer: (status) => resolve({ status, headers: {}, body: '' }), fail: reject });
      }),
  });
  const tell = (path: string, lane = path) => client.send({ method: 'PUT', url: base + path, body: { path }, lane });
  return { clock, client, open, tell };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('news for a control server', () => {
  test('go out as JSON and are taken with a 200', async () => {
    const { client, open, tell } = stage();
    const outcome = tell('/dialog/1');
    await settled();
    expect(open[0]!.request).toMatchObject({
      url: `${base}/dialog/1`,
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"path":"/dialog/1"}',
    });
    open[0]!.answer(200);
    expect(await outcome).toEqual({ kind: 'taken' });
    expect(client.counters).toEqual({ control_sent_total: 1, control_failed_total: 0, control_dropped_total: 0 });
  });

  test('without a body carry no type of one', async () => {
    const { client, open } = stage();
    const sent = client.send({ method: 'DELETE', url: `${base}/reg/a/1`, body: null, lane: 'a' });
    await settled();
    expect(open[0]!.request).toMatchObject({ method: 'DELETE', headers: {}, body: '' });
    open[0]!.answer(200);
    await sent;
  });

  test('of one lane wait for each other, of different lanes do not', async () => {
    const { open, tell } = stage();
    const all = [tell('/1', 'a'), tell('/2', 'a'), tell('/3', 'b')];
    await settled();
    expect(open.map(({ request }) => request.url)).toEqual([`${base}/1`, `${base}/3`]);
    open[0]!.answer(500);
    await settled();
    expect(open).toHaveLength(3);
    open[1]!.answer(200);
    open[2]!.answer(200);
    const outcomes = await Promise.all(all);
    expect(outcomes).toEqual([{ kind: 'refused', statusCode: 500 }, { kind: 'taken' }, { kind: 'taken' }]);
  });

  test('without an answer in ten seconds are given up, and the next of the lane goes out', async () => {
    const { clock, open, tell } = stage();
    const first = tell('/1', 'a');
    const second = tell('/2', 'a');
    await settled();
    clock.advance(9_999);
    await settled();
    expect(open).toHaveLength(1);
    clock.advance(1);
    expect(await first).toEqual({ kind: 'unreachable', reason: 'no answer within 10000 ms' });
    await settled();
    open[1]!.answer(200);
    expect(await second).toEqual({ kind: 'taken' });
  });

  test('whose server refuses the connection are unreachable', async () => {
    const { open, tell } = stage();
    const outcome = tell('/1');
    await settled();
    open[0]!.fail(new HttpTransportError('connect', 'ECONNREFUSED'));
    expect(await outcome).toEqual({ kind: 'unreachable', reason: 'ECONNREFUSED' });
  });

  test('beyond 64 in a lane are dropped and counted', async () => {
    const { client, tell } = stage();
    for (let n = 0; n < 64; n += 1) void tell(`/${n}`, 'a');
    expect(await tell('/64', 'a')).toEqual({ kind: 'dropped' });
    expect(client.counters.control_dropped_total).toBe(1);
  });

  test('are waited for until they are through, or for a time', async () => {
    const { clock, client, open, tell } = stage();
    void tell('/1', 'a');
    await settled();
    let isDone = false;
    const late = client.drain(2000).then(() => {
      isDone = true;
    });
    await settled();
    expect(isDone).toBe(false);
    clock.advance(2000);
    await late;
    const drained = client.drain(2000);
    open[0]!.answer(200);
    await drained;
    await client.drain(0);
  });
});
