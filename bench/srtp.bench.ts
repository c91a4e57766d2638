/**
 * What protecting and opening one SRTP packet of 20 ms G.711 costs, for each profile by node:crypto and by the addon, in one
 * run, and for those that werift has; and what node:crypto takes for a packet when it is asked packet by packet. CPU time,
 * and bytes of heap after warm-up.
 * Run: npm run build && node dist/bench/srtp.bench.js
 */
import { createCipheriv, createHmac } from 'node:crypto';
import { RtpPacket, SrtpSession } from 'werift';
import { nativeSrtpOf } from '../base/native-srtp.js';
import { loadNativeUdp, prepareNativeUdp } from '../base/native-udp.js';
import { SrtpReceiver, SrtpSender } from '../media/srtp/context.js';
import { srtpProfileNames, srtpProfiles } from '../media/srtp/profiles.js';

const ROUNDS = 60_000;
/** Few enough that no collection runs in between. */
const HEAP_ROUNDS = 500;

function measure(name: string, round: (index: number) => void): void {
  for (let i = 0; i < ROUNDS; i += 1) round(i);
  const before = process.cpuUsage();
  for (let i = ROUNDS; i < 2 * ROUNDS; i += 1) round(i);
  const { user, system } = process.cpuUsage(before);
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let from = 2 * ROUNDS; from < 2 * ROUNDS + 20 * HEAP_ROUNDS; from += HEAP_ROUNDS) {
    const heapBefore = process.memoryUsage().heapUsed;
    for (let i = from; i < from + HEAP_ROUNDS; i += 1) round(i);
    const grown = process.memoryUsage().heapUsed - heapBefore;
    if (grown >= 0) leastBytes = Math.min(leastBytes, grown / HEAP_ROUNDS);
  }
  const microseconds = ((user + system) / ROUNDS).toFixed(2);
  process.stdout.write(`${name.padEnd(48)}${microseconds.padStart(7)} µs ${leastBytes.toFixed(0).padStart(7)} B\n`);
}

await prepareNativeUdp();
const addon = loadNativeUdp();
const native = typeof addon === 'string' ? null : nativeSrtpOf(addon);
if (native === null)
  process.stdout.write(`no native SRTP: ${typeof addon === 'string' ? addon : 'OpenSSL is not to be had'}\n`);
const ways = [{ name: 'node:crypto', native: null }, ...(native === null ? [] : [{ name: 'addon', native }])];

const plain = Buffer.alloc(172, 0x55).fill(Buffer.from('8000000100000001cafef00d', 'hex'), 0, 12);
const data = Buffer.alloc(200);
/** As many packets as are opened, made beforehand. */
const prepared = 2 * ROUNDS + 20 * HEAP_ROUNDS;

for (const profile of srtpProfileNames) {
  const { keyBytes, saltBytes, rtpTagBytes, dtlsId } = srtpProfiles[profile];
  const keyAndSalt = Buffer.alloc(keyBytes + saltBytes, 7);
  const again = new SrtpSender();
  again.setKeys({ profile, keyAndSalt });
  const sealedBytes = 172 + rtpTagBytes;
  const packets: Buffer[] = [];
  const seal = (context: SrtpSender, index: number): void => {
    plain.copy(data);
    data.writeUInt16BE(index & 0xffff, 2);
    context.protectRtp(data, 172);
  };
  for (let i = 0; i < prepared; i += 1) {
    seal(again, i);
    packets.push(Buffer.from(data.subarray(0, sealedBytes)));
  }
  for (const { name, native } of ways) {
    const [sender, receiver] = [new SrtpSender({ native }), new SrtpReceiver({ native })];
    for (const context of [sender, receiver]) context.setKeys({ profile, keyAndSalt });
    measure(`${profile}, ${name}, protect`, (index) => seal(sender, index));
    measure(`${profile}, ${name}, unprotect`, (index) => {
      packets[index]!.copy(data);
      receiver.unprotectRtp(data, sealedBytes);
    });
    if (receiver.stats.packets !== prepared) throw new Error('not every packet was opened');
  }
  if (dtlsId !== 1 && dtlsId !== 7) continue;
  const [localMasterKey, localMasterSalt] = [keyAndSalt.subarray(0, keyBytes), keyAndSalt.subarray(keyBytes)];
  const keys = { localMasterKey, localMasterSalt, remoteMasterKey: localMasterKey, remoteMasterSalt: localMasterSalt };
  const werift = new SrtpSession({ profile: dtlsId, keys });
  const { header, payload } = RtpPacket.deSerialize(plain);
  measure('  the same, werift 0.24.4, protect', (index) => {
    header.sequenceNumber = index & 0xffff;
    werift.encrypt(payload, header);
  });
  measure('  the same, werift 0.24.4, unprotect', (index) => void werift.decrypt(packets[index]!));
}
const [key, iv, authKey, counters] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2), Buffer.alloc(20, 3), Buffer.alloc(176)];
const blockCipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
measure('createCipheriv for each packet', () => void createCipheriv('aes-128-ctr', key, iv).update(plain));
measure('one cipher, its keystream for each packet', () => void blockCipher.update(counters));
measure('createHmac for each packet', () => void createHmac('sha1', authKey).update(plain).digest());
