/** The entry of the server package: `import { openNodeServer } from 'heirloom/server'`. */
export { defaultPort, openNodeServer } from './server.ts'
export type { NodeServer, NodeServerOptions } from './server.ts'
export { defaultLimits } from './limits.ts'
export type { ServerLimits } from './limits.ts'
export type { ErrorBody, HttpCode } from './http/errors.ts'
export { openApiOf } from './document/openApi.ts'
export { routes } from './routes/routes.ts'
