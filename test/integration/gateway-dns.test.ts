import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRealNetwork, type UdpSocket } from '../../base/network.js';
import { createUserAgent, MemoryBindingStore, type NodeUserAgent, Registrar } from '../../sip/index.js';
import { FakeControlServer } from '../support/control-server.js';
import { jsonOf } from '../support/dialog-world.js';
import { Dnsmasq } from '../support/dnsmasq.js';
import { eventually } from '../support/eventually.js';
import { freePort, type GatewayProcess } from '../support/gateway-process.js';
import { LoopbackWorld } from '../support/loopback-world.js';
import { silentMedia } from '../support/phone.js';
import { sdpText } from '../support/sdp-text.js';

const HOST = '127.0.0.1';

let dns: Dnsmasq;
/** Takes registrations and calls. */
let live: NodeUserAgent;
let livePort: number;
/** Reads all and says nothing, as a server does that hangs. */
let silent: UdpSocket;
let heardBySilent = 0;
/** Nobody listens here. */
let closedPort: number;
let deadDnsPort: number;
let world: LoopbackWorld;
let gateway: GatewayProcess;

beforeAll(async () => {
  live = createUserAgent({ listens: [`udp:${HOST}:0`, `tcp:${HOST}:0`] });
  live.use(new Registrar(live.context, { store: new MemoryBindingStore(live) }));
  live.onInvite((session) => {
    session.accept({ body: Buffer.from(sdpText(['m=audio 40000 RTP/AVP 8'], { connection: `IN IP4 ${HOST}` })) });
    return { onEnded: () => undefined };
  });
  await live.start();
  const portOf = (kind: string): number => live.transport.listening.find((each) => each.kind === kind)!.port;
  livePort = portOf('udp');
  silent = await createRealNetwork().bindUdp(
    { address: HOST, port: 0 },
    {
      onMessage: () => {
        heardBySilent += 1;
      },
      onError: () => undefined,
    },
  );
  closedPort = await freePort();
  deadDnsPort = await freePort();
  dns = await Dnsmasq.start([
    '--local-ttl=60',
    `--host-record=here.test,${HOST}`,
    '--naptr-record=silent.test,10,10,S,SIP+D2U,,_sip._udp.silent.test',
    `--srv-host=_sip._udp.silent.test,here.test,${silent.local.port},10,0`,
    `--srv-host=_sip._udp.silent.test,here.test,${livePort},20,0`,
    // TCP is wanted first, and its only server is not there.
    '--naptr-record=refusing.test,10,10,S,SIP+D2T,,_sip._tcp.refusing.test',
    '--naptr-record=refusing.test,20,10,S,SIP+D2U,,_sip._udp.refusing.test',
    `--srv-host=_sip._tcp.refusing.test,here.test,${closedPort},10,0`,
    `--srv-host=_sip._tcp.refusing.test,here.test,${portOf('tcp')},20,0`,
    `--srv-host=_sip._udp.refusing.test,here.test,${livePort},10,0`,
    // No NAPTR: SRV is asked for each transport of ours.
    `--srv-host=_sip._udp.carrier.test,here.test,${closedPort},10,0`,
    `--srv-host=_sip._udp.carrier.test,here.test,${livePort},20,0`,
  ]);
});

afterAll(async () => {
  await Promise.all([live?.close(), silent?.close(), dns?.stop()]);
});

beforeEach(() => {
  heardBySilent = 0;
  world = new LoopbackWorld();
});

afterEach(() => world.close());

async function start(...args: string[]): Promise<void> {
  gateway = await world.startGateway({
    hookUrl: 'off',
    args: ['--dns-servers', `${HOST}:${deadDnsPort},${HOST}:${dns.address.port}`, ...args],
  });
}

/** Calls a user at a host and waits for the answer. */
async function answered(host: string): Promise<void> {
  const { data } = await gateway.api.POST('/sip/invite/server', {
    body: { room_id: 'r1', dest_addr: host, from_number: '100', to_number: '555' },
  });
  const id = data?.data.session_id;
  await eventually('the call is answered', () => gateway.logged('call.answered').some(({ callId }) => callId === id));
}

describe('the built gateway with --dns-servers, of which the first is dead', () => {
  test('RFC 3263 §4.3 a call goes on from a server that says nothing to the next one of its SRV records', async () => {
    await start();
    await answered('silent.test');
    expect(heardBySilent).toBeGreaterThan(1);
    const metrics = await gateway.metrics();
    // node:dgram waits for the dead one, the addon hears of it from ICMP.
    expect(metrics.dns_timeouts_total! + metrics.dns_unreachable_total!).toBeGreaterThanOrEqual(1);
    expect(metrics).toMatchObject({
      sip_server_failovers_total: 1,
      sip_server_failed_total: 1,
      calls_answered_total: 1,
    });
    // The silent one is tried last from now on, and what DNS said is remembered.
    const { dns_sent_total: sent } = await gateway.metrics();
    heardBySilent = 0;
    await answered('silent.test');
    expect(heardBySilent).toBe(0);
    expect(await gateway.metrics()).toMatchObject({ sip_server_failovers_total: 1, dns_sent_total: sent });
  });

  test('RFC 3263 §4.1 NAPTR prefers TCP; a port that refuses it is left at once', async () => {
    await start();
    await answered('refusing.test');
    expect(await gateway.metrics()).toMatchObject({ sip_server_failovers_total: 1, sip_connections: 1 });
  });

  test('mediaswitch row 15: a call of a control server finds the server of its domain by SRV, and the next one', async () => {
    const control = new FakeControlServer();
    const served = await control.listen();
    world.closeLater(served.close);
    await start();
    const body = {
      from: { domain: 'here.test', user: '1003' },
      to: { domain: 'carrier.test', user: '555' },
      control: served.url,
      sdp: jsonOf(silentMedia(HOST, 10_000).offer('sendrecv')),
    };
    const reply = await fetch(`${gateway.apiUrl}/dialog/invite`, { method: 'POST', body: JSON.stringify(body) });
    const { callid } = (await reply.json()) as { callid: string };
    await eventually('answered', () => control.events(callid).some((event) => event.answered && !event.hangup));
    expect(await gateway.metrics()).toMatchObject({ sip_server_failovers_total: 1 });
    const end = { method: 'POST', body: JSON.stringify({ callid }) };
    expect((await fetch(`${gateway.apiUrl}/dialog/hangup`, end)).status).toBe(200);
    await eventually('the end', () => control.events(callid).some(({ hangup }) => hangup));
  });

  test('RFC 3261 §10.2 a trunk is registered at the server of its domain that is there', async () => {
    const outbound = { domain: 'carrier.test', username: 'acct', password: 'secret', register: true };
    await start('--servers', JSON.stringify([{ alias: 'carrier', outbound }]));
    await eventually('registered', () => gateway.logged('trunk.registered').length === 1);
    expect(await gateway.metrics()).toMatchObject({ trunk_registrations_up: 1, sip_server_failovers_total: 1 });
  });
});
