import * as crypto from 'node:crypto';
import md5 from 'md5';
import { fault, type Parsed, parsed } from '../../base/errors.js';
import { type Random, randomHex } from '../../base/random.js';
import { quote, Scanner, VALUE } from '../parse/scanner.js';

/** The hash: RFC 8760 §2.1, RFC 7616 §6.1. */
export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256';

/** The `algorithm` parameter: with `-sess` the secret is hashed once more with nonce and cnonce (RFC 7616 §3.4.2). */
export type DigestAlgorithmName = DigestAlgorithm | `${DigestAlgorithm}-sess`;

/** Strongest first: the order in which we challenge and choose. */
export const digestAlgorithms: readonly DigestAlgorithm[] = ['SHA-512-256', 'SHA-256', 'MD5'];

const hashNames = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const;

export type HashFunction = (name: string, text: string) => string;

// crypto.hash, a third of the price of createHash, came with Node 20.12.
const openssl: HashFunction =
  typeof crypto.hash === 'function'
    ? (name, text) => crypto.hash(name, text, 'hex')
    : (name, text) => crypto.createHash(name).update(text, 'utf8').digest('hex');

/** Hashes through `hash`, MD5 through the `md5` package where `hash` refuses it (a FIPS build); tried once, at first use. */
export function createHasher(hash: HashFunction): (algorithm: DigestAlgorithm, text: string) => string {
  let refusesMd5: boolean | undefined;
  return (algorithm, text) => {
    if (algorithm !== 'MD5') return hash(hashNames[algorithm], text);
    refusesMd5 ??= refuses(hash);
    return refusesMd5 ? md5(text, { encoding: 'utf8' }) : hash(hashNames.MD5, text);
  };
}

function refuses(hash: HashFunction): boolean {
  try {
    hash(hashNames.MD5, '');
    return false;
  } catch {
    return true;
  }
}

/** The hash of UTF-8 text as lowercase hex; under 1 µs for MD5. */
export const hashHex = createHasher(openssl);

/** H(username:realm:password): RFC 7616 §3.4.2. What the hooks call `ha1` for MD5. */
export function ha1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hashHex(algorithm, `${username}:${realm}:${password}`);
}

/** Authorization and Proxy-Authorization: RFC 7616 §3.4, RFC 3261 §20.7. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  /** The digest-uri, as written; peers put other things there than the Request-URI. */
  readonly uri: string;
  readonly response: string;
  /** MD5 when the peer names none. */
  readonly algorithm: DigestAlgorithm;
  /** Whether `algorithm` was written with `-sess`, which is not there without qop. */
  readonly session?: boolean | undefined;
  /** Absent: the form of RFC 2069. */
  readonly qop?: 'auth' | 'auth-int' | undefined;
  /** Eight hex digits, with `cnonce` always there when qop is. */
  readonly nc?: string | undefined;
  readonly cnonce?: string | undefined;
  readonly opaque?: string | undefined;
}

/** WWW-Authenticate and Proxy-Authenticate: RFC 7616 §3.3, RFC 3261 §20.44. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** `algorithm` ends in `-sess`. */
  readonly session?: boolean | undefined;
  /** Empty: the form of RFC 2069. */
  readonly qop: readonly string[];
  readonly opaque?: string | undefined;
  /** Only the nonce was too old: the same password is good for another try. */
  readonly stale: boolean;
}

export type DigestFault = 'bad-syntax' | 'not-digest' | 'missing-parameter' | 'bad-algorithm' | 'bad-qop';

const COMMA = 0x2c;
const EQUALS = 0x3d;
const QUOTE = 0x22;

type AuthParams = ReadonlyMap<string, string>;

/** `auth-param *(COMMA auth-param)` of the Digest scheme, names lower-case; quoted or not is taken alike. */
function authParams(value: string): Parsed<AuthParams, 'bad-syntax' | 'not-digest'> {
  const scanner = new Scanner(value);
  scanner.skipLws();
  const scheme = scanner.token();
  if (scheme.toLowerCase() !== 'digest') return fault(scheme === '' ? 'bad-syntax' : 'not-digest');
  const params = new Map<string, string>();
  do {
    scanner.skipLws();
    const name = scanner.token().toLowerCase();
    if (name === '' || params.has(name) || !scanner.takeSeparator(EQUALS)) return fault('bad-syntax', scanner.at);
    const text = scanner.peek() === QUOTE ? scanner.quotedString() : scanner.run(VALUE);
    if (text === null) return fault('bad-syntax', scanner.at);
    params.set(name, text);
  } while (scanner.takeSeparator(COMMA));
  scanner.skipLws();
  return scanner.done ? parsed(params) : fault('bad-syntax', scanner.at);
}

/** Null for one that we do not know. */
interface NamedAlgorithm extends Pick<DigestChallenge, 'algorithm' | 'session'> {
  readonly name: DigestAlgorithmName;
}

/** Strongest first, each before its session form. */
export const namedAlgorithms: readonly NamedAlgorithm[] = digestAlgorithms.flatMap((algorithm) => [
  { name: algorithm, algorithm, session: undefined },
  { name: `${algorithm}-sess` as const, algorithm, session: true },
]);
const algorithmsByName = new Map<string, NamedAlgorithm>(
  namedAlgorithms.map((each) => [each.name.toUpperCase(), each]),
);

function algorithmOf(params: AuthParams): NamedAlgorithm | null {
  const written = params.get('algorithm') ?? 'MD5';
  return algorithmsByName.get(written) ?? algorithmsByName.get(written.toUpperCase()) ?? null;
}

/** The `algorithm` parameter of a challenge or of credentials. */
export function algorithmName({
  algorithm,
  session,
}: Pick<DigestChallenge, 'algorithm' | 'session'>): DigestAlgorithmName {
  return session === true ? `${algorithm}-sess` : algorithm;
}

/** Reads the value of an Authorization or Proxy-Authorization header field. */
export function parseAuthorization(value: string): Parsed<DigestCredentials, DigestFault> {
  const read = authParams(value);
  if (!read.ok) return read;
  const params = read.value;
  const username = params.get('username');
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  const uri = params.get('uri');
  const response = params.get('response');
  if (username === undefined || realm === undefined || nonce === undefined) return fault('missing-parameter');
  if (uri === undefined || response === undefined) return fault('missing-parameter');
  const named = algorithmOf(params);
  if (named === null) return fault('bad-algorithm');
  const { algorithm, session } = named;
  const opaque = params.get('opaque');
  const qop = params.get('qop')?.toLowerCase();
  if (qop !== undefined && qop !== 'auth' && qop !== 'auth-int') return fault('bad-qop');
  const nc = qop === undefined ? undefined : params.get('nc');
  const cnonce = qop === undefined ? undefined : params.get('cnonce');
  if (qop !== undefined && (nc === undefined || cnonce === undefined)) return fault('missing-parameter');
  if (qop === undefined && session === true) return fault('missing-parameter');
  if (nc !== undefined && !/^[0-9a-f]{8}$/i.test(nc)) return fault('bad-syntax');
  return parsed({ username, realm, nonce, uri, response, algorithm, session, qop, nc, cnonce, opaque });
}

/** Reads one challenge. */
export function parseChallenge(value: string): Parsed<DigestChallenge, DigestFault> {
  const read = authParams(value);
  if (!read.ok) return read;
  const params = read.value;
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  if (realm === undefined || nonce === undefined) return fault('missing-parameter');
  const named = algorithmOf(params);
  if (named === null) return fault('bad-algorithm');
  const { algorithm, session } = named;
  const opaque = params.get('opaque');
  const qop = (params.get('qop') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const stale = params.get('stale')?.toLowerCase() === 'true';
  return parsed({ realm, nonce, algorithm, session, qop, opaque, stale });
}

/** A field value with challenges that is longer is not read. */
const MAX_CHALLENGE_CHARACTERS = 4096;

/** The challenges of one header field value, which may hold several (RFC 7235 §4.1); those we cannot answer left out. */
export function parseChallenges(value: string): DigestChallenge[] {
  if (value.length > MAX_CHALLENGE_CHARACTERS) return [];
  const starts = [0];
  // A comma, then a scheme: a token followed by a space and another token.
  const next = /"(?:[^"\\]|\\.)*"|,\s*(?=[A-Za-z][\w-]*[ \t]+[\w-]+\s*=)/g;
  for (let match = next.exec(value); match !== null; match = next.exec(value)) {
    if (match[0].startsWith(',')) starts.push(match.index + match[0].length);
  }
  return starts.flatMap((start, i) => {
    const end = starts[i + 1] ?? value.length;
    const challenge = parseChallenge(value.slice(start, end).replace(/,\s*$/, ''));
    return challenge.ok ? [challenge.value] : [];
  });
}

/** `algorithm`, `qop` and `nc` unquoted, as RFC 7616 §3.4 asks. */
export function serializeAuthorization(credentials: DigestCredentials): string {
  const { username, realm, nonce, uri, response, qop, nc, cnonce, opaque } = credentials;
  let text = `Digest username=${quote(username)}, realm=${quote(realm)}, nonce=${quote(nonce)}, uri=${quote(uri)}`;
  text += `, response=${quote(response)}, algorithm=${algorithmName(credentials)}`;
  if (qop !== undefined) text += `, qop=${qop}, nc=${nc ?? '00000001'}, cnonce=${quote(cnonce ?? '')}`;
  return opaque === undefined ? text : `${text}, opaque=${quote(opaque)}`;
}

export function serializeChallenge(challenge: DigestChallenge): string {
  const { realm, nonce, qop, opaque, stale } = challenge;
  let text = `Digest realm=${quote(realm)}, nonce=${quote(nonce)}, algorithm=${algorithmName(challenge)}`;
  if (qop.length > 0) text += `, qop=${quote(qop.join(','))}`;
  if (opaque !== undefined) text += `, opaque=${quote(opaque)}`;
  return stale ? `${text}, stale=true` : text;
}

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** Of a `-sess` algorithm its `sessionKey`. */
  readonly ha1: string;
  readonly nonce: string;
  readonly method: string;
  /** The digest-uri as it stands in the header field. */
  readonly uri: string;
  readonly qop?: 'auth' | 'auth-int' | undefined;
  readonly nc?: string | undefined;
  readonly cnonce?: string | undefined;
  /** For auth-int. */
  readonly body?: Uint8Array | undefined;
}

/** request-digest: RFC 7616 §3.4.1; without qop the form of RFC 2069 (RFC 3261 §22.4). Lowercase hex. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, nonce, method, uri, qop, nc = '', cnonce = '' } = input;
  const entity = qop === 'auth-int' ? `:${bodyHash(algorithm, input.body)}` : '';
  const ha2 = hashHex(algorithm, `${method}:${uri}${entity}`);
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  return hashHex(algorithm, `${input.ha1}:${middle}:${ha2}`);
}

/**
 * What stands for HA1 in a `-sess` algorithm: RFC 7616 §3.4.2. `cnonce` is that of the first request which answered
 * the challenge.
 */
export function sessionKey(algorithm: DigestAlgorithm, ha1: string, nonce: string, cnonce: string): string {
  return hashHex(algorithm, `${ha1}:${nonce}:${cnonce}`);
}

function bodyHash(algorithm: DigestAlgorithm, body: Uint8Array = new Uint8Array()): string {
  return body.length === 0
    ? hashHex(algorithm, '')
    : crypto.createHash(hashNames[algorithm]).update(body).digest('hex');
}

/**
 * Whether the credentials prove knowledge of `ha1`, hashed with the credentials' own algorithm. The time it takes
 * does not depend on where the response differs. An unknown user is checked against any other hash, so that it looks
 * like a wrong password from outside. `body` is needed for auth-int only. A `-sess` algorithm is taken as in the first
 * answer to a challenge; DigestAuthenticator.verify knows which one that was.
 */
export function verifyResponse(
  credentials: DigestCredentials,
  ha1: string,
  method: string,
  body?: Uint8Array,
  sessionCnonce?: string,
): boolean {
  const { algorithm, session, nonce, uri, qop, nc, cnonce = '' } = credentials;
  const secret = ha1.toLowerCase();
  const key = session === true ? sessionKey(algorithm, secret, nonce, sessionCnonce ?? cnonce) : secret;
  const expected = Buffer.from(digestResponse({ algorithm, ha1: key, nonce, method, uri, qop, nc, cnonce, body }));
  const given = Buffer.from(credentials.response.toLowerCase());
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

export interface AnswerOptions {
  readonly username: string;
  readonly password?: string | undefined;
  /** Used when there is no password; only the algorithms it has can be answered. */
  readonly ha1?: Readonly<Partial<Record<DigestAlgorithm, string>>> | undefined;
  readonly method: string;
  readonly uri: string;
  readonly random: Random;
  /** How often this nonce was used, this time included: 1 for a fresh challenge. */
  readonly nonceCount: number;
  /** The cnonce of the first answer to this challenge, for a `-sess` algorithm, which keeps it; drawn unless given. */
  readonly sessionCnonce?: string | undefined;
  readonly body?: Uint8Array | undefined;
}

/**
 * Answers the strongest challenge that we have a secret for: RFC 7616 §3.7, RFC 8760 §2.4. `challenges` are the
 * values of all WWW-Authenticate (401) or all Proxy-Authenticate (407) fields. Null when none can be answered.
 */
export function answerChallenge(
  challenges: readonly string[],
  options: AnswerOptions,
): { readonly value: string; readonly challenge: DigestChallenge } | null {
  const offered = challenges.flatMap(parseChallenges);
  for (const algorithm of digestAlgorithms) {
    if (options.password === undefined && options.ha1?.[algorithm] === undefined) continue;
    const challenge = offered.find((one) => one.algorithm === algorithm && answerableQop(one) !== null);
    if (challenge !== undefined)
      return { value: serializeAuthorization(credentialsFor(challenge, options)), challenge };
  }
  return null;
}

/** The qop to answer with; undefined for the form without; null when the peer wants one we do not know. */
function answerableQop(challenge: DigestChallenge): 'auth' | 'auth-int' | undefined | null {
  if (challenge.qop.length === 0) return challenge.session === true ? null : undefined;
  if (challenge.qop.includes('auth')) return 'auth';
  return challenge.qop.includes('auth-int') ? 'auth-int' : null;
}

function credentialsFor(challenge: DigestChallenge, options: AnswerOptions): DigestCredentials {
  const { realm, nonce, algorithm, session, opaque } = challenge;
  const { username, password, method, uri, body, random, nonceCount, sessionCnonce } = options;
  const secret = password === undefined ? options.ha1![algorithm]! : ha1(algorithm, username, realm, password);
  const qop = answerableQop(challenge) ?? undefined;
  const cnonce = session === true && sessionCnonce !== undefined ? sessionCnonce : randomHex(random, 8);
  const counted = qop === undefined ? {} : { qop, nc: nonceCount.toString(16).padStart(8, '0'), cnonce };
  const key = session === true ? sessionKey(algorithm, secret, nonce, cnonce) : secret;
  const response = digestResponse({ algorithm, ha1: key, nonce, method, uri, body, ...counted });
  return {
    ...{ username, realm, nonce, uri, response, algorithm, ...counted },
    ...(session === true ? { session } : {}),
    ...(opaque === undefined ? {} : { opaque }),
  };
}
