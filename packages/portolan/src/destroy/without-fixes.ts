import type { Fix } from '@portolan/host'
import { dialects, type RulesByBackend, rulesByBackend } from '../backend/dialects.ts'
import type { HostRules } from '../host-rules/host-rules.ts'

/**
 * Leaves out the rules that were asked for in DOCKER-USER, because these go with the mappings that they serve. Rules
 * that ufw and firewalld were asked for stand among rules of their own, which stay.
 *
 * @internal
 */
export const withoutFixes = (rules: HostRules, fixes: readonly Fix[]): HostRules => {
  const before: RulesByBackend = rules
  const commands = fixes.flatMap(({ undo }) => undo)
  return {
    ...rules,
    ...rulesByBackend((backend) => commands.reduce(dialects[backend].afterCommand, before[backend])),
  }
}
