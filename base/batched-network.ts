import { BatchedUdp } from './batched-udp.js';
import type { Clock, TimerOptions } from './clock.js';
import { type NativeSrtp, nativeSrtpOf } from './native-srtp.js';
import { loadNativeUdp } from './native-udp.js';
import type { Network } from './network.js';
import { createRealNetwork } from './network.js';

/** `auto`: native where it loads. */
export const udpBackends = ['auto', 'dgram', 'native'] as const;
export type UdpBackendChoice = (typeof udpBackends)[number];

/** Like `network`, but for its UDP sockets, which are those of `udp`. */
export function createBatchedNetwork(network: Network, udp: BatchedUdp): Network {
  return {
    ...network,
    bindUdp: async (local, handlers, options) => udp.bind(local, handlers, options?.receiveBufferBytes),
  };
}

/** Like `clock`, but its precise timer is the addon's; a second one at the same time is an ordinary timer. */
export function createBeatClock(clock: Clock, udp: BatchedUdp): Clock {
  return {
    nowMs: () => clock.nowMs(),
    epochMs: () => clock.epochMs(),
    setTimer: (delayMs: number, fire: () => void, options?: TimerOptions) =>
      (options?.precise === true ? udp.setBeat(delayMs, fire) : null) ?? clock.setTimer(delayMs, fire, options),
  };
}

export interface MachineNetwork {
  readonly network: Network;
  readonly clock: Clock;
  readonly backend: 'dgram' | 'native';
  /** Why it is not native; null where it is, or was not asked for. */
  readonly reason: string | null;
  readonly udp: BatchedUdp | null;
  /** The addon's SRTP; null where it is node:crypto's. */
  readonly srtp: NativeSrtp | null;
}

/** The machine's sockets for the calling thread; for UDP those of the addon, where it is wanted and loads. */
export function openMachineNetwork(choice: UdpBackendChoice, clock: Clock): MachineNetwork {
  const network = createRealNetwork();
  const dgram = { network, clock, backend: 'dgram', udp: null, srtp: null } as const;
  if (choice === 'dgram') return { ...dgram, reason: null };
  const addon = loadNativeUdp();
  if (typeof addon === 'string') return { ...dgram, reason: addon };
  const udp = new BatchedUdp(addon, clock);
  return {
    network: createBatchedNetwork(network, udp),
    clock: createBeatClock(clock, udp),
    backend: 'native',
    reason: null,
    udp,
    srtp: nativeSrtpOf(addon),
  };
}
