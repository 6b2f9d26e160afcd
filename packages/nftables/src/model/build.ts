import type { Chain, Rule, Statement } from './index.ts'

/** Makes a rule that is not yet in the kernel. */
export const rule = (comment: string | null, ...statements: readonly Statement[]): Rule => ({
  handle: null,
  comment,
  statements,
})

/** Makes a chain without a hook that is not yet in the kernel. */
export const chain = (name: string, rules: readonly Rule[], comment: string | null = null): Chain => ({
  name,
  handle: null,
  comment,
  base: null,
  rules,
})
