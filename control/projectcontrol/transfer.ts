import type { DialogNews } from '../../contract/mediaswitch/control.js';
import { withoutCallbacks } from './built-in.js';
import type { Leg } from './leg.js';
import { swapChannels } from './leg-media.js';

type Refer = NonNullable<DialogNews['refer']>;

/**
 * A phone transfers (RFC 3515): blind, or attended with the other dialog of its own in `replaces` (RFC 3891). One that
 * names a dialog we do not know is blind; one of somebody else's dialog is refused, which the phone sees by the missing
 * NOTIFY.
 */
export function transfer(leg: Leg, refer: Refer): void {
  const second = typeof refer.replaces === 'string' ? leg.desk.legOf(refer.replaces) : null;
  if (second === null || second.isOver) blind(leg, refer);
  else if (second === leg || second.party !== leg.party) leg.note('transfer refused: not its own call');
  else attended(leg, second);
}

/** The far end becomes a call of its own to the refer target, for the script to route. */
function blind(leg: Leg, { to }: Refer): void {
  const far = leg.family.other;
  if (far === null || far.isOver) {
    leg.note('transfer refused: nobody at the far end');
    return;
  }
  leg.note(`transfers to ${to}`);
  withoutCallbacks(far);
  far.referred = { to, referedby: leg.party };
  far.info = { ...far.info, refer: { ...far.referred } };
  far.remember();
  far.note(`transferred to ${to}`);
  void far.media.part();
  leg.family.unlink();
  far.group = [];
  far.arrived();
  leg.news.notify();
}

function attended(leg: Leg, second: Leg): void {
  const far = leg.family.other;
  const secondFar = second.family.other;
  if (far === null && secondFar === null) {
    leg.note('transfer refused: nobody at the far ends');
    return;
  }
  if (far !== null && secondFar !== null) joinFarEnds({ leg, far, second, secondFar });
  else if (far !== null) handToApplication({ far, farLeg: leg, application: second });
  else if (secondFar !== null) handToApplication({ far: secondFar, farLeg: second, application: leg });
  leg.note('attended transfer');
  second.note('attended transfer');
  leg.news.notify();
}

interface FarEnds {
  readonly leg: Leg;
  readonly far: Leg;
  readonly second: Leg;
  readonly secondFar: Leg;
}

/** Two people: they belong together, the transferor's legs do too, and they hear each other when those have gone. */
function joinFarEnds({ leg, far, second, secondFar }: FarEnds): void {
  void far.media.part();
  void secondFar.media.part();
  leg.family.unlink();
  second.family.unlink();
  const [early, late] = far.info.answered ? [far, secondFar] : [secondFar, far];
  early.family.adopt(late);
  leg.family.adopt(second);
  leg.mixAfter = { early, late };
  second.mixAfter = { early, late };
}

interface ToApplication {
  readonly far: Leg;
  /** The transferor's leg to `far`, and the one to an application of the script. */
  readonly farLeg: Leg;
  readonly application: Leg;
}

/** The application's sound goes on, and the person who was on hold hears it from now on. */
function handToApplication({ far, farLeg, application }: ToApplication): void {
  void far.media.part();
  farLeg.family.unlink();
  application.family.adopt(farLeg);
  swapChannels(far, application);
  far.news.reinvite();
  far.media.target(far.info);
}
