import { hostPort } from '../../base/ip-ranges.js';
import { codecNames, comfortNoisePolicies, dtlsOffer, srtpPolicies, srtpProfileNames } from '../../media/index.js';
import type { MediaNodeUrl } from '../../rooms/index.js';
import { choice, integer, list, Noun, type Reader, text, textReader } from './readers.js';
import { setting } from './setting.js';

/** Where a media node lets gateways in. */
export const ROOM_PATH = '/room';
const hour = 3_600_000;

/** RTP ports, both ends included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Even/odd pairs in a range: RTP on the even port, RTCP on the next one (RFC 3550 §11). */
export function pairsIn({ from, to }: PortRange): number {
  const first = from + (from % 2);
  return Math.max(0, Math.floor((to - first + 1) / 2));
}

const portRange: Reader<PortRange> = textReader(
  'FROM-TO with ports from 1024 to 65535 and at least one even port followed by its odd one',
  (value) => {
    const match = /^(\d{4,5})-(\d{4,5})$/.exec(value);
    const range = { from: Number(match?.[1]), to: Number(match?.[2]) };
    return match !== null && range.from >= 1024 && range.to <= 65_535 && pairsIn(range) > 0 ? range : null;
  },
);

/** A media node: HTTP and WebSocket URLs mean the same, and the path is /room unless told. */
const plainNodeUrl: Reader<MediaNodeUrl> = textReader(
  'a ws://, wss://, http:// or https:// URL without user, query and fragment, such as ws://192.0.2.7:9002',
  (value) => {
    if (!URL.canParse(value)) return null;
    const { protocol, username, password, search, hash, hostname, port, pathname } = new URL(value);
    const secure = protocol === 'wss:' || protocol === 'https:';
    if (!secure && protocol !== 'ws:' && protocol !== 'http:') return null;
    if (`${username}${password}${search}${hash}` !== '' || hostname === '') return null;
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const chosen = port === '' ? (secure ? 443 : 80) : Number(port);
    const path = pathname === '/' ? ROOM_PATH : pathname.replace(/\/+$/, '');
    return { text: `${secure ? 'wss' : 'ws'}://${hostPort(host, chosen)}${path}`, secure, host, port: chosen, path };
  },
);

/** Credentials in a URL are refused, and not repeated. */
const nodeUrl: Reader<MediaNodeUrl> = {
  accepted: plainNodeUrl.accepted,
  read: (raw) => {
    if (typeof raw !== 'string' || !raw.includes('@')) return plainNodeUrl.read(raw);
    const found = new Noun('a URL with credentials');
    return { ok: false, complaints: [{ path: '', found, accepted: plainNodeUrl.accepted }] };
  },
};

/** The sound of every leg; see also room-settings.ts. */
export const mediaSettings = {
  mediaUrl: setting('Media', list(nodeUrl), [] as readonly MediaNodeUrl[], {
    shape: 'URL',
    repeatable: true,
    initialText: 'none: the media is done here',
    meaning:
      'a media node (--role media) that does the media of rooms; one host per mention, and none here unless media_workers is set',
  }),
  mediaSecret: setting('Media', text('1 to 512 characters', /^[^\r\n]{1,512}$/), null, {
    shape: 'S',
    secret: true,
    meaning: 'api_secret of the media nodes, sent to them as Authorization: Bearer S',
  }),
  codecs: setting('Media', list(choice(...codecNames), 1), ['opus', 'g722', 'pcma', 'pcmu', 'ilbc'] as const, {
    shape: 'LIST',
    meaning:
      'codecs offered, in this order, and taken from offers in theirs (opus, g722, pcma, pcmu, ilbc, l16-8000, l16-16000, l16-44100, l16-48000); codecs of a server profile goes before',
  }),
  rtpPorts: setting(
    'Media',
    portRange,
    { from: 10_000, to: 19_999 },
    {
      shape: 'FROM-TO',
      initialText: '10000-19999',
      meaning: 'UDP ports for sound, one even/odd pair per leg',
    },
  ),
  srtp: setting('Media', choice(...srtpPolicies), 'optional', {
    shape: 'off|optional|required',
    meaning:
      'encrypted sound, with keys in the SDP (RFC 4568) or from a handshake (DTLS, RFC 5763): optional takes what comes, required refuses anything else',
  }),
  srtpOffer: setting('Media', list(choice(...srtpProfileNames, dtlsOffer)), [], {
    shape: 'SUITE,…',
    initialText: 'none; AES_CM_128_HMAC_SHA1_80 where srtp is required',
    meaning: `suites of our offers, most wanted first (${srtpProfileNames.join(', ')}), and ${dtlsOffer}, which where srtp is required is offered alone; any of them is taken`,
  }),
  rtpTimeoutMs: setting('Media', integer(0, 24 * hour, 'milliseconds'), 180_000, {
    shape: 'N',
    unit: 'ms',
    meaning: 'silence of a peer that is not on hold after which its call ends; 0 = never',
  }),
  rtcpXr: setting('Media', choice('off', 'answer', 'offer'), 'answer' as const, {
    shape: 'off|answer|offer',
    meaning: 'extended RTCP reports of how peers sound: for nobody, for those that ask, asked for by us too',
  }),
  comfortNoise: setting('Media', choice(...comfortNoisePolicies), 'off', {
    shape: 'off|send',
    meaning:
      'send: a phone that takes comfort noise (RFC 3389) is sent that, once a second, in place of silence; it is taken either way',
  }),
  dtmfInband: setting('Media', choice('on', 'off'), 'off', {
    shape: 'on|off',
    meaning: 'on: keys come and go as tones in the sound of phones that agreed on no telephone-event',
  }),
};
