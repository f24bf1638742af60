/** `heirloom certify`: runs a certificate of a plan again. */
import { certifyAgain, readCertificate } from '../../rehearsal/index.ts'
import { excerpt } from '../../base/text.ts'
import { onOneLine } from '../output/text/terminal.ts'
import { readTextFile } from '../session/planFile.ts'
import type { Verb } from '../session/verb.ts'
import { onStore } from './rehearse.ts'

export const certify: Verb = {
  name: 'certify',
  summary: 'rehearses the plan of a certificate again, and compares',
  details: [
    'Needs a copy of the store at the block of the certificate, and writes nothing to it. The exit code is 1 if a step',
    'does something else than the certificate says.',
  ].join('\n'),
  operands: [{ name: 'file', description: 'a certificate, written by heirloom rehearse' }],
  rest: 'none',
  options: {
    again: { kind: 'flag', description: 'run it again and compare (the default)' },
    export: { kind: 'text', placeholder: 'DIR', description: 'use this export instead of a store' },
  },
  examples: ['heirloom certify --again certificate.json --export ./block-5000'],
  async run(args, io) {
    const certificate = readCertificate(readTextFile(args.operand('file'), 'certificate'))
    const { outcome, difference } = await onStore(args, io, (directory, onProgress) =>
      certifyAgain(certificate, { directory, trust: args.texts('trust'), onProgress }),
    )
    const json = { outcome, difference, hash: certificate.hash, plan: certificate.plan.id }
    if (difference === null)
      return { kind: 'done', json, text: `the same: ${certificate.steps.length} steps, hash ${certificate.hash}` }
    return {
      kind: 'rejected',
      json,
      text: [
        `${onOneLine(difference.subject)} differs`,
        `  certified: ${onOneLine(excerpt(difference.certified, 1_000))}`,
        `  found:     ${onOneLine(excerpt(difference.found, 1_000))}`,
      ].join('\n'),
    }
  },
}
