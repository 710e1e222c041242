/** What each message of a client must look like before anything else sees it. */
import { z } from 'zod';
import { plainText } from '../plain-text.js';
import { toolDefinitionSchema } from '../tools/tool-definition.js';

const codecParameters = z.record(
  z.string().max(64),
  z.union([z.string().max(256), z.number(), z.boolean(), z.null()]),
);
const rtcpFeedback = z.array(
  z.strictObject({ type: z.string().max(32), parameter: z.string().max(32).optional() }),
);

/** RTCDtlsParameters of mediasoup: at least one fingerprint, in the notation of RFC 8122, 5. */
const dtlsParameters = z.strictObject({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z
    .array(
      z.strictObject({
        algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
        value: z
          .string()
          .max(200)
          .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+$/),
      }),
    )
    .min(1)
    .max(8),
});

/** One Opus stream, as mediasoup-client describes a microphone. */
const rtpParameters = z.strictObject({
  mid: z.string().max(64).optional(),
  msid: z.string().max(200).optional(),
  codecs: z
    .array(
      z.strictObject({
        mimeType: z.string().regex(/^audio\/opus$/i),
        payloadType: z.int().min(0).max(127),
        clockRate: z.literal(48_000),
        channels: z.literal(2),
        parameters: codecParameters.optional(),
        rtcpFeedback: rtcpFeedback.max(16).optional(),
      }),
    )
    .length(1),
  headerExtensions: z
    .array(
      z.strictObject({
        uri: z.string().max(200),
        id: z.int().min(1).max(255),
        encrypt: z.boolean().optional(),
        parameters: codecParameters.optional(),
      }),
    )
    .max(16)
    .optional(),
  encodings: z
    .array(
      z.strictObject({
        ssrc: z.int().min(0).max(0xffff_ffff).optional(),
        rid: z.string().max(64).optional(),
        active: z.boolean().optional(),
        dtx: z.boolean().optional(),
        maxBitrate: z.int().positive().optional(),
        priority: z.string().max(16).optional(),
        networkPriority: z.string().max(16).optional(),
      }),
    )
    .length(1),
  rtcp: z
    .strictObject({ cname: z.string().max(256).optional(), reducedSize: z.boolean().optional() })
    .optional(),
});

const milliseconds = z.number().min(0).max(60_000);

export const messageSchemas = {
  startCall: z.strictObject({
    systemPrompt: z
      .string()
      .max(4000)
      .transform((text) => plainText(text, true))
      .optional(),
    voice: z.string().max(100).optional(),
    tools: z.array(toolDefinitionSchema).max(16).optional(),
  }),
  resumeCall: z.strictObject({ callId: z.string().max(64), secret: z.string().max(64) }),
  connectMedia: z.strictObject({ direction: z.enum(['send', 'receive']), dtlsParameters }),
  restartIce: z.strictObject({ direction: z.enum(['send', 'receive']) }),
  sendMicrophone: z.strictObject({ rtpParameters }),
  say: z.strictObject({
    text: z
      .string()
      .max(2000)
      .transform((text) => plainText(text).trim())
      .pipe(z.string().min(1)),
  }),
  reportPlayout: z.strictObject({
    jitterBufferMs: milliseconds,
    roundTripMs: milliseconds,
    outputMs: milliseconds,
  }),
  endCall: z.strictObject({}),
} as const;

export type MessageName = keyof typeof messageSchemas;
