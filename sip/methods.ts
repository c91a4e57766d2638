/** A SIP method of the IANA registry. */
export interface MethodInfo {
  /** Where it is defined. */
  readonly rfc: string;
  /** RFC 3261 §12.1, RFC 6665 §4.1, RFC 3515 §2.4.4: a 2xx to it outside a dialog makes a dialog or a subscription. */
  readonly createsDialog: boolean;
  /** RFC 3261 §12.2: its Contact replaces the remote target of the dialog. */
  readonly targetRefresh: boolean;
}

function method(rfc: string, createsDialog = false, targetRefresh = false): MethodInfo {
  return { rfc, createsDialog, targetRefresh };
}

/** Every registered method. A method that is not here is still parsed; RFC 3261 §8.2.1 answers it with 405. */
export const methods: Readonly<Record<string, MethodInfo>> = {
  ACK: method('RFC 3261'),
  BYE: method('RFC 3261'),
  CANCEL: method('RFC 3261'),
  INFO: method('RFC 6086'),
  INVITE: method('RFC 3261', true, true),
  MESSAGE: method('RFC 3428'),
  NOTIFY: method('RFC 6665', false, true),
  OPTIONS: method('RFC 3261'),
  PRACK: method('RFC 3262'),
  PUBLISH: method('RFC 3903'),
  REFER: method('RFC 3515', true, true),
  REGISTER: method('RFC 3261'),
  SUBSCRIBE: method('RFC 6665', true, true),
  UPDATE: method('RFC 3311', false, true),
};

const names = new Map(Object.keys(methods).map((name) => [name, name]));

/** The one shared string of a registered method, so that a kept method does not keep its message; else the text itself. */
export function internMethod(text: string): string {
  return names.get(text) ?? text;
}
