import { type GivenSdpJson, isHold, sdpFromJson, sdpToJson } from '../../media/index.js';
import type { Description, DescriptionCodec } from './description.js';

function ofBody(body: Buffer): Description | null {
  const read = sdpToJson(body);
  return read.ok ? { json: { ...read.value }, body, isHold: isHold(read.value) } : null;
}

/** SDP and its JSON form (mediaswitch contract 1.6). What is written is read again, so that its JSON is ours. */
export const sdpCodec: DescriptionCodec = {
  ofBody,
  ofJson: (json) => {
    const written = sdpFromJson(json as GivenSdpJson);
    return written.ok ? ofBody(Buffer.from(written.value)) : null;
  },
};
