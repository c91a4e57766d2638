/** The library's server of bench/servers/user-agent.ts on real sockets; HOOKLINE_MEDIA_BACKEND chooses whose. */

import { openMachineNetwork, udpBackends } from '../../base/batched-network.js';
import { createRealClock } from '../../base/clock.js';
import { createRealRandom } from '../../base/random.js';
import { createLibraryServer } from './user-agent.js';
import { serveFigures } from './users.js';

const asked = process.env.HOOKLINE_MEDIA_BACKEND ?? 'dgram';
const choice = udpBackends.find((name) => name === asked) ?? 'dgram';
const { ua, transport } = createLibraryServer({
  clock: createRealClock(),
  random: createRealRandom(),
  network: openMachineNetwork(choice, createRealClock()).network,
});
await ua.start();
serveFigures(transport.listening[0]?.port ?? 0);
