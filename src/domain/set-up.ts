/** The code that makes the first account. */
import { createHmac } from 'node:crypto'

/**
 * Follows from the secret and the installation, so that every process prints and takes the same one, also after a restart; 16
 * characters of base64url. Worth nothing once there is an account.
 */
export const setUpCode = (installation: string, secrets: string[]): string =>
  createHmac('sha256', secrets[0]!).update('keepsake set-up\0').update(installation).digest().subarray(0, 12).toString('base64url')
