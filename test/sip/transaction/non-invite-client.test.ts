import { describe, expect, test } from 'vitest';
import { nonInviteClient } from '../../../sip/transaction/non-invite-client.js';
import { cellsOf, type LadderOptions, ladder } from '../../support/ladder.js';

const flows: [name: string, script: string, options?: LadderOptions][] = [
  [
    'RFC 3261 §17.1.2.2 an unanswered request is resent at T1, doubling up to T2, until Timer F',
    `
        0 wire < OPTIONS
      500 wire < OPTIONS    # Timer E = T1
     1500 wire < OPTIONS
     3500 wire < OPTIONS
     7500 wire < OPTIONS    # T2 from here on
    11500 wire < OPTIONS
    15500 wire < OPTIONS
    19500 wire < OPTIONS
    23500 wire < OPTIONS
    27500 wire < OPTIONS
    31500 wire < OPTIONS
    32000 tu   < timeout    # Timer F = 64·T1
    32000 gone`,
  ],
  [
    'RFC 3261 §17.1.2.2 over a reliable transport a request is sent once',
    `
        0 wire < OPTIONS
    32000 tu   < timeout`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §17.1.2.2 in Proceeding the request is resent every T2, and Timer F still runs',
    `
        0 wire < OPTIONS
      100 wire > 100
      100 tu   < 100
      200 wire > 183
      200 tu   < 183
      500 wire < OPTIONS
     4500 wire < OPTIONS
     8500 wire < OPTIONS
    12500 wire < OPTIONS
    16500 wire < OPTIONS
    20500 wire < OPTIONS
    24500 wire < OPTIONS
    28500 wire < OPTIONS
    32000 tu   < timeout
    32000 gone`,
  ],
  [
    'RFC 3261 §17.1.2.2 copies of the final response are absorbed until Timer K',
    `
        0 wire < OPTIONS
      100 wire > 200
      100 tu   < 200
      600 wire > 200
     5100 gone              # Timer K = T4
     6000 wire > 200`,
  ],
  [
    'RFC 3261 §17.1.2.2 Timer K is 0 over a reliable transport',
    `
        0 wire < OPTIONS
      100 wire > 404
      100 tu   < 404
      100 gone`,
    { over: 'tcp' },
  ],
  [
    'RFC 3261 §17.1.2.2 a success ends Proceeding',
    `
        0 wire < OPTIONS
      100 wire > 100
      100 tu   < 100
      150 wire > 200
      150 tu   < 200
     5150 gone`,
  ],
  [
    'RFC 3261 §17.1.2.2 a failure ends Proceeding',
    `
        0 wire < OPTIONS
      100 wire > 100
      100 tu   < 100
      150 wire > 503
      150 tu   < 503
     5150 gone`,
  ],
  [
    'RFC 3261 §17.1.4 a request that cannot be sent ends with a transport error',
    `
        0 wire < OPTIONS
        1 wire > error
        1 tu   < error
        1 gone`,
  ],
  [
    'RFC 3261 §17.1.2.2 a transport error in Proceeding ends the transaction',
    `
        0 wire < OPTIONS
      100 wire > 100
      100 tu   < 100
      200 wire > error
      200 tu   < error
      200 gone`,
  ],
  [
    'a CANCEL is not sent for a request other than INVITE (RFC 3261 §9.1)',
    `
        0 wire < OPTIONS
       10 wire > 100
       10 tu   < 100
       20 tu   > cancel
       30 wire > 200
       30 tu   < 200`,
  ],
];

describe('non-INVITE client transaction', () => {
  test.each(flows)('%s', (_name, script, options) => ladder(script, nonInviteClient, options));

  test('every cell of the table is visited', () => {
    const visited = new Set<string>();
    for (const [, script, options] of flows) ladder(script, nonInviteClient, { ...options, visited });
    expect([...visited].sort()).toEqual(cellsOf(nonInviteClient).sort());
  });
});
