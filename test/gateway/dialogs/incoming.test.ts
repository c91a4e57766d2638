import { afterEach, describe, expect, test } from 'vitest';
import { dialogDocument } from '../../../contract/mediaswitch/dialogs.js';
import { SessionTimers } from '../../../sip/index.js';
import { DialogWorld, domainName } from '../../support/dialog-world.js';
import { type PhoneCall, silentMedia } from '../../support/phone.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

async function start(config?: string): Promise<void> {
  stage = await DialogWorld.start(config);
}

async function answeredCall(options: { late?: boolean } = {}): Promise<PhoneCall> {
  await start();
  stage.answerAll();
  const phone = await stage.phone('1003');
  const call = await stage.world.dial(phone, '2000', 'answered', options);
  await stage.events(2);
  return call;
}

async function hangUp(call: PhoneCall): Promise<void> {
  call.hangUp();
  await stage.world.expectNothingLeft();
}

const callidOf = (call: PhoneCall): string => call.session?.callId ?? '';

describe('an incoming call', () => {
  test('mediaswitch row 13: is told with its full state at the INVITE, at the ACK and at the BYE, in order', async () => {
    const call = await answeredCall();
    const callid = callidOf(call);
    await hangUp(call);
    expect(stage.control.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(3).fill(`PUT /dialog/${encodeURIComponent(callid)}`),
    );
    expect(stage.story()).toEqual(['new', 'ring answered', 'ring answered hangup']);
    const [first, second, third] = stage.control.events();
    expect(first).toEqual({
      ...{ callid, domain: domainName, to: '2000', from: '1003', maxforwards: 70 },
      contact: expect.stringContaining('sip:1003@10.0.1.1'),
      ...{ authenticated: true, ring: false, answered: false, hold: false, originator: false, hangup: false },
      error: { code: 0, status: '' },
      remote: { host: '10.0.1.1', port: 5060 },
      sdp: { them: expect.objectContaining({ m: expect.anything() }), us: {} },
      epochs: { start: expect.any(Number), ring: 0, answer: 0, end: 0 },
    });
    expect(second!.sdp.us).toEqual(stage.us);
    expect(second!.epochs).toMatchObject({ start: first!.epochs.start, end: 0 });
    expect(second!.epochs.answer).toBeGreaterThanOrEqual(first!.epochs.start);
    expect(third!.error).toEqual({ code: 0, status: '' });
    expect(third!.epochs.end).toBeGreaterThan(0);
    for (const event of stage.control.events()) expect(dialogDocument.parse(event)).toEqual(event);
    expect(call.remote[0]).toContain('m=audio 10000 RTP/AVP');
  });

  test('mediaswitch row 13: is challenged although its phone is registered, and then told', async () => {
    await start();
    const phone = await stage.registered('1003');
    stage.answerAll();
    const call = await stage.world.dial(phone, '2000', 'answered');
    expect(stage.world.ladder(phone, 'INVITE').slice(0, 3)).toEqual(['> INVITE', '< 401 INVITE', '> INVITE']);
    const [first, again] = stage.world.wire.filter(({ text }) => text === 'INVITE');
    expect(first!.message.callId).toBe(again!.message.callId);
    await hangUp(call);
  });

  test('mediaswitch 4.2 a wrong password, an unknown user, and credentials of somebody else are refused with 403', async () => {
    await start();
    const wrong = await stage.phone('1003', { password: 'no' });
    const nobody = await stage.phone('1999');
    for (const phone of [wrong, nobody]) {
      const call = await stage.world.dial(phone, '2000', 'ended rejected');
      expect(call.ended?.statusCode).toBe(403);
    }
    // 1004 with his own password says that he is 1003.
    const thief = await stage.phone('1004');
    let ended = 0;
    thief.ua.invite(
      {
        branches: [{ target: thief.target, requestUri: thief.addressOfRecord.uri }],
        from: wrong.addressOfRecord,
        to: thief.addressOfRecord,
        contactUser: '1004',
        body: Buffer.from(''),
        credentials: { username: '1004', password: 'pw1004' },
      },
      {
        onEnded: ({ statusCode }) => {
          ended = statusCode ?? 0;
        },
      },
    );
    await stage.until(() => ended === 403, 'refused');
    expect(stage.control.calls).toEqual([]);
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 10: rings once, by POST or PUT, with the Alert-Info given', async () => {
    await start();
    const phone = await stage.phone('1003');
    stage.control.script = async ({ callid, hangup }) => {
      if (hangup) return;
      const alertinfo = 'somealertinfo';
      expect(await stage.command('/dialog/ring', { callid, alertinfo })).toEqual({ status: 200, json: null });
      expect(await stage.command('/dialog/ring', { callid }, 'PUT')).toEqual({ status: 200, json: null });
    };
    const call = await stage.world.dial(phone, '2000', '180');
    const rings = stage.world.sentTo(phone, '180 INVITE');
    expect(rings.map(({ headers }) => headers.get('Alert-Info'))).toEqual(['somealertinfo']);
    expect(stage.story()).toEqual(['new']);
    const { json } = await stage.command(`/dialog/${encodeURIComponent(callidOf(call))}`, null, 'GET');
    expect(json).toMatchObject({ ring: true, answered: false });
    await hangUp(call);
    expect(stage.story()).toEqual(['new', 'ring hangup']);
  });

  test('mediaswitch row 10: nothing gets into the header fields by alertinfo or reason', async () => {
    await start();
    const phone = await stage.phone('1003');
    stage.control.script = async ({ callid, hangup }) => {
      if (hangup) return;
      const evil = 'x\r\nX-Evil: 1';
      expect((await stage.command('/dialog/ring', { callid, alertinfo: evil })).status).toBe(400);
      expect((await stage.command('/dialog/hangup', { callid, reason: evil })).status).toBe(400);
      expect((await stage.command('/dialog/hangup', { callid, code: 200 })).status).toBe(400);
      await stage.command('/dialog/hangup', { callid, code: 486, reason: 'Busy here' });
    };
    const call = await stage.world.dial(phone, '2000', 'ended rejected');
    expect(call.ended).toMatchObject({ statusCode: 486, reasonPhrase: 'Busy here' });
    await stage.world.expectNothingLeft();
    expect(stage.story()).toEqual(['new', 'hangup 486 Busy here']);
  });

  test('mediaswitch row 11: hangup without a code is 404 Not Found before the answer', async () => {
    await start();
    const phone = await stage.phone('1003');
    stage.control.script = async ({ callid, hangup }) => {
      if (!hangup) await stage.command('/dialog/hangup', { callid }, 'PUT');
    };
    const call = await stage.world.dial(phone, '2000', 'ended rejected');
    expect(call.ended).toMatchObject({ statusCode: 404, reasonPhrase: 'Not Found' });
    await stage.world.expectNothingLeft();
    expect(stage.story()).toEqual(['new', 'hangup 404 Not Found']);
  });

  test('mediaswitch row 11: hangup after the answer is a BYE and no error', async () => {
    const call = await answeredCall();
    await stage.command('/dialog/hangup', { callid: callidOf(call) });
    await stage.until(() => call.ended !== null, 'BYE');
    await stage.world.expectNothingLeft();
    expect(stage.story()).toEqual(['new', 'ring answered', 'ring answered hangup']);
    expect(call.log.at(-1)).toBe('ended bye');
  });

  test('mediaswitch row 11: what comes for no dialog is 404, an answer without a description 400, one too many nothing', async () => {
    const call = await answeredCall();
    const callid = callidOf(call);
    for (const action of ['ring', 'answer', 'ok', 'notify', 'hangup']) {
      for (const method of ['POST', 'PUT']) {
        expect((await stage.command(`/dialog/${action}`, { callid: 'nobody' }, method)).status).toBe(404);
        expect((await stage.command(`/dialog/${action}/`, {}, method)).status).toBe(404);
      }
    }
    expect((await stage.command('/dialog/fly', { callid })).status).toBe(404);
    expect((await stage.command('/dialog/fly', { callid }, 'DELETE')).status).toBe(405);
    expect((await stage.command('/dialog/ok', { callid, sdp: { m: [] } })).status).toBe(400);
    for (const action of ['ring', 'answer', 'ok']) {
      expect((await stage.command(`/dialog/${action}`, { callid, sdp: stage.us })).status).toBe(200);
    }
    await stage.world.clock.advance(1000);
    expect(stage.story()).toHaveLength(2);
    await hangUp(call);
  });

  test('mediaswitch row 11: an answer without a description is refused, and the call still waits', async () => {
    await start();
    const phone = await stage.phone('1003');
    const statuses: number[] = [];
    stage.control.script = async ({ callid, answered, hangup }) => {
      if (answered || hangup) return;
      statuses.push((await stage.command('/dialog/answer', { callid })).status);
      statuses.push((await stage.command('/dialog/ok', { callid, sdp: stage.us })).status);
    };
    const call = await stage.world.dial(phone, '2000', 'answered');
    expect(statuses).toEqual([400, 200]);
    await hangUp(call);
  });

  test('mediaswitch row 12: GET /dialog counts those there are and those there were', async () => {
    const call = await answeredCall();
    expect(await stage.command('/dialog', null, 'GET')).toEqual({ status: 200, json: { count: 1, counter: 1 } });
    await hangUp(call);
    expect(await stage.command('/dialog/', null, 'GET')).toEqual({ status: 200, json: { count: 0, counter: 1 } });
    expect((await stage.command(`/dialog/${encodeURIComponent(callidOf(call))}`, null, 'GET')).status).toBe(404);
  });

  for (const reply of ['refuse', 'never', 500] as const) {
    test(`mediaswitch row 13: a control server that answers an event with ${reply} loses an unanswered caller: 480`, async () => {
      await start();
      stage.control.reply = ({ hangup }) => (hangup ? 200 : reply);
      const phone = await stage.phone('1003');
      const call = await stage.world.dial(phone, '2000', 'ended rejected');
      expect(call.ended).toMatchObject({ statusCode: 480, reasonPhrase: 'Temporarily Unavailable' });
      await stage.world.expectNothingLeft();
      expect(stage.story()).toEqual(['new', 'hangup 480 Temporarily Unavailable']);
    });
  }

  test('mediaswitch row 13: an answered call goes on without its control server', async () => {
    const call = await answeredCall();
    stage.control.reply = 'refuse';
    expect((await stage.world.while(call.hold())).ok).toBe(false);
    expect(call.state).toBe('confirmed');
    await hangUp(call);
  });

  test('mediaswitch row 17: a late offer is ours in the 200, and the answer of the ACK is told', async () => {
    const call = await answeredCall({ late: true });
    const [first, second] = stage.control.events();
    expect(first!.sdp).toEqual({ them: {}, us: {} });
    expect(second!.sdp.us).toEqual(stage.us);
    expect(second!.sdp.them).toMatchObject({ m: [{ media: 'audio', port: 40_000 }] });
    await hangUp(call);
  });

  test('mediaswitch row 19: a CANCEL ends the INVITE with 487 and is told', async () => {
    await start();
    const phone = await stage.phone('1003');
    stage.control.script = async ({ callid, hangup }) => {
      if (!hangup) await stage.command('/dialog/ring', { callid });
    };
    const call = await stage.world.dial(phone, '2000', '180');
    call.hangUp();
    await stage.until(() => call.ended !== null, 'cancelled');
    expect(stage.world.ladder(phone).slice(-4)).toEqual(['> CANCEL', '< 200 CANCEL', '< 487 INVITE', '> ACK']);
    await stage.world.expectNothingLeft();
    expect(stage.story()).toEqual(['new', 'ring hangup']);
  });

  test('mediaswitch row 19: nobody answers for 180 s after the ringing: 480', async () => {
    await start();
    const phone = await stage.phone('1003');
    stage.control.script = async ({ callid, hangup }) => {
      if (!hangup) await stage.command('/dialog/ring', { callid });
    };
    let statusCode: number | null = null;
    phone.ua.invite(
      {
        branches: [{ target: phone.target, requestUri: phone.addressOfRecord.uri }],
        from: phone.addressOfRecord,
        to: phone.addressOfRecord,
        contactUser: '1003',
        body: silentMedia('10.0.1.1').offer('sendrecv'),
        credentials: { username: '1003', password: 'pw1003' },
        ringTimeoutMs: 300_000,
      },
      {
        onEnded: (end) => {
          statusCode = end.statusCode;
        },
      },
    );
    await stage.events(1);
    const before = stage.world.clock.nowMs();
    await stage.until(() => stage.story().length === 2, 'gave up', 200_000);
    expect(stage.world.clock.nowMs() - before).toBeGreaterThan(179_000);
    await stage.world.clock.advance(100);
    expect(statusCode).toBe(480);
    await stage.world.expectNothingLeft();
    expect(stage.story()).toEqual(['new', 'ring hangup 480 Temporarily Unavailable']);
  });

  test('mediaswitch row 13: a call that nobody refreshes is told to be over (RFC 4028 §10)', async () => {
    await start('session_expires_s: 90');
    stage.answerAll();
    const phone = await stage.phone('1003');
    phone.ua.use(new SessionTimers({ sessionExpiresS: 90, minSeS: 90, refresher: 'us' }));
    const call = await stage.world.dial(phone, '2000', 'answered');
    await stage.events(2);
    stage.world.lose = ({ from }) => from === phone.options.address;
    await stage.until(() => stage.control.last.hangup, 'expired', 400_000);
    expect(stage.story().at(-1)).toMatch(/^ring answered hangup 408/);
    stage.world.lose = () => false;
    call.hangUp();
    await stage.world.expectNothingLeft();
  });

  test('an offer that cannot be read is refused with 488, and nobody is told', async () => {
    await start();
    const phone = await stage.phone('1003', {
      createMedia: () => ({
        offer: () => Buffer.from('nonsense'),
        answer: () => Buffer.alloc(0),
        use: () => undefined,
        close: () => undefined,
      }),
    });
    const call = await stage.world.dial(phone, '2000', 'ended rejected');
    expect(call.ended?.statusCode).toBe(488);
    expect(stage.control.calls).toEqual([]);
    await stage.world.expectNothingLeft();
  });

  test('the end of the gateway is a BYE to the peer and a last event to the control server', async () => {
    const call = await answeredCall();
    await stage.world.gateway.stop();
    expect(call.log.at(-1)).toBe('ended bye');
    expect(stage.story().at(-1)).toBe('ring answered hangup');
  });
});
