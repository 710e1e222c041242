/** The settings of `default.yaml`: types and ranges. Meaning, unit and default of each stand there. */
import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const unit = z.number().min(0).max(1);

const onnxDevice = z.enum(['cpu', 'cuda', 'auto']);

const endpoint = {
  url: z.string(),
  model: z.string(),
  keyVariable: z.string(),
  firstByteMs: z.int().min(100).max(120_000),
  silenceMs: z.int().min(100).max(120_000),
};

export const configSchema = z.strictObject({
  server: z
    .strictObject({
      host: z.string().min(1),
      port,
      tlsCertificate: z.string(),
      tlsKey: z.string(),
      drainCallsMs: z.int().min(0).max(3_600_000),
      drainMs: z.int().min(0).max(600_000),
    })
    .refine((server) => (server.tlsCertificate === '') === (server.tlsKey === ''), {
      path: ['tlsKey'],
      message: 'tlsCertificate and tlsKey belong together: give both or none',
    }),
  access: z
    .strictObject({
      keysFile: z.string(),
      audience: z.string().min(1).max(200),
      tokenSeconds: z.int().min(1).max(31_536_000),
      maxTokenSeconds: z.int().min(1).max(31_536_000),
      origins: z.array(
        z
          .string()
          .regex(/^https?:\/\/[^/?#]+$/, 'must be origins such as https://example.org, without a path'),
      ),
      trustedProxies: z.array(z.string()),
    })
    .refine((access) => access.tokenSeconds <= access.maxTokenSeconds, {
      path: ['tokenSeconds'],
      message: 'must not be more than access.maxTokenSeconds',
    }),
  limits: z.strictObject({
    connectionsPerAddress: z.int().min(1).max(100_000),
    newConnectionsPerSecond: z.number().min(0.01).max(10_000),
    newConnectionsBurst: z.int().min(1).max(100_000),
    callsPerAddress: z.int().min(1).max(1000),
    halfOpenCallsPerAddress: z.int().min(1).max(1000),
    messagesPerSecond: z.number().min(1).max(10_000),
    messagesBurst: z.int().min(10).max(100_000),
    bytesPerSecond: z.int().min(1024).max(100_000_000),
    bytesBurst: z.int().min(65_536).max(100_000_000),
    shutOutAfter: z.int().min(1).max(100_000),
    shutOutSeconds: z.int().min(0).max(86_400),
  }),
  ice: z
    .strictObject({
      turnUrls: z.array(
        z
          .string()
          .regex(
            /^turns?:[^\s?]+(\?transport=(udp|tcp))?$/,
            'must be URLs such as turn:host:3478?transport=tcp',
          ),
      ),
      turnSecret: z.string(),
      stunServer: z.string(),
      turnCredentialSeconds: z.int().min(60).max(86_400),
    })
    .refine((ice) => ice.turnUrls.length === 0 || ice.turnSecret !== '', {
      path: ['turnSecret'],
      message: 'is needed with ice.turnUrls: the static-auth-secret of the TURN servers',
    }),
  ec2: z.strictObject({
    announcePublicAddress: z.boolean(),
    watchSpotNotice: z.boolean(),
    metadataUrl: z.url(),
  }),
  log: z.strictObject({
    level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
  }),
  telemetry: z.strictObject({
    tracesUrl: z.union([z.literal(''), z.url()]),
  }),
  media: z.strictObject({
    workers: z.int().min(0).max(64),
    listenAddress: z.string(),
    announcedAddress: z.string(),
    port,
    threads: z.int().min(1).max(16),
  }),
  calls: z.strictObject({
    max: z.int().min(1).max(1000),
    waiting: z.int().min(0).max(10_000),
    connectTimeoutMs: z.int().min(1000).max(120_000),
    reconnectMs: z.int().min(0).max(60_000),
    silenceLimitMs: z.int().min(0),
    lengthLimitMs: z.int().min(0),
  }),
  service: z.strictObject({
    targetMs: z.int().min(0).max(60_000),
  }),
  vad: z
    .strictObject({ onThreshold: unit, offThreshold: unit })
    .refine((vad) => vad.offThreshold < vad.onThreshold, {
      path: ['offThreshold'],
      message: 'must be less than vad.onThreshold',
    }),
  turn: z.strictObject({
    speculate: z.boolean(),
    pauseMs: z.int().min(32).max(1000),
    sureSilenceMs: z.int().min(64).max(5000),
    unsureSilenceMs: z.int().min(64).max(10_000),
    endSilenceMs: z.int().min(64).max(5000),
    minSpeechMs: z.int().min(32).max(1000),
    holdMs: z.int().min(32).max(2000),
    listenerMs: z.int().min(0).max(3000),
    interruptMs: z.int().min(32).max(5000),
    preRollMs: z.int().min(0).max(1000),
    maxLengthMs: z.int().min(5000).max(120_000),
  }),
  agent: z.strictObject({
    systemPrompt: z.string().max(4000),
    greeting: z.string().max(1000),
  }),
  models: z.strictObject({
    profile: z.string().regex(/^[\w-]+$/, 'must be the name of a file in config/profiles'),
    folder: z.string(),
  }),
  tools: z.strictObject({
    module: z.string(),
    limitMs: z.int().min(100).max(120_000),
    fillerAfterMs: z.int().min(100).max(120_000),
    filler: z.string().max(200),
  }),
  recognizer: z.strictObject({
    model: z.string().min(1),
    device: onnxDevice,
    decoders: z.literal('auto').or(z.int().min(1).max(64)),
  }),
  endOfTurn: z.strictObject({
    model: z.string(),
  }),
  languageModel: z.strictObject({
    model: z.string().min(1),
    sequences: z.int().min(1).max(256),
    contextTokens: z.int().min(256).max(131_072),
    device: z.enum(['cpu', 'cuda', 'vulkan', 'auto']),
    gpuLayers: z.int().min(-1).max(1000),
    threads: z.int().min(0).max(256),
    maxTokens: z.int().min(16).max(4096),
    temperature: z.number().min(0).max(2),
  }),
  synthesizer: z.strictObject({
    model: z.string().min(1),
    device: onnxDevice,
    voice: z.string(),
    threads: z.literal('auto').or(z.int().min(1).max(64)),
  }),
  recognizerEndpoint: z.strictObject({
    ...endpoint,
    language: z.string(),
    partialMs: z.union([z.literal(0), z.int().min(200).max(10_000)]),
  }),
  languageModelEndpoint: z.strictObject({ ...endpoint, extra: z.string() }),
  synthesizerEndpoint: z.strictObject({
    ...endpoint,
    voices: z.string(),
    sampleRateHz: z.literal([8000, 12_000, 16_000, 24_000, 48_000]),
  }),
});

/** All settings, checked and frozen. */
export type Config = Readonly<z.infer<typeof configSchema>>;
