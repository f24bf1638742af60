/**
 * The hash that the kernel computes by itself is SHA-256, for texts of every length around a block and of all
 * characters.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sha256 } from '../../src/base/sha256.ts'

test('texts of up to three blocks, with characters of one to four bytes and lone surrogates, hash as elsewhere', () => {
  const characters = 'aé€😀\ud800x'.repeat(200)
  for (let length = 0; length <= 200; length += 1) {
    const text = characters.slice(0, length)
    assert.equal(
      sha256(text),
      createHash('sha256').update(text.toWellFormed(), 'utf8').digest('hex'),
      `${length} code units`,
    )
  }
})
