/** A small disk for processes of tests: filled to the last byte, and emptied again. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Controller } from '../../src/host/index.ts'

const sizes = [2 ** 20, 2 ** 12]
const filler = (disk: string, size: number): string => join(disk, `filler${size}`)

/** Writes files, large and then small, until no byte is left. */
export function fillDisk(disk: string): void {
  for (const size of sizes) {
    const part = Buffer.alloc(size, 1)
    try {
      for (;;) writeFileSync(filler(disk, size), part, { flag: 'a' })
    } catch {
      // It is full.
    }
  }
}

export const makeRoom = (disk: string): void =>
  sizes.forEach((size) => rmSync(filler(disk, size), { force: true }))

/** What a full disk must not change. */
export async function stateOf(controller: Controller): Promise<unknown> {
  const { activityHash, height } = await controller.storeStatus()
  return { activityHash, height, fault: (await controller.fault()) ?? null }
}
