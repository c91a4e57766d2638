import { describe, expect, test } from 'vitest';
import { inviteServer } from '../../../sip/transaction/invite-server.js';
import { cellsOf, type LadderOptions, ladder } from '../../support/ladder.js';

const flows: [name: string, script: string, options?: LadderOptions][] = [
  [
    'RFC 3261 §17.2.1 an INVITE that the user does not answer within 200 ms gets 100',
    `
        0 wire > INVITE
        0 tu   < INVITE
      200 wire < 100
      500 wire > INVITE     # a copy gets the latest provisional response
      500 wire < 100
     1000 tu   > 180
     1000 wire < 180
     1500 wire > INVITE
     1500 wire < 180`,
  ],
  [
    'RFC 3261 §17.2.1 an INVITE that is answered at once gets no 100',
    `
        0 wire > INVITE
        0 tu   < INVITE
       50 tu   > 180
       50 wire < 180
     5000 tu   > 183
     5000 wire < 183`,
  ],
  [
    'RFC 3261 §17.2.1 a copy that comes before any response gets 100 at once',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 wire > INVITE
      100 wire < 100`,
  ],
  [
    'RFC 3261 §17.2.1 a failure is resent at T1, doubling up to T2, until Timer H',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 tu   > 486
      100 wire < 486
      600 wire < 486        # Timer G = T1
     1600 wire < 486
     1700 wire > INVITE
     1700 wire < 486
     3600 wire < 486
     7600 wire < 486        # T2 from here on
    11600 wire < 486
    15600 wire < 486
    19600 wire < 486
    23600 wire < 486
    27600 wire < 486
    31600 wire < 486
    32100 gone              # Timer H = 64·T1`,
  ],
  [
    'RFC 3261 §17.2.1 over a reliable transport a failure is sent once and waits for its ACK until Timer H',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 tu   > 486
      100 wire < 486
    32100 gone`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §17.2.1 the ACK stops the resending; copies of it and of the INVITE are absorbed until Timer I',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 tu   > 486
      100 wire < 486
      150 wire > ACK
      160 wire > ACK
      170 wire > INVITE
     5150 gone              # Timer I = T4`,
  ],
  [
    'RFC 3261 §17.2.1 Timer I is 0 over a reliable transport',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 tu   > 486
      100 wire < 486
      150 wire > ACK
      150 gone`,
    { over: 'tcp' },
  ],
  [
    'RFC 6026 §8.7 after a 2xx copies of the INVITE are absorbed until Timer L; the user resends the 2xx',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 tu   > 200
      100 wire < 200
      500 wire > INVITE
      600 tu   > 200
      600 wire < 200
      700 tu   > 486        # too late for another answer
    32100 gone              # Timer L = 64·T1`,
  ],
  [
    'RFC 6026 §8.7 an ACK with the branch of its INVITE reaches the user after a 2xx',
    `
        0 wire > INVITE
        0 tu   < INVITE
      100 tu   > 200
      100 wire < 200
      150 wire > ACK
      150 tu   < ACK
    32100 gone`,
  ],
  [
    'RFC 6026 §7.1 a transport error ends nothing: copies of the INVITE are still known',
    `
        0 wire > INVITE
        0 tu   < INVITE
       10 tu   > 180
       10 wire < 180
       11 wire > error
       11 tu   < error
       20 wire > INVITE
       20 wire < 180
      100 tu   > 486
      100 wire < 486
      101 wire > error
      101 tu   < error
      600 wire < 486
      700 wire > ACK
     5700 gone`,
  ],
  [
    'RFC 6026 §7.1 a transport error in Accepted is told to the user, who resends',
    `
        0 wire > INVITE
        0 tu   < INVITE
       10 tu   > 200
       10 wire < 200
       11 wire > error
       11 tu   < error
      510 tu   > 200
      510 wire < 200
    32010 gone`,
  ],
];

describe('INVITE server transaction', () => {
  test.each(flows)('%s', (_name, script, options) => ladder(script, inviteServer, options));

  test('every cell of the table is visited', () => {
    const visited = new Set<string>();
    for (const [, script, options] of flows) ladder(script, inviteServer, { ...options, visited });
    expect([...visited].sort()).toEqual(cellsOf(inviteServer).sort());
  });
});
