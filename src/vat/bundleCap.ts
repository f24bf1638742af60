/** Bundle caps: objects that stand for what the host installed. */
declare const bundleCap: unique symbol

/** Stands for an installed bundle. It can be sent and kept in durable data; `vatPowers.D` reads it. */
export interface BundleCap {
  [bundleCap](): never
}
