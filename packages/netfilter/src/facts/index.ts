export * from './host-facts.ts'
export * from './kernel-sysctls.ts'
export * from './local-port-range.ts'
export * from './parse-host-facts.ts'
