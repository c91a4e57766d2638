import { createBatchedNetwork } from '../../base/batched-network.js';
import { BatchedUdp } from '../../base/batched-udp.js';
import { createRealNetwork, type Network } from '../../base/network.js';
import { nativeAddon } from './native-addon.js';

export interface UdpBackend {
  readonly name: 'dgram' | 'native';
  readonly network: Network;
}

/** Both back ends, for `describe.each`. */
export const udpBackends: readonly UdpBackend[] = [
  { name: 'dgram', network: createRealNetwork() },
  ...(nativeAddon === null
    ? []
    : [{ name: 'native' as const, network: createBatchedNetwork(createRealNetwork(), new BatchedUdp(nativeAddon)) }]),
];
