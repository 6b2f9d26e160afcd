export * from './block-route-protocol.ts'
export * from './with-neighbours.ts'
