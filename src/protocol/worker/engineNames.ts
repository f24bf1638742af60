/** The engines of this release, from the newest to the oldest; the first is the default. */
export const engineNames = ['quickjs-wasi-3.7.0', 'quickjs-wasi-3.6.2', 'quickjs-wasi-3.5.0'] as const
/** An engine of this release. */
export type EngineName = (typeof engineNames)[number]

export const isEngineName = (text: string): text is EngineName => engineNames.some((name) => name === text)
