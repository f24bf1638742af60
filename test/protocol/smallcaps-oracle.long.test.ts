/** The comparisons of `smallcaps-oracle.test.ts` over 100,000 values. */
process.env['HEIRLOOM_PROPERTY_RUNS'] ??= '100000'
await import('./smallcaps-oracle.test.ts')
