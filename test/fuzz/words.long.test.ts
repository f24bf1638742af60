/** Random words and random damage, many of each. */
import { fuzzWords } from './words.ts'

fuzzWords({ words: 60, traces: 200, bundles: 600, configurations: 1_000 })
