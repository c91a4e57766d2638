import { afterEach, describe, expect, test } from 'vitest';
import { remotePartyIds } from '../../../sip/index.js';
import type { SipRequest } from '../../../sip/message.js';
import { DialogWorld, domainName } from '../../support/dialog-world.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

async function start(config?: string): Promise<void> {
  stage = await DialogWorld.start(config);
}

/** The README's body, as its users type it. */
const typed = {
  domain: domainName,
  to: '1003',
  from: '1000',
  maxforwards: 70,
  callerid: { number: '123', name: '123', private: false },
};

const structured = () => ({
  from: { domain: domainName, user: '1000' },
  to: { user: '1003' },
  maxforwards: 20,
  cid: { number: '5551', name: 'Desk', private: true },
  sdp: stage.us,
});

const post = (body: unknown, path = '/dialog/invite') => stage.command(path, body);

async function rung(phone: WorldPhone): Promise<PhoneCall> {
  return stage.world.rung(phone);
}

const invitesTo = (phone: WorldPhone): SipRequest[] => stage.world.sentTo(phone, 'INVITE') as SipRequest[];

async function ended(): Promise<void> {
  await stage.until(() => stage.control.events().some(({ hangup }) => hangup), 'ended', 300_000);
  await stage.world.expectNothingLeft();
}

describe('a call that a control server asks for', () => {
  test('mediaswitch row 9: the object form is an INVITE as the contract has it, told at 180 and at 200', async () => {
    await start();
    const phone = await stage.registered('1003');
    const { status, json } = await post(structured());
    expect(status).toBe(200);
    const { callid } = json as { callid: string };
    expect(callid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const call = await rung(phone);
    const [invite] = invitesTo(phone);
    expect(invite).toMatchObject({
      callId: callid,
      maxForwards: 20,
      uri: { user: '1003', host: domainName },
      from: { uri: { user: '1000', host: domainName } },
      to: { uri: { user: '1003', host: domainName } },
    });
    expect(invite!.headers.get('Contact')).toContain('sip:1000@10.0.0.1');
    const party = remotePartyIds(invite!);
    expect(party).toMatchObject({ ok: true, value: [{ privacy: ['full'] }] });
    expect(invite!.headers.get('Remote-Party-ID')).toMatch(/^"?Desk"? <sip:5551@pbx\.example\.com>.*privacy=full/);
    expect(invite!.body.toString()).toContain('m=audio 10000 RTP/AVP');
    call.answer();
    await stage.events(2);
    expect(stage.story()).toEqual(['ring', 'ring answered']);
    const [ringing, answered] = stage.control.events();
    expect(ringing).toMatchObject({
      ...{ callid, domain: domainName, to: '1003', from: '1000', originator: true, authenticated: false },
      contact: expect.stringContaining('sip:1000@10.0.0.1'),
      remote: { host: '10.0.1.1', port: 5060 },
      sdp: { us: stage.us, them: {} },
    });
    expect(answered).toMatchObject({ authenticated: true, sdp: { them: { m: [{ port: 40_000 }] } } });
    await stage.command('/dialog/hangup', { callid });
    await ended();
    expect(stage.story()).toEqual(['ring', 'ring answered', 'ring answered hangup']);
    expect(call.log.at(-1)).toBe('ended bye');
  });

  test('mediaswitch row 9: the array form, at /invite too, without a description makes a delayed offer', async () => {
    await start();
    const phone = await stage.registered('1003', { onInvite: 'answer' });
    stage.control.script = async ({ callid, answered, hangup }) => {
      if (!answered || hangup) return;
      expect((await stage.command('/dialog/ok', { callid })).status).toBe(400);
      await stage.command('/dialog/ok', { callid, sdp: stage.us });
    };
    const body = [{ ...typed, control: { host: 'control.test', port: 9001 } }];
    const { status, json } = await post(body, '/invite');
    expect(status).toBe(200);
    expect(json).toEqual({ callid: expect.any(String) });
    await stage.until(() => phone.call?.log.includes('confirmed') === true, 'confirmed');
    expect(invitesTo(phone)[0]!.body).toHaveLength(0);
    expect(invitesTo(phone)[0]!.headers.get('Remote-Party-ID')).not.toContain('privacy');
    expect(stage.world.sentTo(phone, 'ACK')[0]!.body.toString()).toContain('m=audio 10000');
    expect(stage.control.last.sdp.them).toMatchObject({ m: [{ media: 'audio' }] });
    phone.call!.hangUp();
    await ended();
  });

  test('mediaswitch row 9: a delayed offer that nobody answers in 32 s ends the call', async () => {
    await start();
    const phone = await stage.registered('1003', { onInvite: 'answer' });
    await post([typed]);
    await stage.events(1);
    await ended();
    expect(stage.story().at(-1)).toBe('answered hangup 408 Request Timeout');
    expect(phone.call!.ended).not.toBeNull();
  });

  test('mediaswitch row 9: events go to the control given, else to that of the called domain', async () => {
    await start();
    const phone = await stage.registered('1003');
    await post({
      ...structured(),
      from: { domain: 'elsewhere.example', user: '7' },
      to: { user: '1003', domain: domainName },
    });
    const first = await rung(phone);
    await stage.events(1);
    expect(stage.control.last).toMatchObject({ domain: 'elsewhere.example', from: '7' });
    first.hangUp(486);
    await ended();
    // Nobody is there at this one, so the call is over with its first event.
    await post({ ...structured(), control: 'http://nowhere.test:1/' });
    await stage.until(() => phone.calls.at(-1)?.log.includes('ended cancelled') === true, 'cancelled');
    await stage.world.expectNothingLeft();
    expect(stage.story()).toHaveLength(2);
  });

  test('mediaswitch row 9: several elements are several calls, answered in their order', async () => {
    await start();
    const phone = await stage.registered('1003', { onInvite: 486 });
    const { status, json } = await post([
      structured(),
      { ...structured(), to: { user: '1004' } },
      { ...typed, to: '1999' },
    ]);
    expect(status).toBe(200);
    expect(json).toEqual([
      { callid: expect.any(String) },
      { code: 480, error: 'Temporarily Unavailable' },
      { code: 404, error: 'To user not found' },
    ]);
    await stage.until(() => phone.calls.length === 1, 'called');
    await ended();
    expect(stage.story()).toEqual(['hangup 486 Busy Here']);
  });

  test('mediaswitch row 9: 480, 404 and 400 at once make no dialog', async () => {
    await start();
    await stage.phone('1003');
    expect(await post([typed])).toEqual({ status: 480, json: { error: 'Temporarily Unavailable' } });
    expect((await post({ ...structured(), to: { user: '1999' } })).status).toBe(404);
    const bad: unknown[] = [[], {}, { to: { user: '1' } }, { ...typed, from: '' }, { ...typed, domain: 'not a host' }];
    bad.push({ ...structured(), sdp: { m: [] } }, { ...typed, control: 'ftp://x' }, { ...typed, maxforwards: 0 });
    bad.push(
      { ...typed, callerid: { number: '1\r\nX-Evil: 1' } },
      { ...typed, domain: 'away.example', from: 'a', to: 'b' },
    );
    for (const body of bad) expect([body, (await post(body)).status]).toEqual([body, 400]);
    expect(await stage.command('/dialog', null, 'GET')).toMatchObject({ json: { count: 0, counter: 0 } });
  });

  test('mediaswitch row 15: a challenge is answered once with authsecret, under the same Call-ID', async () => {
    await start();
    const phone = await stage.registered('1003', { onInvite: 'answer' });
    stage.world.challengeAt(phone, { username: '1000', password: 'hush' });
    const { json } = await post({ ...structured(), from: { domain: domainName, user: '1000', authsecret: 'hush' } });
    const { callid } = json as { callid: string };
    await stage.events(1);
    expect(invitesTo(phone).map(({ callId }) => callId)).toEqual([callid, callid]);
    expect(stage.story()).toEqual(['answered']);
    await stage.command('/dialog/hangup', { callid });
    await ended();
  });

  for (const secret of [undefined, 'wrong']) {
    test(`mediaswitch row 15: a challenge with the secret ${secret} is a failure`, async () => {
      await start();
      const phone = await stage.registered('1003', { onInvite: 'answer' });
      stage.world.challengeAt(phone, { username: '1000', password: 'hush' });
      await post({
        ...structured(),
        from: { domain: domainName, user: '1000', ...(secret && { authsecret: secret }) },
      });
      await ended();
      expect(stage.story()).toEqual(['hangup 407 Proxy Authentication Required']);
    });
  }

  test('mediaswitch row 15: a domain that is not ours is looked up (RFC 3263 §4)', async () => {
    await start();
    const server = await stage.world.addQuietPhone('7000', { address: '10.0.7.7', onInvite: 'answer' });
    const { status, json } = await post({ ...structured(), to: { user: '7000', domain: '10.0.7.7' } });
    expect(status).toBe(200);
    await stage.until(() => server.call?.log.includes('confirmed') === true, 'answered');
    expect(invitesTo(server)[0]).toMatchObject({ uri: { user: '7000', host: '10.0.7.7' } });
    await stage.command('/dialog/hangup', json);
    await stage.until(() => server.call?.ended !== null, 'BYE');
    await stage.world.expectNothingLeft();
    // No control server has to do with it: nobody is told.
    expect(stage.control.calls).toEqual([]);
  });

  test('mediaswitch row 9: without a control server a call goes on by itself, its re-INVITEs too', async () => {
    await start();
    const server = await stage.world.addQuietPhone('7000', { address: '10.0.7.7', onInvite: 'answer' });
    await post({ ...structured(), to: { user: '7000', domain: '10.0.7.7:5060' } });
    await stage.until(() => server.call?.log.includes('confirmed') === true, 'answered');
    expect((await stage.world.while(server.call!.hold())).ok).toBe(true);
    server.call!.hangUp();
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 16: the called user shows his credentials, and holds', async () => {
    await start();
    stage.answerAll();
    const phone = await stage.registered('1003', { onInvite: 'answer' });
    const { json } = await post(structured());
    await stage.events(1);
    await stage.until(() => phone.call?.log.includes('confirmed') === true, 'confirmed');
    expect((await stage.world.while(phone.call!.hold())).ok).toBe(true);
    expect(stage.world.sentTo(phone, '401 INVITE')).toHaveLength(1);
    await stage.events(3);
    expect(stage.story()).toEqual(['answered', 'answered hold', 'answered hold']);
    await stage.command('/dialog/hangup', json);
    await ended();
  });

  test('mediaswitch row 11: hangup before the answer is a CANCEL and no error', async () => {
    await start();
    const phone = await stage.registered('1003');
    const { json } = await post(structured());
    const call = await rung(phone);
    await stage.command('/dialog/hangup', json);
    await ended();
    expect(call.log.at(-1)).toBe('ended cancelled');
    expect(stage.story()).toEqual(['ring', 'ring hangup']);
  });

  for (const code of [302, 404, 486, 503, 603]) {
    test(`mediaswitch row 19: a ${code} is told`, async () => {
      await start();
      await stage.registered('1003', { onInvite: code });
      await post(structured());
      await ended();
      expect(stage.story()).toEqual([expect.stringMatching(new RegExp(`^hangup ${code} \\S`))]);
    });
  }

  test('mediaswitch row 19: a 183 is ringing when no 180 came', async () => {
    await start();
    const phone = await stage.registered('1003', {
      onInvite: (session) => {
        session.progress(183);
        session.progress(180);
        return 'silent';
      },
    });
    const { json } = await post(structured());
    await rung(phone);
    await stage.events(1);
    await stage.command('/dialog/hangup', json);
    await ended();
    expect(stage.story()).toEqual(['ring', 'ring hangup']);
  });

  test('mediaswitch row 19: nothing for 32 s, and no answer for 180 s, are a 408', async () => {
    await start();
    const phone = await stage.registered('1003');
    const before = stage.world.clock.nowMs();
    await post(structured());
    await rung(phone);
    await ended();
    expect(stage.world.clock.nowMs() - before).toBeGreaterThan(180_000);
    expect(stage.story()).toEqual(['ring', 'ring hangup 408 Request Timeout']);
    stage.world.lose = ({ to }) => to === phone.options.address;
    const again = stage.world.clock.nowMs();
    await post(structured());
    await stage.events(3);
    expect(stage.world.clock.nowMs() - again).toBeLessThan(40_000);
    expect(stage.story().at(-1)).toBe('hangup 408 Request Timeout');
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 13: what the control server does not take of a ringing call ends it', async () => {
    await start();
    const phone = await stage.registered('1003');
    stage.control.reply = ({ hangup }) => (hangup ? 200 : 404);
    await post(structured());
    const call = await rung(phone);
    await ended();
    expect(call.log.at(-1)).toBe('ended cancelled');
    expect(stage.story()).toEqual(['ring', 'ring hangup 480 Temporarily Unavailable']);
  });

  test('mediaswitch row 13: a connection that is gone is told', async () => {
    await start();
    const phone = await stage.registered('1003', { onInvite: 'answer', transport: 'tcp' });
    await post(structured());
    await stage.events(1);
    await stage.world.while(phone.close());
    await ended();
    expect(stage.control.last.hangup).toBe(true);
  });
});
