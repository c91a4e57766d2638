import { describe, expect, test } from 'vitest';
import type { DtmfInfo } from '../../../sip/bodies/dtmf-info.js';
import { serializeMultipart } from '../../../sip/bodies/multipart.js';
import type { SipResponse } from '../../../sip/message.js';
import { type InfoRequest, Infos, infoOf, infoOfDtmf, recvInfo } from '../../../sip/ua/info.js';
import type { InDialogOptions } from '../../../sip/ua/types.js';
import { sipUri } from '../../../sip/uri.js';
import { requestWith } from '../../support/message-with.js';
import { ANSWER, pair } from '../../support/ua-bench.js';

async function calling(withDtmf = true) {
  const flow = await pair();
  const { bench, alice, bob } = flow;
  const heard: InfoRequest[] = [];
  const keys: DtmfInfo[] = [];
  const infos = new Infos(bob.ua.context, {
    packages: [
      {
        name: 'Foo',
        mediaTypes: ['text/plain'],
        onInfo: (info) => {
          heard.push(info);
          if (info.parts[0]?.body.toString() === 'throw') throw new Error('defect');
          return undefined;
        },
      },
      { name: 'bar', mediaTypes: [], onInfo: () => ({ statusCode: 488 }) },
    ],
    ...(withDtmf ? { onDtmf: (dtmf: DtmfInfo) => keys.push(dtmf) } : {}),
  });
  bob.ua.use(infos);
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const info = async (options: InDialogOptions): Promise<SipResponse> => {
    let response: SipResponse | null = null;
    void call.request('INFO', options).then((value) => {
      response = value;
    });
    await bench.clock.until(() => response !== null);
    return response as unknown as SipResponse;
  };
  return { ...flow, call, infos, heard, keys, info };
}

const text = (body: string) => ({ body: Buffer.from(body), contentType: 'text/plain' });

describe('RFC 6086 Info Packages', () => {
  test('RFC 6086 §4.3 Recv-Info goes wherever Allow goes', async () => {
    const { bench, bob, call } = await calling();
    expect(recvInfo(bench.sent('200 INVITE')[0]!)).toEqual({ ok: true, value: ['foo', 'bar'] });
    expect(bob.ua.allow()).toContain('INFO');
    expect(recvInfo(requestWith('Recv-Info:'))).toEqual({ ok: true, value: [] });
    expect(recvInfo(requestWith('X: y'))).toEqual({ ok: true, value: undefined });
    call.end();
    await bench.expectNothingLeft();
  });

  test('RFC 6086 §4.2.1 an INFO of a package reaches its handler, in a multipart too', async () => {
    const { bench, call, heard, info } = await calling();
    expect((await info(infoOf('foo', text('one')))).statusCode).toBe(200);
    expect((await info(infoOf('FOO', serializeMultipart('mixed', [text('two')])))).statusCode).toBe(200);
    expect((await info(infoOf('foo'))).statusCode).toBe(200);
    expect(heard.map(({ package: name, parts }) => [name, parts.map(({ body }) => body.toString())])).toEqual([
      ['foo', ['one']],
      ['foo', ['two']],
      ['foo', []],
    ]);
    expect(heard[0]?.request.headers.get('Content-Disposition')).toBe('Info-Package');
    expect((await info(infoOf('bar'))).statusCode).toBe(488);
    expect((await info(infoOf('foo', text('throw')))).statusCode).toBe(500);
    call.end();
    await bench.expectNothingLeft();
  });

  test('RFC 6086 §4.2.2 another package gets 469 with Recv-Info, another body 415 with Accept', async () => {
    const { bench, call, infos, info } = await calling();
    const other = await info(infoOf('other'));
    expect([other.statusCode, other.headers.get('Recv-Info')]).toEqual([469, 'Foo, bar']);
    expect(infos.counters.badPackage).toBe(1);
    const image = await info(infoOf('foo', { body: Buffer.from('x'), contentType: 'image/png' }));
    expect([image.statusCode, image.headers.get('Accept')]).toEqual([415, 'text/plain']);
    expect((await info({ headers: [['Info-Package', 'a b']] })).statusCode).toBe(400);
    call.end();
    await bench.expectNothingLeft();
  });

  test('RFC 6086 §4.2.1 outside a dialog there is no INFO', async () => {
    const { bench, alice, bob, call } = await calling();
    let statusCode = 0;
    const uri = sipUri({ user: 'bob', host: bob.address });
    void alice.ua.request({ method: 'INFO', uri, target: bob.target }).then((response) => {
      statusCode = response.statusCode;
    });
    await bench.clock.until(() => statusCode > 0);
    expect(statusCode).toBe(481);
    call.end();
    await bench.expectNothingLeft();
  });
});

describe('RFC 6086 §2 without a package', () => {
  test('the two DTMF bodies are keys, no body is a sign of life, another body gets 415', async () => {
    const { bench, call, keys, info } = await calling();
    expect((await info(infoOfDtmf({ digit: '5', durationMs: 160 }))).statusCode).toBe(200);
    expect((await info(infoOfDtmf({ digit: '#' }, 'application/dtmf'))).statusCode).toBe(200);
    expect(keys).toEqual([
      { digit: '5', durationMs: 160 },
      { digit: '#', durationMs: undefined },
    ]);
    expect((await info({})).statusCode).toBe(200);
    const bad = await info({ body: Buffer.from('Signal=x'), contentType: 'application/dtmf-relay' });
    expect(bad.statusCode).toBe(400);
    const other = await info({ body: Buffer.from('<x/>'), contentType: 'application/media_control+xml' });
    expect([other.statusCode, other.headers.get('Accept')]).toEqual([415, 'application/dtmf-relay, application/dtmf']);
    call.end();
    await bench.expectNothingLeft();
  });

  test('who does not want keys refuses them', async () => {
    const { bench, call, info } = await calling(false);
    expect((await info(infoOfDtmf({ digit: '5' }))).statusCode).toBe(415);
    call.end();
    await bench.expectNothingLeft();
  });
});
