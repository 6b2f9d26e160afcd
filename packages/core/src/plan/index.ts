export * from './change.ts'
export * from './netlink-socket.ts'
export * from './runner.ts'
