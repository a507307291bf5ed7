import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHostOf, providerRules } from './provider.ts'

test('known providers have rules of their own, everybody else the usual ones', () => {
  assert.deepEqual([providerRules('suno').retentionDays, providerRules('constructor').retentionDays], [null, null])
  const replicate = providerRules('replicate')
  assert.deepEqual([replicate.retentionDays, replicate.leadDays], [1 / 24, 0])
  assert.equal(providerRules('anybody').name, 'anybody')
})

test('files of a provider that says where they lie come from nowhere else', () => {
  const replicate = providerRules('replicate')
  for (const url of ['https://replicate.delivery/a/b.mp3', 'https://pbxt.replicate.delivery/x?a=b'])
    assert.ok(isHostOf(replicate, url), url)
  for (const url of ['https://evilreplicate.delivery/', 'https://replicate.delivery.evil.example/', 'https://a@b/', 'nonsense'])
    assert.ok(!isHostOf(replicate, url), url)
  assert.ok(isHostOf(providerRules('suno'), 'https://anything.example.com/'))
})
