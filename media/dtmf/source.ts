/** How a digit came through the media: as telephone-event (RFC 4733), or as tones in the sound. */
export type DtmfSource = 'rfc4733' | 'inband';

/** Whether digits are looked for, and sent, in the sound of a peer that agreed on no telephone-event. */
export type InbandDtmf = 'auto' | 'off';
