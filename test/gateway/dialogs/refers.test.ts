import { afterEach, describe, expect, test } from 'vitest';
import {
  digestResponse,
  ha1,
  nameAddr,
  parseAuthorization,
  type ReferResult,
  refer,
  type SipRequest,
  serializeAuthorization,
  sipUri,
  withUriHeaders,
} from '../../../sip/index.js';
import { DialogWorld, domainName } from '../../support/dialog-world.js';
import type { PhoneCall } from '../../support/phone.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

const target = sipUri({ user: '1004', host: domainName });
const credentials = { username: '1003', password: 'pw1003' };

async function answeredCall(config?: string): Promise<PhoneCall> {
  stage = await DialogWorld.start(config);
  stage.answerAll();
  const call = await stage.world.dial(await stage.phone('1003'), '2000', 'answered');
  await stage.events(2);
  return call;
}

/** What came of the transfer; null while it is open. */
function transfer(call: PhoneCall, more: Partial<Parameters<typeof refer>[1]> = {}) {
  const news: (string | ReferResult)[] = [];
  const session = call.session!;
  const options = { session, referTo: nameAddr(target), credentials, ...more } as Parameters<typeof refer>[1];
  const sent = refer(call.phone.ua.context, options, {
    onAccepted: ({ statusCode }) => news.push(`taken ${statusCode}`),
    onProgress: (statusCode) => news.push(`${statusCode}`),
  });
  void sent.result.then((result) => news.push(result));
  return news;
}

async function settled(news: readonly unknown[]): Promise<void> {
  await stage.until(() => typeof news.at(-1) === 'object', 'transfer');
}

const notifiesTo = (call: PhoneCall): SipRequest[] =>
  stage.world.sentTo(call.phone as WorldPhone, 'NOTIFY') as SipRequest[];

/** The credentials of a request once more, for a REFER: the nonce counts on (RFC 7616 §3.4). */
function usedAgain(request: SipRequest): string {
  const read = parseAuthorization(request.headers.get('Authorization') ?? '');
  if (!read.ok) throw new Error('no credentials');
  const { algorithm, username, realm } = read.value;
  const counted = { ...read.value, nc: '00000002' };
  const secret = ha1(algorithm, username, realm, credentials.password);
  return serializeAuthorization({ ...counted, response: digestResponse({ ...counted, ha1: secret, method: 'REFER' }) });
}

describe('a transfer', () => {
  test('mediaswitch row 18: a blind one is told before the 202, and /dialog/notify ends it with 200 OK', async () => {
    const call = await answeredCall();
    const news = transfer(call);
    await stage.events(3);
    expect(stage.story()).toEqual(['new', 'ring answered', 'refer ring answered']);
    const { callid, refer: told } = stage.control.last;
    expect(told).toEqual({ to: '1004', domain: domainName });
    await stage.world.clock.advance(100);
    expect(news).toEqual(['taken 202', '100']);
    expect((await stage.command('/dialog/notify', { callid })).status).toBe(200);
    await settled(news);
    expect(news.at(-1)).toEqual({ outcome: 'succeeded', statusCode: 200, reasonPhrase: 'OK' });
    const last = notifiesTo(call).at(-1)!;
    expect(last.headers.get('Event')).toBe('refer');
    expect(last.headers.get('Content-Type')).toBe('message/sipfrag;version=2.0');
    expect(last.headers.get('Subscription-State')).toBe('terminated;reason=noresource');
    expect(last.body.toString().trim()).toBe('SIP/2.0 200 OK');
    call.hangUp();
    await stage.world.expectNothingLeft();
    expect(stage.control.last.refer).toBeUndefined();
  });

  test('mediaswitch row 18: an attended one names the Call-ID to replace, unescaped and without tags', async () => {
    const call = await answeredCall();
    const replaces = 'a+b/c@10.0.0.9;to-tag=1;from-tag=2';
    const news = transfer(call, { referTo: nameAddr(withUriHeaders(target, [['Replaces', replaces]])) });
    await stage.events(3);
    expect(stage.control.last.refer).toEqual({ to: '1004', domain: domainName, replaces: 'a+b/c@10.0.0.9' });
    await stage.command('/dialog/notify', { callid: stage.control.last.callid }, 'PUT');
    await settled(news);
    call.hangUp();
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 18: a REFER without credentials is challenged, one with wrong ones or none is never told', async () => {
    const call = await answeredCall();
    const open = transfer(call, { credentials: undefined });
    await settled(open);
    expect(open.at(-1)).toMatchObject({ outcome: 'refused', statusCode: 401 });
    const wrong = transfer(call, { credentials: { username: '1003', password: 'no' } });
    await settled(wrong);
    expect(wrong.at(-1)).toMatchObject({ outcome: 'refused', statusCode: 403 });
    const other = transfer(call, { credentials: { username: '1004', password: 'pw1004' } });
    await settled(other);
    expect(other.at(-1)).toMatchObject({ outcome: 'refused', statusCode: 403 });
    expect(stage.story()).toHaveLength(2);
    call.hangUp();
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 18: credentials that answer an older challenge are taken at once', async () => {
    const call = await answeredCall();
    const { phone } = call;
    const invite = stage.world.wire.filter(({ text }) => text === 'INVITE').at(-1)!.message as SipRequest;
    const response = await stage.world.while(
      call.session!.request('REFER', {
        headers: [
          ['Refer-To', `<sip:1004@${domainName}>`],
          ['Contact', phone.ua.contact('1003', phone.target)],
          ['Authorization', usedAgain(invite)],
        ],
      }),
    );
    expect(response.statusCode).toBe(202);
    expect(stage.world.wire.filter(({ text }) => text === 'REFER')).toHaveLength(1);
    await stage.command('/dialog/notify', { callid: stage.control.last.callid });
    call.hangUp();
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 18: notify still works when the transferor has hung up, and is 404 when nobody listens', async () => {
    const call = await answeredCall();
    const news = transfer(call);
    await stage.events(3);
    await stage.world.clock.advance(100);
    call.hangUp();
    await stage.events(4);
    const { callid } = stage.control.last;
    expect((await stage.command('/dialog/notify', { callid })).status).toBe(200);
    await settled(news);
    expect(news.at(-1)).toMatchObject({ outcome: 'succeeded' });
    expect((await stage.command('/dialog/notify', { callid })).status).toBe(404);
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 18: without presence too; what cannot be read is 400', async () => {
    const call = await answeredCall('presence: off');
    const bad = transfer(call, { referTo: nameAddr(withUriHeaders(target, [['Replaces', 'no tags']])) });
    await settled(bad);
    expect(bad.at(-1)).toMatchObject({ outcome: 'refused', statusCode: 400 });
    const news = transfer(call);
    await stage.events(3);
    await stage.command('/dialog/notify', { callid: stage.control.last.callid });
    await settled(news);
    expect(news.at(-1)).toMatchObject({ outcome: 'succeeded' });
    call.hangUp();
    await stage.world.expectNothingLeft();
  });

  test('mediaswitch row 18: outside dialogs nobody is asked to call others', async () => {
    const call = await answeredCall();
    const { phone } = call;
    const news = transfer(call, { session: undefined, uri: target, target: phone.target, from: phone.addressOfRecord });
    await settled(news);
    expect(news.at(-1)).toMatchObject({ outcome: 'refused', statusCode: 405 });
    call.hangUp();
    await stage.world.expectNothingLeft();
  });
});
