import type { Runner } from '@portolan/core'
import type { HostState } from '@portolan/host'
import type { HostRules } from '../host-rules/host-rules.ts'
import { readSurroundingRules } from '../host-rules/read-surrounding-rules.ts'

/**
 * The rules of a host, foreign ones included, as far as `destroy` needs them.
 * @internal
 */
export interface Surroundings {
  /** Null: they could not be read, or nothing depends on them. */
  readonly rules: HostRules | null
  /** Why some could not be read, each a sentence. */
  readonly unread: readonly string[]
}

/** Reads foreign rules where a sysctl is to be put back that they may rely on. */
export const readSurroundings = async (
  runner: Runner,
  rules: HostRules,
  { sysctls }: HostState,
): Promise<Surroundings> =>
  Object.values(sysctls).some(({ before, given }) => before !== given)
    ? readSurroundingRules(runner, rules)
    : { rules: null, unread: [] }
