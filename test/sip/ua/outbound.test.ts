import { afterEach, describe, expect, test } from 'vitest';
import { sipUri } from '../../../sip/uri.js';
import { EdgeProxy, type EdgeProxyOptions } from '../../support/edge-proxy.js';
import { bobsAor, RegistrarBench, type RegistrarBenchOptions } from '../../support/registrar-bench.js';
import type { Agent } from '../../support/ua-bench.js';

let world: RegistrarBench;
let bob: Agent;
let edges: EdgeProxy[] = [];

const instanceId = 'urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF';

afterEach(() =>
  world.finish(async () => {
    for (const edge of edges) await edge.stop();
  }),
);

async function start(options: RegistrarBenchOptions['registrar'] = {}, edge: Partial<EdgeProxyOptions> = {}) {
  world = await RegistrarBench.start({ registrar: { outbound: {}, ...options } });
  bob = await world.bench.agent('bob', '10.0.0.1');
  const next = world.server.target;
  edges = [
    await EdgeProxy.start(world.bench, { name: 'ep1', address: '10.0.0.5', next, ...edge }),
    await EdgeProxy.start(world.bench, { name: 'ep2', address: '10.0.0.6', next, ...edge }),
  ];
}

function throughEdges(kind: 'udp' | 'tcp', more = {}) {
  const outboundProxies = edges.map((edge) => ({ uri: edge.uri, target: edge.target(kind) }));
  return world.registration(bob, { instanceId, outboundProxies, ...more });
}

const flowsBound = () =>
  world.store
    .load('bob@biloxi.example.com')
    .map(({ regId, path }) => `${regId} ${/@([\d.]+)/.exec(path[0] ?? '')?.[1]}`);

describe('RFC 5626 §9', () => {
  test('RFC 5626 §9.2 one instance registers over both proxies of its set, each flow a binding of its own', async () => {
    await start();
    const { registration } = throughEdges('tcp');
    registration.start();
    await world.bench.clock.advance(100);
    const asked = world.registers().filter(({ via }) => via.length === 2);
    expect(asked.map(({ headers }) => headers.get('Contact'))).toEqual([
      `<sip:bob@10.0.0.1:5060;transport=tcp>;+sip.instance="<${instanceId}>";reg-id=1`,
      `<sip:bob@10.0.0.1:5060;transport=tcp>;+sip.instance="<${instanceId}>";reg-id=2`,
    ]);
    expect(asked[0]?.headers.get('Supported')).toBe('path, outbound, gruu');
    expect(asked[0]?.callId).toBe(asked[1]?.callId);
    expect(world.answers(200)[0]?.headers.get('Require')).toBe('outbound');
    expect(flowsBound()).toEqual(['1 10.0.0.5', '2 10.0.0.6']);
    expect(registration.flows.map(({ remote }) => remote.address)).toEqual(['10.0.0.5', '10.0.0.6']);
    expect(registration.contact?.params.has('ob')).toBe(true);
    expect(registration.target).toMatchObject({ kind: 'tcp', address: '10.0.0.5' });
  });

  test('RFC 5626 §7 who looks the user up gets one flow of the instance, the newest, and the other in reserve', async () => {
    await start();
    throughEdges('tcp').registration.start();
    await world.bench.clock.advance(100);
    const found = await world.registrar.contactsOf(bobsAor);
    expect(found).toHaveLength(1);
    expect([found[0]?.binding.regId, found[0]?.alternatives.map(({ regId }) => regId)].flat().sort()).toEqual([1, 2]);
  });

  test('RFC 5626 §4.5 a proxy crashes: its flow is registered anew over it when it is back, the other stands', async () => {
    await start();
    const { registration, news } = throughEdges('tcp');
    registration.start();
    await world.bench.clock.advance(1000);
    await edges[0]?.stop();
    await world.bench.clock.advance(1000);
    expect(news.at(-1)).toMatchObject({ state: 'failed', flow: 0, reasonPhrase: 'Flow Closed' });
    expect(registration.state).toBe('registered');
    expect(registration.flows.map(({ remote }) => remote.address)).toEqual(['10.0.0.6']);
    await edges[0]?.restart();
    // No keep-alive had been answered yet: a first failure while another flow stands waits 90 to 180 s.
    await world.bench.clock.advance(88_000);
    expect(registration.flows).toHaveLength(1);
    await world.bench.clock.advance(93_000);
    expect(registration.flows).toHaveLength(2);
    // The same reg-id: the binding of the dead flow was replaced, not joined.
    expect(flowsBound().sort()).toEqual(['1 10.0.0.5', '2 10.0.0.6']);
    expect(registration.isRegistered).toBe(true);
  });

  test('RFC 5626 §4.5 a flow that has worked is formed anew at once when it breaks', async () => {
    await start();
    const { registration, news } = throughEdges('tcp');
    registration.start();
    // One keep-alive each was answered: 95 to 120 s.
    await world.bench.clock.advance(125_000);
    await edges[0]?.stop();
    await edges[0]?.restart();
    await world.bench.clock.advance(100);
    expect(news.find(({ state }) => state === 'failed')).toMatchObject({ flow: 0, retryInMs: 0 });
    expect(registration.flows).toHaveLength(2);
    expect(flowsBound().sort()).toEqual(['1 10.0.0.5', '2 10.0.0.6']);
  });

  test('RFC 5626 §4.4.1 a connection whose keep-alives are answered is kept', async () => {
    await start();
    const { registration, news } = throughEdges('tcp');
    registration.start();
    await world.bench.clock.advance(1_000_000);
    expect(news.filter(({ state }) => state === 'failed')).toEqual([]);
    expect(registration.flows).toHaveLength(2);
  });

  test('RFC 5626 §4.4.2 over UDP a proxy that answers no STUN has failed', async () => {
    await start();
    const { registration, news } = throughEdges('udp');
    registration.start();
    await world.bench.clock.advance(120_000);
    expect(news.filter(({ state }) => state === 'failed')).toEqual([]);
    world.bench.network.filter = ({ to }) => to.address !== '10.0.0.5';
    await world.bench.clock.advance(100_000);
    expect(news.find(({ state }) => state === 'failed')).toMatchObject({
      flow: 0,
      reasonPhrase: 'Flow Failed: no-answer',
    });
    expect(registration.isRegistered).toBe(true);
    world.bench.network.filter = null;
  });
});

describe('RFC 5626 §6 at the registrar', () => {
  test('RFC 5626 §6 a first hop that keeps no flows is 439, and the client goes on without them', async () => {
    await start({}, { keepsFlows: false });
    const { registration, words } = throughEdges('udp', { outboundProxies: [{ uri: edges[0]!.uri }] });
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.answers(439).length).toBeGreaterThan(0);
    expect(words()).toEqual(['registering', 'registered']);
    expect(flowsBound()).toEqual(['null 10.0.0.5']);
    expect(world.registers().at(-1)?.headers.get('Contact')).not.toContain('reg-id');
  });

  test('RFC 5626 §6 straight to the registrar no Path is needed, and Flow-Timer says how often to be heard', async () => {
    await start({ outbound: { flowTimerS: 60 } });
    const { registration } = world.registration(bob, { instanceId });
    registration.start();
    await world.bench.clock.advance(100);
    expect(world.answers(200)[0]?.headers.get('Flow-Timer')).toBe('60');
    const before = world.bench.network.sent;
    await world.bench.clock.advance(61_000);
    // At least one STUN request and its answer.
    expect(world.bench.network.sent - before).toBeGreaterThanOrEqual(2);
    expect(registration.isRegistered).toBe(true);
  });

  test('RFC 5626 §6 two flows in one REGISTER are 400', async () => {
    await start();
    const answer = bob.ua.request({
      method: 'REGISTER',
      uri: sipUri({ host: 'biloxi.example.com' }),
      to: { displayName: undefined, uri: bobsAor, params: bobsAor.params },
      target: world.server.target,
      headers: [
        ['Supported', 'outbound'],
        ['Contact', `<sip:bob@10.0.0.1>;reg-id=1;+sip.instance="<${instanceId}>"`],
        ['Contact', `<sip:bob@10.0.0.1>;reg-id=2;+sip.instance="<${instanceId}>"`],
      ],
    });
    await world.bench.clock.advance(100);
    expect((await answer).statusCode).toBe(400);
    expect(flowsBound()).toEqual([]);
  });

  test('a connection that is gone is no place to send to, where the registrar can tell', async () => {
    let open = true;
    await start({ isFlowOpen: () => open });
    const { registration } = world.registration(bob, { instanceId });
    registration.start();
    await world.bench.clock.advance(100);
    expect(await world.registrar.contactsOf(bobsAor)).toHaveLength(1);
    open = false;
    expect(await world.registrar.contactsOf(bobsAor)).toEqual([]);
  });
});
