import type { Runner, SysctlSetting } from '@portolan/core'
import { type HostState, readSysctlSettings } from '@portolan/host'
import type { HostRules } from '../host-rules/host-rules.ts'
import { readSurroundingRules } from '../host-rules/read-surrounding-rules.ts'

/**
 * The rules of a host, foreign ones included, as far as `destroy` needs them.
 * @internal
 */
export interface Surroundings {
  /** Null: they could not be read, or nothing depends on them. */
  readonly rules: HostRules | null
  /** Why some rules could not be read, each a sentence. */
  readonly unread: readonly string[]
  /** The sysctls that the host's configuration sets. */
  readonly settings: readonly SysctlSetting[]
}

/** Reads foreign rules and settings, if a sysctl is to be put back on which they may rely. */
export const readSurroundings = async (
  runner: Runner,
  rules: HostRules,
  { sysctls }: HostState,
): Promise<Surroundings> => {
  if (!Object.values(sysctls).some(({ before, given }) => before !== given))
    return { rules: null, unread: [], settings: [] }
  const { settings, unread } = readSysctlSettings()
  const surrounding = await readSurroundingRules(runner, rules)
  return { ...surrounding, settings, unread: [...surrounding.unread, ...unread] }
}
