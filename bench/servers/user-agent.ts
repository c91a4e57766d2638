import type { Clock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import type { Network } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import {
  contacts,
  DigestAuthenticator,
  detach,
  ha1,
  parseAuthorization,
  type ServerTransaction,
  serializeUri,
  TransportLayer,
  UserAgent,
  verifyResponse,
} from '../../sip/index.js';
import { ANSWER, MOVED_TO, PASSWORD, REALM, REDIRECTED, USERS, userName } from './users.js';

/** Registrar with digest, redirect server, OPTIONS and answering user agent out of the library alone. */
export interface LibraryServer {
  readonly transport: TransportLayer;
  readonly ua: UserAgent;
  readonly bindings: ReadonlyMap<string, unknown>;
}

export function createLibraryServer(world: { clock: Clock; random: Random; network: Network }): LibraryServer {
  const { clock } = world;
  const transport = new TransportLayer({
    ...world,
    log: silentLogger,
    isLocalNet: () => true,
    listens: [{ kind: 'udp', address: '127.0.0.1', port: 0 }],
  });
  const ua = new UserAgent({
    ...world,
    log: silentLogger,
    transport,
    userAgent: 'Hookline',
    nat: 'off',
    isPrivate: () => true,
    maxSessions: 200_000,
  });
  const digest = new DigestAuthenticator(world);
  const answer = Buffer.from(ANSWER);
  const secrets = new Map<string, string>();
  for (let i = 0; i < USERS; i += 1) secrets.set(userName(i), ha1('MD5', userName(i), REALM, PASSWORD));
  const bindings = new Map<string, { readonly contact: string; readonly expiresAtMs: number }>();

  const challenge = (transaction: ServerTransaction, stale: boolean): void => {
    const [value = ''] = digest.challenge(REALM, { stale });
    ua.respondStateless(transaction, 401, { headers: [['WWW-Authenticate', value]] });
  };

  /** Whose REGISTER it is; null when it was answered. */
  const authenticate = (transaction: ServerTransaction): string | null => {
    const { request } = transaction;
    const field = request.headers.get('Authorization');
    const read = field === undefined ? null : parseAuthorization(field);
    const secret = read?.ok ? secrets.get(read.value.username) : undefined;
    if (!read?.ok) challenge(transaction, false);
    else if (secret === undefined) ua.respond(transaction, 403);
    else if (digest.check(read.value, REALM) !== 'ok') challenge(transaction, true);
    else if (!verifyResponse(read.value, secret, request.method)) ua.respond(transaction, 403);
    else {
      digest.consume(read.value);
      return read.value.username;
    }
    return null;
  };

  ua.handle('REGISTER', (transaction) => {
    const username = authenticate(transaction);
    if (username === null) return;
    const named = contacts(transaction.request);
    const uri = named.ok ? named.value.values[0]?.uri : undefined;
    if (uri === undefined) {
      ua.respond(transaction, 400);
      return;
    }
    const contact = detach(serializeUri(uri));
    bindings.set(detach(username), { contact, expiresAtMs: clock.nowMs() + 3_600_000 });
    ua.respond(transaction, 200, { headers: [['Contact', `<${contact}>;expires=3600`]] });
  });
  ua.onInvite((session) => {
    const { uri } = session.invite;
    const user = uri.scheme === 'sip' ? uri.user : undefined;
    if (user === REDIRECTED) session.reject(302, { headers: [['Contact', MOVED_TO]] });
    else session.accept({ body: answer });
    return { onEnded: () => undefined };
  });
  return { transport, ua, bindings };
}
