import { openMachineNetwork } from '../../dist/base/batched-network.js';
import { createRealClock } from '../../dist/base/clock.js';
import { UpgradeEntrance } from '../../dist/base/web-socket-network.js';
import { startHttpServer } from '../../dist/gateway/api/server.js';
import { MediaDoor } from '../../dist/gateway/media-door.js';
import { PortAllocator } from '../../dist/media/index.js';
import { createWorkerHost } from '../../dist/rooms/index.js';

/**
 * A media node that has nothing but `/room`: `node media-node.mjs PORT FIRST-RTP-PORT SECRET`, on loopback. Log lines as
 * the gateway writes them; `ready` once it listens.
 */
const [port, firstRtpPort, apiSecret] = process.argv.slice(2);
const { clock } = openMachineNetwork('dgram', createRealClock());
const address = '127.0.0.1';
const write = (event, fields = {}) => process.stderr.write(`${JSON.stringify({ event, ...fields })}\n`);
const log = { trace: write, debug: write, info: write, warn: write, error: write };
const ports = new PortAllocator({ clock, fromPort: Number(firstRtpPort), toPort: Number(firstRtpPort) + 99 });
const door = new MediaDoor({
  clock,
  log,
  spawn: () => createWorkerHost({ mediaBackend: 'dgram', wireAddress: address }),
  ports,
  addresses: [{ bind: address, published: address }],
  apiSecret,
  apiAllow: [],
});
const entrance = new UpgradeEntrance();
entrance.admit(door);
const api = { fetch: () => new Response(JSON.stringify({ legs: door.legs, ports: ports.inUse })) };
const server = await startHttpServer(api, { address, port: Number(port) }, clock, { upgrades: { '/room': entrance } });
write('ready', { listening: server.local });
process.on('SIGTERM', async () => {
  await door.close();
  await server.close();
});
