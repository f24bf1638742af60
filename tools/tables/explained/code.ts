/** Codes about code: bundles, engines and workers, and the parts of a vat that are replaced on their own. */
import type { Explanation } from '../explanation.ts'

export const codeCodes = {
  'bundle/unknown': {
    when:
      'A name or an id of a bundle does not match any installed bundle. When the name is similar to an ' +
      'existing one, the message suggests it.',
  },
  'bundle/in-use': {
    when: 'A bundle is to be retired, and a step of the active plan that is not over names it.',
  },
  'bundle/wrong-kind': {
    when:
      'For instance, a salvage bundle or a function is given where the code of a vat is needed, or a ' +
      'bundle of `@endo/bundle-source` that contains no code for vats.',
  },
  'bundle/syntax': {
    when: 'A file that is bundled contains a syntax error, or text that SES rejects.',
  },
  'bundle/missing-import': {
    when:
      'A module does not exist, a package is not installed, or a module has no export of this name. ' +
      'Modules of Node such as `node:fs` do not exist in a vat.',
  },
  'bundle/dynamic-import': {
    when: 'The source contains `import(…)`.',
  },
  'bundle/import-meta': {
    when: 'The source contains `import.meta`.',
  },
  'bundle/top-level-await': {
    when: 'The source contains `await` outside of functions.',
  },
  'bundle/not-strict': {
    when: 'For instance `with`, octal literals or `delete` of a variable. Code of vats is always strict.',
  },
  'bundle/outside-root': {
    when:
      'By default, a vat may import files of its own package and packages by name. This makes a bundle ' +
      'independent of the folders around it, so that the same sources give the same bundle everywhere.',
  },
  'bundle/no-loader': {
    when: 'For instance an import of a `.txt` or `.wasm` file.',
    remedy: "Pass `loaders: { '.txt': 'text' }` to `bundleVat`, or `--loader` to `heirloom install`.",
  },
  'bundle/unreadable': {
    when: 'The file is a directory, is not accessible, is too large, or is not UTF-8.',
  },
  'bundle/too-large': {
    when:
      'The limit is that of the bundler, which can be raised with `limitBytes`, or that of the store, ' +
      'which cannot. See [limits](limits.md#bundles).',
  },
  'bundle/format-unknown': {
    when:
      'The bundle was created by `@endo/bundle-source` or a compatible tool with a format that Heirloom ' +
      'does not know.',
  },
  'bundle/malformed': {
    when: 'The archive or script in the bundle is damaged, lacks a file, or is not what its format requires.',
  },
  'bundle/hash-mismatch': {
    when:
      'A bundle of `@endo/bundle-source` contains an `endoZipBase64Sha512` or hashes of modules, and the ' +
      'content has other hashes.',
  },
  'bundle/entry-not-found': {
    when:
      'The path of the entry is wrong, or names something that is not a file. Relative paths are resolved ' +
      'against the working directory; in a configuration file, against the folder of that file.',
  },
  'bundle/no-build-root-object': {
    when:
      'The entry is bundled as a vat, but has no export `buildRootObject`. The message lists the exports ' +
      'that it has.',
  },
  'bundle/no-salvage': {
    when:
      'The entry is bundled for `heirloom salvage`, but has no export `salvage`. The message lists the ' +
      'exports that it has.',
  },
  'bundle/not-a-kernel': {
    when:
      'The entry is bundled as a [kernel](wires/kernel.md), but lacks an export, or throws when it is evaluated.',
  },
  'bundle/asynchronous': {
    when: 'A kernel is bundled whose sources contain an async function.',
  },
  'bundle/no-default-export': {
    when: 'The entry is bundled as a [replaceable function](upgrade.md), but has no default export.',
  },
  'engine/not-wasm': {
    when:
      'A module is compiled and metered when an engine is installed. The message gives the offset of the ' +
      'problem.',
  },
  'engine/not-an-engine': {
    when:
      'The module compiles, but lacks functions that Heirloom calls, or imports functions that the world ' +
      'of a vat does not have.',
  },
  'engine/supervisor-broken': {
    when: 'A new worker version is installed: its base image is built by running the supervisor once.',
  },
  'engine/image-broken': {
    when:
      'A base image from a store or an import does not have the format of an image, or belongs to another ' +
      'engine.',
  },
  'engine/host-stack': {
    when:
      'Code in a vat recursed so deeply that the stack of the thread overflowed before the limit inside ' +
      'the engine was reached. This happens only if the engines run in a thread with a smaller stack than ' +
      'Heirloom uses itself. The current block is abandoned, because the outcome would depend on the ' +
      'machine.',
  },
  'engine/host-memory': {
    when:
      'The heap of a vat had to grow, within its limit, or an engine was to be started, and the operating system ' +
      'or Node provided no memory. The limit of the vat itself is counted inside the engine and is a fault of the vat ' +
      '(`heap-exhausted`); this is not, and nothing is recorded.',
  },
  'worker/too-old': {
    when: 'A vat that has not been upgraded since an old release still runs on the worker of that release.',
  },
  'worker/unknown': {
    when: 'A worker version is requested by an id or a label that is not in the store.',
  },
  'worker/build-ended': {
    when:
      'A worker version is installed: the base image is built in a thread of its own, bounded by time ' +
      '(`timeoutMs`) and by its caller (`signal`).',
  },
  'worker/image-differs': {
    when:
      'A worker version is installed together with the id of the base image that other nodes have, and this ' +
      'machine built another.',
  },
  'worker/wire-unknown': {
    when:
      'A worker version is installed, or a store with one is used: its supervisor declares a version of the ' +
      '[worker wire](wires/worker.md) of a later release, or one that the kernel in place does not speak.',
  },
  'worker/rollout-active': {
    when: 'A rollout is started while the one before is running, paused or stopped.',
  },
  'worker/needs-history': {
    when:
      'A rollout in the mode `replay` or `auto` is started in a store whose [retention](retention.md) prunes ' +
      'transcripts of incarnations that still run.',
  },
  'worker/no-rollout': {
    when: 'A rollout is paused, resumed or aborted, and there is none, or it is over.',
  },
  'function/refused': {
    when:
      'The holder of the governor of a [replaceable function](upgrade.md) installs a new bundle, or ' +
      'reverts to one that no longer evaluates.',
  },
  'function/unloadable': {
    when: 'After an upgrade of the vat, the current function is evaluated again when it is first called.',
  },
  'function/unknown': {
    when: 'The governor is asked to revert to a number that does not exist.',
  },
  'patch/bad-id': {
    when:
      'A vat calls `patched(id)` with something else. The ids are stored, so they should be short and ' +
      'must never be reused for another change.',
  },
} as const satisfies Readonly<Record<string, Explanation>>
