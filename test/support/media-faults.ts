import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRealNetwork, type Network } from '../../base/network.js';
import { rootDir } from './dist.js';
import type { ProcessOptions } from './gateway-process.js';
import type { Program } from './program.js';

/** How a gateway has to be started so that a test can hurt its media threads: see host-faults.mjs. */
export function faultyThreads(directory: string): Pick<ProcessOptions, 'nodeFlags' | 'variables'> {
  const faults = `${directory}/faults`;
  mkdirSync(faults, { recursive: true });
  return { nodeFlags: ['--import', `${rootDir}/test/support/host-faults.mjs`], variables: { HOST_FAULTS: faults } };
}

/** The media thread that was started as the n-th, from 0, meets this fault within some 10 ms. */
export function hurtThread(directory: string, number: number, fault: 'throw' | 'heap' | 'hang'): void {
  writeFileSync(`${directory}/faults/${number}`, fault);
}

/** Process ids of a gateway's media hosts, in the order of their start. */
export function hostPids({ program }: { readonly program: Program }): number[] {
  const children = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8').trim();
  return children === '' ? [] : children.split(' ').map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What arrived on a phone's RTP ports: sequence numbers in the order of arrival, and when. */
export interface RtpLog {
  readonly network: Network;
  readonly packets: { readonly sequence: number; readonly ssrc: number; readonly atMs: number }[];
}

/** The machine's network, which keeps what RTP came in. */
export function loggingNetwork(nowMs: () => number): RtpLog {
  const real = createRealNetwork();
  const packets: RtpLog['packets'] = [];
  const network: Network = {
    ...real,
    bindUdp: (local, handlers, options) =>
      real.bindUdp(
        local,
        {
          ...handlers,
          onMessage: (data, address, port) => {
            const isRtp = local.port % 2 === 0 && data.length >= 12 && data[0]! >> 6 === 2;
            if (isRtp) packets.push({ sequence: data.readUInt16BE(2), ssrc: data.readUInt32BE(8), atMs: nowMs() });
            handlers.onMessage(data, address, port);
          },
        },
        options,
      ),
  };
  return { network, packets };
}

/** Where the sequence did not go on by one, as `12 → 15`; empty for a line without a gap. */
export function gapsOf({ packets }: RtpLog): string[] {
  return packets.slice(1).flatMap(({ sequence, ssrc }, index) => {
    const before = packets[index]!;
    return ssrc === before.ssrc && sequence === ((before.sequence + 1) & 0xffff)
      ? []
      : [`${before.sequence} → ${sequence}`];
  });
}
