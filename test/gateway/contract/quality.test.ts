import { afterEach, describe, expect, test } from 'vitest';
import { mediaEventBody, qualityView } from '../../../contract/quality.js';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(config);
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
}

async function qualityOf(connId: string) {
  const answer = await world.gateway.api('GET', `/sip/conn/${connId}/quality`);
  return qualityView.parse((answer.json as { data: unknown }).data);
}

function logged(event: string): Record<string, unknown>[] {
  return world.gateway.log.filter((line) => line.event === event).map((line) => ({ ...line.fields }));
}

const connIdOf = (): string => String(world.hooks.bodies('invite').at(-1)?.conn_id);

describe('a peer that is not heard', () => {
  test('it is logged within three seconds with all addresses, counted, and seen in the API', async () => {
    await start();
    await world.dial(await world.addRegistered('1001'), '9', 'answered');
    await world.clock.advance(3000);
    const callId = connIdOf();
    expect(logged('media.one_way')).toEqual([
      expect.objectContaining({ callId, way: 'in', cause: 'nothing-came', sdpIsPrivate: true, latched: null }),
    ]);
    const { one_way } = await qualityOf(callId);
    expect(one_way).toMatchObject({
      way: 'in',
      sdp: '10.0.1.1:40000',
      local: expect.stringMatching(/^10\.0\.0\.1:\d+$/),
    });
    expect(world.gateway.gateway.counters()).toMatchObject({ media_one_way: 1, media_one_way_total: 1 });
  });

  test('while it only rings nobody expects to hear it', async () => {
    await start('call_events: true\nmedia_events: true');
    await world.addRegistered('1002', { onInvite: 'ring' });
    await world.clock.advance(20);
    const { json } = await world.inviteClient('1002', 'r');
    await world.clock.advance(10_000);
    await world.gateway.api('DELETE', `/sip/conn/${json.data?.session_id}`);
    await world.expectNothingLeft();
    expect(logged('media.one_way')).toEqual([]);
  });
});

describe('media_events', () => {
  test('off: nothing but call events, whatever happens', async () => {
    await start('call_events: true');
    const call = await world.dial(await world.addRegistered('1001'), '9', 'answered');
    await world.clock.advance(5000);
    call.hangUp();
    await world.expectNothingLeft();
    expect(world.hooks.bodies('event').map(({ type }) => type)).toEqual(['call', 'call', 'call']);
  });

  test('on: one way, two ways, and after the terminal event how the call sounded', async () => {
    await start('call_events: true\nmedia_events: true');
    const phone = await world.addPhone('1001', { toneHz: 440 });
    await world.register(phone);
    const call = await world.dial(phone, '9', 'answered');
    await world.clock.advance(200);
    call.hangUp();
    await world.clock.advance(500);
    const quiet = await world.dial(await world.addRegistered('1002'), '9', 'answered');
    await world.clock.advance(4000);
    quiet.hangUp();
    await world.expectNothingLeft();
    const events = world.hooks.bodies('event').filter(({ session_id }) => session_id === connIdOf());
    expect(events.map(({ type, state, event }) => `${type} ${state ?? event}`)).toEqual([
      'call Connecting',
      'call Connected',
      'media one_way',
      'call Ended',
      'media quality',
    ]);
    expect(mediaEventBody.parse(events[2])).toMatchObject({ one_way: { cause: 'nothing-came' }, quality: null });
    const { quality } = mediaEventBody.parse(events[4]);
    expect(quality).toMatchObject({ one_way_count: 1, in: { packets: 0, mos: null } });
    expect(world.gateway.gateway.counters()).toMatchObject({ media_one_way: 0, media_one_way_total: 1 });
  });
});

describe('GET /sip/conn/{conn_id}/quality', () => {
  test('each second of both directions, with the E-model’s MOS; the log has the summary at the end', async () => {
    await start();
    const phone = await world.addPhone('1001', { toneHz: 440 });
    await world.register(phone);
    const call = await world.dial(phone, '9', 'answered');
    await world.clock.advance(10_100);
    const callId = connIdOf();
    const { seconds, minutes, summary, one_way } = await qualityOf(callId);
    expect(one_way).toBeNull();
    expect(minutes).toEqual([]);
    expect(seconds.length).toBe(10);
    expect(seconds[9]!.at - seconds[8]!.at).toBe(1000);
    expect(seconds[8]!.in).toMatchObject({ packets: 50, lost: 0, late: 0, longest_run: 0 });
    expect(seconds[8]!.in.mos).toBeGreaterThan(4.3);
    expect(seconds[8]!.out).toMatchObject({ packets: 50, loss_percent: 0 });
    expect(summary.in.mos?.p95).toBeGreaterThan(4.3);
    expect(summary.out.round_trip_ms?.avg).toBeGreaterThan(0);
    call.hangUp();
    await world.expectNothingLeft();
    expect(logged('call.quality')).toEqual([expect.objectContaining({ callId, seconds: 10 })]);
    const source = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
    const metrics = await world.gateway.gateway.api.request('/metrics', { headers: { host: '127.0.0.1' } }, source);
    const text = await metrics.text();
    expect(text).toContain('# TYPE hookline_call_mos_in histogram\n');
    expect(text).toMatch(
      /hookline_call_mos_in_bucket\{le="\+Inf"\} 1\nhookline_call_mos_in_sum 4\.\d+\nhookline_call_mos_in_count 1\n/,
    );
    for (const way of ['in', 'out']) {
      expect(text).toContain(`hookline_call_mos_${way}_bucket{le="4"} 0\n`);
      expect(text).toContain(`hookline_call_mos_${way}_bucket{le="4.5"} 1\n`);
    }
    const gone = await world.gateway.api('GET', `/sip/conn/${callId}/quality`);
    expect(gone.json).toMatchObject({ status: false, error: 'NOT_FOUND' });
  });
});
