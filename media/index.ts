/** The door of media/: what rooms and the gateway may use. */
export type { Codec, Decoder, Encoder } from './codec/codec.js';
export { codecs } from './codec/codec.js';
export { isOpusRefusal } from './codec/opus/opus.js';
export type { FileRateHz, SampleRateHz } from './codec/resample.js';
export { fileRatesHz, Resampler } from './codec/resample.js';
export { HandshakeLane } from './dtls/handshake-lane.js';
export { createDtlsIdentity, DtlsIdentity } from './dtls/identity.js';
export type { DtmfReceiverOptions, DtmfSenderOptions, EventPacket } from './dtmf/rfc4733.js';
export { DtmfReceiver, DtmfSender } from './dtmf/rfc4733.js';
export type { DtmfSource, InbandDtmf } from './dtmf/source.js';
export type { EncodingKind } from './encoding-line.js';
export { EncodingLine, encodingKind, maxPayloadBytesOf } from './encoding-line.js';
export { fadeAway, fadeIn } from './fading.js';
export { createFileDecoder } from './files/file-decoder.js';
export type { OggOpusEncoderOptions } from './files/ogg-opus-encoder.js';
export { OggOpusEncoder } from './files/ogg-opus-encoder.js';
export { endOggPage, OggPageReader } from './files/ogg-page.js';
export type { FileDecoder, SoundFileFault, SoundFileInfo, SoundFormat } from './files/sound-file.js';
export { monoOf, soundFormatOf, soundFormats } from './files/sound-file.js';
export type { KernelsInUse } from './kernels/load.js';
export { kernelsInUse } from './kernels/load.js';
export { codecRateOf } from './leg-directions.js';
export type { LegStats } from './leg-stats.js';
export { LegTracks, type PacketTaker } from './leg-tracks.js';
export { Denoiser } from './noise/denoiser.js';
export type { BrokenWay, OneWayCause, OneWayNews } from './one-way.js';
export { mosOf } from './quality/e-model.js';
export type { HeardSummary, QualityReport, QualitySummary, ToldSummary } from './quality/report.js';
export type { Column, SeriesData } from './quality/series.js';
export { readRows, secondsPerMinute } from './quality/series.js';
export type { SpreadSummary } from './quality/spread.js';
export type { VoipMetrics } from './rtcp/extended-report.js';
export { RtpHeader } from './rtp/packet.js';
export type { LocalSrtp, SrtpPolicy } from './sdp/crypto-lines.js';
export { dtlsOffer, srtpPolicies } from './sdp/crypto-lines.js';
export type { AnswerFault, MediaWarning, OfferFault, Refused } from './sdp/faults.js';
export { isHold } from './sdp/json-hold.js';
export type { GivenSdpJson, SdpConnectionJson, SdpJson, SdpMediaJson } from './sdp/json-model.js';
export { sdpToJson } from './sdp/json-read.js';
export type { SdpJsonFault } from './sdp/json-write.js';
export { sdpFromJson } from './sdp/json-write.js';
export type {
  CodecName,
  ComfortNoiseFormat,
  ComfortNoisePolicy,
  Direction,
  LegMedia,
  LegSrtp,
  LegTrack,
  MediaAddress,
  ReceiveFormat,
  SendFormat,
  TelephoneEventFormat,
} from './sdp/leg-media.js';
export { codecNames, comfortNoisePolicies } from './sdp/leg-media.js';
export type { LocalMedia } from './sdp/local-media.js';
export type { Accepted, Answered, OfferAnswerState } from './sdp/offer-answer.js';
export {
  acceptAnswer,
  answerOffer,
  createOfferAnswer,
  earlyAnswer,
  makeOffer,
  makeOtherOffer,
  mediaForOffer,
  withdrawOffer,
} from './sdp/offer-answer.js';
export type { SdpFault } from './sdp/parse.js';
export type { RtcpXr, RtcpXrPolicy } from './sdp/rtcp-xr.js';
export { mostTracks } from './sdp/track-lines.js';
export { MediaSession } from './session.js';
export type { GoneReason, MediaSessionOptions, SessionEvents } from './session-options.js';
export type { SharedPayloads, SharedSound } from './shared-sound.js';
export type { SoundTap } from './sound-tap.js';
export type { SrtpProfileName } from './srtp/profiles.js';
export { srtpProfileNames } from './srtp/profiles.js';
export type { ToneOptions } from './tone.js';
export { Tone, tone } from './tone.js';
export type { ToneFault, ToneSegment } from './tone-file.js';
export { maxToneFileMs, parseTone, renderTone, ToneRun, toneFile } from './tone-file.js';
export type { PortAllocatorOptions, PortPair } from './transport/ports.js';
export { PortAllocator } from './transport/ports.js';
export type { SharedUdpCounters } from './transport/shared-udp.js';
export { SharedUdp } from './transport/shared-udp.js';
export type { WavSound } from './wav.js';
export { readWav, wavHeader, writeWav } from './wav.js';
export { wavInfo, wavInfoLines } from './wav-info.js';
export type { WavDecoder, WavEncoding, WavFault, WavLayout } from './wav-layout.js';
export { createWavDecoder, readWavLayout } from './wav-layout.js';
