import { nameAddr, parseUri, refer, type Session, type UserAgent } from '../../sip/index.js';

/** What a peer said of the call that it was asked to make. */
export interface TransferResult {
  readonly statusCode: number;
  readonly reasonPhrase: string;
}

/** Asks a call's peer to call somebody else. Never rejects. */
export type Transfer = (session: Session | null, target: string) => Promise<TransferResult>;

/** RFC 3515 §2.4 by the stack; a peer that says nothing more is a 408, a target that is no URI a 400, both made here. */
export function createTransfer({ context }: Pick<UserAgent, 'context'>): Transfer {
  return async (session, target) => {
    if (session === null) return { statusCode: 481, reasonPhrase: 'No dialog' };
    const uri = parseUri(target);
    if (!uri.ok) return { statusCode: 400, reasonPhrase: 'Bad target' };
    const result = await refer(context, { session, referTo: nameAddr(uri.value) }).result;
    switch (result.outcome) {
      case 'succeeded':
      case 'failed':
        return { statusCode: result.statusCode, reasonPhrase: result.reasonPhrase };
      case 'refused':
        return { statusCode: result.statusCode, reasonPhrase: result.response?.reasonPhrase ?? 'Refused' };
      case 'accepted':
        return { statusCode: 202, reasonPhrase: 'Accepted' };
      case 'unknown':
        return { statusCode: 408, reasonPhrase: result.cause };
    }
  };
}
