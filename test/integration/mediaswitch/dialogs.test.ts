import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRealNetwork } from '../../../base/network.js';
import { FakeControlServer } from '../../support/control-server.js';
import { jsonOf } from '../../support/dialog-world.js';
import { eventually } from '../../support/eventually.js';
import { freePort, type GatewayProcess } from '../../support/gateway-process.js';
import { LoopbackWorld } from '../../support/loopback-world.js';
import { silentMedia } from '../../support/phone.js';
import { runSipp } from '../../support/sipp.js';

/** What our side says: a description as a control server writes it. */
const sdp = jsonOf(silentMedia('127.0.0.1', 10_000).offer('sendrecv'));

let world: LoopbackWorld;
let control: FakeControlServer;
let url: string;
let closeControl: () => Promise<void>;
let gateway: GatewayProcess;

beforeEach(async () => {
  world = new LoopbackWorld();
  control = new FakeControlServer();
  const served = await control.listen();
  url = served.url;
  closeControl = served.close;
});

afterEach(async () => {
  await world.close();
  await closeControl();
});

async function start(): Promise<void> {
  gateway = await world.startGateway();
}

async function pushDirectory(): Promise<void> {
  const users = [{ username: '1003', secret: '1123654789' }];
  expect((await send('PUT', '/dir/127.0.0.1', { control: url, users })).status).toBe(201);
}

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${gateway.apiUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
}

function sipp(scenario: string, more: readonly string[] = []): Promise<void> {
  return runSipp({
    scenario: `integration/sipp/${scenario}.xml`,
    server: { address: '127.0.0.1', port: gateway.sip.port },
    user: '1003',
    calls: 1,
    callsPerSecond: 1,
    directory: world.directory,
    arguments: more,
  });
}

const words = (): string[] =>
  control.events().map(({ ring, answered, hangup }) =>
    Object.entries({ ring, answered, hangup })
      .flatMap(([name, is]) => (is ? [name] : []))
      .join(' '),
  );

const told = (count: number): Promise<true> =>
  eventually(`${count} events`, () => control.events().length >= count, 20_000);

describe('with real sockets', () => {
  test('mediaswitch rows 10, 11, 12, 13: sipp calls with credentials and is rung and answered by its control server', async () => {
    await start();
    await pushDirectory();
    control.script = async ({ callid, answered, hangup }) => {
      if (answered || hangup) return;
      // As a README has it: the ring goes to /dir.
      expect((await send('POST', '/dir', { callid, alertinfo: 'somealertinfo' })).status).toBe(200);
      expect((await send('PUT', '/dialog/answer', { callid, sdp })).status).toBe(200);
    };
    await sipp('dialog-caller');
    await told(3);
    expect(words()).toEqual(['', 'ring answered', 'ring answered hangup']);
    expect(control.events()[0]).toMatchObject({ to: '2000', from: '1003', domain: '127.0.0.1', authenticated: true });
    expect((await send('POST', '/dir', { callid: 'nobody' })).status).toBe(404);
    await eventually('no dialog', async () => {
      const { json } = await send('GET', '/dialog');
      return JSON.stringify(json) === '{"count":0,"counter":1}';
    });
    expect(await gateway.metrics()).toMatchObject({ control_dialogs_total: 1, calls_total: 0, rtp_ports_in_use: 0 });
  });

  test('mediaswitch rows 9, 13, 15: a call of the control server rings, is answered and hung up', async () => {
    await start();
    const port = await freePort();
    const callee = sipp('dialog-callee', ['-p', String(port)]);
    const handlers = { onMessage: () => undefined, onError: () => undefined };
    await eventually('sipp listens', async () => {
      const socket = await createRealNetwork()
        .bindUdp({ address: '127.0.0.1', port }, handlers)
        .catch(() => null);
      await socket?.close();
      return socket === null;
    });
    control.script = async ({ callid, answered, hangup }) => {
      if (answered && !hangup) await send('POST', '/dialog/hangup', { callid });
    };
    const { status, json } = await send('POST', '/dialog/invite', {
      from: { domain: '127.0.0.1', user: '1003' },
      to: { user: '7000', domain: `127.0.0.1:${port}` },
      cid: { number: '5551', name: 'Desk', private: true },
      control: url,
      sdp,
    });
    expect(status).toBe(200);
    await callee;
    await told(3);
    expect(words()).toEqual(['ring', 'ring answered', 'ring answered hangup']);
    expect(control.last).toMatchObject({ ...(json as object), originator: true, error: { code: 0, status: '' } });
  });

  test('mediaswitch row 9: as typed: 480 for a user who is not registered, 404 for nobody', async () => {
    await start();
    await pushDirectory();
    const typed = { domain: '127.0.0.1', to: '1003', from: '1000', maxforwards: 70 };
    const callerid = { number: '123', name: '123', private: false };
    for (const path of ['/dialog/invite', '/invite']) {
      expect((await send('POST', path, [{ ...typed, callerid }])).status).toBe(480);
    }
    expect((await send('POST', '/invite', [{ ...typed, to: '1999' }])).status).toBe(404);
    expect((await send('GET', '/dialog/')).json).toEqual({ count: 0, counter: 0 });
  });
});
