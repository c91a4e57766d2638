import { type MachineNetwork, openMachineNetwork, type UdpBackendChoice } from '../base/batched-network.js';
import type { Clock } from '../base/clock.js';
import type { LogFields } from '../base/log.js';
import { prepareNativeUdp } from '../base/native-udp.js';
import { kernelsInUse } from '../media/index.js';

/**
 * The machine's network for `media_backend`, with the addon built first where that was not done yet. Throws when the
 * addon is asked for by name and is not to be had.
 */
export async function openMediaBackend(choice: UdpBackendChoice, clock: Clock): Promise<MachineNetwork> {
  const unbuilt = choice === 'dgram' ? null : await prepareNativeUdp();
  const opened = openMachineNetwork(choice, clock);
  const reason = opened.backend === 'native' ? null : (unbuilt ?? opened.reason);
  if (choice === 'native' && reason !== null)
    throw new Error(`media_backend native: the addon is not to be had: ${reason}`);
  return { ...opened, reason };
}

/** Why not all is done by the addon, for the line `media.backend`; null where it is, or was not asked for. */
export function backendFields({ backend, reason, srtp }: MachineNetwork): LogFields | null {
  if (backend === 'dgram') return reason === null ? null : { backend, srtp: 'node:crypto', reason };
  return srtp === null ? { backend, srtp: 'node:crypto', reason: 'this Node gives addons no OpenSSL 3' } : null;
}

const nothing = { wakes: 0, received: 0, sent: 0, sendFailed: 0, icmpErrors: 0 };

/**
 * For GET /metrics; the counts are those of the addon on the main thread, which are SIP's, and the media's where they
 * are inline. node:dgram counts nothing.
 */
export function mediaBackendFigures({ backend, udp, srtp }: MachineNetwork): Record<string, number> {
  const { wakes, received, sent, sendFailed, icmpErrors } = udp?.counters ?? nothing;
  return {
    media_backend_native: backend === 'native' ? 1 : 0,
    media_srtp_native: srtp === null ? 0 : 1,
    media_kernels_wasm: kernelsInUse().kind === 'wasm' ? 1 : 0,
    udp_wakes_total: wakes,
    udp_received_total: received,
    udp_sent_total: sent,
    udp_send_failed_total: sendFailed,
    udp_icmp_errors_total: icmpErrors,
  };
}
