import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRealNetwork } from '../../../base/network.js';
import type { ProjectControl, Registration } from '../../../control/index.js';
import { tagOf } from '../../../sip/header-values.js';
import type { SipRequest, SipResponse } from '../../../sip/index.js';
import { userOf } from '../../../sip/ua/subscribe-checks.js';
import { FakeControlServer } from '../../support/control-server.js';
import { jsonOf } from '../../support/dialog-world.js';
import { fromDist } from '../../support/dist.js';
import { eventually } from '../../support/eventually.js';
import type { GatewayProcess } from '../../support/gateway-process.js';
import { LoopbackWorld } from '../../support/loopback-world.js';
import { silentMedia } from '../../support/phone.js';
import { hasTag, SipEndpoint } from '../../support/sip-endpoint.js';

// What the original did wrong (contract 7), each seen right on the wire.

const description = silentMedia('127.0.0.1', 10_000).offer('sendrecv');
const us = jsonOf(description);
let world: LoopbackWorld;
let control: FakeControlServer;
let url: string;
let gateway: GatewayProcess;
let phone: SipEndpoint;
/** At a host that is no domain of the directory. */
let callee: SipEndpoint;

beforeAll(async () => {
  world = new LoopbackWorld();
  control = new FakeControlServer();
  const served = await control.listen();
  url = served.url;
  world.closeLater(served.close);
  gateway = await world.startGateway({ args: ['--trusted', '127.0.0.2/32'] });
  const users = [{ username: '1003', secret: 'pw1003' }];
  expect((await send('PUT', '/dir/127.0.0.1', { control: url, users })).status).toBe(201);
});

afterAll(() => world.close());

beforeEach(async () => {
  control.calls.length = 0;
  control.script = () => undefined;
  phone = await opened('127.0.0.1');
  callee = await opened('127.0.0.3');
});

async function opened(address: string): Promise<SipEndpoint> {
  const endpoint = await SipEndpoint.open(createRealNetwork(), address, { port: 0, server: gateway.sip });
  world.closeLater(() => endpoint.close());
  return endpoint;
}

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${gateway.apiUrl}${path}`, { method, ...text });
  const said = await answer.text();
  return { status: answer.status, json: said === '' ? null : JSON.parse(said) };
}

function finalOf(endpoint: SipEndpoint, request: SipRequest): Promise<SipResponse> {
  return eventually(`an answer to ${request.method}`, () =>
    endpoint.answersTo(request).find(({ statusCode }) => statusCode >= 200),
  );
}

/** RFC 3261 §13.2.2.4: the ACK of a 2xx. */
function confirm(caller: SipEndpoint, { callId, cseq, from }: SipRequest, answer: SipResponse): void {
  const dialog = { callId, fromTag: tagOf(from)!, toTag: tagOf(answer.to)! };
  caller.send({ method: 'ACK', user: '2000', from: '1003', sequence: cseq.sequence, ...dialog });
}

/** The BYE of a call that the control server ends; it is answered. */
async function hangUp(caller: SipEndpoint, { callId }: SipRequest): Promise<SipRequest> {
  expect((await send('POST', '/dialog/hangup', { callid: callId })).status).toBe(200);
  const bye = await eventually('the BYE', () => caller.requests('BYE').find((each) => each.callId === callId));
  caller.respond(bye, 200);
  return bye;
}

/** A call of ours at its INVITE. */
async function originated(): Promise<{ readonly callid: string; readonly invite: SipRequest }> {
  const { json } = await send('POST', '/dialog/invite', {
    from: { domain: '127.0.0.1', user: '1003' },
    to: { user: '7000', domain: `127.0.0.3:${callee.port}` },
    control: url,
    sdp: us,
  });
  const { callid } = json as { callid: string };
  const invite = await eventually('the INVITE', () => callee.requests('INVITE').find((each) => each.callId === callid));
  return { callid, invite };
}

describe('mediaswitch row 4: answers', () => {
  test.each(['REGISTER', 'OPTIONS', 'SUBSCRIBE', 'BYE'])(
    'to %s have its Via as it was, and a To tag',
    async (method) => {
      const request = phone.send({ method, from: '1003', to: '1003' });
      const answer = await finalOf(phone, request);
      const [via] = answer.via;
      expect(answer.via).toHaveLength(1);
      expect([via?.host, via?.port]).toEqual(['127.0.0.1', phone.port]);
      expect(hasTag(answer)).toBe(true);
    },
  );

  test('a refusal without a challenge has none, and an empty answer has no Content-Type', async () => {
    const bye = await finalOf(phone, phone.send({ method: 'BYE', user: '2000', from: '1003', toTag: 'nobody' }));
    const nobody = await finalOf(
      phone,
      phone.send({ method: 'INVITE', user: 'x', from: '1003', body: Buffer.from('?') }),
    );
    const options = await finalOf(phone, phone.send({ method: 'OPTIONS', from: '1003' }));
    expect(bye.statusCode).toBe(481);
    for (const answer of [bye, options]) {
      expect(answer.headers.get('WWW-Authenticate') ?? null).toBeNull();
      expect(answer.headers.get('Proxy-Authenticate') ?? null).toBeNull();
    }
    for (const answer of [bye, nobody, options]) {
      expect(answer.body).toHaveLength(0);
      expect(answer.headers.get('Content-Type') ?? null).toBeNull();
    }
  });

  test('a BYE of no dialog is answered once, and an ACK of none never', async () => {
    const ack = phone.send({ method: 'ACK', user: '2000', from: '1003', toTag: 'nobody' });
    const bye = phone.send({ method: 'BYE', user: '2000', from: '1003', toTag: 'nobody' });
    const options = phone.send({ method: 'OPTIONS', from: '1003' });
    await finalOf(phone, bye);
    // What came later is answered: nothing is on its way any more.
    await finalOf(phone, options);
    expect(phone.answersTo(ack)).toEqual([]);
    expect(phone.answersTo(bye).map(({ statusCode }) => statusCode)).toEqual([481]);
  });
});

describe('mediaswitch rows 9, 19: calls of ours', () => {
  test.each([404, 486, 503, 603])('a plain %i has its ACK', async (statusCode) => {
    const { callid, invite } = await originated();
    callee.respond(invite, statusCode);
    const ack = await eventually('the ACK', () => callee.requests('ACK').find((each) => each.callId === callid));
    expect(ack.cseq.sequence).toBe(invite.cseq.sequence);
    expect(ack.via[0]?.params.get('branch')).toBe(invite.via[0]?.params.get('branch'));
  });

  test('a CANCEL has the number and the branch of its INVITE (RFC 3261 §9.1)', async () => {
    const { callid, invite } = await originated();
    callee.respond(invite, 180);
    await eventually('ringing', () => control.events(callid).some(({ ring }) => ring));
    expect((await send('POST', '/dialog/hangup', { callid })).status).toBe(200);
    const cancel = await eventually('the CANCEL', () =>
      callee.requests('CANCEL').find((each) => each.callId === callid),
    );
    expect(cancel.cseq).toEqual({ sequence: invite.cseq.sequence, method: 'CANCEL' });
    expect(cancel.via[0]?.params.get('branch')).toBe(invite.via[0]?.params.get('branch'));
    callee.respond(cancel, 200);
    callee.respond(invite, 487);
    await eventually('the ACK', () => callee.requests('ACK').some((each) => each.callId === callid));
  });
});

test('mediaswitch rows 11, 17: a resent 200 has its description, and our BYE names both sides from our end', async () => {
  const caller = await opened('127.0.0.2');
  control.script = async ({ callid, answered, hangup }) => {
    if (!answered && !hangup) await send('POST', '/dialog/answer', { callid, sdp: us });
  };
  const invite = caller.send({ method: 'INVITE', user: '2000', from: '1003', body: description });
  const [first, again] = await eventually('a 200, and again', () => {
    const oks = caller.answersTo(invite).filter(({ statusCode }) => statusCode === 200);
    return oks.length >= 2 ? oks : null;
  });
  expect(first!.body.toString()).toContain('m=audio');
  expect(again!.body).toEqual(first!.body);
  expect(again!.headers.get('Content-Type')).toBe('application/sdp');
  const toTag = tagOf(first!.to)!;
  confirm(caller, invite, first!);
  await eventually('answered', () => control.events().some(({ answered }) => answered));
  const bye = await hangUp(caller, invite);
  expect([userOf(bye.to.uri), tagOf(bye.to)]).toEqual(['1003', tagOf(invite.from)]);
  expect([userOf(bye.from.uri), tagOf(bye.from)]).toEqual(['2000', toTag]);
});

describe('mediaswitch row 30: RFC 4028 session timers', () => {
  const timer = ['Supported', 'timer'] as const;

  test('a session that is too short to be refreshed is refused with the least that may be', async () => {
    const caller = await opened('127.0.0.2');
    const headers = [timer, ['Session-Expires', '60']] as const;
    const invite = caller.send({ method: 'INVITE', user: '2000', from: '1003', body: description, headers });
    const refused = await finalOf(caller, invite);
    expect(refused.statusCode).toBe(422);
    expect(refused.headers.get('Min-SE')).toBe('90');
    caller.acknowledge(invite, refused);
    expect(control.events(invite.callId)).toEqual([]);
  });

  test('a caller who refreshes is told so in the answer', async () => {
    const caller = await opened('127.0.0.2');
    control.script = async ({ callid, answered, hangup }) => {
      if (!answered && !hangup) await send('POST', '/dialog/answer', { callid, sdp: us });
    };
    const headers = [timer, ['Session-Expires', '120;refresher=uac'], ['Min-SE', '90']] as const;
    const invite = caller.send({ method: 'INVITE', user: '2000', from: '1003', body: description, headers });
    const answer = await finalOf(caller, invite);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.get('Session-Expires')).toBe('120;refresher=uac');
    expect(answer.headers.get('Require')).toContain('timer');
    confirm(caller, invite, answer);
    await hangUp(caller, invite);
  });
});

describe('mediaswitch rows 1, 2, 9: what is refused leaves nothing', () => {
  test('a name between two domains is answered', async () => {
    expect((await send('PUT', '/dir/a.b.example.org', { users: [] })).status).toBe(201);
    expect((await send('GET', '/dir/b.example.org')).status).not.toBe(500);
    expect((await send('GET', '/dir/a.b.example.org')).status).toBe(200);
  });

  test('a push that cannot be read makes no domain', async () => {
    for (const body of [{ users: 'all' }, [], { control: 7 }]) {
      const { status } = await send('PUT', '/dir/refused.example.org', body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect((await send('GET', '/dir/refused.example.org')).status).toBe(404);
    }
  });

  test('calls that cannot be made are not counted', async () => {
    await eventually(
      'no call of before',
      async () => ((await send('GET', '/dialog')).json as { count: number }).count === 0,
    );
    const before = (await send('GET', '/dialog')).json;
    for (const body of [{}, { from: {}, to: {} }, [{ domain: '127.0.0.1', to: '1003', from: '1000' }]]) {
      expect((await send('POST', '/dialog/invite', body)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await send('GET', '/dialog')).json).toEqual(before);
  });
});

describe('mediaswitch row 20: the control server', () => {
  let script: ProjectControl;
  const told: Registration[] = [];

  beforeAll(async () => {
    const { createProjectControl } = await fromDist<typeof import('../../../control/index.js')>('control/index.js');
    script = createProjectControl({ logger: () => undefined });
    script.us = { host: '127.0.0.1', port: 0 };
    script.onreg = (registration) => told.push(registration);
    await script.run();
    world.closeLater(() => script.close());
  });

  test('bodies that arrive in pieces of each other’s turns are kept apart', async () => {
    const bodies = ['1000', '2000'].map((user) =>
      JSON.stringify({ domain: 'a.example.org', user, host: '127.0.0.1', port: 5060 }),
    );
    const answers = ['', ''];
    const sockets = bodies.map((body, index) => {
      const socket = connect(script.us.port, '127.0.0.1');
      socket.on('data', (data) => {
        answers[index] += data.toString();
      });
      socket.write(`PUT /reg HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n`);
      return socket;
    });
    for (let at = 0; at < bodies[0]!.length; at += 8) {
      for (const [index, socket] of sockets.entries()) {
        await new Promise((resolve) => socket.write(bodies[index]!.slice(at, at + 8), resolve));
      }
    }
    await eventually('both answers', () => answers.every((answer) => answer.startsWith('HTTP/1.1 200')));
    expect(told.map(({ user }) => user).sort()).toEqual(['1000', '2000']);
    for (const socket of sockets) socket.destroy();
  });
});
