/** Deliveries that fail in the ways that take longer. */
import { testFaults } from './faults.ts'

testFaults('computrons-exhausted', 'heap-exhausted', 'worker-trapped')
