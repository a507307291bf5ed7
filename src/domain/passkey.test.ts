/** Where passkeys work. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passkeyPlace } from './passkey.ts'

test('passkeys work at a name over https and on this machine, and nowhere else', () => {
  const table = {
    'https://photos.example.com': { id: 'photos.example.com', origin: 'https://photos.example.com' },
    'https://photos.example.com:8443/': { id: 'photos.example.com', origin: 'https://photos.example.com:8443' },
    'http://localhost:3000': { id: 'localhost', origin: 'http://localhost:3000' },
    'http://keepsake.localhost': { id: 'keepsake.localhost', origin: 'http://keepsake.localhost' },
    'http://photos.example.com': null,
    'http://nas:3000': null,
    'http://127.0.0.1:3000': null,
    'https://192.168.1.20': null,
    'https://[::1]:8443': null,
    'http://localhost.example.com': null,
  }
  for (const [url, place] of Object.entries(table)) assert.deepEqual(passkeyPlace(url), place, url)
})
