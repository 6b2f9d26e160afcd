export * from './packet.ts'
export * from './read-packet.ts'
