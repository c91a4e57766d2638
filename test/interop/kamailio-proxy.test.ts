import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sipUri } from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { description, LOOPBACK, RealAgent } from '../support/real-agent.js';
import { converse, eachOther, type Talker, voices } from './support/conversation.js';
import type { Gateway } from './support/gateway.js';
import { type Hop, Kamailio } from './support/kamailio.js';
import { requirePeers } from './support/peers.js';
import type { Sipp, SippOptions } from './support/sipp.js';
import { Stage } from './support/stage.js';

const realm = 'kamailio.test';
const password = 's3cret';
let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('kamailio', 'sipp');
});

afterEach(() => stage.close());

interface Site {
  readonly gateway: Gateway;
  readonly kamailio: Kamailio;
  /** Kamailio's, where phones send everything. */
  readonly proxy: { readonly address: string };
}

/** @param next  where calls to its own address go */
async function startKamailio(next: string): Promise<Kamailio> {
  const kamailio = await Kamailio.start({ directory: stage.directory, realm, password, next });
  stage.onClose(() => kamailio.close());
  await kamailio.listening();
  return kamailio;
}

/** The built gateway with kamailio in front of it. */
async function site(next = ''): Promise<Site> {
  const gateway = await stage.gateway();
  const kamailio = await startKamailio(gateway.address + next);
  return { gateway, kamailio, proxy: { address: `127.0.0.1:${kamailio.address.port}` } };
}

type PhoneOptions = Partial<Omit<SippOptions, 'directory' | 'scenario'>>;

/** Registers a user at kamailio and waits there for calls. */
async function phone({ proxy }: Site, scenario: string, options: PhoneOptions): Promise<Sipp> {
  const port = await freePort();
  const common = { gateway: proxy, port, password, ...options };
  await (await stage.sipp({ ...common, scenario: 'register', keys: { seconds: '120' } })).finished();
  return stage.sipp({ ...common, scenario });
}

/** The gateway calls a user at kamailio into a room. */
async function call({ gateway, proxy }: Site, user: string, room: string): Promise<string> {
  const body = { room_id: room, dest_addr: proxy.address, from_number: '100', to_number: user };
  return ((await gateway.api('POST', '/sip/invite/server', body)) as { session_id: string }).session_id;
}

/** What has to have followed the route set: the requests in dialogs, as `ACK INVITE`; `!` marks one that lost it. */
function inDialog(hops: readonly Hop[]): string[] {
  return hops
    .filter((hop) => hop.isInDialog)
    .map(({ method, isRouted }) => (isRouted ? method : `${method}!`))
    .filter((method, index, all) => method !== all[index - 1]);
}

describe('RFC 3261 §12.2.1.1, §16.12 kamailio in front of the gateway', () => {
  test.each([
    ['udp', ''],
    ['tcp', ''],
    ['udp', ';transport=tcp'],
  ] as const)('a caller by %s, the gateway reached by its address%s: hold, UPDATE, BYE', async (transport, next) => {
    const { gateway, kamailio, proxy } = await site(next);
    const caller = await stage.sipp({ gateway: proxy, scenario: 'routed-caller', number: '9000', transport });
    await caller.finished();
    expect(await gateway.outcome()).toMatchObject({ answered: 1, ended: 1 });
    expect(inDialog(kamailio.hops)).toEqual(['ACK', 'INVITE', 'ACK', 'UPDATE', 'BYE']);
  });

  test.each(['udp', 'tcp'] as const)('the gateway calls a phone registered there by %s, and hangs up', async (kind) => {
    const all = await site();
    const { gateway, kamailio } = all;
    const callee = await phone(all, 'routed-callee', { user: '4001', transport: kind });
    const id = await call(all, '4001', 'r');
    await gateway.connected(1);
    await eventually('resumed', () => /^UPDATE [\s\S]*^SIP\/2.0 200 /m.test(callee.messages()));
    await gateway.api('DELETE', `/sip/conn/${id}`);
    await callee.finished();
    expect(await gateway.outcome()).toMatchObject({ answered: 1, ended: 1 });
    expect(inDialog(kamailio.hops)).toEqual(['ACK', 'INVITE', 'ACK', 'UPDATE', 'BYE']);
    const ours = kamailio.hops.filter(({ from }) => from === `udp:${gateway.address}`).map(({ method }) => method);
    expect(ours).toEqual(['INVITE', 'ACK', 'BYE']);
  });

  test('RFC 3261 §13.2.2.4 it forks to two phones, both answer: the later 200 gets its ACK and a BYE', async () => {
    const all = await site();
    const { gateway, kamailio } = all;
    const loser = await phone(all, 'routed-late-200', { user: '4002' });
    const winner = await phone(all, 'callee', { user: '4002' });
    const id = await call(all, '4002', 'r');
    await gateway.connected(1);
    await loser.finished();
    expect(await gateway.calls()).toHaveLength(1);
    await gateway.api('DELETE', `/sip/conn/${id}`);
    await winner.finished();
    expect(await gateway.outcome()).toMatchObject({ answered: 1, ended: 1 });
    const targets = new Set(kamailio.hops.filter(({ method }) => method === 'BYE').map(({ to }) => to));
    expect(targets.size).toBe(2);
    for (const target of targets) {
      expect(inDialog(kamailio.hops.filter(({ to }) => to === target))).toEqual(['ACK', 'BYE']);
    }
  });

  test('baresips call in and are called through it, hold, hear each other, and either side hangs up', async () => {
    requirePeers('baresip', 'espeak-ng', 'sox');
    const all = await site();
    const { gateway, kamailio, proxy } = all;
    const phones = await Promise.all([
      stage.baresip({ gateway, proxy, password, user: '1001' }),
      stage.baresip({ gateway, proxy, password, user: '1002', transport: 'tcp', codec: 'PCMA' }),
    ]);
    const [anna, ben] = (await voices(stage.directory, phones)) as [Talker, Talker];
    await call(all, '1001', '9000');
    await anna.phone.accept();
    await ben.phone.call('9000');
    await gateway.connected(2);
    expect(await converse([anna, ben], eachOther)).toEqual([]);
    const acks = (): number => kamailio.hops.filter(({ method }) => method === 'ACK').length;
    for (const command of ['hold', 'resume']) {
      const before = acks();
      await ben.phone.command(command);
      await eventually(command, () => acks() > before);
    }
    await anna.phone.hangUp();
    await ben.phone.event('CALL_CLOSED');
    expect(await gateway.outcome()).toMatchObject({ answered: 2, ended: 2 });
    expect(inDialog(kamailio.hops)).toEqual(['ACK', 'INVITE', 'ACK', 'INVITE', 'ACK', 'BYE']);
    const byes = kamailio.hops.filter(({ method }) => method === 'BYE').map(({ from, to }) => from + to);
    // Ben's phone writes its transport into what it dials: all of that dialog goes by TCP.
    expect(byes).toEqual([
      expect.stringMatching(/^udp:.*sip:100@/),
      expect.stringMatching(/^tcp:.*sip:1002-.*;transport=tcp$/),
    ]);
  });
});

describe('RFC 3261 §8.1.2 kamailio as the outbound proxy, which refuses what comes without a Route', () => {
  test('of a server profile of the gateway: it registers there and calls through it', async () => {
    const kamailio = await startKamailio('nobody.invalid');
    const outbound = { proxy: `127.0.0.1:${kamailio.address.port}`, domain: realm, username: '4010', password };
    const servers = [{ alias: 'carrier', outbound: { ...outbound, register: 'true' } }];
    const gateway = await stage.gateway('--servers', JSON.stringify(servers));
    await eventually('registered', async () => (await gateway.metrics()).trunk_registrations_up === 1);
    const callee = await stage.sipp({ gateway: { address: outbound.proxy }, scenario: 'routed-callee' });
    const { session_id: id } = (await gateway.api('POST', '/sip/invite/server', {
      room_id: 'r',
      dest_addr: `127.0.0.1:${callee.port}`,
      from_number: '100',
      to_number: '555',
      server_alias: 'carrier',
    })) as { session_id: string };
    await gateway.connected(1);
    await eventually('resumed', () => /^UPDATE [\s\S]*^SIP\/2.0 200 /m.test(callee.messages()));
    await gateway.api('DELETE', `/sip/conn/${id}`);
    await callee.finished();
    expect(inDialog(kamailio.hops)).toEqual(['ACK', 'INVITE', 'ACK', 'UPDATE', 'BYE']);
    expect(kamailio.hops.filter(({ isRouted }) => !isRouted)).toEqual([]);
  });

  test.each(['udp', 'tcp'] as const)('of two user agents that call each other by %s', async (kind) => {
    const kamailio = await startKamailio('nobody.invalid');
    const { address: host, port } = kamailio.address;
    const outboundProxy = sipUri({ host, port, params: { transport: kind } });
    const [alice, bob] = (await Promise.all(
      ['alice', 'bob'].map(async (name) => {
        const agent = await RealAgent.start(name, {
          listens: (['udp', 'tcp'] as const).map((each) => ({ kind: each, address: LOOPBACK, port: 0 })),
          agent: { outboundProxy },
          handlers: { onOffer: (_, reply) => reply.accept(description) },
        });
        stage.onClose(() => agent.ua.close());
        return agent;
      }),
    )) as [RealAgent, RealAgent];
    const at = bob.at(kind);
    const uri = sipUri({ user: 'bob', host: at.address, port: at.port, params: { transport: kind } });
    expect((await alice.ua.options({ uri })).response.statusCode).toBe(200);
    const session = alice.callUri(uri);
    const theirs = await eventually('confirmed', () => bob.heard.includes('confirmed') && bob.sessions[0]);
    // Each process of kamailio takes one of the connections: what comes from both sides at once has no order.
    const acknowledged = (times: number) =>
      eventually('ACK', () => kamailio.hops.filter(({ method }) => method === 'ACK').length >= times);
    await acknowledged(1);
    expect((await session.reinvite(description)).ok).toBe(true);
    await acknowledged(2);
    expect((await theirs.update(description)).ok).toBe(true);
    expect((await theirs.reinvite(description)).ok).toBe(true);
    await acknowledged(3);
    expect((await session.update(null)).ok).toBe(true);
    theirs.end();
    await eventually('over', () => alice.heard.includes('ended remote bye'));
    expect(inDialog(kamailio.hops)).toEqual(['ACK', 'INVITE', 'ACK', 'UPDATE', 'INVITE', 'ACK', 'UPDATE', 'BYE']);
    expect(kamailio.hops.filter(({ isRouted }) => !isRouted)).toEqual([]);
    expect(kamailio.hops.every(({ from }) => from.startsWith(kind))).toBe(true);
    expect([alice, bob].map(({ transport }) => transport.counters.requestsReceived)).not.toContain(0);
  });
});
