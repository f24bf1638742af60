/** Random words and random damage, a few of each; more: `words.long.test.ts`. */
import { fuzzWords } from './words.ts'

fuzzWords({ words: 12, traces: 10, bundles: 60, configurations: 150 })
