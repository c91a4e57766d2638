import { describe, expect, test } from 'vitest';
import { inviteClient } from '../../../sip/transaction/invite-client.js';
import { cellsOf, type LadderOptions, ladder } from '../../support/ladder.js';

const flows: [name: string, script: string, options?: LadderOptions][] = [
  [
    'RFC 3261 §17.1.1.2 an unanswered INVITE is resent at T1, 2·T1, 4·T1 … until Timer B',
    `
        0 wire < INVITE
      500 wire < INVITE     # Timer A = T1
     1500 wire < INVITE
     3500 wire < INVITE
     7500 wire < INVITE
    15500 wire < INVITE
    31500 wire < INVITE
    32000 tu   < timeout    # Timer B = 64·T1
    32000 gone`,
  ],
  [
    'RFC 3261 §17.1.1.2 over a reliable transport an INVITE is sent once',
    `
        0 wire < INVITE
    32000 tu   < timeout`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §18.1.1 an INVITE that went back to UDP is resent from then on',
    `
     1000 wire > connected
     1000 wire < INVITE
     1500 wire < INVITE
     2500 wire < INVITE
     2600 wire > 100
     2600 tu   < 100
    90000 wire > 180
    90000 tu   < 180`,
    { over: 'connecting' },
  ],
  [
    'RFC 3261 §17.1.1.2 a provisional response stops Timers A and B',
    `
        0 wire < INVITE
      200 wire > 100
      200 tu   < 100
      900 wire > 180
      900 tu   < 180
    60000 wire > 180
    60000 tu   < 180`,
  ],
  [
    'RFC 3261 §17.1.1.3 a failure is acknowledged, and again whenever it is resent, until Timer D',
    `
        0 wire < INVITE
      100 wire > 486
      100 wire < ACK
      100 tu   < 486
      600 wire > 486
      600 wire < ACK
    32100 gone              # Timer D = 32 s
    33000 wire > 486`,
  ],
  [
    'RFC 3261 §17.1.1.2 after a provisional response a failure is acknowledged as well; Timer D is 0 over TCP',
    `
        0 wire < INVITE
       10 wire > 180
       10 tu   < 180
       20 wire > 404
       20 wire < ACK
       20 tu   < 404
       20 gone
       21 tu   > cancel`,
    { over: 'tcp' },
  ],
  [
    'RFC 6026 §8.4 every 2xx reaches the user while Accepted, without an ACK from here, until Timer M',
    `
        0 wire < INVITE
      100 wire > 200
      100 tu   < 200
      600 wire > 200
      600 tu   < 200
      700 wire > 180        # a late provisional response is ignored
    32000 wire > 200
    32000 tu   < 200
    32100 gone              # Timer M = 64·T1
    32200 wire > 200`,
  ],
  [
    'RFC 6026 §8.4 a 2xx in Proceeding leads to Accepted too',
    `
        0 wire < INVITE
      100 wire > 180
      100 tu   < 180
      200 wire > 200
      200 tu   < 200
    32200 gone`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §17.1.4 an INVITE that cannot be sent ends with a transport error',
    `
        0 wire < INVITE
        5 wire > error
        5 tu   < error
        5 gone`,
  ],
  [
    'RFC 3261 §18.2.2 a transport error in Proceeding is none: the answer may come over another connection',
    `
        0 wire < INVITE
       10 wire > 180
       10 tu   < 180
       20 wire > error
     9000 wire > 200
     9000 tu   < 200`,
  ],
  [
    'RFC 3261 §17.1.1.2 an ACK that cannot be sent ends the transaction',
    `
        0 wire < INVITE
       10 wire > 500
       10 wire < ACK
       10 tu   < 500
       11 wire > error
       11 tu   < error
       11 gone`,
  ],
  [
    'RFC 3261 §9.1 CANCEL waits for a provisional response',
    `
        0 wire < INVITE
      100 tu   > cancel
      200 tu   > cancel
      500 wire < INVITE
      600 wire > 100
      600 tu   < 100
      600 wire < CANCEL
      601 tu   > cancel
      650 wire > 487
      650 wire < ACK
      650 tu   < 487
     1100 wire < CANCEL     # the CANCEL is a transaction of its own: nobody answered it
     2100 wire < CANCEL`,
  ],
  [
    'RFC 3261 §9.1 a cancelled INVITE without a final response ends 64·T1 later',
    `
        0 wire < INVITE
      100 wire > 180
      100 tu   < 180
     1000 tu   > cancel
     1000 wire < CANCEL
    33000 tu   < timeout
    33000 gone`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §9.1 a 2xx that crosses the CANCEL reaches the user',
    `
        0 wire < INVITE
      100 wire > 180
      100 tu   < 180
     1000 tu   > cancel
     1000 wire < CANCEL
     1001 wire > 200
     1001 tu   < 200
    33001 gone              # not ended by the CANCEL's 64·T1`,
    { over: 'tcp' },
  ],
  [
    'an abandoned INVITE says nothing more',
    `
        0 wire < INVITE
      100 tu   > abandon
      150 wire > 200
    40000 wire > 486`,
  ],
];

describe('INVITE client transaction', () => {
  test.each(flows)('%s', (_name, script, options) => ladder(script, inviteClient, options));

  test('every cell of the table is visited', () => {
    const visited = new Set<string>();
    for (const [, script, options] of flows) ladder(script, inviteClient, { ...options, visited });
    expect([...visited].sort()).toEqual(cellsOf(inviteClient).sort());
  });
});
