export * from './forwarding-uses.ts'
export * from './kept-sysctl.ts'
export * from './loopback-uses.ts'
export type { SysctlUse } from './sysctl-use.ts'
