import { describe, expect, test } from 'vitest';
import { parseAuthorization } from '../../../sip/auth/digest.js';
import { contacts, expires, recordRoutes, retryAfter, tokens } from '../../../sip/headers.js';
import type { SipRequest, SipResponse } from '../../../sip/message.js';
import { parseMessage } from '../../../sip/parse/message.js';
import { StreamFramer } from '../../../sip/parse/stream.js';
import { serializeMessage } from '../../../sip/serialize.js';
import type { SipUri } from '../../../sip/uri.js';
import { tortureMessages } from '../../fixtures/rfc4475/messages.js';
import { request, response } from '../../support/sip-messages.js';

const byName = new Map(tortureMessages.map((message) => [message.name, message]));

function requestOf(name: string): SipRequest {
  return request(byName.get(name)!.bytes);
}

function responseOf(name: string): SipResponse {
  return response(byName.get(name)!.bytes);
}

function partialOf(name: string): SipRequest | undefined {
  const result = parseMessage(byName.get(name)!.bytes);
  return result.ok ? undefined : result.partial;
}

test('RFC 4475 §3 has 49 messages', () => {
  expect(byName.size).toBe(49);
});

test.each(tortureMessages.filter(({ fault }) => fault === null))('RFC 4475 §$section $name parses', ({ bytes }) => {
  const result = parseMessage(bytes);
  expect(result).toMatchObject({ ok: true });
  if (!result.ok) return;
  const again = parseMessage(serializeMessage(result.value));
  expect(again).toEqual(result);
});

test.each(tortureMessages.filter(({ fault }) => fault !== null))(
  'RFC 4475 §$section $name is refused: $fault',
  ({ bytes, fault }) => {
    expect(parseMessage(bytes)).toMatchObject({ ok: false, fault });
  },
);

describe('what the well-formed ones say', () => {
  test('RFC 4475 §3.1.1.1 wsinv: white space everywhere', () => {
    const invite = requestOf('wsinv');
    expect((invite.uri as SipUri).params.get('unknownparam')).toBeNull();
    expect(invite.to.params.get('tag')).toBe('1918181833n');
    expect(invite.from.displayName).toBe('J Rosenberg \\"');
    expect(invite.from.params.get('tag')).toBe('98asjd8');
    expect(invite.maxForwards).toBe(68);
    expect(invite.cseq).toEqual({ sequence: 9, method: 'INVITE' });
    expect(invite.via.map(({ protocol, host, params }) => [protocol, host, params.get('branch')])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ]);
    expect(invite.headers.get('Subject')).toBe('');
    expect(invite.headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
    expect(invite.headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;');
    expect([...(invite.route[0]!.uri as SipUri).params]).toEqual([
      ['lr', null],
      ['unknownwith', 'value'],
      ['unknown-no-value', null],
    ]);
    const read = contacts(invite);
    const [contact] = read.ok ? read.value.values : [];
    expect(contact?.displayName).toBe('Quoted string ""');
    expect([...contact!.params]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', null],
      ['q', '0.33'],
    ]);
    expect(invite.body.length).toBe(150);
  });

  test('RFC 4475 §3.1.1.2 intmeth: every character that is allowed', () => {
    const message = requestOf('intmeth');
    const uri = message.uri as SipUri;
    expect(message.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(uri.user).toBe("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    expect(uri.password).toBe("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    expect(message.to.displayName).toBe('BEL:\x07 NUL:\0 DEL:\x7f');
    expect(message.from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(message.from.params.get("fromParam''~+*_!.-%")).toBe('работающий');
    expect(message.from.params.get('tag')).toBe("_token~1'+`*%!-.");
    expect(message.callId).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    expect(message.headers.get("extensionHeader-!.%*+_`'~")).toBe('\ufeff大停電');
  });

  test('RFC 4475 §3.1.1.3 esc01, §3.1.1.4 escnull, §3.1.1.9 semiuri: escapes in URIs', () => {
    const escaped = requestOf('esc01');
    expect((escaped.uri as SipUri).user).toBe('sips:user@example.com');
    expect((escaped.to.uri as SipUri).user).toBe('user');
    expect((escaped.from.uri as SipUri).user).toBe('I have spaces');
    const read = contacts(escaped);
    expect([...(read.ok ? (read.value.values[0]!.uri as SipUri).params : [])]).toEqual([
      ['lr', null],
      ['name', 'value%41'],
    ]);
    const nulls = requestOf('escnull');
    expect((nulls.to.uri as SipUri).user).toBe('null-\0-null');
    const users = contacts(nulls);
    expect(users.ok && users.value.values.map(({ uri }) => (uri as SipUri).user)).toEqual(['\0', '\0\0']);
    expect((requestOf('semiuri').uri as SipUri).user).toBe('user;par=u@example.net');
  });

  test('RFC 4475 §3.1.1.5 esc02: % outside URIs is not an escape', () => {
    const message = requestOf('esc02');
    expect(message.method).toBe('RE%47IST%45R');
    expect(message.to.displayName).toBe('%Z%45');
    expect(message.headers.all('Contact')).toHaveLength(2);
    expect(message.headers.get('C%6Fntact')).toBe('<sip:alias2@host2.example.com>');
  });

  test('RFC 4475 §3.1.1.7 longreq: all 34 Vias in any spelling', () => {
    const message = requestOf('longreq');
    expect(message.via).toHaveLength(34);
    expect(message.via.map(({ host }) => host).slice(0, 33)).toEqual(
      Array.from({ length: 33 }, (_, i) => `sip${33 - i}.example.com`),
    );
    expect(message.body.length).toBe(150);
  });

  test('RFC 4475 §3.1.1.8 dblreq: octets after Content-Length are dropped; a stream holds two messages', () => {
    const message = requestOf('dblreq');
    expect(message.method).toBe('REGISTER');
    expect(message.body.length).toBe(0);
    const events = new StreamFramer().push(byName.get('dblreq')!.bytes);
    expect(events.map((event) => (event.type === 'message' ? event.message.callId : event.type))).toEqual([
      'dblreq.0ha0isndaksdj99sdfafnl3lk233412',
      'keep-alive-response',
      'dblreq.0ha0isnda977644900765@192.0.2.15',
      // The body is longer than its Content-Length.
      'fault',
    ]);
  });

  test('RFC 4475 §3.1.1.11 mpart01: a binary body is kept to the octet', () => {
    const { bytes } = byName.get('mpart01')!;
    const message = requestOf('mpart01');
    expect(message.body.length).toBe(553);
    expect(message.body.equals(bytes.subarray(bytes.length - 553))).toBe(true);
  });

  test('RFC 4475 §3.1.1.12 unreason and §3.1.1.13 noreason: reason phrases', () => {
    expect(responseOf('unreason').reasonPhrase).toBe('= 2**3 * 5**2 но сто девяносто девять - простое');
    expect(responseOf('noreason')).toMatchObject({ statusCode: 100, reasonPhrase: '' });
  });

  test('RFC 4475 §3.2.1 badbranch: the branch is the bare cookie', () => {
    expect(requestOf('badbranch').via[0]!.params.get('branch')).toBe('z9hG4bK');
  });

  test('RFC 4475 §3.3.2 unkscm, §3.3.3 novelsc, §3.3.4 unksm2: other schemes are kept as they are', () => {
    expect(requestOf('unkscm').uri).toEqual({
      scheme: 'other',
      name: 'nobodyknowsthisscheme',
      rest: 'totallyopaquecontent',
    });
    expect(requestOf('novelsc').uri).toEqual({ scheme: 'other', name: 'soap.beep', rest: '//192.0.2.103:3002' });
    const message = requestOf('unksm2');
    expect(message.to.uri).toEqual({ scheme: 'other', name: 'isbn', rest: '2983792873' });
    expect(message.from.uri).toEqual({ scheme: 'other', name: 'http', rest: '//www.example.com' });
  });

  test('RFC 4475 §3.3.5 bext01: the options that a 420 has to name', () => {
    expect(tokens(requestOf('bext01'), 'Require')).toEqual(['nothingsupportsthis', 'nothingsupportsthiseither']);
  });

  test('RFC 4475 §3.3.7 regaut01: another scheme than Digest', () => {
    const value = requestOf('regaut01').headers.get('Authorization');
    expect(parseAuthorization(value!)).toMatchObject({ ok: false, fault: 'not-digest' });
  });

  test('RFC 4475 §3.3.12 cparam01, §3.3.13 cparam02: a bare URI has no parameters of its own', () => {
    const header = contacts(requestOf('cparam01'));
    const url = contacts(requestOf('cparam02'));
    expect(header.ok && header.value.values[0]!.params.has('unknownparam')).toBe(true);
    expect(header.ok && (header.value.values[0]!.uri as SipUri).params.size).toBe(0);
    expect(url.ok && url.value.values[0]!.params.size).toBe(0);
    expect(url.ok && (url.value.values[0]!.uri as SipUri).params.has('unknownparam')).toBe(true);
  });

  test('RFC 4475 §3.3.14 regescrt: headers of a Contact URI stay with it', () => {
    const read = contacts(requestOf('regescrt'));
    expect(read.ok && (read.value.values[0]!.uri as SipUri).headers).toBe('Route=%3Csip:sip.example.com%3E');
  });

  test('RFC 4475 §3.4.1 inv2543: no tag, no branch, no Content-Length', () => {
    const invite = requestOf('inv2543');
    expect(invite.from.params.has('tag')).toBe(false);
    expect(invite.via[0]!.params.has('branch')).toBe(false);
    expect(invite.body.toString()).toMatch(/^v=0\r\n[\s\S]*RTP\/AVP 0\r\n$/);
    const routes = recordRoutes(invite);
    expect(routes.ok && (routes.value[0]!.uri as SipUri).params.get('maddr')).toBe('ss1.example.com');
  });
});

describe('what is refused when it is read', () => {
  test('RFC 4475 §3.1.2.13 regbadct: a Contact with ? and no angle brackets', () => {
    expect(contacts(requestOf('regbadct'))).toMatchObject({ ok: false, fault: 'bad-contact' });
  });

  test('RFC 4475 §3.1.2.4 scalar02, §3.1.2.5 scalarlg: seconds beyond 32 bits', () => {
    const bytes = byName.get('scalar02')!.bytes.toString('latin1');
    const register = request(Buffer.from(bytes.replace(/CSeq: \d+/, 'CSeq: 1').replace('300', '70'), 'latin1'));
    expect(expires(register)).toMatchObject({ ok: false, fault: 'bad-number' });
    const overload = byName
      .get('scalarlg')!
      .bytes.toString('latin1')
      .replace(/CSeq: \d+/, 'CSeq: 1');
    expect(retryAfter(response(Buffer.from(overload, 'latin1')))).toMatchObject({ ok: false, fault: 'bad-number' });
  });
});

describe('refused requests that can be answered', () => {
  test.each([
    'clerr',
    'ncl',
    'ltgtruri',
    'lwsruri',
    'lwsstart',
    'trws',
    'escruri',
    'badvers',
    'mismatch01',
    'mismatch02',
    'multi01',
    'mcl01',
  ])('%s leaves what RFC 3261 §8.2.6 copies into the answer', (name) => {
    const partial = partialOf(name);
    expect(partial?.callId).toContain(name);
    expect(partial?.via[0]?.host).toMatch(/example|examle|192\.0\.2/);
    expect(partial?.body.length).toBe(0);
  });

  test('multi01 leaves the first of each doubled field', () => {
    const partial = partialOf('multi01')!;
    expect(partial.cseq.sequence).toBe(5);
    expect(partial.callId).toBe('multi01.98asdh@192.0.2.1');
    expect(partial.maxForwards).toBe(70);
  });

  test.each(['badinv01', 'scalar02', 'scalarlg', 'quotbal', 'badaspec', 'baddn', 'bigcode', 'insuf'])(
    '%s leaves nothing',
    (name) => {
      expect(partialOf(name)).toBeUndefined();
    },
  );
});
