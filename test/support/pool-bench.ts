import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { PortAllocator } from '../../media/index.js';
import type { LegEvent, MediaPool, OpenLegOptions } from '../../rooms/index.js';
import { createMediaPool } from '../../rooms/index.js';
import type { HostCommand, HostEvent, HostPort } from '../../rooms/protocol.js';
import { protocolVersion } from '../../rooms/protocol.js';
import type { RoomRules } from '../../rooms/room-rules.js';
import { ManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';

/** The far end of a port: answers as a healthy host does, until told otherwise. */
export class FakeHost implements HostPort {
  readonly commands: HostCommand[] = [];
  /** Ports that some other program has. */
  readonly takenPorts = new Set<number>();
  answers = true;
  wirePort: number | null = null;
  version: number = protocolVersion;
  /** It comes up. */
  starts = true;
  killed: string | null = null;
  #taken = 0;
  #emit: (event: HostEvent) => void = () => undefined;
  #exit: (reason: string) => void = () => undefined;

  post(command: HostCommand): void {
    this.#taken += 1;
    if (command.type !== 'ping') this.commands.push(command);
    if (this.answers) queueMicrotask(() => this.#answer(command));
  }

  onEvent(listener: (event: HostEvent) => void): void {
    this.#emit = listener;
    queueMicrotask(() => {
      if (this.starts) listener({ type: 'ready', version: this.version, wirePort: this.wirePort });
    });
  }

  onExit(listener: (reason: string) => void): void {
    this.#exit = listener;
  }

  kill(reason: string): void {
    this.killed = reason;
  }

  crash(reason: string): void {
    this.#exit(reason);
  }

  emit(event: HostEvent): void {
    this.#emit(event);
  }

  types(): string[] {
    return this.commands.map((command) => command.type);
  }

  #answer(command: HostCommand): void {
    if (command.type === 'open-leg') {
      const { legId, rtpPort } = command;
      if (command.address !== '10.0.0.1') this.#emit({ type: 'leg-failed', legId, code: 'EADDRNOTAVAIL', beat: 1 });
      else if (this.takenPorts.has(rtpPort)) this.#emit({ type: 'leg-failed', legId, code: 'EADDRINUSE', beat: 1 });
      else this.#emit({ type: 'leg-opened', legId, beat: 1 });
    }
    if (command.type === 'close-leg') this.#emit({ type: 'leg-closed', legId: command.legId, stats, beat: 9 });
    this.#emit({ type: 'applied', commands: this.#taken, beat: 1 });
    if (command.type === 'close') this.#emit({ type: 'closed' });
  }
}

export const stats = {
  packetsReceived: 7,
  bytesReceived: 1120,
  packetsLost: 0,
  packetsLate: 0,
  packetsDuplicate: 0,
  packetsRefused: 0,
  srtpAuthFailures: 0,
  srtpReplayed: 0,
  framesConcealed: 0,
  jitterMs: 0,
  packetsSent: 8,
  bytesSent: 1280,
  noiseSent: 0,
  sendDropped: 0,
  remoteLostFraction: null,
  roundTripMs: null,
};

export const room = (name: string): RoomId => name as RoomId;

export interface Setup {
  readonly clock: ManualClock;
  readonly ports: PortAllocator;
  readonly pool: MediaPool;
  /** Every host ever spawned, in order. */
  readonly hosts: FakeHost[];
  readonly events: [string, LegEvent][];
  options(name: string, roomId: string | null, address?: string): OpenLegOptions;
}

/** @param options.starts  how many of the hosts that are spawned come up; all unless told */
export async function setUp(
  hostCount = 2,
  {
    wirePorts = [],
    starts = Number.POSITIVE_INFINITY,
    rules,
    sharedPort = 0,
  }: {
    readonly wirePorts?: readonly number[];
    readonly starts?: number;
    readonly rules?: RoomRules;
    readonly sharedPort?: number;
  } = {},
): Promise<Setup> {
  const clock = new ManualClock();
  const ports = new PortAllocator({ clock, fromPort: 10_000, toPort: 10_009 });
  const hosts: FakeHost[] = [];
  const events: [string, LegEvent][] = [];
  const spawn = (index: number): HostPort => {
    const host = new FakeHost();
    host.wirePort = wirePorts[index] ?? null;
    hosts.push(host);
    host.starts = hosts.length <= starts;
    return host;
  };
  const random = createSeededRandom();
  const rest = rules === undefined ? {} : { rules };
  const pool = createMediaPool({ clock, random, log: silentLogger, hosts: hostCount, spawn, sharedPort, ...rest });
  await pool.ready();
  const options = (name: string, roomId: string | null, address = '10.0.0.1'): OpenLegOptions => ({
    legId: name as LegId,
    roomId: roomId === null ? null : room(roomId),
    address,
    ports,
    rtpTimeoutMs: 0,
    cname: 'c',
    onEvent: (event) => events.push([name, event]),
  });
  return { clock, ports, pool, hosts, events, options };
}
