/** A real SMTP server of our own that can be told how to answer. */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface Arrived {
  to: string
  raw: string
  messageId: string
}

/** An SMTP server that can be told how to answer, and everything it took. */
export async function postOffice() {
  const taken: Arrived[] = []
  const office = {
    taken,
    /** it wants nobody for now */
    down: false,
    /** it takes the letter and drops the line in place of an answer, so many times */
    drops: 0,
    /** it lets everybody wait for ever */
    tarpit: false,
    /** addresses that do not exist */
    dead: new Set<string>(),
    url: '',
    close: () => new Promise<void>((ok) => server.close(() => ok())),
  }
  const refuse = (responseCode: number, words: string) => Object.assign(new Error(words), { responseCode })
  const cut = (id: string) => {
    for (const connection of server.connections as Iterable<{ session: { id: string }; _socket: { destroy(): void } }>)
      if (connection.session.id === id) connection._socket.destroy()
  }
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onConnect: (_session, done) => done(office.down ? refuse(421, 'come back later') : null),
    onMailFrom: (_address, _session, done) => void (office.tarpit || done()),
    onRcptTo: ({ address }, _session, done) => done(office.dead.has(address) ? refuse(550, '5.1.1 no such user') : null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream
        .on('data', (c: Buffer) => chunks.push(c))
        .on('end', () => {
          const raw = Buffer.concat(chunks).toString()
          const messageId = /^Message-ID: <(.*)>/im.exec(raw)![1]!
          for (const { address } of session.envelope.rcptTo) taken.push({ to: address, raw, messageId })
          if (office.drops-- > 0) cut(session.id)
          else done()
        })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok))
  office.url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  return office
}
export type Office = Awaited<ReturnType<typeof postOffice>>
