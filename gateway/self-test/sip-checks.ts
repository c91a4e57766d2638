import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Parsed } from '../../base/errors.js';
import {
  createRequest,
  digestResponse,
  ha1,
  type NameAddr,
  nameAddr,
  parseDialogReference,
  parseMessage,
  parseNameAddr,
  parseUri,
  parseVia,
  type SipMessage,
  type SipUri,
  serializeMessage,
  serializeUri,
  sipUri,
  uriHeaders,
} from '../../sip/index.js';
import type { Check } from './run.js';

function readOf<T>(read: Parsed<T>): T {
  ok(read.ok, 'it could not be read');
  return read.value;
}

function uriOf(text: string): SipUri {
  const uri = readOf(parseUri(text));
  ok(uri.scheme === 'sip' || uri.scheme === 'sips', `${text} is no SIP URI`);
  return uri;
}

function messageOf(...lines: readonly string[]): SipMessage {
  const read = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  ok(read.ok, 'it could not be read');
  return read.value;
}

/** Display name and user of a name-addr. */
function namesOf(value: NameAddr): [string | undefined, string | undefined] {
  ok(value.uri.scheme === 'sip' || value.uri.scheme === 'sips');
  return [value.displayName, value.uri.user];
}

const head = [
  'INVITE sip:1000@pbx.example.com SIP/2.0',
  'From: <sip:1003@pbx.example.com>;tag=a',
  'To: <sip:1000@pbx.example.com>',
  'Call-ID: self-test@192.0.2.1',
  'CSeq: 1 INVITE',
  'Max-Forwards: 70',
];
const via = 'Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKone;rport';

/** Contract 4.2, 4.6 and 5. */
export const sipChecks: readonly Check[] = [
  {
    name: 'digest: the response of user 1003 to a challenge with qop auth',
    run: () => {
      const response = digestResponse({
        algorithm: 'MD5',
        ha1: ha1('MD5', '1003', 'bling.babblevoice.com', '123654789'),
        nonce: 'dbb93832-9090-4763-b9f1-49f0ee8b0b4a',
        method: 'REGISTER',
        uri: 'sip:bling.babblevoice.com',
        qop: 'auth',
        nc: '00000001',
        cnonce: 'NwppxHEoHM8cIGF',
      });
      equal(response, 'cd1748aebcbc01c47270acab477e0e56');
    },
  },
  {
    name: 'URI: user, password, host, port, parameters and headers',
    run: () => {
      const uri = uriOf('sip:alice:secret@Example.com:5070;transport=tcp;lr?subject=a%20b&priority=urgent');
      deepEqual([uri.user, uri.password, uri.host, uri.port], ['alice', 'secret', 'example.com', 5070]);
      deepEqual([uri.params.get('transport'), uri.params.get('lr')], ['tcp', null]);
      deepEqual(uriHeaders(uri), [
        ['subject', 'a b'],
        ['priority', 'urgent'],
      ]);
    },
  },
  {
    name: 'URI: sips, a host alone, an IPv6 host, and what is none',
    run: () => {
      equal(uriOf('sips:bob@example.com').scheme, 'sips');
      deepEqual([uriOf('sip:example.com').user, uriOf('sip:example.com').host], [undefined, 'example.com']);
      deepEqual([uriOf('sip:[2001:db8::1]:5080').host, uriOf('sip:[2001:db8::1]:5080').port], ['2001:db8::1', 5080]);
      equal(serializeUri(uriOf('sip:alice@example.com;transport=udp')), 'sip:alice@example.com;transport=udp');
      equal(parseUri('sip:a b@example.com').ok, false);
    },
  },
  {
    name: 'URI: HTTP addresses of control servers',
    run: () => {
      const { hostname, port, pathname } = new URL('http://127.0.0.1:9001/dialog/one');
      deepEqual([hostname, port, pathname], ['127.0.0.1', '9001', '/dialog/one']);
    },
  },
  {
    name: 'display names: quoted, bare, and none',
    run: () => {
      deepEqual(namesOf(readOf(parseNameAddr('"A. G. \\"Bell\\"" <sip:agb@example.com>;tag=1'))), [
        'A. G. "Bell"',
        'agb',
      ]);
      deepEqual(namesOf(readOf(parseNameAddr('Anonymous <sip:c8@example.com>;tag=2'))), ['Anonymous', 'c8']);
      const bare = readOf(parseNameAddr('sip:+12125551212@example.com;tag=887s'));
      deepEqual([namesOf(bare), bare.params.get('tag')], [[undefined, '+12125551212'], '887s']);
    },
  },
  {
    name: 'Refer-To: its Replaces, and the Replaces header field',
    run: () => {
      const target = readOf(
        parseNameAddr('<sip:1000@pbx.example.com?Replaces=90ab%40192.0.2.1%3Bto-tag%3Dt1%3Bfrom-tag%3Df1>'),
      );
      const [name, value = ''] = uriHeaders(target.uri)[0] ?? [];
      equal(name, 'Replaces');
      deepEqual(readOf(parseDialogReference(value)), {
        callId: '90ab@192.0.2.1',
        toTag: 't1',
        fromTag: 'f1',
        earlyOnly: false,
      });
      equal(readOf(parseDialogReference('98732@example.com;from-tag=r33;to-tag=n2;early-only')).earlyOnly, true);
      equal(parseDialogReference('98732@example.com;to-tag=n2').ok, false);
    },
  },
  {
    name: 'messages: a header field over several lines, and short names',
    run: () => {
      const message = messageOf(...head, via, 'Subject: I know', ' you are there,', '\tpick up', 'k: timer');
      equal(message.headers.get('Subject')?.replace(/\s+/g, ' '), 'I know you are there, pick up');
      equal(message.headers.get('Supported'), 'timer');
    },
  },
  {
    name: 'messages: Via with its parameters, two in one line',
    run: () => {
      const one = readOf(parseVia('SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKone;rport=1024;received=203.0.113.1'));
      deepEqual([one.host, one.port, one.protocol], ['192.0.2.1', 5062, 'UDP']);
      deepEqual(
        ['branch', 'rport', 'received'].map((name) => one.params.get(name)),
        ['z9hG4bKone', '1024', '203.0.113.1'],
      );
      const message = messageOf(...head, `${via}, SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKtwo`);
      deepEqual(
        message.via.map(({ host }) => host),
        ['192.0.2.1', '2001:db8::9'],
      );
    },
  },
  {
    name: 'messages: what is built reads back as what it was built from',
    run: () => {
      const uri = sipUri('sip:1000@pbx.example.com');
      const request = createRequest({
        method: 'INFO',
        uri,
        from: nameAddr(sipUri('sip:1003@pbx.example.com'), { displayName: 'A "B"', tag: 'a' }),
        to: nameAddr(uri, { tag: 'b' }),
        callId: 'self-test@192.0.2.1',
        cseq: { sequence: 7 },
        headers: [['Subject', 'one']],
        body: Buffer.from('Signal=5\r\n'),
        contentType: 'application/dtmf-relay',
      });
      request.via.push(readOf(parseVia(via.slice(5))));
      const back = parseMessage(serializeMessage(request));
      ok(back.ok, 'it could not be read');
      deepEqual(
        [back.value.callId, back.value.cseq.sequence, back.value.body.toString()],
        ['self-test@192.0.2.1', 7, 'Signal=5\r\n'],
      );
      equal(back.value.headers.get('Content-Type'), 'application/dtmf-relay');
    },
  },
];
