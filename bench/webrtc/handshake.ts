import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import { DtlsAssociation } from '../../media/dtls/association.js';
import { createDtlsIdentity, privateKeyOf } from '../../media/dtls/identity.js';
import { srtpProfiles } from '../../media/srtp/profiles.js';

export interface HandshakeCost {
  /** Of the server's side, CPU time. */
  readonly ms: number;
  /** The longest time in which it did nothing else. */
  readonly longestMs: number;
}

/** What the server's side of a handshake costs, with nothing else on this thread: the middle of `rounds`. */
export function measureHandshake(clock: Clock, random: Random, rounds = 40): HandshakeCost {
  const costs: number[] = [];
  const longests: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const pieces = handshake(clock, random);
    costs.push(pieces.reduce((sum, piece) => sum + piece, 0));
    longests.push(Math.max(...pieces));
  }
  return { ms: middleOf(costs), longestMs: middleOf(longests) };
}

/** Milliseconds of each piece of the server's work. */
function handshake(clock: Clock, random: Random): number[] {
  const pieces: number[] = [];
  const [ours, theirs] = [createDtlsIdentity(random, 0), createDtlsIdentity(random, 0)];
  const toServer: Uint8Array[] = [];
  const toClient: Uint8Array[] = [];
  const events = { onKeys: () => undefined, onFailed: () => undefined, onClosed: () => undefined };
  const end = (identity: typeof ours, peer: typeof ours, to: Uint8Array[], isClient: boolean): DtlsAssociation =>
    new DtlsAssociation({
      clock,
      random,
      certificate: identity.certificate,
      key: privateKeyOf(identity.privateKey())!,
      fingerprints: [{ hash: 'sha-256', value: peer.fingerprint }],
      profiles: [srtpProfiles.AES_CM_128_HMAC_SHA1_80],
      opening: isClient ? null : { recordSequence: 0, messageSequence: 0 },
      events,
      send: (datagram) => void to.push(Uint8Array.from(datagram)),
    });
  const timed = <T>(work: () => T): T => {
    // Of CPU: what else runs on the machine is not the handshake's.
    const before = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(before);
    pieces.push((user + system) / 1000);
    return result;
  };
  const client = end(theirs, ours, toServer, true);
  const server = timed(() => end(ours, theirs, toClient, false));
  client.start();
  while (toServer.length + toClient.length > 0) {
    const [first] = toServer.splice(0, 1);
    if (first !== undefined) timed(() => server.receive(first));
    for (const datagram of toClient.splice(0)) client.receive(datagram);
  }
  client.close();
  server.close();
  return pieces;
}

function middleOf(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
