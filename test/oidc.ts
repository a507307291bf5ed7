/**
 * A small sign-in of somebody else: OpenID Connect with discovery, authorization code with PKCE, ID tokens by RS256 and its keys at an
 * address. Whoever comes is signed in at once, as `person` says. It also makes bearer tokens for programs.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export interface OtherSignIn {
  issuer: string
  clientId: string
  clientSecret: string
  /** who signs in next */
  person: { sub: string; email: string; email_verified: boolean; name: string }
  /** a token for programs, with these claims in place of the right ones */
  token(claims?: JWTPayload): Promise<string>
  /** the same, by a key that this sign-in does not have */
  forged(): Promise<string>
  close(): Promise<void>
}

export async function otherSignIn(): Promise<OtherSignIn> {
  const [ours, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, { challenge: string; nonce: string | null; redirect: string }>()
  const clientId = 'keepsake'
  const clientSecret = 'a secret of the client'
  const person = { sub: 'person-1', email: 'mara@example.com', email_verified: true, name: 'Mara Elsewhere' }
  let issuer = ''

  const sign = (claims: JWTPayload, key = ours.privateKey) =>
    new SignJWT({ iss: issuer, aud: clientId, sub: person.sub, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuedAt()
      .setExpirationTime(typeof claims.exp === 'number' ? claims.exp : '5m')
      .sign(key)

  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, issuer)
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/.well-known/openid-configuration')
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['RS256'],
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
      })
    if (url.pathname === '/jwks') return json(200, { keys: [jwk] })
    if (url.pathname === '/authorize') {
      const code = randomUUID()
      const redirect = url.searchParams.get('redirect_uri')!
      codes.set(code, { challenge: url.searchParams.get('code_challenge') ?? '', nonce: url.searchParams.get('nonce'), redirect })
      const back = new URL(redirect)
      back.searchParams.set('code', code)
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      return response.writeHead(302, { location: back.href }).end()
    }
    if (url.pathname === '/token') {
      const form = new URLSearchParams(await bodyOf(request))
      const found = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1]
      const secret = basic ? decodeURIComponent(Buffer.from(basic, 'base64').toString().split(':')[1] ?? '') : form.get('client_secret')
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      const right = found?.challenge === challenge && found.redirect === form.get('redirect_uri')
      if (!right || secret?.replaceAll('+', ' ') !== clientSecret) return json(400, { error: 'invalid_grant' })
      const id_token = await sign({ ...person, ...(found.nonce ? { nonce: found.nonce } : {}) })
      return json(200, { access_token: 'of no use', token_type: 'Bearer', expires_in: 300, id_token })
    }
    return json(404, {})
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    clientId,
    clientSecret,
    person,
    token: (claims = {}) => sign({ email: person.email, email_verified: true, ...claims }),
    forged: () => sign({ email: person.email, email_verified: true }, foreign.privateKey),
    close: () => {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}
