import { encode } from 'dns-packet';
import type { LocalMedia } from '../../media/sdp/local-media.js';
import { acceptAnswer, answerOffer, createOfferAnswer, makeOffer } from '../../media/sdp/offer-answer.js';
import { parseSdp } from '../../media/sdp/parse.js';
import { parseDtmfInfo } from '../../sip/bodies/dtmf-info.js';
import { type BodyPart, parseMultipart } from '../../sip/bodies/multipart.js';
import { readTunnelled } from '../../sip/bodies/tunnelled-message.js';
import { parseMediaType } from '../../sip/headers/media-type.js';
import { conferencePackage } from '../../sip/packages/conference.js';
import { dialogPackage } from '../../sip/packages/dialog.js';
import { messageSummaryPackage } from '../../sip/packages/mwi.js';
import type { AnyEventPackage } from '../../sip/packages/package.js';
import { presencePackage } from '../../sip/packages/presence.js';
import { referPackage } from '../../sip/packages/refer.js';
import { regPackage } from '../../sip/packages/reg.js';
import { watcherInfoPackage } from '../../sip/packages/winfo.js';
import { parseXml, serializeXml } from '../../sip/packages/xml.js';
import { Params } from '../../sip/params.js';
import { readAnswer } from '../../sip/resolve/dns-message.js';
import { parseHosts, parseResolvConf } from '../../sip/resolve/system-files.js';
import { answerBinding, bindingRequest, isStun, parseBindingAnswer } from '../../sip/transport/stun.js';
import { tortureMessages } from '../fixtures/rfc4475/messages.js';
import { type FuzzTarget, must } from './target.js';

const local: LocalMedia = {
  address: '192.0.2.1',
  rtpPort: 4000,
  rtcpPort: 4001,
  codecs: ['pcma', 'pcmu'],
  telephoneEvent: true,
  ptimeMs: 20,
  direction: 'sendrecv',
};

const offers = [
  'v=0\r\no=- 1 2 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n',
  'v=0\no=a b 1 2 IN IP6 ::1\ns=\nt=0 0\na=sendonly\nm=video 5 RTP/AVP 31\nc=IN IP6 ::1\nm=audio 6/2 RTP/AVP 96\nc=IN IP4 224.0.0.1/1\na=rtpmap:96 PCMA/8000/1\na=rtcp:9 IN IP4 1.2.3.4\na=rtcp-mux\na=maxptime:20\na=inactive\n',
];

/** Any text is a description or a fault, and as offer or answer an agreement or a refusal. */
const sdp: FuzzTarget = {
  name: 'sdp',
  seeds: () => offers.map((text) => Buffer.from(text)),
  run(data) {
    const text = data.toString('utf8');
    parseSdp(text);
    const fresh = createOfferAnswer({ sessionId: '1', username: '-' });
    const answered = answerOffer(fresh, text, local);
    if (answered.ok) {
      const ours = parseSdp(answered.sdp);
      must(ours.ok, `our answer is a description: ${answered.sdp}`);
    }
    acceptAnswer(makeOffer(fresh, local).state, text);
  },
};

const packages: readonly AnyEventPackage[] = [
  regPackage,
  presencePackage,
  dialogPackage,
  conferencePackage,
  messageSummaryPackage,
  referPackage,
  watcherInfoPackage('presence'),
];

const documents = [
  '<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full"><registration aor="sip:a@h" id="a" state="active"><contact id="1" state="active" event="registered" expires="9" q="0.5" callid="c" cseq="1"><uri>sip:a@1.2.3.4</uri><display-name>A</display-name></contact></registration></reginfo>',
  '<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@h"><tuple id="t"><status><basic>open</basic></status><contact priority="0.8">sip:a@h</contact><note xml:lang="en">in</note><timestamp>2001-10-27T16:49:29Z</timestamp></tuple></presence>',
  '<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="partial" entity="sip:a@h"><dialog id="d" call-id="c" local-tag="1" remote-tag="2" direction="recipient"><state event="cancelled" code="487">terminated</state><duration>7</duration><local><identity>sip:a@h</identity><target uri="sip:x"><param pname="p" pval="v"/></target></local></dialog></dialog-info>',
  '<?xml version="1.0"?><conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:c@h" state="full" version="1"><conference-description><subject>s</subject></conference-description><conference-state><user-count>2</user-count></conference-state><users><user entity="sip:a@h" state="full"><display-text>A</display-text><endpoint entity="sip:a@1"><status>connected</status></endpoint></user></users></conference-info>',
  'Messages-Waiting: yes\r\nMessage-Account: sip:a@h\r\nVoice-Message: 2/8 (0/2)\r\n\r\nTo: a\r\n\r\nTo: b\r\n',
  'SIP/2.0 200 OK\r\nTo: <sip:a>\r\n\r\nbody',
  '<?xml version="1.0"?><watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full"><watcher-list resource="sip:a@h" package="presence"><watcher status="active" id="1" event="subscribe" expiration="9" duration-subscribed="3" display-name="A">sip:b@h</watcher></watcher-list></watcherinfo>',
];

const context = {
  resource: 'sip:a@h',
  version: 3,
  full: true,
  eventParams: new Params(),
  nowMs: 1000,
  epochMs: 1_700_000_000_000,
};

/** The first octet chooses the package. A document that was read can be written, read again, joined and compared. */
const events: FuzzTarget = {
  name: 'events',
  seeds: () => documents.map((text, index) => Buffer.from(String.fromCharCode(index) + text)),
  run(data) {
    const plugIn = packages[(data[0] ?? 0) % packages.length]!;
    const { contentType } = plugIn;
    const read = plugIn.parse(data.subarray(1), contentType);
    if (!read.ok) return;
    const { state } = read.value;
    const written = plugIn.serialize(state, { ...context, contentType });
    const again = plugIn.parse(written, contentType);
    must(again.ok || written.length > 65_536, `${plugIn.name} reads what it has written: ${written}`);
    plugIn.merge?.(state, state);
    plugIn.coalesce?.(state, state);
    plugIn.select?.(state, Params.of({ 'call-id': 'c', 'to-tag': '1' }));
    const change = plugIn.changes?.(state, state);
    if (typeof change === 'object') plugIn.serialize(change.partial, { ...context, contentType, full: false });
  },
};

/** Never throws; a document that was read is the same when it is written and read again. */
const xml: FuzzTarget = {
  name: 'xml',
  seeds: () => documents.filter((text) => text.startsWith('<')).map((text) => Buffer.from(text)),
  run(data) {
    const read = parseXml(data);
    if (!read.ok) return;
    const written = serializeXml(read.value);
    const again = parseXml(written);
    if (written.length > 65_536) return;
    must(again.ok, `what was read can be written: ${written}`);
    if (again.ok) must(serializeXml(again.value).equals(written), 'and is the same then');
  },
};

function count(parts: readonly BodyPart[]): number {
  return parts.reduce((total, part) => total + 1 + count(part.parts), 0);
}

function readPart(part: BodyPart): void {
  readTunnelled(part);
  parseDtmfInfo(part.contentType.type, part.body);
  for (const inner of part.parts) readPart(inner);
}

/** The first line is the Content-Type, the rest the body. Never throws, keeps its limits. */
const multipart: FuzzTarget = {
  name: 'multipart',
  seeds: () => {
    const nested =
      '--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=1\r\nDuration=2\r\n--b--';
    const signed = tortureMessages.find(({ name }) => name === 'mpart01')!.bytes;
    return [
      Buffer.from(`multipart/mixed;boundary=b\n${nested}`),
      Buffer.concat([
        Buffer.from('multipart/mixed;boundary=7a9cbec02ceef655\n'),
        signed.subarray(signed.indexOf('--7a9')),
      ]),
      Buffer.from('multipart/mixed;boundary=b\n--b\nContent-Type: message/sip\n\nSIP/2.0 200 OK\r\n\r\n\n--b--'),
    ];
  },
  run(data) {
    const end = data.indexOf(10);
    if (end < 0) return;
    const type = parseMediaType(data.toString('utf8', 0, end));
    if (!type.ok) return;
    const read = parseMultipart(data.subarray(end + 1), type.value);
    if (!read.ok) return;
    must(count(read.value) <= 32, 'no more parts than the limit');
    for (const part of read.value) readPart(part);
  },
};

const transactionId = Buffer.from('abcdefghijkl');

/** Never throws; an answer is for what is STUN alone, and reads as one. */
const stun: FuzzTarget = {
  name: 'stun',
  seeds: () => {
    const request = bindingRequest(transactionId);
    const answers = ['192.0.2.1', '2001:db8::1'].map((address) => answerBinding(request, { address, port: 5060 })!);
    return [request, request.subarray(0, 20), ...answers];
  },
  run(data) {
    isStun(data);
    parseBindingAnswer(data);
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      const answer = answerBinding(data, { address, port: 5060 });
      if (answer === null) continue;
      must(answer.length <= data.length + 64, 'an answer is not much longer than its request');
      const type = answer.readUInt16BE(0);
      must(type === 0x0111 || parseBindingAnswer(answer).ok, 'a success reads as one');
    }
  },
};

const question = { id: 7, name: 'example.com', type: 'NAPTR' as const };

/** Never throws, whatever a name server says; files of the system neither. */
const dns: FuzzTarget = {
  name: 'dns',
  seeds: () => {
    const questions = [{ type: question.type, name: question.name }];
    const about = { name: question.name, ttl: 60 };
    const srv = { priority: 1, weight: 2, port: 5060, target: 'sip.example.com' };
    const naptr = {
      order: 1,
      preference: 2,
      flags: 's',
      services: 'SIP+D2U',
      regexp: '',
      replacement: '_sip._udp.example.com',
    };
    const soa = { mname: 'a', rname: 'b', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 };
    return [
      encode({
        type: 'response',
        id: 7,
        flags: 0x8180,
        questions,
        answers: [
          { ...about, type: 'NAPTR', data: naptr },
          { ...about, type: 'SRV', data: srv },
        ],
      }),
      encode({
        type: 'response',
        id: 7,
        flags: 0x8183,
        questions,
        authorities: [{ ...about, type: 'SOA', data: soa }],
      }),
      encode({
        type: 'response',
        id: 7,
        questions,
        answers: [
          { ...about, type: 'A', data: '1.2.3.4' },
          { ...about, type: 'AAAA', data: '::1' },
          { ...about, type: 'CNAME', data: 'x.y' },
        ],
      }),
      Buffer.from('nameserver 1.2.3.4\noptions timeout:2 attempts:3\n127.0.0.1 localhost a b\n::1 c'),
    ];
  },
  run(data) {
    readAnswer(data, question);
    const text = data.toString('utf8');
    parseResolvConf(text);
    parseHosts(text);
  },
};

export const bodyTargets: readonly FuzzTarget[] = [sdp, events, xml, multipart, stun, dns];
