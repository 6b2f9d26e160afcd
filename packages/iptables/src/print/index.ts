export * from './jump-rules.ts'
export * from './print.ts'
export { printRule } from './print-rule.ts'
export * from './print-script.ts'
