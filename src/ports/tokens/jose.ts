/** Tokens by the keys at an address (JWKS): fetched when first needed, and again when a token names one we do not know. */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import type { Identity, Tokens } from './port.ts'

export interface JoseOptions {
  jwksUrl: string
  issuer: string
  audience: string
}

// `none` and shared secrets are no proof: who can read the keys must not be able to sign
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

export function joseTokens({ jwksUrl, issuer, audience }: JoseOptions): Tokens {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: seconds(5) })
  return {
    async read(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms,
          requiredClaims: ['exp', 'sub'],
          clockTolerance: 30,
        })
        return identityOf(payload)
      } catch (cause) {
        if (cause instanceof errors.JOSEError && !isAway(cause)) return null
        throw new AppError('unavailable', { what: 'the keys of AUTH_JWKS_URL' }, { cause })
      }
    },
  }
}

/** Errors about fetching the keys, not about the token. */
const isAway = (error: errors.JOSEError): boolean =>
  error.code === 'ERR_JWKS_TIMEOUT' || error.code === 'ERR_JOSE_GENERIC' || error.code === 'ERR_JWKS_INVALID'

function identityOf(payload: JWTPayload): Identity {
  const verified = payload.email_verified !== false && payload.email_verified !== 'false'
  const email = typeof payload.email === 'string' && verified ? payload.email.toLowerCase() : null
  return { subject: payload.sub!, email }
}
