import ipaddr from 'ipaddr.js';
import type { SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { LegIce } from './leg-media.js';

/** What a section says of ICE (RFC 8839 §5); what is not said in it is taken from the session level. */
export interface IceLines {
  readonly ufrag: string;
  readonly password: string;
  /** `a=ice-lite`, of the session or of the section. */
  readonly isLite: boolean;
  /** `address port` of the candidates of component 1 over UDP. */
  readonly candidates: readonly string[];
}

/** ICE of one leg as both descriptions say it. */
export type IceState = Omit<LegIce, 'checks'> & {
  readonly remotePassword: string;
  /** `address port`, as in IceLines. */
  readonly remotePlaces: readonly string[];
};

/** Candidates of one section that are looked at. */
const MAX_CANDIDATES = 64;

/** Null without a user fragment and a password that RFC 8839 §5.4 allows. */
export function readIce(lines: readonly string[], shared: readonly string[]): IceLines | null {
  const ufrag = attributeIn(lines, 'ice-ufrag') ?? attributeIn(shared, 'ice-ufrag');
  const password = attributeIn(lines, 'ice-pwd') ?? attributeIn(shared, 'ice-pwd');
  const isGood = /^[A-Za-z0-9+/]{4,256}$/.test(ufrag ?? '') && /^[A-Za-z0-9+/]{22,256}$/.test(password ?? '');
  if (!isGood || ufrag === undefined || password === undefined) return null;
  const candidates = lines.filter((line) => line.startsWith('a=candidate:')).slice(0, MAX_CANDIDATES);
  // RFC 8839 §5.3 has it at the session level; werift writes it below the m-line.
  const isLite = shared.includes('a=ice-lite') || lines.includes('a=ice-lite');
  return { ufrag, password, isLite, candidates: candidates.flatMap(placeOf) };
}

function attributeIn(lines: readonly string[], name: string): string | undefined {
  const prefix = `a=${name}:`;
  return lines
    .find((line) => line.startsWith(prefix))
    ?.slice(prefix.length)
    .trim();
}

function placeOf(line: string): string[] {
  const [, component, transport, , address, port] = line.split(' ');
  const isPort = /^\d{1,5}$/.test(port ?? '') && Number(port) > 0 && Number(port) <= 65_535;
  return component === '1' && transport?.toLowerCase() === 'udp' && isPort ? [`${address} ${port}`] : [];
}

/** Whether an offer's answer will speak of ICE, so that checks show where the peer is. */
export function willCheck(
  { ice, rtcpMux }: Pick<OfferedAudio, 'ice' | 'rtcpMux'>,
  random: Random | undefined,
): boolean {
  if (ice === null || ice === undefined || !rtcpMux || random === undefined) return false;
  return !ice.isLite || ice.candidates.length > 0;
}

/**
 * Whether checks, the peer's or those that we make of a lite one, show where it is: then the c-line need not.
 */
export function checksOf(ice: IceState | null): boolean {
  return ice !== null && (!ice.isRemoteLite || ice.remotePlaces.length > 0);
}

interface OfferedAudio {
  readonly port: number;
  readonly connection: { readonly address: string } | null;
  readonly rtcpMux: boolean;
  readonly ice?: IceLines | null;
}

/** What we say of ICE in an answer. `mismatch`: an address was rewritten on its way, so that the checks would go wrong. */
export type IceAnswer = { readonly ice: IceState | null; readonly isMismatch: boolean };

/**
 * Our side of an offer with ICE: RFC 8839 §4.4.1, and without ICE where RTCP needs a second component (RFC 8834 §4.5) or the
 * offer's own address is not among its candidates (§3.2.5). New credentials of the peer are a restart, and get new ones.
 */
export function answeredIce(audio: OfferedAudio, before: IceState | null, random: Random | undefined): IceAnswer {
  const { ice, connection, port, rtcpMux } = audio;
  if (ice === null || ice === undefined || random === undefined || !rtcpMux) return { ice: null, isMismatch: false };
  const place = connection?.address ?? '';
  // RFC 8840 §4.1.1: who sends candidates later has no address yet.
  const isLater = port === 9 || place === '0.0.0.0' || place === '::';
  const isMismatch = ice.candidates.length > 0 && !isLater && !ice.candidates.includes(`${place} ${port}`);
  if (isMismatch) return { ice: null, isMismatch };
  return { ice: withPeer(ice, before) ?? created(ice, random), isMismatch };
}

/** What a first offer of ours says; the other half comes with the answer. */
export function offeredIce(random: Random): IceState {
  return created({ ufrag: '', password: '', isLite: false, candidates: [] }, random);
}

/** What an answer to an offer of ours, which repeated our credentials, makes of it. */
export function acceptedIce(audio: OfferedAudio, offered: IceState | null): IceState | null {
  const { ice } = audio;
  if (offered === null || ice === null || ice === undefined) return null;
  return {
    ...offered,
    remoteUfrag: ice.ufrag,
    remotePassword: ice.password,
    isRemoteLite: ice.isLite,
    remotePlaces: ice.candidates,
  };
}

/** The session of before, where the peer did not restart it. */
function withPeer({ ufrag, password, isLite, candidates }: IceLines, before: IceState | null): IceState | null {
  const isSame = before?.remoteUfrag === ufrag && before.remotePassword === password;
  return isSame ? { ...before, isRemoteLite: isLite, remotePlaces: candidates } : null;
}

function created({ ufrag, password, isLite, candidates }: IceLines, random: Random): IceState {
  return {
    // RFC 8445 §5.3: at least 24 and 128 bits of randomness; hex is within ice-char. At a shared port the first finds the leg.
    localUfrag: random.bytes(8).toString('hex'),
    localPassword: random.bytes(16).toString('hex'),
    remoteUfrag: ufrag,
    remotePassword: password,
    isRemoteLite: isLite,
    remotePlaces: candidates,
  };
}

/**
 * What the leg is told: of the peer's password and places it has a use only where it is to check.
 * @param ours  our addresses: of another family nothing is reached, but in a trial run, which has none
 */
export function legIceOf(ice: IceState | null, ours: readonly string[]): { readonly ice?: LegIce } {
  if (ice === null) return {};
  const { localUfrag, localPassword, remoteUfrag, isRemoteLite, remotePassword } = ice;
  const leg = { localUfrag, localPassword, remoteUfrag, isRemoteLite };
  if (!isRemoteLite) return { ice: leg };
  const places = ice.remotePlaces.map(addressOf).filter(({ address }) => ours.some((each) => isReached(address, each)));
  return { ice: { ...leg, checks: { remotePassword, places } } };
}

function addressOf(place: string): SocketAddress {
  const [address = '', port] = place.split(' ');
  return { address, port: Number(port) };
}

function isReached(address: string, ours: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValid(ours)) return false;
  const isTarget = !['multicast', 'unspecified', 'broadcast'].includes(ipaddr.process(address).range());
  const own = ipaddr.process(ours);
  return isTarget && (own.range() === 'unspecified' || ipaddr.process(address).kind() === own.kind());
}

/** RFC 8445 §5.1.2.1 for a host candidate of component 1; `preference`: 65535 for the first address. */
function hostPriority(preference: number): number {
  return 126 * 2 ** 24 + preference * 2 ** 8 + 255;
}

/** Of ours; what more there are is not told. */
const MAX_WRITTEN = 16;

interface OurPlaces {
  readonly address: string;
  readonly rtpPort: number;
  /** Others at which the same leg is reached, best first. */
  readonly candidates?: readonly { readonly address: string; readonly port: number }[];
}

/** The attributes of our m-line, in order: RFC 8839 §5.1. A place is told once. */
export function writtenIce(ice: IceState | null, { address, rtpPort, candidates = [] }: OurPlaces): string[] {
  if (ice === null) return [];
  const places = [{ address, port: rtpPort }, ...candidates].map((place) => `${place.address} ${place.port} typ host`);
  const written = [...new Set(places)].slice(0, MAX_WRITTEN);
  return [
    `ice-ufrag:${ice.localUfrag}`,
    `ice-pwd:${ice.localPassword}`,
    ...written.map((place, at) => `candidate:${at + 1} 1 UDP ${hostPriority(65_535 - at)} ${place}`),
    'end-of-candidates',
  ];
}
