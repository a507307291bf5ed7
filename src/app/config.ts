/** Reads the environment, once: every setting with its default and its rule. A wrong value names itself and stops the start. */
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { hours, seconds } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { newToken } from '../base/id.ts'
import { linkLife } from '../domain/link.ts'
import type { Settings } from '../domain/settings.ts'

export interface Config {
  port: number
  host: string
  /** database (when embedded), storage and secrets of this installation */
  dataDir: string
  /** undefined: the embedded PostgreSQL */
  databaseUrl: string | undefined
  /** undefined: a folder in `dataDir` */
  s3: S3Config | undefined
  /** a queue that tells of changes in the bucket; undefined: nobody tells by a queue */
  sqs: SqsConfig | undefined
  /** undefined: letters stay in the outbox */
  smtpUrl: string | undefined
  /** the same by Resend's HTTPS API */
  resendApiKey: string | undefined
  /** with it Replicate is asked for what it made, and for where its files lie; undefined: it is not asked */
  replicateToken: string | undefined
  /** the file of that program, found in PATH: it gives a second opinion about media that are rescued; undefined: it is not here */
  ffprobe: string | undefined
  logLevel: 'info' | 'warn' | 'error'
  /** whose X-Forwarded-For counts: so many proxies, or those at these addresses; undefined: nobody's */
  trustProxy: number | string[] | undefined
  /** builds at the same time */
  maxJobs: number
  /** how often workers look for jobs whose time has come, milliseconds */
  pollMs: number
  /** every value of these that must not stand in a log */
  secrets: string[]
  settings: Settings
}

export interface S3Config {
  bucket: string
  /** undefined: Amazon's own */
  endpoint: string | undefined
  /** where clients fetch their files; undefined: through us */
  publicEndpoint: string | undefined
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** the bucket's name in the path, not in the host name */
  pathStyle: boolean
  storageClass: string | undefined
}

export interface SqsConfig {
  queueUrl: string
  /** undefined: Amazon's own */
  endpoint: string | undefined
  /** of the queue */
  region: string
  accessKeyId: string
  secretAccessKey: string
}

type Environment = Record<string, string | undefined>

const GiB = 1024 ** 3
const yearDays = 365
const year = yearDays * 24 * 3600

/** The configuration from `.env` in the present folder and from the environment, which wins. */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return readConfig(process.env, { root: process.getuid?.() === 0 })
}

/** The configuration an environment describes; makes the data folder's secret when it is to be kept there and is not yet. */
export function readConfig(environment: Environment, { root = false } = {}): Config {
  // `NAME=` in a file means the same as leaving it out
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
  const parsed = variables.safeParse(given)
  if (!parsed.success) {
    const { path: name, message } = parsed.error.issues[0]!
    throw new AppError('config_invalid', { name: String(name[0]), problem: message })
  }
  const v = parsed.data
  if (v.SMTP_URL && v.RESEND_API_KEY)
    throw new AppError('config_invalid', {
      name: 'RESEND_API_KEY',
      problem: 'and SMTP_URL are both set: letters go one way, leave one out',
    })
  if (v.RESEND_API_KEY && !given.EMAIL_FROM)
    throw new AppError('config_invalid', {
      name: 'EMAIL_FROM',
      problem: 'is needed with RESEND_API_KEY: an address of a domain verified there',
    })
  const dataDir = path.resolve(v.KEEPSAKE_DATA ?? (root ? '/var/lib/keepsake' : './data'))
  const tokenSecrets = v.GALLERY_TOKEN_SECRET ?? keptSecrets(dataDir, v.DATABASE_URL === undefined)
  return {
    port: v.PORT,
    host: v.HOST,
    dataDir,
    databaseUrl: v.DATABASE_URL,
    s3: s3Of(v),
    sqs: sqsOf(v),
    smtpUrl: v.SMTP_URL,
    resendApiKey: v.RESEND_API_KEY,
    replicateToken: v.REPLICATE_API_TOKEN,
    ffprobe: inPath('ffprobe', environment.PATH),
    logLevel: v.LOG_LEVEL,
    trustProxy: v.TRUST_PROXY,
    maxJobs: v.RUNNER_MAX_CONCURRENT_JOBS,
    pollMs: v.RUNNER_POLL_INTERVAL_MS,
    secrets: [...tokenSecrets, ...secretsIn(given)],
    settings: {
      publicUrl: v.PUBLIC_URL ?? `http://localhost:${v.PORT}`,
      tokenSecrets,
      emailFrom: v.EMAIL_FROM,
      oidc: oidcOf(v),
      jwt: jwtOf(v),
      resendWebhookSecret: v.RESEND_WEBHOOK_SECRET ?? null,
      maxUploadBytes: v.MAX_UPLOAD_BYTES,
      reserveBytes: v.MIN_FREE_BYTES,
      retentionDays: v.RETENTION_YEARS * yearDays,
      supersededDays: v.SUPERSEDED_RETENTION_DAYS,
      purgeGraceDays: v.PURGE_GRACE_DAYS,
      providerRetentionDays: v.PROVIDER_RETENTION_DAYS,
      rescueLeadDays: v.RESCUE_LEAD_DAYS,
      replicateWebhookSecret: v.REPLICATE_WEBHOOK_SECRET ?? null,
      rescueWebhookSecret: v.RESCUE_WEBHOOK_SECRET ?? null,
      rescueOwner: v.RESCUE_OWNER ?? null,
      scrubBytesPerSecond: v.SCRUB_MB_PER_SECOND * 1_000_000,
      linkLife: {
        ...linkLife,
        client: seconds(v.ZIP_URL_EXPIRY),
        file: seconds(v.PRESIGNED_URL_EXPIRY),
        export: hours(v.RUNNER_DOWNLOAD_URL_EXPIRY_HOURS),
      },
      cronSecret: v.CRON_SECRET ?? null,
      eventsSecret: v.S3_EVENTS_SECRET ?? null,
      bucket: v.S3_BUCKET ?? null,
      detailedLogs: v.ENABLE_DETAILED_LOGS,
      importDir: v.KEEPSAKE_IMPORT_DIR ? path.resolve(v.KEEPSAKE_IMPORT_DIR) : null,
    },
  }
}

/** The first file of this name in the folders of PATH. */
const inPath = (name: string, folders = ''): string | undefined =>
  folders
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find(existsSync)

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= least && n <= most, `must be from ${least} to ${most}`)

const url = (...schemes: string[]) =>
  z
    .string()
    .refine((text) => schemes.includes(URL.parse(text)?.protocol ?? ''), `must be an address that begins with ${schemes.join(' or ')}//`)

const oneSecret = 'must be at least 32 random characters: try `openssl rand -base64 33`'
const weakness = 'must be at least 32 random characters (several with commas between, the newest first): try `openssl rand -base64 33`'

const webhookSecret = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,200}={0,2}$/, 'must be the signing secret of the webhook, such as whsec_…')

const variables = z.object({
  PORT: whole(1, 65_535).default(4000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: url('http:', 'https:')
    .refine(
      (text) => URL.parse(text)?.pathname === '/' && !/[?#@]/.test(text),
      'must be scheme and host alone, such as https://photos.example.com',
    )
    .transform((text) => new URL(text).origin)
    .optional(),
  KEEPSAKE_DATA: z.string().optional(),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  GALLERY_TOKEN_SECRET: z
    .string()
    .transform((text) => text.split(',').map((secret) => secret.trim()))
    .refine((secrets) => secrets.every(isStrong), weakness)
    .optional(),
  EMAIL_FROM: z
    .string()
    .regex(
      /^(?:[^<>\r\n,;:@]*<[^\s<>@,;:]+@[^\s<>@,;:]+>|[^\s<>@,;:]+@[^\s<>@,;:]+)$/,
      'must be one address, such as Keepsake <photos@example.com>',
    )
    .default('Keepsake <keepsake@localhost>'),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  RESEND_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, 'must be a key of Resend, such as re_…')
    .optional(),
  RESEND_WEBHOOK_SECRET: webhookSecret.optional(),
  OIDC_ISSUER: url('http:', 'https:').optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().max(40, 'must be at most 40 characters').optional(),
  AUTH_JWKS_URL: url('http:', 'https:').optional(),
  AUTH_JWT_ISSUER: z.string().optional(),
  AUTH_JWT_AUDIENCE: z.string().optional(),
  MAX_UPLOAD_BYTES: whole(1, Number.MAX_SAFE_INTEGER).default(50 * GiB),
  MIN_FREE_BYTES: whole(0, Number.MAX_SAFE_INTEGER).default(GiB),
  RETENTION_YEARS: whole(1, 100).default(2),
  SUPERSEDED_RETENTION_DAYS: whole(0, 36_500).default(30),
  PURGE_GRACE_DAYS: whole(0, 36_500).default(7),
  PROVIDER_RETENTION_DAYS: whole(1, 3650).default(15),
  RESCUE_LEAD_DAYS: whole(0, 3650).default(13),
  RESCUE_OWNER: z
    .string()
    .toLowerCase()
    .regex(/^[^\s@,;<>]+@[^\s@,;<>]+$/, 'must be one e-mail address, such as mara@example.com')
    .optional(),
  RESCUE_WEBHOOK_SECRET: webhookSecret.optional(),
  REPLICATE_WEBHOOK_SECRET: webhookSecret.optional(),
  REPLICATE_API_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, 'must be a token of Replicate, such as r8_…')
    .optional(),
  SCRUB_MB_PER_SECOND: whole(1, 100_000).default(50),
  ZIP_URL_EXPIRY: whole(60, year).default(linkLife.client / seconds(1)),
  PRESIGNED_URL_EXPIRY: whole(60, year).default(linkLife.file / seconds(1)),
  RUNNER_DOWNLOAD_URL_EXPIRY_HOURS: whole(1, yearDays * 24).default(linkLife.export / hours(1)),
  LOG_LEVEL: z.enum(['info', 'warn', 'error'], 'must be info, warn or error').default('info'),
  ENABLE_DETAILED_LOGS: z
    .enum(['true', 'false', '1', '0'], 'must be true or false')
    .transform((text) => text === 'true' || text === '1')
    .default(false),
  CRON_SECRET: z.string().refine(isStrong, oneSecret).optional(),
  TRUST_PROXY: z
    .string()
    .transform((text) => (/^\d{1,2}$/.test(text) ? Number(text) : text.split(',').map((part) => part.trim())))
    .refine((value) => typeof value === 'number' || value.every(isAddress), 'must be a number of proxies, or their addresses')
    .optional(),
  KEEPSAKE_IMPORT_DIR: z.string().optional(),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens')
    .optional(),
  S3_ENDPOINT: url('http:', 'https:').optional(),
  S3_PUBLIC_ENDPOINT: url('http:', 'https:')
    .refine(
      (text) => URL.parse(text)?.pathname === '/' && !/[?#@]/.test(text),
      'must be scheme and host alone, such as https://s3.example.com',
    )
    .transform((text) => new URL(text).origin)
    .optional(),
  S3_REGION: z.string().optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_FORCE_PATH_STYLE: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .optional(),
  S3_STORAGE_CLASS: z
    .string()
    .regex(/^[A-Z0-9_]{1,40}$/, 'must be the name of a storage class, such as STANDARD_IA')
    .optional(),
  S3_EVENTS_SECRET: z.string().refine(isStrong, oneSecret).optional(),
  SQS_QUEUE_URL: url('http:', 'https:').optional(),
  SQS_ENDPOINT: url('http:', 'https:').optional(),
  RUNNER_MAX_CONCURRENT_JOBS: whole(1, 64).default(2),
  RUNNER_POLL_INTERVAL_MS: whole(500, 60_000).default(1000),
})

/** Of what is set: values of variables that are named as secrets, and passwords within addresses. */
function secretsIn(given: Environment): string[] {
  const ours = Object.entries(given).filter(([name]) => variableNames.includes(name))
  return ours.flatMap(([name, value]) => {
    if (/SECRET|PASSWORD|API_KEY|API_TOKEN/.test(name)) return value!.split(',').map((part) => part.trim())
    const password = URL.parse(value!)?.password
    return password ? [decodeURIComponent(password), password] : []
  })
}

/** The bucket, when one is named; then it needs a key, and other people's servers want its name in the path. */
function s3Of(v: z.infer<typeof variables>): S3Config | undefined {
  const { S3_BUCKET: bucket, S3_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = v
  if (bucket === undefined) {
    // half a configuration would silently keep the photos on disk
    const name = Object.keys(v).find((name) => name.startsWith('S3_') && v[name as keyof typeof v] !== undefined)
    if (name) throw new AppError('config_invalid', { name: 'S3_BUCKET', problem: `is needed with ${name}` })
    return undefined
  }
  if (!accessKeyId || !secretAccessKey)
    throw new AppError('config_invalid', {
      name: accessKeyId ? 'S3_SECRET_ACCESS_KEY' : 'S3_ACCESS_KEY_ID',
      problem: 'is needed with S3_BUCKET',
    })
  return {
    bucket,
    endpoint,
    publicEndpoint: v.S3_PUBLIC_ENDPOINT,
    region: v.S3_REGION ?? 'us-east-1',
    accessKeyId,
    secretAccessKey,
    pathStyle: v.S3_FORCE_PATH_STYLE ?? endpoint !== undefined,
    storageClass: v.S3_STORAGE_CLASS,
  }
}

/** The queue of the bucket's events, asked with the bucket's own key; Amazon's addresses name the region. */
function sqsOf(v: z.infer<typeof variables>): SqsConfig | undefined {
  const { SQS_QUEUE_URL: queueUrl, SQS_ENDPOINT: endpoint, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = v
  if (queueUrl === undefined && endpoint === undefined) return undefined
  if (queueUrl === undefined) throw new AppError('config_invalid', { name: 'SQS_QUEUE_URL', problem: 'is needed with SQS_ENDPOINT' })
  if (!accessKeyId || !secretAccessKey) throw new AppError('config_invalid', { name: 'S3_BUCKET', problem: 'is needed with SQS_QUEUE_URL' })
  const region = /^sqs\.([a-z0-9-]+)\.amazonaws\./.exec(new URL(queueUrl).hostname)?.[1] ?? v.S3_REGION ?? 'us-east-1'
  return { queueUrl, endpoint, region, accessKeyId, secretAccessKey }
}

/** Where people may sign in besides: all of it, or nothing. */
function oidcOf(v: z.infer<typeof variables>): Settings['oidc'] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = v
  if (!needAll(v, ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'])) return null
  return {
    issuer: issuer!.replace(/\/$/, ''),
    clientId: clientId!,
    clientSecret: clientSecret!,
    name: v.OIDC_NAME ?? new URL(issuer!).hostname,
  }
}

/** Whose tokens are believed. Without an audience a token that was made for another program would open this one. */
function jwtOf(v: z.infer<typeof variables>): Settings['jwt'] {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_JWT_ISSUER: issuer, AUTH_JWT_AUDIENCE: audience } = v
  if (!needAll(v, ['AUTH_JWKS_URL', 'AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'])) return null
  return { jwksUrl: jwksUrl!, issuer: issuer!, audience: audience! }
}

/** False when none of them is set; half of them stop the start. */
function needAll(v: z.infer<typeof variables>, names: (keyof z.infer<typeof variables>)[]): boolean {
  const missing = names.filter((name) => v[name] === undefined)
  if (missing.length === names.length) return false
  const set = names.find((name) => v[name] !== undefined)
  if (missing[0]) throw new AppError('config_invalid', { name: missing[0], problem: `is needed with ${set}` })
  return true
}

/** Every variable that is read. */
export const variableNames = Object.keys(variables.shape)

function isAddress(text: string): boolean {
  return /^(loopback|linklocal|uniquelocal|[\da-f.:]+(\/\d{1,3})?)$/i.test(text) && !/^\d*$/.test(text)
}

/** Long, varied, and not a word of an example. */
function isStrong(secret: string): boolean {
  return secret.length >= 32 && new Set(secret).size >= 12 && !/secret|password|changeme|default|example|keepsake|123456/i.test(secret)
}

/** The secrets in the data folder. They are made there only beside the embedded database: one installation, one folder. */
function keptSecrets(dataDir: string, embedded: boolean): string[] {
  if (!embedded) {
    const problem = `is needed with DATABASE_URL, the same for every process of this installation: it ${weakness}`
    throw new AppError('config_invalid', { name: 'GALLERY_TOKEN_SECRET', problem })
  }
  const file = path.join(dataDir, 'token-secret')
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 })
    if (!existsSync(file)) writeOnce(file, `${newToken(48)}\n`)
  } catch (cause) {
    throw new AppError('config_invalid', { name: 'KEEPSAKE_DATA', problem: 'is a folder that cannot be written' }, { cause })
  }
  const secrets = readFileSync(file, 'utf8')
    .trim()
    .split(/[\s,]+/)
  if (secrets.every((secret) => secret.length >= 32)) return secrets
  throw new AppError('config_invalid', { name: 'KEEPSAKE_DATA', problem: 'holds a damaged file token-secret: restore it from your backup' })
}

/** Of two processes that start at once one makes the file, whole, and the other finds it. */
function writeOnce(file: string, text: string): void {
  const draft = `${file}.${newToken(6)}`
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
}
