/** When the codes of nodes appear. */
import type { Explanation } from '../explanation.ts'

/** Codes that begin with `node/` and `client/`, and those of key files. */
export const nodeCodes = {
  'node/bad-genesis': { when: 'A genesis that is read: by `node init`, `node start` or `Application.open`.' },
  'node/other-chain': { when: 'The genesis is not the one with which the store began.' },
  'node/not-a-node': { when: 'The directory has a store without the state of a node.' },
  'node/newer-state': { when: 'The state of the host or the form of the app hash is later than this release knows.' },
  'node/wrong-height': { when: '`deliver` got a block that was delivered before, or one that is too early.' },
  'node/wrong-time': {
    when: 'The times of blocks grow. The parameter `block.ahead` limits how far one may be ahead of the last.',
  },
  'node/other-block': {
    when: 'A block was interrupted after a part of it was committed, and `deliver` got another block of its height.',
  },
  'node/nothing-to-commit': { when: '`commit` without a `deliver` that succeeded.' },
  'node/halted': { when: 'A vote has scheduled an upgrade of the host for this height. It comes back with each start.' },
  'node/upgrade-failed': { when: 'The handler of an upgrade threw, or its plan failed on a copy of the store.' },
  'node/no-query': { when: 'A query names no module, no query of it, or something that does not exist.' },
  'node/bad-query': { when: 'A word of a query is not of the form that it must have.' },
  'node/no-home': { when: 'A command of `heirloom node` is given a directory without `genesis.json`.' },
  'node/home-exists': { when: '`node init` or `node import` found `genesis.json`, `config.json` or `data`.' },
  'node/bad-config': { when: 'The file `config.json` is read, by `node start`.' },
  'node/cannot-listen': { when: '`node start` opens its server.' },
  'node/bad-blocks': { when: 'A node is started and `data/blocks.sqlite` is not a database, or a damaged one.' },
  'node/bad-export': { when: '`node import` reads an export. The files of its store have codes of their own.' },
  'node/bad-upgrades': { when: '`node start --upgrades` loads the module.' },
  'key/exists': { when: '`key new` and `node init` create a key.' },
  'key/unknown': { when: 'A command signs with a key, or shows it, or an address is given by the name of a key.' },
  'key/bad-name': { when: 'A key is created or named.' },
  'key/readable-by-others': { when: 'The file of a key is read and its mode has bits for the group or for others.' },
  'key/malformed': { when: 'The file of a key is read.' },
  'key/needs-passphrase': { when: 'A command signs with an encrypted key, not at a terminal.' },
  'key/wrong-passphrase': { when: 'A command signs with an encrypted key.' },
  'client/unreachable': {
    when: 'The first request of a client fails. Once a transaction is submitted, the client asks again instead.',
  },
  'client/bad-answer': { when: 'The answer is not JSON, or an error without a code.' },
  'client/timeout': { when: 'A command waited for the time of `--timeout`.' },
  'client/bad-key': { when: '`keyOfSeed` is called.' },
  'node/no-block': { when: 'A block is asked for that is later than the last committed one, or before the first.' },
  'node/no-transaction': { when: 'A transaction is asked for by its hash.' },
  'node/check-ended': { when: 'A proposal is checked and its blocks on the copy of the store take too long.' },
  'node/full': { when: 'A transaction is submitted while as many wait as the node keeps in memory.' },
  'node/stopped': { when: 'A transaction is submitted, or `/health/ready` is asked, while no blocks are made.' },
} as const satisfies Readonly<Record<string, Explanation>>

/** Codes that begin with `http/`. */
export const httpCodes = {
  'http/bad-request': {
    when: 'A parameter or a field is missing, unknown, or of another form; or the request is not HTTP.',
  },
  'http/not-found': { when: 'A request to a path or with a method that the server does not have.' },
  'http/too-large': { when: 'The body is larger than the limit `bodyBytes` of the server.' },
  'http/wrong-host': { when: 'Any request, also on loopback. It protects against names that are bound to another address.' },
  'http/wrong-origin': { when: 'Any request of a browser that has another `Origin`, or comes from another site.' },
  'http/wrong-content-type': { when: 'Any request but `GET`.' },
  'http/too-many': { when: 'A limit of the server is reached: requests of an address, waiting requests, or streams.' },
  'http/stopping': { when: 'Any request on an open connection while the server closes.' },
  'http/internal': { when: 'A fault of the server itself.' },
} as const satisfies Readonly<Record<string, Explanation>>
