/** Every byte of an export's list, and many of its artifacts. */
import { test } from 'node:test'
import { changeArtifacts, changeList } from './exports.ts'

test('a byte changed anywhere in the list is found, and nothing is made', (t) => changeList(t, 1))

test('many bytes changed in every artifact are found with its name', (t) => changeArtifacts(t, 20))
