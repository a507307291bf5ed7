/** Those who ask the service: a person in a browser with their cookies, a program with its key, a guest. */
import assert from 'node:assert/strict'
import type { Archive, ArchiveStatus, Gallery, GalleryInput, Page, Session } from '../../sdk/src/wire.ts'
import type { Installation, Service } from './service.ts'
import { until } from './service.ts'

export interface Asking {
  method?: string
  /** sent as JSON */
  body?: unknown
  headers?: Record<string, string>
}

export interface Answer<T = unknown> {
  status: number
  headers: Headers
  /** parsed when it is JSON, else the text */
  body: T
}

export interface Person {
  /** what identifies them: for programs that send by themselves */
  headers(): Record<string, string>
  address(path: string): string
  ask<T = unknown>(path: string, asking?: Asking): Promise<Answer<T>>
}

export const password = 'a long enough password'

/** Somebody without an account, or with the headers given (an API key); remembers cookies as a browser does. */
export function guest(url: string, headers: Record<string, string> = {}): Person {
  const cookies = new Map<string, string>()
  const own = () => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return { ...headers, ...(cookie ? { cookie } : {}) }
  }
  return {
    headers: own,
    address: (path) => new URL(path, url).href,
    async ask<T>(path: string, { method = 'GET', body, headers: more }: Asking = {}) {
      const json = body === undefined ? {} : { 'content-type': 'application/json' }
      const answer = await fetch(new URL(path, url), {
        method,
        headers: { ...own(), ...json, ...more },
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: 'manual',
      })
      for (const line of answer.headers.getSetCookie()) {
        const [name, value] = line.split(';', 1)[0]!.split('=', 2) as [string, string]
        cookies.set(name, value)
      }
      const text = await answer.text()
      const isJson = /json/.test(answer.headers.get('content-type') ?? '')
      return { status: answer.status, headers: answer.headers, body: (isJson && text ? JSON.parse(text) : text) as T }
    },
  }
}

/** Makes the first account with the code of the address that the service printed. */
export async function setUp({ url }: Installation, service: Service, email = 'ida@example.com'): Promise<Person> {
  const printed = await until(() => service.setUpUrl, { what: 'the address for the first account' })
  const person = guest(url)
  const code = new URL(printed).searchParams.get('code')
  const made = await person.ask<Session>('/api/setup', { method: 'POST', body: { code, name: 'Ida Photo', email, password } })
  assert.equal(made.status, 201)
  return person
}

export async function signIn({ url }: Installation, email = 'ida@example.com'): Promise<Person> {
  const person = guest(url)
  assert.equal((await person.ask('/api/session', { method: 'POST', body: { email, password } })).status, 200)
  return person
}

export async function createGallery(person: Person, input: GalleryInput): Promise<Gallery> {
  const made = await person.ask<Gallery>('/api/galleries', { method: 'POST', body: input })
  assert.equal(made.status, 201)
  return made.body
}

export async function publish(person: Person, gallery: string): Promise<Archive> {
  const answer = await person.ask<{ archive: Archive }>(`/api/galleries/${gallery}/publish`, { method: 'POST' })
  assert.equal(answer.status, 202)
  return answer.body.archive
}

export async function archiveOf(person: Person, gallery: string): Promise<ArchiveStatus> {
  const answer = await person.ask<ArchiveStatus>(`/api/galleries/${gallery}/archive`)
  assert.equal(answer.status, 200)
  return answer.body
}

/** The archive, when it is ready. */
export async function readyArchive(person: Person, gallery: string, ms = 120_000): Promise<Archive> {
  const look = async () => {
    const { status, archive } = await archiveOf(person, gallery)
    assert.notEqual(status, 'failed', archive?.error_message ?? '')
    return status === 'ready' && archive
  }
  return until(look, { what: 'the archive', ms, every: 100 })
}

/** Every row of a list, page by page. */
export async function allOf<T>(person: Person, path: string): Promise<T[]> {
  const rows: T[] = []
  for (let next: string | null = ''; next !== null; ) {
    const answer: Answer<Page<T>> = await person.ask<Page<T>>(`${path}?limit=200${next && `&cursor=${next}`}`)
    assert.equal(answer.status, 200)
    rows.push(...answer.body.rows)
    next = answer.body.next
  }
  return rows
}
