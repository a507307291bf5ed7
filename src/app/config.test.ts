/** The configuration by what it answers: defaults, refusals that name the setting, secrets that are kept. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { isCode } from '../base/errors.ts'
import { readConfig, variableNames } from './config.ts'

const dir = mkdtempSync(path.join(tmpdir(), 'keepsake-config-'))
after(() => rmSync(dir, { recursive: true }))
const secret = 'k3Jx9vQ2mZ8pL5tR7wY1nB4cD6fG0hSa'
const plain = { KEEPSAKE_DATA: path.join(dir, 'plain') }

test('nothing set gives a service for this machine alone', () => {
  const { settings, secrets, ...rest } = readConfig(plain)
  assert.deepEqual(rest, {
    port: 4000,
    host: '127.0.0.1',
    dataDir: plain.KEEPSAKE_DATA,
    databaseUrl: undefined,
    s3: undefined,
    sqs: undefined,
    smtpUrl: undefined,
    resendApiKey: undefined,
    replicateToken: undefined,
    ffprobe: undefined,
    logLevel: 'info',
    trustProxy: undefined,
    maxJobs: 2,
    pollMs: 1000,
  })
  assert.equal(settings.publicUrl, 'http://localhost:4000')
  assert.equal(settings.retentionDays, 730)
  assert.equal(settings.linkLife.export, 12 * 3_600_000)
  assert.equal(settings.importDir, null)
  const lives = Object.entries(settings.linkLife).map(([kind, ms]) => `${kind} ${ms / 3_600_000} h`)
  assert.deepEqual(lives, ['email 168 h', 'client 6 h', 'file 1 h', 'export 12 h', 'media 6 h', 'share 8760 h'])
  assert.deepEqual(secrets, settings.tokenSecrets)
  assert.deepEqual([settings.cronSecret, settings.eventsSecret, settings.bucket, settings.detailedLogs], [null, null, null, false])
  assert.equal(readConfig({ GALLERY_TOKEN_SECRET: secret }, { root: true }).dataDir, '/var/lib/keepsake')
  assert.equal(readConfig({ ...plain, PORT: '', PUBLIC_URL: ' ' }).port, 4000, 'an empty value is none')
})

test('what is set is what counts', () => {
  const config = readConfig({
    ...plain,
    PORT: '8080',
    PUBLIC_URL: 'https://Photos.Example.com/',
    GALLERY_TOKEN_SECRET: `${secret}, ${secret.toLowerCase()}`,
    TRUST_PROXY: '10.0.0.0/8,::1',
    RETENTION_YEARS: '10',
    ZIP_URL_EXPIRY: '600',
    PRESIGNED_URL_EXPIRY: '90',
    RUNNER_DOWNLOAD_URL_EXPIRY_HOURS: '1',
    ENABLE_DETAILED_LOGS: 'true',
    CRON_SECRET: secret,
    RUNNER_POLL_INTERVAL_MS: '5000',
  })
  assert.equal(config.pollMs, 5000)
  assert.deepEqual([config.settings.cronSecret, config.settings.detailedLogs], [secret, true])
  assert.equal(config.settings.publicUrl, 'https://photos.example.com')
  assert.deepEqual(config.settings.tokenSecrets, [secret, secret.toLowerCase()])
  assert.deepEqual(config.trustProxy, ['10.0.0.0/8', '::1'])
  assert.equal(config.settings.retentionDays, 3650)
  const { client, file, export: ofExport } = config.settings.linkLife
  assert.deepEqual([client, file, ofExport], [600_000, 90_000, 3_600_000])
  assert.equal(readConfig({ ...plain, TRUST_PROXY: '2' }).trustProxy, 2)
})

test('a program that helps is found in PATH, where its folders are named from the root', () => {
  const bin = path.join(dir, 'bin')
  mkdirSync(bin)
  writeFileSync(path.join(bin, 'ffprobe'), '')
  const found = (PATH: string) => readConfig({ ...plain, PATH }).ffprobe
  assert.equal(found(`/nowhere:${bin}:/usr/bin`), path.join(bin, 'ffprobe'))
  assert.equal(found('/nowhere:'), undefined)
  assert.equal(found(path.relative('.', bin)), undefined)
})

test('what must not stand in a log is known: secrets, and passwords within addresses', () => {
  const { secrets } = readConfig({
    ...plain,
    GALLERY_TOKEN_SECRET: `${secret}, ${secret.toLowerCase()}`,
    CRON_SECRET: [...secret].reverse().join(''),
    DATABASE_URL: 'postgres://keepsake:db%20word@localhost/keepsake',
    SMTP_URL: 'smtps://mara:mail-word@mail.example.com',
  })
  for (const one of [secret, secret.toLowerCase(), [...secret].reverse().join(''), 'db word', 'mail-word'])
    assert.ok(secrets.includes(one), one)
})

test('a bucket needs its key, and a key its bucket', () => {
  const key = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' }
  const { s3 } = readConfig({ ...plain, ...key, S3_BUCKET: 'galleries', S3_ENDPOINT: 'http://127.0.0.1:9000' })
  const rest = { region: 'us-east-1', publicEndpoint: undefined, storageClass: undefined }
  const known = { bucket: 'galleries', accessKeyId: 'id', secretAccessKey: 'secret' }
  assert.deepEqual(s3, { ...rest, ...known, endpoint: 'http://127.0.0.1:9000', pathStyle: true })
  assert.deepEqual(readConfig({ ...plain, ...key, S3_BUCKET: 'galleries' }).s3, {
    ...rest,
    ...known,
    endpoint: undefined,
    pathStyle: false,
  })
  const outside = { S3_BUCKET: 'galleries', S3_PUBLIC_ENDPOINT: 'https://s3.example.com/' }
  assert.equal(readConfig({ ...plain, ...key, ...outside }).s3?.publicEndpoint, 'https://s3.example.com')
  const incomplete: [string, Record<string, string>][] = [
    ['S3_BUCKET', key],
    ['S3_BUCKET', { S3_REGION: 'eu-central-1' }],
    ['S3_ACCESS_KEY_ID', { S3_BUCKET: 'galleries' }],
    ['S3_SECRET_ACCESS_KEY', { S3_BUCKET: 'galleries', S3_ACCESS_KEY_ID: 'id' }],
  ]
  for (const [name, environment] of incomplete)
    assert.throws(
      () => readConfig({ ...plain, ...environment }),
      (error) => isCode(error, 'config_invalid') && error.facts.name === name,
    )
})

test('a wrong value names itself and is not repeated', () => {
  const wrong: [string, string][] = [
    ['S3_BUCKET', 'My Bucket'],
    ['S3_ENDPOINT', 's3.example.com'],
    ['S3_PUBLIC_ENDPOINT', 'https://s3.example.com/galleries'],
    ['S3_FORCE_PATH_STYLE', 'yes'],
    ['S3_STORAGE_CLASS', 'cold'],
    ['PORT', 'http'],
    ['RUNNER_DOWNLOAD_URL_EXPIRY_HOURS', '0'],
    ['PORT', '0'],
    ['ZIP_URL_EXPIRY', '0'],
    ['PRESIGNED_URL_EXPIRY', '1h'],
    ['RUNNER_DOWNLOAD_URL_EXPIRY_HOURS', '9000'],
    ['PORT', '65536'],
    ['PORT', '4e3'],
    ['PUBLIC_URL', 'photos.example.com'],
    ['PUBLIC_URL', 'ftp://photos.example.com'],
    ['PUBLIC_URL', 'https://photos.example.com/keepsake'],
    ['PUBLIC_URL', 'https://user:pass@photos.example.com'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['SMTP_URL', 'mail.example.com:25'],
    ['RESEND_API_KEY', 'short'],
    ['RESEND_API_KEY', 're_123\n456789'],
    ['RESEND_WEBHOOK_SECRET', 'whsec_short'],
    ['RESEND_WEBHOOK_SECRET', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU'],
    ['RESCUE_WEBHOOK_SECRET', 'a song'],
    ['REPLICATE_WEBHOOK_SECRET', 'whsec_short'],
    ['REPLICATE_API_TOKEN', 'r8 with a blank'],
    ['RESCUE_OWNER', 'mara'],
    ['PROVIDER_RETENTION_DAYS', '0'],
    ['EMAIL_FROM', 'a@example.com, b@example.com'],
    ['EMAIL_FROM', 'A\r\nBcc: <x@example.com>'],
    ['MAX_UPLOAD_BYTES', '-1'],
    ['MIN_FREE_BYTES', '1 GiB'],
    ['RETENTION_YEARS', '0'],
    ['SUPERSEDED_RETENTION_DAYS', '1.5'],
    ['LOG_LEVEL', 'loud'],
    ['CRON_SECRET', 'short'],
    ['CRON_SECRET', 'a'.repeat(64)],
    ['CRON_SECRET', 'keepsake-cron-0123456789-abcdefghijkl'],
    ['ENABLE_DETAILED_LOGS', 'loud'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', 'proxy.example.com'],
    ['RUNNER_MAX_CONCURRENT_JOBS', '0'],
    ['RUNNER_POLL_INTERVAL_MS', '100'],
    ['GALLERY_TOKEN_SECRET', 'short'],
    ['GALLERY_TOKEN_SECRET', 'a'.repeat(64)],
    ['GALLERY_TOKEN_SECRET', 'abcdefgh'.repeat(6)],
    ['GALLERY_TOKEN_SECRET', 'please-changeme-please-0123456789-xyz'],
    ['GALLERY_TOKEN_SECRET', 'better-auth-secret-xyzuvw-9876543210'],
    ['GALLERY_TOKEN_SECRET', `${secret},short`],
    ['GALLERY_TOKEN_SECRET', `${secret},`],
  ]
  for (const [name, value] of wrong) {
    assert.throws(
      () => readConfig({ ...plain, [name]: value }),
      (error) => isCode(error, 'config_invalid') && error.facts.name === name && /^[a-z]/.test(String(error.facts.problem)),
      `${name}=${value}`,
    )
  }
})

test('letters go one way, and by Resend they come from an address that is yours', () => {
  const resend = { ...plain, RESEND_API_KEY: 're_123456789' }
  const names = (environment: Record<string, string>, name: string) =>
    assert.throws(
      () => readConfig(environment),
      (error) => isCode(error, 'config_invalid') && error.facts.name === name && !JSON.stringify(error.facts).includes('re_123'),
    )
  names(resend, 'EMAIL_FROM')
  names({ ...resend, EMAIL_FROM: 'a@example.com', SMTP_URL: 'smtp://localhost' }, 'RESEND_API_KEY')
  const webhook = `whsec_${'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'}`
  const config = readConfig({ ...resend, EMAIL_FROM: 'a@example.com', RESEND_WEBHOOK_SECRET: webhook })
  assert.deepEqual([config.resendApiKey, config.settings.resendWebhookSecret], ['re_123456789', webhook])
})

test('what providers tell of belongs to whom the configuration names, and their secrets stand in no log', () => {
  const webhook = `whsec_${'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'}`
  const given = { RESCUE_OWNER: 'Mara@Example.com', REPLICATE_WEBHOOK_SECRET: webhook, REPLICATE_API_TOKEN: 'r8_0123456789' }
  const { settings, replicateToken, secrets } = readConfig({ ...plain, ...given })
  assert.deepEqual(
    [settings.rescueOwner, settings.replicateWebhookSecret, settings.rescueWebhookSecret],
    ['mara@example.com', webhook, null],
  )
  assert.equal(replicateToken, 'r8_0123456789')
  assert.ok(secrets.includes('r8_0123456789') && secrets.includes(webhook))
})

test('with a database of your own the secret has to be given, because others share it', () => {
  const own = { ...plain, DATABASE_URL: 'postgres://localhost/keepsake' }
  assert.throws(
    () => readConfig(own),
    (error) => isCode(error, 'config_invalid') && error.facts.name === 'GALLERY_TOKEN_SECRET',
  )
  assert.deepEqual(readConfig({ ...own, GALLERY_TOKEN_SECRET: secret }).settings.tokenSecrets, [secret])
})

test('beside the embedded database the secret is made once and only its owner can read it', () => {
  const data = path.join(dir, 'fresh')
  const first = readConfig({ KEEPSAKE_DATA: data }).settings.tokenSecrets
  assert.deepEqual(readConfig({ KEEPSAKE_DATA: data }).settings.tokenSecrets, first)
  assert.match(first.join(), /^[\w-]{64}$/)
  const file = path.join(data, 'token-secret')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  writeFileSync(file, '')
  assert.throws(() => readConfig({ KEEPSAKE_DATA: data }), { code: 'config_invalid' })
  writeFileSync(path.join(dir, 'a-file'), '')
  assert.throws(() => readConfig({ KEEPSAKE_DATA: path.join(dir, 'a-file') }), { code: 'config_invalid' })
})

test('.env.example lists exactly the variables that are read, each with a sentence', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../.env.example'), 'utf8')
  assert.deepEqual([...text.matchAll(/^#([A-Z0-9_]+)=/gm)].map((m) => m[1]).sort(), [...variableNames].sort())
  assert.equal([...text.matchAll(/^# [A-Z].*\.$\n#[A-Z0-9_]+=/gm)].length, variableNames.length)
})

test('a queue of events needs the bucket’s key; its region is told by its address', () => {
  const bucket = { S3_BUCKET: 'galleries', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'secret' }
  const SQS_QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/events'
  assert.deepEqual(readConfig({ ...plain, ...bucket, SQS_QUEUE_URL }).sqs, {
    queueUrl: SQS_QUEUE_URL,
    endpoint: undefined,
    region: 'eu-central-1',
    accessKeyId: 'id',
    secretAccessKey: 'secret',
  })
  for (const wrong of [{ SQS_QUEUE_URL }, { ...bucket, SQS_ENDPOINT: 'http://localhost:9324' }, { ...bucket, SQS_QUEUE_URL: 'events' }])
    assert.throws(
      () => readConfig({ ...plain, ...wrong }),
      (error) => isCode(error, 'config_invalid'),
    )
  assert.throws(
    () => readConfig({ ...plain, ...bucket, S3_EVENTS_SECRET: 'short' }),
    (error) => isCode(error, 'config_invalid'),
  )
  const { settings, secrets } = readConfig({ ...plain, ...bucket, S3_EVENTS_SECRET: secret })
  assert.deepEqual([settings.eventsSecret, settings.bucket, secrets.includes(secret)], [secret, 'galleries', true])
})

test('another sign-in is set up whole or not at all', () => {
  const oidc = { OIDC_ISSUER: 'https://login.example.com/', OIDC_CLIENT_ID: 'keepsake', OIDC_CLIENT_SECRET: 'of the client' }
  const config = readConfig({ ...plain, ...oidc })
  assert.deepEqual(config.settings.oidc, {
    issuer: 'https://login.example.com',
    clientId: 'keepsake',
    clientSecret: 'of the client',
    name: 'login.example.com',
  })
  assert.ok(config.secrets.includes('of the client'), 'it must not stand in a log')
  assert.equal(readConfig({ ...plain, ...oidc, OIDC_NAME: 'Halden' }).settings.oidc?.name, 'Halden')
  for (const name of Object.keys(oidc)) {
    const { [name as keyof typeof oidc]: _, ...half } = oidc
    assert.throws(
      () => readConfig({ ...plain, ...half }),
      (e) => isCode(e, 'config_invalid') && e.facts.name === name,
    )
  }
  const jwt = {
    AUTH_JWKS_URL: 'https://login.example.com/jwks',
    AUTH_JWT_ISSUER: 'https://login.example.com',
    AUTH_JWT_AUDIENCE: 'keepsake',
  }
  assert.deepEqual(readConfig({ ...plain, ...jwt }).settings.jwt, {
    jwksUrl: 'https://login.example.com/jwks',
    issuer: 'https://login.example.com',
    audience: 'keepsake',
  })
  const { AUTH_JWT_AUDIENCE: _, ...anybodys } = jwt
  assert.throws(
    () => readConfig({ ...plain, ...anybodys }),
    (e) => isCode(e, 'config_invalid') && e.facts.name === 'AUTH_JWT_AUDIENCE',
  )
  assert.deepEqual([readConfig(plain).settings.oidc, readConfig(plain).settings.jwt], [null, null])
})
