import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { isCode } from '../../base/errors.ts'
import { renderLetter } from '../../domain/letter.ts'
import type { Mail } from './port.ts'
import { smtpMail } from './smtp.ts'
import { letter, mailSuite } from './suite.ts'

const from = 'Keepsake <noreply@photos.example>'

// Also what a failed test left open is closed: else the run would wait for it for ever.
const open = new Set<() => Promise<void>>()
afterEach(() => Promise.all([...open].map((close) => close())))
/** Remembers how to close something, once. */
function closing(how: () => Promise<void>): () => Promise<void> {
  const close = async () => {
    if (open.delete(close)) await how()
  }
  open.add(close)
  return close
}

interface Arrived {
  envelope: { from: string; to: string[] }
  raw: string
}

/** A real SMTP server on a free port, what it took, and a Mail that speaks to it. */
async function postOffice(options: SMTPServerOptions = {}) {
  const arrived: Arrived[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const envelope = { from: mailFrom ? mailFrom.address : '', to: rcptTo.map((one) => one.address) }
        arrived.push({ envelope, raw: Buffer.concat(chunks).toString('latin1') })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const close = closing(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { arrived, port, close, mail: smtpMail({ url: `smtp://127.0.0.1:${port}`, from }) }
}

/** A server of our own, for what no honest server does. */
async function rogue(onConnection: (socket: Socket) => void, deadlineMs = 500) {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = closing(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return { sockets, close, mail: smtpMail({ url: `smtp://127.0.0.1:${port}`, from, deadlineMs }) }
}

const refusedWith = (mail: Mail, code: 'mail_refused' | 'mail_unreachable') =>
  assert.rejects(mail.deliver(letter), (error) => isCode(error, code) && error.final === (code === 'mail_refused'))

mailSuite('smtp', async () => {
  const office = await postOffice()
  const received = () =>
    office.arrived.map(({ envelope, raw }) => {
      const { headers, parts } = read(raw)
      return {
        to: envelope.to.join(),
        subject: headers.get('subject')!,
        messageId: headers.get('message-id')!.replace(/[<>]/g, ''),
        text: parts.get('text/plain')!,
        html: parts.get('text/html')!,
      }
    })
  return { ...office, received }
})

test('a whole letter arrives with its envelope, headers and both parts', async () => {
  const office = await postOffice()
  const linkEnds = new Date('2026-11-28T15:00:00Z')
  const body = {
    title: 'Мара & Jonas "♥"',
    photographer: 'Ида',
    photoCount: 22,
    missing: ['ё.jpg'],
    bytes: 9e9,
    sha256: 'ab'.repeat(32),
    linkEnds,
  }
  const rendered = renderLetter('archive_ready', { ...body, link: 'https://photos.example/d/abc?x=1&y=2' }, 'ru')
  const answer = await office.mail.deliver({ ...letter, ...rendered, fromName: 'Ида "Линд", Фото', headers: { 'X-Fact': 'a' } })
  assert.equal(answer.kept, false)
  assert.match(answer.response, /^250 /)
  const [{ envelope, raw }] = office.arrived as [Arrived]
  assert.deepEqual(envelope, { from: 'noreply@photos.example', to: ['mara@example.com'] })
  assert.ok(raw.length < 30_000, `${raw.length} bytes on the wire`)
  const { headers, parts } = read(raw)
  assert.equal(headers.get('subject'), 'Ваша галерея «Мара & Jonas "♥"» готова к скачиванию')
  assert.match(headers.get('from')!, /^"?Ида "?\\?"?Линд.*<noreply@photos\.example>$/)
  assert.equal(headers.get('to'), 'mara@example.com')
  assert.equal(headers.get('reply-to'), 'ida@example.com')
  assert.equal(headers.get('message-id'), '<letter-1@photos.example>')
  assert.equal(headers.get('auto-submitted'), 'auto-generated')
  assert.equal(headers.get('x-fact'), 'a')
  assert.match(headers.get('content-type')!, /^multipart\/alternative/)
  assert.equal(parts.get('text/plain'), rendered.text)
  assert.equal(parts.get('text/html'), rendered.html)
})

test('line ends in names, subject and headers make no new header and no second recipient', async () => {
  const office = await postOffice()
  const evil = 'x\r\nBcc: eve@evil.example\r\n\r\n<b>body</b>\u2028\0'
  await office.mail.deliver({
    ...letter,
    fromName: `${evil}" <eve@evil.example>`,
    subject: evil,
    messageId: `1>\r\nX-Evil: 1\r\n${letter.messageId}`,
    headers: { 'X-Fact': evil, 'X-Bad\r\nX-Evil': '1', 'x bad': '1', 'Auto-Submitted': 'no' },
  })
  const [{ envelope, raw }] = office.arrived as [Arrived]
  assert.deepEqual(envelope, { from: 'noreply@photos.example', to: ['mara@example.com'] })
  const { headers } = read(raw)
  assert.deepEqual([...headers.keys()].sort(), [
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'message-id',
    'mime-version',
    'reply-to',
    'subject',
    'to',
    'x-fact',
  ])
  assert.match(headers.get('from')!, /<noreply@photos\.example>$/)
  assert.equal(headers.get('auto-submitted'), 'auto-generated')
  await assert.rejects(office.mail.deliver({ ...letter, replyTo: 'a@example.com\r\nBcc: eve@evil.example' }), (e) =>
    isCode(e, 'email_invalid'),
  )
})

const says = (code: number) => Object.assign(new Error('no, thank you'), { responseCode: code })

test('5xx to sender, recipient or content is refused for good; 4xx may be tried again', async () => {
  for (const [code, expected] of [
    [550, 'mail_refused'],
    [451, 'mail_unreachable'],
    [530, 'mail_unreachable'],
  ] as const) {
    const places: SMTPServerOptions[] = [
      { onMailFrom: (_address, _session, done) => done(says(code)) },
      { onRcptTo: (_address, _session, done) => done(says(code)) },
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(says(code))) },
    ]
    for (const place of places) {
      const office = await postOffice({ ...place, hidePIPELINING: code === 451 })
      await refusedWith(office.mail, expected)
    }
  }
})

test('only the answer that a mailbox does not exist speaks against the mailbox', async () => {
  const cases: [answer: string, code: number, dead: boolean][] = [
    ['5.1.1 no such user', 550, true],
    ['5.2.1 mailbox disabled', 550, true],
    ['no such user here', 550, true],
    ['5.7.1 relaying denied', 550, false],
    ['relay access denied', 550, false],
    ['5.2.2 mailbox full', 552, false],
    ['5.7.26 not authenticated', 550, false],
  ]
  for (const [answer, code, dead] of cases) {
    const no = Object.assign(new Error(answer), { responseCode: code })
    const office = await postOffice({ onRcptTo: (_address, _session, done) => done(no) })
    await assert.rejects(office.mail.deliver(letter), (error) => {
      assert.ok(isCode(error, 'mail_refused'))
      assert.equal(error.facts.recipient, dead, answer)
      return true
    })
  }
  // the content is refused, not the mailbox
  const content = await postOffice({ onData: (stream, _session, done) => void stream.resume().on('end', () => done(says(550))) })
  await assert.rejects(content.mail.deliver(letter), (error) => isCode(error, 'mail_refused') && error.facts.recipient === false)
})

test('a server that wants nobody, or not our password, is the operator’s matter: the letter waits', async () => {
  const busy = await postOffice({ onConnect: (_session, done) => done(says(554)) })
  await refusedWith(busy.mail, 'mail_unreachable')
  const login = Buffer.from('\0user\0hunter2').toString('base64')
  const locked = await postOffice({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    // some repeat what they refuse
    onAuth: (auth, _session, done) => done(Object.assign(new Error(`${auth.password} ${login}`), { responseCode: 535 })),
  })
  const url = `smtp://user:hunter2@127.0.0.1:${locked.port}`
  await assert.rejects(smtpMail({ url, from }).deliver(letter), (error) => {
    assert.ok(isCode(error, 'mail_unreachable') && !error.final)
    assert.match(String(error.facts.response), /hidden/)
    assert.ok(!JSON.stringify(error.facts).includes('hunter2'))
    assert.ok(!JSON.stringify(error.facts).includes(login))
    return true
  })
})

test('a server that drips one byte at a time is cut at the deadline, and its socket is gone', async () => {
  const dripping = await rogue((socket) => {
    const timer = setInterval(() => socket.write('2'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  await refusedWith(dripping.mail, 'mail_unreachable')
  // It never ends its side; waiting for that would take seconds.
  const cut = performance.now()
  while (dripping.sockets.size > 0) await new Promise(setImmediate)
  assert.ok(performance.now() - cut < 3000)
})

test('a server that drips a good answer after the whole letter is cut as well', async () => {
  const dripping = await rogue(
    talk({
      '.': (socket) => {
        const timer = setInterval(() => socket.write('250-going on\r\n'), 20)
        socket.on('close', () => clearInterval(timer))
      },
    }),
  )
  await refusedWith(dripping.mail, 'mail_unreachable')
})

test('a server that drops the line after the letter is tried again', async () => {
  const dropping = await rogue(talk({ '.': (socket) => socket.destroy() }))
  await refusedWith(dropping.mail, 'mail_unreachable')
})

test('nobody listening is unreachable', async () => {
  const office = await postOffice()
  await office.close()
  await refusedWith(office.mail, 'mail_unreachable')
})

test('a TLS url speaks TLS from the first byte, and a certificate nobody vouches for is not trusted', async () => {
  const office = await postOffice({ secure: true })
  const to = (query: string) => smtpMail({ url: `smtps://127.0.0.1:${office.port}${query}`, from })
  await refusedWith(to(''), 'mail_unreachable')
  await to('?tls.rejectUnauthorized=false').deliver(letter)
  assert.equal(office.arrived.length, 1)
})

test('a wrong setting is named at the start', () => {
  const setting = (name: string) => (error: unknown) => isCode(error, 'config_invalid') && error.facts.setting === name
  for (const wrong of ['', 'Keepsake', 'a@example.com, b@example.com', 'K <a@example.com> <b@example.com>']) {
    assert.throws(() => smtpMail({ url: 'smtp://localhost', from: wrong }), setting('EMAIL_FROM'))
  }
  for (const url of ['', 'localhost:25', 'http://localhost']) assert.throws(() => smtpMail({ url, from }), setting('SMTP_URL'))
})

/** Answers every command with OK, except those in `instead`; '.' is the end of the letter. */
function talk(instead: Record<string, (socket: Socket) => void>): (socket: Socket) => void {
  return (socket) => {
    let letterComes = false
    let rest = ''
    socket.write('220 rogue\r\n')
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) {
        if (letterComes && line !== '.') continue
        letterComes = line === 'DATA'
        if (instead[line]) instead[line](socket)
        else socket.write(letterComes ? '354 go\r\n' : '250 ok\r\n')
      }
    })
  }
}

/** A small MIME reader (RFC 2045 to 2047): enough for what we send, and none of what sends it. */
function read(raw: string): { headers: Map<string, string>; parts: Map<string, string> } {
  const { headers, body } = split(raw)
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get('content-type')!)![1]!
  const parts = new Map<string, string>()
  for (const piece of body.split(`--${boundary}`).slice(1, -1)) {
    const part = split(piece.replace(/^\r\n/, '').replace(/\r\n$/, ''))
    parts.set(part.headers.get('content-type')!.split(';')[0]!, decode(part.body, part.headers.get('content-transfer-encoding') ?? '7bit'))
  }
  return { headers, parts }
}

function split(raw: string) {
  const end = raw.indexOf('\r\n\r\n')
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), words(line.slice(line.indexOf(':') + 2))]))
  assert.equal(headers.size, lines.length, 'no header twice')
  return { headers, body: raw.slice(end + 4) }
}

const words = (header: string) =>
  header
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_all, how: string, text: string) =>
      how.toUpperCase() === 'B' ? decode(text, 'base64') : decode(text.replaceAll('_', ' '), 'quoted-printable'),
    )

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString().replace(/\r\n/g, '\n')
  const plain =
    encoding === 'quoted-printable'
      ? body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : body
  return Buffer.from(plain, 'latin1').toString().replace(/\r\n/g, '\n')
}
