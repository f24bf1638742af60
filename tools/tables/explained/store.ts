/** Codes about the store, its exports, and what runs it. */
import type { Explanation } from '../explanation.ts'

export const storeCodes = {
  'store/not-found': {
    when:
      'The directory contains no `heirloom.sqlite` and no other file of a store, or the creation of the ' +
      'store was interrupted before its first block.',
    remedy:
      'If a creation was interrupted, repeat `heirloom init` or the call of `openController` in the same ' +
      'directory.',
  },
  'store/exists': {
    when:
      "`heirloom init`, `openController` with `make: 'always'`, an import or a fork was asked to create a " +
      'store where there already is one. Nothing was overwritten.',
  },
  'store/no-directory': {
    when:
      'The path leads through a file or a loop of symbolic links, contains a NUL character, has a parent ' +
      'that does not exist, or cannot be created.',
  },
  'store/path-too-long': {
    when:
      'SQLite opens paths of at most 504 bytes after symbolic links are resolved, and most file systems ' +
      'allow names of at most 255 bytes. A store that was moved to a longer path can still be read, but ' +
      'not written.',
  },
  'store/not-readable': {
    when:
      'The operating system denied read access to a file or directory of the store, an export or a trace. ' +
      'The message names its owner and mode, and the user of the process.',
  },
  'store/not-writable': {
    when:
      'A store is opened for writing, and its directory or one of its files is not writable. All files ' +
      'are checked before any is opened, so nothing has changed.',
    remedy:
      "Commands that only read, and `openController({ access: 'read' })`, work without write permission.",
  },
  'store/not-a-file': {
    when: 'A directory, named pipe, socket, device or symbolic link has the name of a file of the store.',
    remedy: 'The directory of a store may be a symbolic link, but not the files in it.',
  },
  'store/too-many-files': {
    when:
      'The process reached its limit of open files, or the system did. This also happens when a program ' +
      'opens many stores and does not shut their controllers down.',
  },
  'store/opened-for-reading': {
    when:
      "`commit()` was called on a controller that was opened with `access: 'read'`. Such a controller " +
      'works on a private copy of the store, which is discarded when it is closed.',
  },
  'store/in-use': {
    when:
      'Another process, or another controller in this process, holds the lock of the store. The lock ends ' +
      'with the process, so a lock left by a crash does not cause this. A reader gets this code when the ' +
      'store changed repeatedly while it was copied; try again.',
  },
  'store/not-a-store': {
    when: 'The file is not an SQLite database, or was created by another program.',
  },
  'store/newer-format': {
    when:
      'The format version of the file is higher than this release knows. Stores are never converted back ' +
      'to an older format.',
  },
  'store/truncated': {
    when: 'The file was cut off, for instance by an incomplete copy.',
    remedy:
      'Copy the store again; if the original is damaged, restore a backup. To copy a store in use, export ' +
      'or fork it instead of copying its files.',
  },
  'store/corrupt-schema': {
    when: 'The database was changed with another program, or is damaged.',
  },
  'store/corrupt-page': {
    when: 'A heap page was read to bring a vat into memory, to verify the store or to export it.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/corrupt-snapshot': {
    when:
      'The list of the pages of a heap was read to bring a vat into memory, to verify the store or to ' +
      'export it.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/corrupt-transcript': {
    when:
      'Transcript entries were read to bring a vat into memory, to upgrade it by replay, to verify the ' +
      'store or to export it.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/corrupt-bundle': {
    when: 'The code of a kernel, a worker or a vat was read, or the store does not name a kernel.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/corrupt-state': {
    when:
      'Every row of the state is checked when it is read. The message names the space and the key of the ' +
      'row.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/corrupt-block': {
    when: 'The records of the blocks are read when the store is opened, verified or exported.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/corrupt-channel': {
    when:
      'The numbers of the items in the inbox or outbox do not match the last block, or an item is damaged.',
    remedy: '`heirloom audit` lists all damage of a store.',
  },
  'store/pruned': {
    when:
      'An upgrade by replay, a transcript or an export asks for transcript entries that the ' +
      '[retention](retention.md) setting of the store has removed.',
  },
  'store/corrupt-log': {
    when:
      'The file `heirloom.sqlite-wal` does not match the commit record: it was deleted, truncated or ' +
      'altered, or `heirloom.sqlite` was copied without it.',
    remedy:
      'If the other file still exists, put it next to the store and open the store again. To move a ' +
      'store, use an export or a fork.',
  },
  'store/corrupt-record': {
    when:
      'The store was copied without `heirloom.last`, or the file is damaged. Without the record, Heirloom ' +
      'cannot know whether the store is the latest version, and an older version could repeat work whose ' +
      'effects have already left the machine.',
  },
  'store/rolled-back': {
    when:
      'A backup was restored, a file system returned to an older state, or only some files of the store ' +
      'were copied. Opening it would silently forget committed blocks, and the host would see items with ' +
      'numbers that it already knows.',
    remedy:
      'See [the command line](cli.md) for `--accept-rollback`. Accept a rollback only if nothing outside ' +
      'the store depends on the missing blocks.',
  },
  'store/incomplete': {
    when:
      'A log, an index or a commit record is in the directory, but the database is not. Heirloom does not ' +
      'create a new store over the remains of another.',
  },
  'store/moved': {
    when:
      'At a commit, a file of the store is no longer at its path, or another file is there. A commit into ' +
      'a deleted file would be lost.',
    remedy:
      'If the files cannot be put back, shut the controller down; the store at the new place is at its ' +
      'last committed block.',
  },
  'store/corrupt-file': {
    when:
      'SQLite reported damage, at any call that uses the file; or the identity or a setting of the store ' +
      'is missing.',
  },
  'store/write-failed': {
    when: 'The disk is full, a quota is reached, or the device reported an I/O error.',
    remedy: 'After a failed commit, the same controller can commit again when there is space.',
  },
  'store/untrusted-code': {
    when:
      'The store came from somewhere else, by a copy, an import or a fork, and contains code that is ' +
      'neither part of a release nor installed by this host. Code of vats is isolated and needs no trust; ' +
      'kernels, supervisors, engines and base images run with the rights of the process.',
  },
  'store/closed': {
    when: 'A method of a store was called after `close()`.',
  },
  'export/label-taken': {
    when:
      '`nameExport` is called with a label that names another export, or `reconnectExport` twice with the ' +
      'same label.',
    remedy: '`releaseExport(label)` frees a label.',
  },
  'export/label-unknown': {
    when:
      '`reconnectExport` or `releaseExport` is called with a label that the previous incarnation did not ' +
      'name.',
  },
  'export/named-too-late': {
    when:
      '`nameExport` is called with an object that was already sent to another vat, and so already has an ' +
      'identity.',
  },
  'export/not-empty': {
    when: 'An export writes only into an empty directory. The message names the first file that was found.',
  },
  'export/not-found': {
    when: 'The path is wrong, or the export was interrupted: its manifest is written last.',
  },
  'export/newer-format': {
    when: 'The format version of the export is higher than this release knows.',
  },
  'export/corrupt-manifest': {
    when:
      'The manifest `manifest.json` cannot be parsed or does not have the fields of an ' +
      '[export](wires/export.md).',
  },
  'export/other-root': {
    when: 'An import was given the expected root hash, and the export in the directory has another.',
  },
  'export/missing-artifact': {
    when: 'The manifest lists a file that is not in the directory.',
  },
  'export/corrupt-artifact': {
    when: 'A file has another length or hash than the manifest says.',
  },
  'export/malformed': {
    when: 'The files are complete, but contain data that an export never contains.',
  },
  'export/deviates': {
    when:
      'An import ends with an [audit](wires/audit.md) of the new store. The message and ' +
      '`detail.deviations` list what it found.',
  },
  'release/damaged': {
    when:
      'Kernel, supervisor and engines are part of the package and are checked by their hashes before they ' +
      'are used.',
  },
  'trace/unwritable': {
    when:
      'The directory of the trace file does not exist, or permission was denied; or old trace files could ' +
      'not be removed. The [trace](wires/trace.md) is for people, so no other data is affected.',
  },
  'machine/gone': {
    when:
      'The thread was ended by the operating system, or by a bug. The current block is lost, as with a crash of ' +
      'the process; committed blocks are not affected.',
  },
  'machine/failed': {
    when:
      'A file of the store cannot be read or written or is damaged, an engine or its memory failed, or an ' +
      'invariant outside the kernel does not hold. The detail has the code of the cause (`cause`), if it has one.',
    remedy: 'Follow [local faults](faults.md#local-faults): they list the way out for each cause.',
  },
  'machine/hung': {
    when:
      'A step of the kernel, an engine or SQLite has not come to its end for as long as the option `watchdog` ' +
      'of `openController` says (600 seconds). The message says what the thread did last.',
    remedy:
      'If the thread was only slow, allow more seconds. If SQLite hangs, the thread cannot be ended and keeps ' +
      'the store locked: end the process.',
  },
  'machine/out-of-memory': {
    when: 'The JavaScript heap of the thread is full; the memory of vats is not in it.',
    remedy:
      'If more memory does not help, the kernel fills it: [report it](faults.md#local-faults), and upgrade the ' +
      'kernel.',
  },
  'kernel/fault': {
    when:
      'An invariant of the kernel does not hold. The message says which; faults are never caused by the code of ' +
      'vats alone.',
    remedy:
      'Follow [faults of the kernel](faults.md). Run `heirloom audit`; without findings, report the fault ' +
      'with the message.',
  },
  'inputs/not-kept': {
    when:
      'Blocks were to be replayed, or run in the [fast-forward](rehearsal.md#fast-forward) of a rehearsal, whose ' +
      'inputs were pruned, or are older than their recording: of a store of a release before 0.3.0, or of an ' +
      'import. `detail.first` is the first block whose inputs are kept.',
  },
  'inputs/not-reproduced': {
    when:
      'A replay of blocks or a fast-forward ran the recorded kernel on the recorded inputs, and the block differs ' +
      'from its record. No difference of the other side is reported then.',
  },
  'inputs/code-pruned': {
    when:
      'A replay of blocks or a fast-forward needs a kernel, engine, supervisor, base image or retired bundle ' +
      'of vats that `heirloom prune --bundles` has removed. `detail.names` has all of them.',
  },
  'inputs/no-way-back': {
    when:
      'A replay of blocks came to one in which a kernel on trial, or one that migrated its tables, was taken ' +
      'back. It began with an export from between the upgrade and that block: exports have no undo log.',
  },
  'inputs/later-base': {
    when: 'A replay of blocks or a fast-forward was to begin with a copy that is not behind the store.',
  },
  'inputs/other-base': {
    when: 'A replay of blocks or a fast-forward was to begin with a copy whose last block is not one of the store.',
  },
  'kernel/faulted': {
    when:
      'A call needs the kernel, which failed before ([`kernel/fault`](#kernelfault)). For a fault of the kernel ' +
      'itself the detail has its crank, its block and the item that was being accepted; it stays over restarts.',
  },
  'kernel/paused': {
    when:
      'A message was to be sent, or a vat to be created, while the kernel is [paused](lives.md#pauses). `detail` is ' +
      '`{ vat, code, message, since }`: the critical vat that caused it or null, why, and the crank since which it ' +
      'is. Nothing was accepted. Suspending, upgrading, terminating and resuming vats, items of ports and the ' +
      'time are accepted.',
  },
  'kernel/migrating': {
    when:
      'An upgrade of the kernel is [spread over blocks](kernel-upgrade.md#spread-over-blocks), and the call needs ' +
      'the tables, or a kernel that accepts it. `detail` has the rows that are done, and about how many there are.',
  },
  'kernel/unknown': {
    when: 'A kernel was to be checked or put in place by an id that is not in the store.',
  },
  'kernel/in-place': {
    when: 'The kernel was to be upgraded to the one that the store runs.',
  },
  'kernel/tables-differ': {
    when:
      'A kernel declares which versions of tables it takes over; that of the store is not among them. Or blocks ' +
      'were to be replayed under a kernel with tables of another version, whose rows cannot be compared.',
  },
  'kernel/interface-too-old': {
    when: 'An upgrade, or a replay of blocks, would lead to a kernel of an older interface level.',
  },
  'kernel/request-unknown': {
    when: 'Requests wait in the inbox that need a newer kernel.',
  },
  'kernel/wire-unknown': {
    when:
      'A kernel declares which versions of the [worker wire](wires/worker.md) it speaks; a version that is ' +
      'installed and not retired has another. The detail names these versions.',
  },
  'kernel/upgrade-failed': {
    when: 'The kernel was upgraded; a migration threw, or the audit that follows found deviations.',
  },
  'kernel/returned': {
    when: 'A kernel failed in its trial, while it accepted a request, ran or ended a block.',
  },
  'kernel/on-trial': {
    when: 'During the trial of a kernel it was to be upgraded, bundles were to be removed, or a request was made that the kernel before it does not know.',
  },
  'plan/malformed': {
    when: 'A plan was run or checked that does not have the form of [plans](wires/plan.md): not JSON, an unknown member or step, a value of the wrong type, a reference to a later step, a name that occurs twice, or too much of it.',
  },
  'plan/active': {
    when: 'A plan was to begin while another runs, waits, is paused or has stopped.',
  },
  'plan/conditions': {
    when: 'A plan was to begin or to be resumed, and something that it names in `expects` is not as it says.',
  },
  'plan/none': {
    when: 'A plan was to be paused, resumed or abandoned, and none is active.',
  },
  'plan/state': {
    when: 'A plan was to be paused that stands already, or resumed that runs.',
  },
  'plan/budget': {
    when: 'The reason of a step, or of a plan that stopped before its first step: work was left when the budget was used up.',
  },
  'plan/never-settles': {
    when: 'The reason of a step whose answer is pending when nothing is left to run, and nothing was sent through a port.',
  },
  'plan/answer-differs': {
    when: 'The reason of a probe; the report has the answer.',
  },
  'plan/deviates': {
    when: 'The reason of a plan that is run under a certificate, and stopped or was rolled back for it.',
  },
  'plan/rollout-stopped': {
    when: 'The reason of a step `worker`; the report has the rollout.',
  },
  'plan/held-too-long': {
    when: 'The reason of a plan that has stopped: `maxBlocks` of them were committed while it ran or waited.',
  },
  'plan/holds': {
    when: 'A port was to be opened, or a service to be provided, while a plan runs: the caller needs the result at once.',
  },
  'plan/not-rehearsed': {
    when: 'A certificate was to be made of a rehearsal with findings.',
  },
  'plan/bad-certificate': {
    when: 'The file of a certificate was read: it is not JSON, has no known format, or its content has another hash.',
  },
  'plan/other-start': {
    when: 'A certificate was to be run again on a store at another block.',
  },
  'plan/power-unknown': {
    when: 'The reason of a step `evaluate`.',
  },
  'plan/result-missing': {
    when: 'A reference `@result` to a step that has no such result, or `wait` for a step that has none.',
  },
  'kernel/not-faulted': {
    when: 'An item of the inbox was to be set aside, and the kernel works.',
  },
  'kernel/no-item': {
    when: 'An item of the inbox was to be set aside or put back by a number that is not there.',
  },
  'kernel/inbox-full': {
    when: 'While the kernel is faulted or migrates its tables, what the host owes it waits in the inbox, up to a limit.',
  },
  'kernel/replay-diverged': {
    when:
      'A worker is restored from its snapshot and the transcript since then. The message gives the ' +
      'delivery and the first difference. On unchanged code this never happens.',
  },
  'kernel/broken-bundle': {
    when:
      'The bundle does not evaluate, lacks an entry point, or declares a state version that does not fit ' +
      'the store.',
  },
  'kernel/stack': {
    when:
      'The kernel, or a function of its platform, recursed too deeply. How deep is too deep depends on the machine, ' +
      'so this is a local fault and never state.',
    remedy: 'See [local faults](faults.md#local-faults).',
  },
  'kernel/too-new': {
    when:
      'An older release opens a store whose kernel has an interface level that it does not know, or is to ' +
      'reinitialize a store whose kernel is of a later release. The message names both.',
  },
  'kernel/too-old': {
    when:
      'A new host opens an old store, which keeps its kernel until the kernel is upgraded. ' +
      '`detail.needed` names what the kernel lacks.',
    remedy: 'See [upgrade](upgrade.md).',
  },
} as const satisfies Readonly<Record<string, Explanation>>
