import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../base/errors.ts'
import { albumOf, checkForeignPrefix, foldersOf, foreignKey, isForeign, mayBePhoto, readForeign } from './foreign.ts'

test('the album of a key is told by albums/{id}/photos/{file} alone (FN-13)', () => {
  const table: Record<string, string | null> = {
    'albums/summer-2026/photos/IMG_1.jpg': 'summer-2026',
    'albums/a/photos/b': 'a',
    'albums/a/photos/day one/b.jpg': 'a',
    'albums/ü ö/photos/b.jpg': 'ü ö',
    'albums/a/photos/': null,
    'albums/a/photos': null,
    'albums/a/zips/b.zip': null,
    'albums/a/b.jpg': null,
    'albums//photos/b.jpg': null,
    'albums/a/b/photos/c.jpg': null,
    'my/albums/a/photos/b.jpg': null,
    '/albums/a/photos/b.jpg': null,
    'Albums/a/photos/b.jpg': null,
    'galleries/a/photos/b.jpg': null,
    '': null,
  }
  for (const [key, album] of Object.entries(table)) assert.equal(albumOf(key), album, key)
})

test('what tools leave behind, folders and ZIPs are no photos (BLD-04)', () => {
  const no = [
    'a/',
    '',
    'a/.keep',
    '.keep',
    'a/.DS_Store',
    'a/x.DS_Store',
    'a/Thumbs.db',
    'a/thumbs.DB',
    'a/.hidden.jpg',
    'a/b.zip',
    'a/B.ZIP',
    'desktop.ini',
    'a/__MACOSX/._b.jpg',
  ]
  for (const path of no) assert.equal(mayBePhoto(path), false, path)
  for (const path of ['a/b.jpg', 'a/B.JPEG', 'a/keep', 'a/b.keep.png', 'a/b', 'a/my.zip.jpg', 'a/thumbs.db.jpg'])
    assert.equal(mayBePhoto(path), true, path)
})

test('a foreign key holds path and ETag, whatever signs are in them', () => {
  for (const path of ['a/b.jpg', 'a/b#c.jpg', 'a/100 %.jpg', 'ü/ö#', '#'])
    for (const etag of ['d41d8cd98f00b204e9800998ecf8427e', 'abc-12', 'odd "#%/']) {
      const key = foreignKey(path, etag)
      assert.ok(isForeign(key))
      assert.deepEqual(readForeign(key), { path, etag })
    }
  assert.equal(isForeign('galleries/x/assets/y.jpg'), false)
})

test('a prefix ends in a slash and is nowhere that Keepsake writes', () => {
  assert.equal(checkForeignPrefix('albums/summer/photos'), 'albums/summer/photos/')
  for (const wrong of [
    '',
    '/',
    '/albums/',
    'objects/',
    'objects/x',
    'uploads/',
    'helpers/',
    'galleries/x/',
    'a//b',
    'a\u0000b',
    'a\ud800',
    'x'.repeat(501),
  ])
    assert.throws(() => checkForeignPrefix(wrong), AppError, wrong)
})

test('the folders of a path are every prefix above it', () => {
  assert.deepEqual(foldersOf('a/b/c.jpg'), ['a/', 'a/b/'])
  assert.deepEqual(foldersOf('a/b/'), ['a/', 'a/b/'])
  assert.deepEqual(foldersOf('c.jpg'), [])
})
